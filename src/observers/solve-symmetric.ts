/**
 * Solution of K w = s for a covariance matrix, with one step of iterative refinement, and the residual
 * ‖K w − s‖/‖s‖ that remains.
 */
import { cholesky, choleskySolve } from "../math/cholesky.ts";
import type { Refusal } from "./observer.ts";

export interface Solution {
  readonly status: "ok";
  readonly x: Float64Array;
  /** ‖K x − b‖ / ‖b‖ after refinement. */
  readonly residual: number;
}

function residualOf(k: Float64Array, x: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    const row = i * n;
    for (let j = 0; j < n; j++) sum -= k[row + j]! * x[j]!;
    out[i] = sum;
  }
  return out;
}

const norm = (v: Float64Array): number => Math.sqrt(v.reduce((s, x) => s + x * x, 0));

/**
 * Solves K x = b.
 *
 * @param k symmetric, row-major n×n
 * @returns the solution and its residual, or a refusal when K is not positive definite
 */
export function solveSymmetric(k: Float64Array, b: Float64Array): Solution | Refusal {
  const factored = cholesky(k, b.length);
  if (factored.status !== "ok") {
    return {
      status: "refused",
      cause: `the covariance of ${b.length} variables is not positive definite (pivot ${factored.pivot})`,
      remedy: "train on more images, or use method shrinkage, svd or known-noise",
    };
  }
  let x = choleskySolve(factored.factor, b);
  const first = residualOf(k, x, b);
  const step = choleskySolve(factored.factor, first);
  const refined = x.map((v, i) => v + step[i]!);
  const second = residualOf(k, refined, b);
  const scale = norm(b) || 1;
  let residual = norm(first) / scale;
  if (norm(second) / scale < residual) {
    x = refined;
    residual = norm(second) / scale;
  }
  return { status: "ok", x, residual };
}
