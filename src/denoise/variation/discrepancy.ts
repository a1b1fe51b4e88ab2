/**
 * The regularisation strength at which the removed part has the size of the noise (Morozov's
 * discrepancy principle): ‖u_λ − f‖² = N σ². The left side rises with λ [chambolle2004algorithm].
 */

export interface DiscrepancyResult {
  readonly lambda: number;
  /** RMS of u − f at that λ, in the unit of f. */
  readonly residual: number;
  readonly solves: number;
  /** `limit`: the data vary less than the noise, so every λ leaves too small a residual. */
  readonly status: "ok" | "limit" | "not-converged";
}

/**
 * Searches λ by secants in (log λ, log residual), kept inside the bracket found so far.
 *
 * @param residualAt RMS residual for a λ > 0; should start from its last solution
 * @param options.sigma noise standard deviation > 0
 * @param options.precision relative accuracy of the residual (default 0.005: below the error of any σ)
 */
export async function discrepancyLambda(
  residualAt: (lambda: number) => number | Promise<number>,
  options: { sigma: number; start?: number; precision?: number; maxSolves?: number },
): Promise<DiscrepancyResult> {
  const { sigma, precision = 0.005, maxSolves = 20 } = options;
  let low = 0;
  let high = Infinity;
  let lambda = options.start ?? sigma;
  let last: { x: number; y: number } | undefined;
  let residual = 0;
  for (let solves = 1; solves <= maxSolves; solves++) {
    residual = await residualAt(lambda);
    if (Math.abs(residual / sigma - 1) <= precision) {
      return { lambda, residual, solves, status: "ok" };
    }
    if (residual < sigma) low = lambda;
    else high = lambda;
    // 2²⁰ σ flattens any image whose range is below a million times the noise.
    if (low > sigma * 2 ** 20) return { lambda, residual, solves, status: "limit" };
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
    lambda = next;
  }
  return { lambda, residual, solves: maxSolves, status: "not-converged" };
}
