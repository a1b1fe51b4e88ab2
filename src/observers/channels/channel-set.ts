/** A set of channels: rows that an image is multiplied with. */
import type { Cases } from "../cases.ts";

export interface ChannelSet {
  readonly name: string;
  readonly count: number;
  /** Values of an image. */
  readonly size: number;
  /** Row-major count×size, each row of unit norm. */
  readonly rows: Float64Array;
}

/** Place of the signal's centre in pixels along z, y, x (two entries for planes). */
export type Centre = readonly number[];

/** Centre of an array under the convention that pixel ⌊n/2⌋ is the middle of even sizes. */
export const centreOf = (shape: readonly number[]): Centre => shape.map((n) => Math.floor(n / 2));

/** Evaluates functions of the offset from a centre (pixels, along z, y, x) and scales each row to unit norm. */
export function channelRows(
  name: string,
  options: {
    shape: readonly number[];
    centre: Centre;
    functions: readonly ((offset: readonly number[]) => number)[];
  },
): ChannelSet {
  const { shape, centre, functions } = options;
  const size = shape.reduce((a, b) => a * b, 1);
  const rows = new Float64Array(functions.length * size);
  const offset = new Array<number>(shape.length);
  for (let i = 0; i < size; i++) {
    let rest = i;
    for (let a = shape.length - 1; a >= 0; a--) {
      offset[a] = (rest % shape[a]!) - centre[a]!;
      rest = Math.floor(rest / shape[a]!);
    }
    functions.forEach((f, c) => {
      rows[c * size + i] = f(offset);
    });
  }
  return unitRows({ name, count: functions.length, size, rows });
}

/** The same set with each row scaled to unit norm; rows of zeros stay. */
export function unitRows(set: ChannelSet): ChannelSet {
  const rows = Float64Array.from(set.rows);
  for (let c = 0; c < set.count; c++) {
    const row = rows.subarray(c * set.size, (c + 1) * set.size);
    const norm = Math.sqrt(row.reduce((s, v) => s + v * v, 0)) || 1;
    for (let i = 0; i < row.length; i++) row[i]! /= norm;
  }
  return { ...set, rows };
}

/** Channel outputs of all cases, row-major cases×channels. */
export function channelOutputs(set: ChannelSet, cases: Cases): Float64Array {
  const out = new Float64Array(cases.count * set.count);
  for (let k = 0; k < cases.count; k++) {
    const from = k * cases.size;
    for (let c = 0; c < set.count; c++) {
      const row = c * set.size;
      let sum = 0;
      for (let i = 0; i < set.size; i++) sum += set.rows[row + i]! * cases.data[from + i]!;
      out[k * set.count + c] = sum;
    }
  }
  return out;
}
