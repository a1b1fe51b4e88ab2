/** Float values to stored integers, and the rescale that takes them back. */
import { InputError } from "../core/errors.ts";
import { decimalText } from "./build.ts";
import type { SampleArray } from "./encode-pixels.ts";

export interface Rescaling {
  readonly slope: number;
  readonly intercept: number;
  readonly bitsStored: number;
  readonly bitsAllocated: 8 | 16;
  readonly signed: boolean;
  /** Least and greatest stored value that are written, where these are not all that the bits hold. */
  readonly low?: number;
  readonly high?: number;
}

/** Smallest and largest stored value. */
export function storedRange(bits: number, signed: boolean): [number, number] {
  return signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

/**
 * Range of finite values; refuses images that DICOM integers cannot hold.
 *
 * @param padded 1 for values that are no measurement and do not count; of nothing else the range is 0 to 0
 */
export function finiteRange(data: Float32Array, padded?: Uint8Array): [number, number] {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < data.length; i++) {
    if (padded?.[i] === 1) continue;
    const value = data[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
    if (!Number.isFinite(value)) {
      throw new InputError(
        `Cannot write DICOM: found the value ${value} at index ${i}, wanted finite numbers`,
      );
    }
  }
  return min > max ? [0, 0] : [min, max];
}

/** Slope and intercept that spread a range over 16 bits, from `lowest` on, in numbers that a decimal string holds. */
export function fittedRescaling(range: readonly [number, number], lowest = 0): Rescaling {
  const [min, max] = range;
  const span = Math.max(max - min, Math.abs(max) * 2 ** -23, Number.MIN_VALUE * 2 ** 60);
  // A little more than the span, so that rounding the decimal string never leaves the range; where the
  // values lie far from zero, with all digits that the string holds, and more than a little.
  for (const [digits, more] of [
    [10, 1e-7],
    [15, 1e-7],
    [15, 1e-4],
    [15, 1e-2],
  ] as const) {
    const slope = Number(
      decimalText(Number(((span / (65535 - lowest)) * (1 + more)).toPrecision(9))),
    );
    const below = digits === 10 ? 0 : (more * span) / 2;
    const intercept = Number(
      decimalText(Number((min - below - lowest * slope).toPrecision(digits))),
    );
    const top = lowest + Math.round((max - intercept) / slope);
    if (Math.round((min - intercept) / slope) >= lowest && top <= 65535) {
      return { slope, intercept, bitsStored: 16, bitsAllocated: 16, signed: false };
    }
  }
  throw new InputError(
    `Cannot write DICOM: found values from ${min} to ${max}, wanted a range that decimal strings can describe`,
  );
}

/** Stored integers of values; the caller has made sure that they fit. */
export function quantised(values: Float32Array, by: Rescaling): SampleArray {
  const { slope, intercept, signed, bitsAllocated } = by;
  const out =
    bitsAllocated === 8
      ? signed
        ? new Int8Array(values.length)
        : new Uint8Array(values.length)
      : signed
        ? new Int16Array(values.length)
        : new Uint16Array(values.length);
  const [least, greatest] = storedRange(by.bitsStored, signed);
  const { low = least, high = greatest } = by;
  const scale = 1 / slope;
  for (let i = 0; i < values.length; i++) {
    const stored = Math.round((values[i]! - intercept) * scale);
    // The last unit of a range may round over its edge.
    out[i] = stored < low ? low : stored > high ? high : stored;
  }
  return out;
}

/** Whether every value of a range has a stored integer. */
export function fits(range: readonly [number, number], by: Rescaling): boolean {
  const [low, high] = storedRange(by.bitsStored, by.signed);
  const ends = range.map((value) => Math.round((value - by.intercept) / by.slope));
  return Math.min(...ends) >= low && Math.max(...ends) <= high;
}
