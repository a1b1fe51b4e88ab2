/**
 * Iterative reconstruction, as comparison for filtered backprojection and denoising.
 *
 *   SIRT     x ← x + C Aᵀ R (y − A x),  R, C: inverse row and column sums [gilbert1972iterative]
 *   PLS-TV   min_x ½‖A x − y‖²_W + λ TV(x), by the primal-dual method with diagonal steps
 *            [chambolle2011first, pock2011diagonal]
 */
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { requireLength, type LinearOperator } from "./operator.ts";

/** How an iteration ended. */
export interface IterativeResult {
  readonly image: Float32Array;
  readonly iterations: number;
  /** ‖A x − y‖ / ‖y‖ at the end. */
  readonly residual: number;
  /** Why it stopped; `limit` says that more iterations would go on changing the image. */
  readonly status: "converged" | "limit";
}

function norm(values: Float32Array): number {
  let sum = 0;
  for (const v of values) sum += v * v;
  return Math.sqrt(sum);
}

/** Row and column sums of a non-negative operator: A·1 and Aᵀ·1, inverted, 0 where they vanish. */
function inverseSums(a: LinearOperator): { rows: Float32Array; columns: Float32Array } {
  const invert = (v: Float32Array): Float32Array => v.map((s) => (s > 1e-9 ? 1 / s : 0));
  return {
    rows: invert(a.apply(new Float32Array(a.domainLength).fill(1))),
    columns: invert(a.adjoint(new Float32Array(a.rangeLength).fill(1))),
  };
}

export interface SirtOptions extends WorkOptions {
  readonly iterations?: number;
  /** Start; zeros when absent. */
  readonly start?: Float32Array;
  /** Keep values at zero or above. Defaults to true. */
  readonly nonNegative?: boolean;
  /** Stops when the relative residual falls by less than this in a round. Defaults to 1e-5. */
  readonly tolerance?: number;
}

/** Simultaneous iterative reconstruction. `y`: line integrals; result in 1/mm. */
export function sirt(
  a: LinearOperator,
  y: Float32Array,
  options: SirtOptions = {},
): IterativeResult {
  const { iterations = 50, nonNegative = true, tolerance = 1e-5 } = options;
  requireLength("SIRT", y, a.rangeLength);
  const { rows, columns } = inverseSums(a);
  const x = options.start?.slice() ?? new Float32Array(a.domainLength);
  const scale = norm(y) || 1;
  let before = Infinity;
  for (let k = 1; k <= iterations; k++) {
    throwIfAborted(options.signal, "iterative reconstruction");
    const forward = a.apply(x);
    const rest = forward.map((v, i) => y[i]! - v);
    const residual = norm(rest) / scale;
    if (before - residual < tolerance) {
      return { image: x, iterations: k - 1, residual, status: "converged" };
    }
    before = residual;
    const back = a.adjoint(rest.map((v, i) => v * rows[i]!));
    for (let i = 0; i < x.length; i++) {
      const v = x[i]! + columns[i]! * back[i]!;
      x[i] = nonNegative && v < 0 ? 0 : v;
    }
    options.onProgress?.({
      done: k,
      total: iterations,
      label: "reconstructing",
      figures: { residual },
    });
  }
  const forward = a.apply(x);
  const residual = norm(forward.map((v, i) => y[i]! - v)) / scale;
  return { image: x, iterations, residual, status: "limit" };
}

export interface PlsTvOptions extends WorkOptions {
  /** Width of the plane in pixels. */
  readonly nx: number;
  /** Weight λ of the total variation, in units of ½‖Ax − y‖²_W per (1/mm). */
  readonly lambda: number;
  /** Statistical weight of each line integral, such as its quanta N₀e^{−p}; 1 when absent. */
  readonly weights?: Float32Array;
  readonly iterations?: number;
  readonly start?: Float32Array;
  /** Stops when the image changes by less than this, relatively, in a round. Defaults to 1e-5. */
  readonly tolerance?: number;
}

/** Penalised weighted least squares with isotropic total variation and x ≥ 0. */
export function plsTv(a: LinearOperator, y: Float32Array, options: PlsTvOptions): IterativeResult {
  const { nx, lambda, iterations = 200, tolerance = 1e-5 } = options;
  const n = a.domainLength;
  const ny = n / nx;
  requireLength("PLS-TV", y, a.rangeLength);
  if (!Number.isInteger(ny) || !(lambda >= 0)) {
    throw new InputError(
      `Cannot reconstruct by PLS-TV: found ${n} pixels in rows of ${nx} and λ = ${lambda}, wanted whole rows and λ >= 0`,
    );
  }
  const w = options.weights;
  // Diagonal steps: σ from row sums of A, τ from column sums plus the gradient's four.
  const { rows } = inverseSums(a);
  const columnSums = a.adjoint(new Float32Array(a.rangeLength).fill(1));
  // The gradient's rows sum to 2, its columns to 4. Gradients are scaled to weigh like A's columns.
  let most = 0;
  for (const s of columnSums) most = Math.max(most, s);
  const g = most / 4;
  const tau = columnSums.map((s) => 1 / (s + 4 * g));
  const sigmaG = 1 / (2 * g);
  const x = options.start?.slice() ?? new Float32Array(n);
  let bar = x.slice();
  const dual = new Float32Array(a.rangeLength);
  const qx = new Float32Array(n);
  const qy = new Float32Array(n);
  const bound = lambda / g;
  let iterationsDone = 0;
  let status: IterativeResult["status"] = "limit";
  for (let k = 1; k <= iterations; k++) {
    throwIfAborted(options.signal, "iterative reconstruction");
    const forward = a.apply(bar);
    for (let i = 0; i < dual.length; i++) {
      const s = rows[i]!;
      const weight = w ? w[i]! : 1;
      // Prox of the conjugate of ½ w (z − y)².
      dual[i] = weight > 0 ? (dual[i]! + s * (forward[i]! - y[i]!)) / (1 + s / weight) : 0;
    }
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        const at = j * nx + i;
        const gx = i + 1 < nx ? g * (bar[at + 1]! - bar[at]!) : 0;
        const gy = j + 1 < ny ? g * (bar[at + nx]! - bar[at]!) : 0;
        const px = qx[at]! + sigmaG * gx;
        const py = qy[at]! + sigmaG * gy;
        const length = Math.hypot(px, py);
        const shrink = length > bound ? bound / length : 1;
        qx[at] = px * shrink;
        qy[at] = py * shrink;
      }
    }
    const back = a.adjoint(dual);
    let change = 0;
    let size = 0;
    const next = new Float32Array(n);
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        const at = j * nx + i;
        const divergence =
          qx[at]! - (i > 0 ? qx[at - 1]! : 0) + qy[at]! - (j > 0 ? qy[at - nx]! : 0);
        const v = Math.max(0, x[at]! - tau[at]! * (back[at]! - g * divergence));
        next[at] = 2 * v - x[at]!;
        change += (v - x[at]!) ** 2;
        size += v * v;
        x[at] = v;
      }
    }
    bar = next;
    iterationsDone = k;
    options.onProgress?.({ done: k, total: iterations, label: "reconstructing" });
    if (change <= tolerance * tolerance * size) {
      status = "converged";
      break;
    }
  }
  const forward = a.apply(x);
  const residual = norm(forward.map((v, i) => y[i]! - v)) / (norm(y) || 1);
  return { image: x, iterations: iterationsDone, residual, status };
}
