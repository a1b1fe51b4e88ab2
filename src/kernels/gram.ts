import { InputError } from "../core/errors.ts";
import { gramSource } from "./generated/gram.ts";
import { openKernel } from "./load.ts";

type AddRows = (x: number, rows: number, columns: number, c: number, panel: number) => void;

interface Exports {
  readonly addRows: AddRows;
  readonly addFloat32Rows: AddRows;
  readonly addFloat32Products: AddRows;
}

export interface GramOptions {
  /**
   * `float64` (default) multiplies and adds in float64. `float32` does so within a batch of 256 rows and adds
   * batches in float64: twice as fast, with a relative error of about 1e-6 of √(C_ii C_jj), far below the
   * sampling error of a covariance. Take the mean off first where it is large beside the spread.
   */
  readonly products?: "float64" | "float32";
}

/** Sum of outer products of rows, kept in float64. */
export interface GramAccumulator {
  readonly columns: number;
  /** Adds XᵀX for rows laid one after the other; any whole number of rows. */
  add(rows: Float64Array | Float32Array): void;
  /** The full symmetric columns×columns matrix, row-major. */
  matrix(): Float64Array;
}

/** Rows packed at a time: a group of four columns of that depth is 8 KiB in float64. */
const depth = 256;

/**
 * Opens an accumulator of Σ x xᵀ by WebAssembly SIMD, float64, for `columns` variables. Memory:
 * columns² + 3·256·columns float64 values.
 *
 * @throws InputError on a size that is no whole number; RunError when memory cannot be had
 */
export function gramKernel(columns: number, options: GramOptions = {}): GramAccumulator {
  if (!Number.isInteger(columns) || columns < 1) {
    throw new InputError(`Cannot sum outer products: found ${columns} columns, wanted 1 or more`);
  }
  const padded = Math.ceil(columns / 8) * 8;
  const kernel = openKernel<Exports>(gramSource);
  const sum = kernel.allocate(padded * padded * 8);
  const input = kernel.allocate(padded * depth * 8);
  const panel = kernel.allocate(padded * depth * 8);
  return Object.freeze({
    columns,
    add: (rows: Float64Array | Float32Array) => {
      const total = rows.length / columns;
      if (!Number.isInteger(total)) {
        throw new InputError(
          `Cannot sum outer products: found ${rows.length} values, wanted a multiple of ${columns}`,
        );
      }
      const rough = options.products === "float32";
      const single = rough || rows instanceof Float32Array;
      const room = single
        ? kernel.float32(input, padded * depth)
        : kernel.float64(input, padded * depth);
      // Padding columns stay zero, so they add nothing.
      if (padded !== columns) room.fill(0);
      const { exports } = kernel;
      const call = rough
        ? exports.addFloat32Products
        : single
          ? exports.addFloat32Rows
          : exports.addRows;
      for (let start = 0; start < total; start += depth) {
        const count = Math.min(depth, total - start);
        if (padded === columns) {
          room.set(rows.subarray(start * columns, (start + count) * columns));
        } else {
          for (let r = 0; r < count; r++) {
            const from = (start + r) * columns;
            room.set(rows.subarray(from, from + columns), r * padded);
          }
        }
        call(input, count, padded, sum, panel);
      }
    },
    matrix: () => {
      const room = kernel.float64(sum, padded * padded);
      const out = new Float64Array(columns * columns);
      for (let i = 0; i < columns; i++) {
        for (let j = 0; j <= i; j++) {
          const v = room[i * padded + j]!;
          out[i * columns + j] = v;
          out[j * columns + i] = v;
        }
      }
      return out;
    },
  });
}
