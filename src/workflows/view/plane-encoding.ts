/**
 * Values of an image as bytes for a viewer, plane after plane, little-endian: whole numbers of 16 bits as such, at half
 * the size, everything else as float32. Both hold every value exactly.
 */
import { type Image, layoutOf } from "../../core/image.ts";

export type PlaneType = "int16" | "float32";

export interface EncodedPlanes {
  readonly type: PlaneType;
  readonly values: Int16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

/** How the planes of an image lie in its encoded bytes. */
export interface PlaneLayout {
  /** Planes over all frames and channels. */
  readonly planes: number;
  readonly rows: number;
  readonly columns: number;
}

export const bytesPerValue: Readonly<Record<PlaneType, number>> = { int16: 2, float32: 4 };

export function planeLayout(image: Pick<Image, "axes" | "shape">): PlaneLayout {
  const { blocks, nz, ny, nx } = layoutOf(image);
  return { planes: blocks * nz, rows: ny, columns: nx };
}

export function encodePlanes({ data }: Pick<Image, "data">): EncodedPlanes {
  const whole = data.every((v) => Number.isInteger(v) && v >= -32_768 && v <= 32_767);
  return whole
    ? { type: "int16", values: Int16Array.from(data) }
    : { type: "float32", values: Float32Array.from(data) };
}

/** The values again. @param bytes of whole values */
export function decodePlanes(type: PlaneType, bytes: ArrayBuffer): Float32Array {
  return type === "float32" ? new Float32Array(bytes) : Float32Array.from(new Int16Array(bytes));
}
