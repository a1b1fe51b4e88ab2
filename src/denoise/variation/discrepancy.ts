/**
 * The regularisation strength at which the removed part has the size of the noise (Morozov's
 * discrepancy principle): ‖u_λ − f‖² = N σ². The left side rises with λ [chambolle2004algorithm].
 *
 * A limit holds λ where the principle would go on. A flat region of area A and perimeter P loses λ P/A of its
 * contrast, and where noise is correlated, or hardly above what the penalty leaves anyway, the last per cent of
 * its variance takes many times the λ of all the rest.
 */

export interface DiscrepancyResult {
  readonly lambda: number;
  /** RMS of u − f at that λ, in the unit of f. */
  readonly residual: number;
  readonly solves: number;
  /** `limit`: also at the largest λ allowed less is removed than the noise. */
  readonly status: "ok" | "limit" | "not-converged";
}

/**
 * Searches λ by secants in (log λ, log residual), kept inside the bracket found so far.
 *
 * @param residualAt RMS residual for a λ > 0; should start from its last solution
 * @param options.sigma noise standard deviation > 0
 * @param options.most largest λ, in the unit of f
 * @param options.precision relative accuracy of the residual (default 0.005: below the error of any σ)
 */
export async function discrepancyLambda(
  residualAt: (lambda: number) => number | Promise<number>,
  options: { sigma: number; most: number; precision?: number; maxSolves?: number },
): Promise<DiscrepancyResult> {
  const { sigma, most, precision = 0.005, maxSolves = 20 } = options;
  let low = 0;
  let high = Infinity;
  let lambda = Math.min(sigma, most);
  let last: { x: number; y: number } | undefined;
  let residual = 0;
  for (let solves = 1; solves <= maxSolves; solves++) {
    residual = await residualAt(lambda);
    if (Math.abs(residual / sigma - 1) <= precision) {
      return { lambda, residual, solves, status: "ok" };
    }
    if (residual < sigma) low = lambda;
    else high = lambda;
    if (low >= most) return { lambda, residual, solves, status: "limit" };
    const x = Math.log(lambda);
    const y = Math.log(Math.max(residual, 1e-12 * sigma) / sigma);
    // Fixed-point step of [chambolle2004algorithm] first, secants afterwards.
    const slope = last && last.x !== x ? (y - last.y) / (x - last.x) : 1;
    last = { x, y };
    const wanted = slope > 0.05 && Number.isFinite(slope) ? x - y / Math.min(slope, 2) : NaN;
    let next = Math.exp(Math.min(x + 3, Math.max(x - 3, wanted)));
    if (!(next > low && next < high)) {
      next = high === Infinity ? lambda * 8 : Math.sqrt(Math.max(low, high / 64) * high);
    }
    lambda = Math.min(next, most);
  }
  return { lambda, residual, solves: maxSolves, status: "not-converged" };
}

/**
 * The largest λ that members of variation choose by themselves: σ on planes, ⅔ σ in volumes of cubic voxels. A
 * square or a cube of w px then moves by 4σ/w towards its surroundings, whatever the number of axes.
 *
 * @param weights of the differences along each axis that is joined
 */
export function largestLambda(sigma: number, weights: readonly number[]): number {
  return (2 * sigma) / weights.reduce((sum, weight) => sum + weight, 0);
}
