/**
 * The smallest noise that float32 values can hold. A value v is rounded to a multiple of 2⁻²³|v| or less, which
 * leaves an error of standard deviation up to 2⁻²³|v|/√12 = 2⁻²⁴·⁸|v|; what an estimator makes of that is at most
 * a few times as large. A standard deviation below 2⁻²² of the typical magnitude is no noise but that rounding.
 */
import type { Image } from "../../core/image.ts";
import { medianOf } from "./median.ts";

const dustShare = 2 ** -22;

/** Values whose median stands for all. */
const enough = 2 ** 16;

/** σ, or 0 where it is no more than the rounding of the image's own values. */
export function withoutRounding(sigma: number, image: Image): number {
  return sigma > dustShare * typicalMagnitude(image) ? sigma : 0;
}

/**
 * Median magnitude where neighbours differ: constant areas (padding, air) say nothing of what is measured, unless
 * there is nothing else.
 */
export function typicalMagnitude({ data, shape }: Image): number {
  const nx = shape.at(-1)!;
  const every = Math.max(1, Math.floor(data.length / enough));
  const found: number[] = [];
  for (let i = 0; i < data.length; i += every) {
    const v = data[i]!;
    const differs = (i % nx > 0 && v !== data[i - 1]) || (i >= nx && v !== data[i - nx]);
    if (differs && Number.isFinite(v)) found.push(Math.abs(v));
  }
  return found.length > 0 ? medianOf(found) : Math.abs(data[0] ?? 0);
}
