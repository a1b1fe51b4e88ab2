/** Rows of parameter tables that several phantoms share. */
import type { NumberParameter } from "../core/parameters.ts";

/** Side of the image in pixels. */
export function sizeRow(pixels: number): NumberParameter {
  return {
    type: "integer",
    unit: "px",
    min: 4,
    max: 4096,
    default: pixels,
    about: "Pixels along each side of a slice",
  };
}

/** Number of slices; 1 draws a plane. */
export function slicesRow(slices = 1): NumberParameter {
  return {
    type: "integer",
    unit: "slices",
    min: 1,
    max: 1024,
    default: slices,
    about: "Slices of the volume; 1 draws a plane",
  };
}
