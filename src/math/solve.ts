/** Roots of monotone functions of one variable. */

/**
 * Root of an increasing function by Newton steps kept inside a shrinking bracket; halves the bracket
 * when a step leaves it or is not finite.
 *
 * @param problem.step value and derivative at a point; the value may be ±∞ at far ends
 * @returns the root, or the end of the bracket that is nearest to it
 */
export function solveIncreasing(problem: {
  readonly start: number;
  readonly low: number;
  readonly high: number;
  readonly step: (t: number) => { readonly value: number; readonly slope: number };
}): number {
  let { low, high } = problem;
  let t = problem.start > low && problem.start < high ? problem.start : (low + high) / 2;
  let lastMove = Infinity;
  for (let k = 0; k < 200; k++) {
    const { value, slope } = problem.step(t);
    if (value === 0) return t;
    if (value > 0) high = t;
    else low = t;
    let next = t - value / slope;
    if (!(next > low && next < high) || !Number.isFinite(next)) next = (low + high) / 2;
    const move = Math.abs(next - t);
    if (next === t || next === low || next === high) return next;
    // Steps that no longer shrink are rounding.
    if (move <= 4e-16 * Math.abs(t) || (move < 1e-13 * (1 + Math.abs(t)) && move >= lastMove)) {
      return next;
    }
    lastMove = move;
    t = next;
  }
  return t;
}

/**
 * Root of a continuous function that changes sign in a bracket, by bisection with false-position
 * steps (Illinois); for functions without a derivative at hand.
 *
 * @returns the root to `tolerance` relative to 1 + |root|; NaN when the signs at the ends agree
 */
export function bracketedRoot(
  f: (t: number) => number,
  options: { readonly low: number; readonly high: number; readonly tolerance?: number },
): number {
  const { tolerance = 1e-13 } = options;
  let a = options.low;
  let b = options.high;
  let fa = f(a);
  let fb = f(b);
  if (fa === 0) return a;
  if (fb === 0) return b;
  if (!(fa * fb < 0)) return NaN;
  let side = 0;
  for (let k = 0; k < 300; k++) {
    if (Math.abs(b - a) <= tolerance * (1 + Math.abs(a))) break;
    // Every third step halves, so that a flat side cannot stall the bracket.
    const falsePosition = (fa * b - fb * a) / (fa - fb);
    const c =
      k % 3 === 2 || !(falsePosition > Math.min(a, b) && falsePosition < Math.max(a, b))
        ? (a + b) / 2
        : falsePosition;
    const fc = f(c);
    if (fc === 0 || c === a || c === b) return c;
    if (fa * fc < 0) {
      b = c;
      fb = fc;
      if (side === -1) fa /= 2;
      side = -1;
    } else {
      a = c;
      fa = fc;
      if (side === 1) fb /= 2;
      side = 1;
    }
  }
  return (a + b) / 2;
}
