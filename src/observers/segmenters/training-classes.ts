/** Checks and counts that segmenters share. */
import { InputError } from "../../core/errors.ts";
import { type Image, layoutOf } from "../../core/image.ts";
import type { LabelledImages } from "./segmenter.ts";

/** Labels that the training images hold, 0 among them where it is met, ascending. */
export function trainingClasses({ images, labels }: LabelledImages): number[] {
  const [first] = images;
  if (first === undefined || labels.length !== images.length) {
    throw new InputError(
      `Cannot train a segmenter: found ${images.length} images and ${labels.length} label images, wanted one for each`,
    );
  }
  const classes = new Set<number>();
  for (const [i, image] of images.entries()) {
    const own = labels[i]!;
    if (own.shape.join() !== image.shape.join() || layoutOf(image).blocks !== 1) {
      throw new InputError(
        `Cannot train a segmenter: found labels of ${own.shape.join(" × ")} for an image of ${image.shape.join(" × ")}, wanted one grid of axes yx or zyx`,
      );
    }
    if (image.unit !== first.unit) {
      throw new InputError(
        `Cannot train a segmenter: found units ${first.unit} and ${image.unit}, wanted one`,
      );
    }
    for (const v of own.data) {
      if (!Number.isInteger(v) || v < 0) {
        throw new InputError(
          `Cannot train a segmenter: found the label ${v}, wanted whole numbers from 0`,
        );
      }
      classes.add(v);
    }
  }
  return [...classes].sort((a, b) => a - b);
}

/** @throws InputError when an image has another unit than the training images */
export function requireUnit(image: Image, unit: Image["unit"]): void {
  if (image.unit !== unit) {
    throw new InputError(`Cannot segment: found an image in ${image.unit}, wanted ${unit}`);
  }
}

/** Offsets of the face neighbours of a voxel, and whether they are inside the image. */
export function faceNeighbours(image: Pick<Image, "axes" | "shape">) {
  const { nz, ny, nx } = layoutOf(image);
  return (i: number, visit: (j: number) => void): void => {
    const x = i % nx;
    const y = Math.floor(i / nx) % ny;
    const z = Math.floor(i / (nx * ny));
    if (x > 0) visit(i - 1);
    if (x < nx - 1) visit(i + 1);
    if (y > 0) visit(i - nx);
    if (y < ny - 1) visit(i + nx);
    if (z > 0) visit(i - nx * ny);
    if (z < nz - 1) visit(i + nx * ny);
  };
}
