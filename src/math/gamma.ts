/** Gamma function's logarithm, incomplete gamma functions and their inverse, to about 13 digits. */
import { InputError } from "../core/errors.ts";
import { normalQuantile } from "./normal.ts";
import { solveIncreasing } from "./solve.ts";

const eulerGamma = 0.5772156649015329;
const halfLogTwoPi = 0.9189385332046728;

/** ζ(k) − 1 for k = 2 … 59, by direct sums with an Euler–Maclaurin tail. */
const zetaMinusOne = (() => {
  const table = new Float64Array(60);
  const n = 20;
  for (let k = 2; k < table.length; k++) {
    let s = n ** (1 - k) / (k - 1) + 0.5 * n ** -k;
    s += (k / 12) * n ** (-k - 1);
    s -= ((k * (k + 1) * (k + 2)) / 720) * n ** (-k - 3);
    s += ((k * (k + 1) * (k + 2) * (k + 3) * (k + 4)) / 30240) * n ** (-k - 5);
    for (let m = n - 1; m >= 2; m--) s += m ** -k;
    table[k] = s;
  }
  return table;
})();

/** ln Γ(2 + z) for |z| ≤ 0.5: (1 − γ) z + Σ_{k≥2} (−1)ᵏ (ζ(k) − 1) zᵏ / k, exact at its zero. */
function aroundTwo(z: number): number {
  let s = 0;
  for (let k = 45; k >= 2; k--) s = s * -z + zetaMinusOne[k]! / k;
  return z * (1 - eulerGamma) + z * z * s;
}

/** What Stirling's (x − ½) ln x − x + ½ ln 2π lacks to ln Γ(x). */
export function stirlingError(x: number): number {
  if (x < 12) return logGamma(x) - ((x - 0.5) * Math.log(x) - x + halfLogTwoPi);
  const r = 1 / (x * x);
  return (
    (1 / 12 -
      r *
        (1 / 360 -
          r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360 - r * (1 / 156))))))) /
    x
  );
}

/** ln |Γ(x)|; +∞ at 0, −1, −2, … */
export function logGamma(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x === Infinity) return Infinity;
  if (x <= 0) {
    if (Number.isInteger(x)) return Infinity;
    // Γ(x) Γ(1 − x) = π / sin πx, the sine taken of the distance to the nearest whole number.
    const away = x - Math.round(x);
    return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * away))) - logGamma(1 - x);
  }
  if (x >= 12) return (x - 0.5) * Math.log(x) - x + halfLogTwoPi + stirlingError(x);
  if (x < 0.5) return aroundTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return aroundTwo(x - 1) - Math.log1p(x - 1);
  let product = 1;
  let y = x;
  while (y > 2.5) {
    y -= 1;
    product *= y;
  }
  return aroundTwo(y - 2) + Math.log(product);
}

/**
 * ln(1 + u) − u, without cancellation near 0.
 *
 * @param ratio 1 + u as it was before rounding: near −1 the sum would have lost its digits
 */
export function log1pMinus(u: number, ratio: number): number {
  if (Math.abs(u) > 0.4) return Math.log(ratio) - u;
  // ln(1+u) = 2 Σ r^{2k+1}/(2k+1), r = u/(2+u); u = 2r/(1−r), so the first term leaves −u r.
  const r = u / (2 + u);
  const r2 = r * r;
  let s = 0;
  for (let k = 24; k >= 1; k--) s = s * r2 + 1 / (2 * k + 1);
  return 2 * r * r2 * s - u * r;
}

/** xᵃ e⁻ˣ / Γ(a + 1), by its distance from the peak so that large a costs no digits. */
export function poissonWeight(a: number, x: number): number {
  if (x === 0) return a === 0 ? 1 : 0;
  if (x === Infinity) return 0;
  if (a < 1) return Math.exp(a * Math.log(x) - x - logGamma(a + 1));
  return (
    Math.exp(a * log1pMinus((x - a) / a, x / a) - stirlingError(a)) / Math.sqrt(2 * Math.PI * a)
  );
}

function requireShape(a: number): void {
  if (!(a > 0) || a === Infinity) {
    throw new InputError(
      `Cannot compute an incomplete gamma function: found shape ${a}, wanted a finite number > 0`,
    );
  }
}

/** Both regularised incomplete gamma functions, each accurate where it is tiny. */
export function gammaTails(a: number, x: number): { lower: number; upper: number } {
  requireShape(a);
  if (Number.isNaN(x)) return { lower: NaN, upper: NaN };
  if (x <= 0) return { lower: 0, upper: 1 };
  if (x === Infinity) return { lower: 1, upper: 0 };
  const weight = poissonWeight(a, x);
  if (x < a + 1) {
    let term = 1;
    let sum = 1;
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= x / (a + k);
      sum += term;
    }
    const lower = Math.min(1, weight * sum);
    return { lower, upper: 1 - lower };
  }
  // Lentz's evaluation of Γ(a, x) eˣ x⁻ᵃ = 1/(x+1−a − 1(1−a)/(x+3−a − 2(2−a)/(…))).
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let k = 1; k < 1e6; k++) {
    const an = -k * (k - a);
    b += 2;
    d = an * d + b;
    if (Math.abs(d) < 1e-300) d = 1e-300;
    c = b + an / c;
    if (Math.abs(c) < 1e-300) c = 1e-300;
    d = 1 / d;
    const change = c * d;
    h *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  const upper = Math.min(1, weight * a * h);
  return { lower: 1 - upper, upper };
}

/**
 * The x at which P(a, x) = p, or Q(a, x) = p with `upper`.
 *
 * @param options.a shape > 0
 * @throws InputError on a shape that is not positive
 */
export function inverseRegularisedGamma(
  p: number,
  options: { readonly a: number; readonly upper?: boolean },
): number {
  const { a, upper = false } = options;
  requireShape(a);
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0) return upper ? Infinity : 0;
  if (p === 1) return upper ? 0 : Infinity;
  const useUpper = upper ? p <= 0.5 : p > 0.5;
  const target = useUpper === upper ? p : 1 - p;
  // Wilson–Hilferty, or the power law at the origin where that fails.
  const z = useUpper ? -normalQuantile(target) : normalQuantile(target);
  const cube = 1 - 1 / (9 * a) + z / (3 * Math.sqrt(a));
  let start = Math.log(a) + 3 * Math.log(Math.max(cube, 1e-3));
  if (!useUpper && (cube < 0.3 || a < 1)) start = (Math.log(target) + logGamma(a + 1)) / a;
  const logX = solveIncreasing({
    start,
    low: -745,
    high: 710,
    // In ln x: d ln P/d ln x = a·weight/P.
    step: (t) => {
      const x = Math.exp(t);
      const tails = gammaTails(a, x);
      const slope = a * poissonWeight(a, x);
      return useUpper
        ? { value: Math.log(target) - Math.log(tails.upper), slope: slope / tails.upper }
        : { value: Math.log(tails.lower) - Math.log(target), slope: slope / tails.lower };
    },
  });
  return Math.exp(logX);
}
