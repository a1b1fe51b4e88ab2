/** Rows of parameter tables, and checks that noise models share. */
import { numberRow } from "../core/parameter-rows.ts";
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";

/** Standard deviation in the image's unit. */
export function sigmaRow(value: number) {
  return numberRow("image unit", [0, value, 1e9], "Standard deviation; larger is noisier");
}

/** Expected quanta for each unit of the image. */
export function photonsRow(value: number) {
  return numberRow("quanta per image unit", [1e-9, value, 1e15], "Larger is less noisy");
}

/** Refuses values below zero or not finite, naming the model and the value. */
export function requireNonNegative(model: string, image: Image): void {
  for (let i = 0; i < image.data.length; i++) {
    const v = image.data[i]!;
    if (!(v >= 0 && v < Infinity)) {
      throw new InputError(
        `Cannot add ${model} noise: found value ${v} at index ${i}, wanted finite values >= 0`,
      );
    }
  }
}
