/**
 * The quadratic form of the data and task terms, Q = αI + βWᵀW, and its inverse, by the small matrix
 * of the templates' products [woodbury]: Q⁻¹ = (I − βWᵀ(αI + βWWᵀ)⁻¹W) / α.
 */
import { cholesky, choleskySolve } from "../math/cholesky.ts";
import { RunError } from "../core/errors.ts";
import { dot } from "./problem.ts";

export interface TaskMetric {
  /** Q⁻¹ x. */
  solve(x: Float64Array): Float64Array;
}

/** @throws RunError when α is 0: the templates alone do not determine an image. */
export function taskMetric(
  rows: readonly Float64Array[],
  { alpha, beta }: { alpha: number; beta: number },
): TaskMetric {
  if (!(alpha > 0)) throw new RunError(`Cannot solve: found alpha ${alpha}, wanted a number > 0`);
  const k = rows.length;
  const small = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      small[i * k + j] = beta * dot(rows[i]!, rows[j]!) + (i === j ? alpha : 0);
    }
  }
  const factor = k === 0 || beta === 0 ? undefined : cholesky(small, k);
  if (factor !== undefined && factor.status !== "ok") {
    throw new RunError(`Cannot solve: found templates without a usable product; ${factor.remedy}`);
  }
  return {
    solve(x) {
      const out = x.map((v) => v / alpha);
      if (factor === undefined) return out;
      const inner = choleskySolve(
        factor.factor,
        Float64Array.from(rows, (row) => dot(row, x)),
      );
      rows.forEach((row, i) => {
        const scale = (beta * inner[i]!) / alpha;
        for (let j = 0; j < out.length; j++) out[j]! -= scale * row[j]!;
      });
      return out;
    },
  };
}
