/** Mean and variance over a square or cubic window around every pixel. */
import type { Block } from "../blocks.ts";
import { padBlock, type PaddedBlock } from "./windows.ts";

export interface LocalMoments {
  readonly mean: Float64Array;
  /** Population variance over the window. */
  readonly variance: Float64Array;
}

/**
 * Local mean and variance over (2r+1)² or (2r+1)³ values, mirrored borders. Values are shifted by the
 * block's first one before squares are summed, and sums run along one axis after the other.
 */
export function localMoments(block: Block, radius: number): LocalMoments {
  const wide = padBlock(block, radius);
  const shift = block.data[0]!;
  const values = new Float64Array(wide.data);
  for (let i = 0; i < values.length; i++) values[i]! -= shift;
  const mean = boxSums(block, wide, values, radius);
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * values[i]!;
  const variance = boxSums(block, wide, values, radius);
  const n = (2 * radius + 1) ** (block.nz > 1 ? 3 : 2);
  for (let i = 0; i < mean.length; i++) {
    const m = mean[i]! / n;
    variance[i] = Math.max(0, variance[i]! / n - m * m);
    mean[i] = m + shift;
  }
  return { mean, variance };
}

function boxSums(block: Block, wide: PaddedBlock, values: Float64Array, r: number): Float64Array {
  let sums = values;
  const axes = block.nz > 1 ? [1, 2, 3] : [1, 2];
  for (const axis of axes) {
    const step = wide.indexOf({
      dz: axis === 3 ? 1 : 0,
      dy: axis === 2 ? 1 : 0,
      dx: axis === 1 ? 1 : 0,
    });
    const next = new Float64Array(sums.length);
    const reach = r * step;
    for (let i = reach; i < sums.length - reach; i++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k += step) sum += sums[i + k]!;
      next[i] = sum;
    }
    sums = next;
  }
  const out = new Float64Array(block.data.length);
  wide.start.forEach((start, row) => {
    out.set(sums.subarray(start, start + block.nx), row * block.nx);
  });
  return out;
}
