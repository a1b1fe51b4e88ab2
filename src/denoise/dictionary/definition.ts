/** Orthogonal matching pursuit written out plainly: what the kernel must equal up to rounding. */
import type { PursuitRequest, SparseCodes } from "../../kernels/sparse-coding.ts";
import { cholesky, choleskySolve } from "../../math/cholesky.ts";

/**
 * Adds the atom that correlates most with the residual and fits all chosen atoms anew by least squares
 * [pati1993orthogonal], until the squared error is at most the limit.
 */
export function pursuePlainly(request: PursuitRequest): SparseCodes {
  const { signals, dictionary, n, limit, most } = request;
  const atoms = dictionary.length / n;
  const total = signals.length / n;
  const codes: SparseCodes = {
    most,
    counts: new Int32Array(total),
    indices: new Int32Array(total * most),
    coefficients: new Float32Array(total * most),
  };
  const dot = (a: ArrayLike<number>, from: number, b: ArrayLike<number>, other: number) => {
    let s = 0;
    for (let i = 0; i < n; i++) s += a[from + i]! * b[other + i]!;
    return s;
  };
  for (let s = 0; s < total; s++) {
    const residual = Float64Array.from(signals.subarray(s * n, (s + 1) * n));
    const chosen: number[] = [];
    let fit: Float64Array = new Float64Array(0);
    while (dot(residual, 0, residual, 0) > limit && chosen.length < most) {
      let best = 0;
      for (let a = 1; a < atoms; a++) {
        const better = Math.abs(dot(dictionary, a * n, residual, 0));
        if (better > Math.abs(dot(dictionary, best * n, residual, 0))) best = a;
      }
      if (chosen.includes(best)) break;
      chosen.push(best);
      const k = chosen.length;
      const gram = Float64Array.from({ length: k * k }, (_, i) =>
        dot(dictionary, chosen[Math.floor(i / k)]! * n, dictionary, chosen[i % k]! * n),
      );
      const factor = cholesky(gram, k);
      if (factor.status !== "ok") {
        chosen.pop();
        break;
      }
      fit = choleskySolve(
        factor.factor,
        Float64Array.from(chosen, (a) => dot(dictionary, a * n, signals, s * n)),
      );
      for (let i = 0; i < n; i++) {
        residual[i] = signals[s * n + i]!;
        chosen.forEach((a, j) => {
          residual[i]! -= fit[j]! * dictionary[a * n + i]!;
        });
      }
    }
    codes.counts[s] = chosen.length;
    codes.indices.set(chosen, s * most);
    codes.coefficients.set(fit.subarray(0, chosen.length), s * most);
  }
  return codes;
}
