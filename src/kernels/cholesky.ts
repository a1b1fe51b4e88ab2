import { choleskySource } from "./generated/cholesky.ts";
import { openKernel } from "./load.ts";

interface Exports {
  readonly panelBytes: (n: number) => number;
  readonly factorise: (a: number, n: number, panel: number) => number;
}

/**
 * Cholesky factor by WebAssembly SIMD: blocks of 64 columns, 4×4 tiles over packed panels.
 *
 * @param a row-major n×n, float64; only the lower triangle is read
 * @returns the lower factor (zeros above the diagonal), and the row at which the pivot was not positive or −1
 * @throws RunError when the memory of n² + 64 n float64 values cannot be had (n to about 23,000)
 */
export function choleskyKernel(a: Float64Array, n: number): { lower: Float64Array; pivot: number } {
  // Padding with an identity keeps every tile whole.
  const padded = Math.ceil(n / 4) * 4;
  const kernel = openKernel<Exports>(choleskySource);
  const matrix = kernel.allocate(padded * padded * 8);
  const panel = kernel.allocate(kernel.exports.panelBytes(padded));
  const room = kernel.float64(matrix, padded * padded);
  for (let i = 0; i < n; i++) room.set(a.subarray(i * n, i * n + i + 1), i * padded);
  for (let i = n; i < padded; i++) room[i * padded + i] = 1;
  const pivot = kernel.exports.factorise(matrix, padded, panel);
  const lower = new Float64Array(pivot < 0 ? n * n : 0);
  if (pivot < 0) {
    for (let i = 0; i < n; i++) {
      lower.set(room.subarray(i * padded, i * padded + i + 1), i * n);
    }
  }
  return { lower, pivot };
}
