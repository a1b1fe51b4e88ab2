import { centredBlocksSource } from "./generated/centred-blocks.ts";
import { openKernel } from "./load.ts";

interface Exports {
  readonly scatter: (
    rows: number,
    stride: number,
    count: number,
    shift: number,
    sums: number,
    right: number,
    left: number,
    first: number,
    batch: number,
    block: number,
    blocks: number,
  ) => void;
  readonly accumulate: (
    values: number,
    rows: number,
    columns: number,
    width: number,
    sums: number,
    stride: number,
  ) => void;
}

/** A batch of rows less a shift, cut into blocks of columns for matrix products. */
export interface CentredBlocks {
  /** Columns of a block, a multiple of four; the last block is padded with zeros. */
  readonly block: number;
  /** Rows of a block, a multiple of sixteen. */
  readonly batch: number;
  /** Row-major batch×block for each block; overwritten by each `fill`. */
  readonly right: readonly Float32Array[];
  /** The same transposed, block×batch. */
  readonly left: readonly Float32Array[];
  /**
   * Lays out up to `batch` rows, with zeros below them.
   *
   * @returns sums of the columns as they came, in float64, added row after row
   */
  fill(rows: Float32Array, shift: Float32Array): Float64Array;
}

/**
 * Reserves room for a batch: 2·batch·columns float32 values of WebAssembly memory.
 *
 * @throws RunError when it cannot be had
 */
export function centredBlocks(
  columns: number,
  options: { batch: number; block: number },
): CentredBlocks {
  const block = 4 * Math.ceil(options.block / 4);
  const batch = 16 * Math.ceil(options.batch / 16);
  const blocks = Math.ceil(columns / block);
  const padded = blocks * block;
  // Rows a cache line further apart than their length, so that columns of them do not share cache sets.
  const stride = padded + 16;
  const kernel = openKernel<Exports>(centredBlocksSource);
  const room = kernel.allocate(16 * stride * 4);
  const shiftAt = kernel.allocate(padded * 4);
  const sumsAt = kernel.allocate(padded * 8);
  const rightAt = kernel.allocate(padded * batch * 4);
  const leftAt = kernel.allocate(padded * batch * 4);
  const views = (from: number) =>
    Array.from({ length: blocks }, (_, b) =>
      kernel.float32(from + b * batch * block * 4, batch * block),
    );
  const values = kernel.float32(room, 16 * stride);
  const shifts = kernel.float32(shiftAt, padded);
  const sums = kernel.float64(sumsAt, padded);
  return Object.freeze({
    block,
    batch,
    right: views(rightAt),
    left: views(leftAt),
    fill: (rows: Float32Array, shift: Float32Array) => {
      shifts.set(shift);
      sums.fill(0);
      const total = rows.length / columns;
      for (let first = 0; first < batch; first += 16) {
        const count = Math.max(0, Math.min(16, total - first));
        for (let r = 0; r < 16; r++) {
          const from = (first + r) * columns;
          values.set(r < count ? rows.subarray(from, from + columns) : shift, r * stride);
        }
        kernel.exports.scatter(
          room,
          stride * 4,
          count,
          shiftAt,
          sumsAt,
          rightAt,
          leftAt,
          first,
          batch,
          block,
          blocks,
        );
      }
      return sums.slice(0, columns);
    },
  });
}

/** Sums of blocks of a symmetric matrix, in float64. */
export interface BlockSums {
  /** Adds a product of blocks i and j, i ≤ j: row-major block×block. */
  add(values: Float32Array, at: { readonly i: number; readonly j: number }): void;
  /** The full symmetric columns×columns matrix, row-major; a copy. */
  matrix(): Float64Array;
}

/**
 * Reserves room for columns² float64 values of WebAssembly memory, columns rounded up to whole blocks.
 *
 * @throws RunError when it cannot be had
 */
export function blockSums(columns: number, { block }: { block: number }): BlockSums {
  const padded = block * Math.ceil(columns / block);
  const kernel = openKernel<Exports>(centredBlocksSource);
  const room = kernel.allocate(block * block * 4);
  const sumsAt = kernel.allocate(padded * padded * 8);
  const values = kernel.float32(room, block * block);
  const sums = kernel.float64(sumsAt, padded * padded);
  return Object.freeze({
    add: (product: Float32Array, { i, j }: { readonly i: number; readonly j: number }) => {
      values.set(product);
      const to = sumsAt + 8 * block * (i * padded + j);
      kernel.exports.accumulate(room, block, block, block, to, padded);
    },
    matrix: () => {
      const out = new Float64Array(columns * columns);
      for (let i = 0; i < columns; i++) {
        out.set(sums.subarray(i * padded + i, i * padded + columns), i * columns + i);
      }
      // By squares, so that both sides of the diagonal stay in the cache.
      for (let top = 0; top < columns; top += 64) {
        for (let from = 0; from <= top; from += 64) {
          for (let i = top; i < Math.min(columns, top + 64); i++) {
            for (let j = from; j < Math.min(i, from + 64); j++) {
              out[i * columns + j] = out[j * columns + i]!;
            }
          }
        }
      }
      return out;
    },
  });
}
