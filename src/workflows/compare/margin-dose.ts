/**
 * The dose at which an AUC falls below the reference's by more than a margin. Between the doses that were looked at, the
 * difference and the ends of its interval run straight over the logarithm of the dose. The interval of the dose holds
 * those at which the difference's interval holds −margin: the inversion of the test, dose by dose.
 */
export interface DosePoint {
  readonly dose: number;
  /** AUC less the reference's, with its interval. */
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

export interface MarginDose {
  /** Fraction of the full dose; 0 where the AUC stays above down to the lowest dose, NaN where it never is. */
  readonly estimate: number;
  /** Down from the highest dose, the first at which a loss beyond the margin is beyond doubt; 0 where it never is. */
  readonly lower: number;
  /** The lowest dose down to which the loss is proven smaller than the margin; NaN where it is at no dose. */
  readonly upper: number;
}

/** @param points by dose, in any order; those without a number are left out */
export function marginDose(points: readonly DosePoint[], margin: number): MarginDose {
  const sorted = points
    .filter((p) => Number.isFinite(p.estimate) && Number.isFinite(p.lower + p.upper))
    .sort((a, b) => b.dose - a.dose);
  const crossing = (of: (p: DosePoint) => number): number => {
    const first = sorted[0];
    if (first === undefined || of(first) < -margin) return NaN;
    for (let i = 1; i < sorted.length; i++) {
      const [above, below] = [sorted[i - 1]!, sorted[i]!];
      if (of(below) >= -margin) continue;
      const share = (of(above) + margin) / (of(above) - of(below));
      return Math.exp(Math.log(above.dose) + share * (Math.log(below.dose) - Math.log(above.dose)));
    }
    return 0;
  };
  const lower = crossing((p) => p.upper);
  return Object.freeze({
    estimate: crossing((p) => p.estimate),
    lower: Number.isNaN(lower) ? (sorted[0]?.dose ?? NaN) : lower,
    upper: crossing((p) => p.lower),
  });
}
