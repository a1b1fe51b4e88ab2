/** Incomplete beta function and its inverse, to about 13 digits in both tails. */
import { InputError } from "../core/errors.ts";
import { log1pMinus, logGamma, stirlingError } from "./gamma.ts";
import { normalQuantile } from "./normal.ts";
import { solveIncreasing } from "./solve.ts";

function requireShapes(a: number, b: number): void {
  if (!(a > 0) || !(b > 0) || a === Infinity || b === Infinity) {
    throw new InputError(
      `Cannot compute an incomplete beta function: found shapes ${a} and ${b}, wanted finite numbers > 0`,
    );
  }
}

/** ln B(a, b). */
function logBeta(a: number, b: number): number {
  if (a < 12 && b < 12) return logGamma(a) + logGamma(b) - logGamma(a + b);
  // Stirling's main parts combined by hand: their differences would cancel.
  const n = a + b;
  const [p, q] = a < b ? [a, b] : [b, a];
  if (p < 12) {
    // ln Γ(q)/Γ(q+p), q large
    const ratio =
      (q - 0.5) * Math.log1p(-p / n) - p * Math.log(n) + p + stirlingError(q) - stirlingError(n);
    return logGamma(p) + ratio;
  }
  return (
    0.5 * Math.log((2 * Math.PI * n) / (a * b)) +
    a * -Math.log1p(b / a) +
    b * -Math.log1p(a / b) +
    stirlingError(a) +
    stirlingError(b) -
    stirlingError(n)
  );
}

/** xᵃ yᵇ / B(a, b) with y = 1 − x: the derivative of the incomplete beta function by ln(x/y). */
export function betaWeight(x: number, y: number, a: number, b: number): number {
  if (x <= 0 || y <= 0) return 0;
  if (a < 1 || b < 1) return Math.exp(a * Math.log(x) + b * Math.log(y) - logBeta(a, b));
  const n = a + b;
  const shift = x * b - y * a;
  const exponent = a * log1pMinus(shift / a, (n * x) / a) + b * log1pMinus(-shift / b, (n * y) / b);
  return (
    Math.sqrt((a * b) / (2 * Math.PI * n)) *
    Math.exp(exponent + stirlingError(n) - stirlingError(a) - stirlingError(b))
  );
}

/** Lentz's evaluation of the continued fraction of I_x(a, b)·a / weight. */
function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const n = a + b;
  let c = 1;
  let d = 1 - (n * x) / (a + 1);
  if (Math.abs(d) < tiny) d = tiny;
  d = 1 / d;
  let h = d;
  for (let m = 1; m < 1e6; m++) {
    const m2 = 2 * m;
    let an = (m * (b - m) * x) / ((a + m2 - 1) * (a + m2));
    d = 1 + an * d;
    if (Math.abs(d) < tiny) d = tiny;
    c = 1 + an / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    h *= d * c;
    an = (-(a + m) * (n + m) * x) / ((a + m2) * (a + m2 + 1));
    d = 1 + an * d;
    if (Math.abs(d) < tiny) d = tiny;
    c = 1 + an / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    const change = d * c;
    h *= change;
    if (Math.abs(change - 1) < 2e-16) break;
  }
  return h;
}

/**
 * I_x(a, b) and 1 − I_x(a, b), each accurate where it is tiny.
 *
 * @param x from 0 to 1
 * @param y 1 − x, given apart so that an x near 1 keeps its digits
 */
export function betaTails(
  x: number,
  y: number,
  a: number,
  b: number,
): { lower: number; upper: number } {
  requireShapes(a, b);
  if (Number.isNaN(x) || Number.isNaN(y)) return { lower: NaN, upper: NaN };
  if (x <= 0) return { lower: 0, upper: 1 };
  if (y <= 0) return { lower: 1, upper: 0 };
  const weight = betaWeight(x, y, a, b);
  if (x < (a + 1) / (a + b + 2)) {
    const lower = Math.min(1, (weight * fraction(x, a, b)) / a);
    return { lower, upper: 1 - lower };
  }
  const upper = Math.min(1, (weight * fraction(y, b, a)) / b);
  return { lower: 1 - upper, upper };
}

/** I_x(a, b): the beta distribution's cumulative probability at x. */
export function regularisedBeta(x: number, a: number, b: number): number {
  return betaTails(x, 1 - x, a, b).lower;
}

/** x and 1 − x at which I_x(a, b) = p, or 1 − I_x(a, b) = p with `upper`; both keep their digits. */
export function inverseBetaTails(
  p: number,
  options: { readonly a: number; readonly b: number; readonly upper?: boolean },
): { x: number; y: number } {
  const { a, b, upper = false } = options;
  requireShapes(a, b);
  if (!(p >= 0 && p <= 1)) return { x: NaN, y: NaN };
  if (p === 0 || p === 1) {
    const x = (p === 0) === upper ? 1 : 0;
    return { x, y: 1 - x };
  }
  const useUpper = upper ? p <= 0.5 : p > 0.5;
  const target = useUpper === upper ? p : 1 - p;
  const z = (useUpper ? -1 : 1) * normalQuantile(target);
  let start = Math.log(a / b) + z * Math.sqrt(1 / a + 1 / b);
  const logB = logBeta(a, b);
  // Power laws at the ends: I ≈ xᵃ/(aB), 1 − I ≈ yᵇ/(bB).
  if (!useUpper && a < 1) start = Math.min(start, (Math.log(target * a) + logB) / a);
  if (useUpper && b < 1) start = Math.max(start, -(Math.log(target * b) + logB) / b);
  const logit = solveIncreasing({
    start,
    low: -745,
    high: 745,
    step: (t) => {
      const x = 1 / (1 + Math.exp(-t));
      const y = 1 / (1 + Math.exp(t));
      const tails = betaTails(x, y, a, b);
      const slope = betaWeight(x, y, a, b);
      return useUpper
        ? { value: Math.log(target) - Math.log(tails.upper), slope: slope / tails.upper }
        : { value: Math.log(tails.lower) - Math.log(target), slope: slope / tails.lower };
    },
  });
  return { x: 1 / (1 + Math.exp(-logit)), y: 1 / (1 + Math.exp(logit)) };
}

/** The x at which I_x(a, b) = p, or 1 − I_x(a, b) = p with `upper`; NaN for p outside 0 … 1. */
export function inverseRegularisedBeta(
  p: number,
  options: { readonly a: number; readonly b: number; readonly upper?: boolean },
): number {
  return inverseBetaTails(p, options).x;
}
