/** Error function and the normal distribution, to about 14 digits in both tails. */

const twoOverRootPi = 2 / Math.sqrt(Math.PI);
/** Below this erf comes from its series, above it erfc from its continued fraction. */
const seriesTo = 1.25;

/** exp(−x²) without the rounding of x², which would cost x²·ε. */
function expMinusSquare(x: number): number {
  const high = Math.trunc(x * 16) / 16;
  return Math.exp(-high * high) * Math.exp(-(x - high) * (x + high));
}

/** erf x = 2/√π · exp(−x²) Σ 2ᵏ x^{2k+1} / (2k+1)!!: all terms have one sign. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > Math.abs(sum) * 1e-17; k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return twoOverRootPi * expMinusSquare(x) * sum;
}

/** exp(x²) erfc x for x ≥ 1.25: 1/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))), from the far end. */
function scaledErfcFraction(x: number): number {
  // Terms needed fall as 1/x²; 60 give full accuracy at 2, 120 at 1.25.
  const terms = Math.ceil(20 + 160 / (x * x));
  let tail = x;
  for (let k = terms; k >= 1; k--) tail = x + k / 2 / tail;
  return 1 / (Math.sqrt(Math.PI) * tail);
}

/** Error function, 2/√π ∫₀ˣ exp(−t²) dt. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const a = Math.abs(x);
  if (a < seriesTo) return x === 0 ? x : erfSeries(x);
  return Math.sign(x) * (1 - erfc(a));
}

/** Complementary error function, 1 − erf x, accurate where it is tiny. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < seriesTo) return x > -6 ? 1 - erf(x) : 2;
  if (x > 27) return 0;
  return expMinusSquare(x) * scaledErfcFraction(x);
}

/** exp(x²) erfc x, which does not underflow; overflows below x = −26. */
export function scaledErfc(x: number): number {
  if (x >= seriesTo) return x === Infinity ? 0 : scaledErfcFraction(x);
  return erfc(x) / expMinusSquare(x);
}

/** Density of the standard normal distribution. */
export function normalPdf(x: number): number {
  return expMinusSquare(x / Math.SQRT2) / Math.sqrt(2 * Math.PI);
}

/** Probability of a standard normal number at most x. The upper tail is `normalCdf(-x)`. */
export function normalCdf(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

/** ln Φ(x), finite for every finite x. */
export function logNormalCdf(x: number): number {
  if (x > -2) return Math.log1p(-normalCdf(-x));
  return -(x * x) / 2 + Math.log(scaledErfc(-x / Math.SQRT2) / 2);
}

/**
 * The x at which Φ(x) = p, for p from 0 (−∞) to 1 (+∞); NaN outside. For the upper tail take
 * `-normalQuantile(q)`.
 */
export function normalQuantile(p: number): number {
  if (Number.isNaN(p) || p < 0 || p > 1) return NaN;
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (Math.abs(p - 0.5) < 0.3) return centralQuantile(p - 0.5);
  return p > 0.5 ? -lowerQuantile(1 - p) : lowerQuantile(p);
}

/** Root of erf(x/√2)/2 = q, keeping the relative accuracy of a small q. */
function centralQuantile(q: number): number {
  let x = q * Math.sqrt(2 * Math.PI);
  for (let step = 0; step < 40 && q !== 0; step++) {
    const move = (erf(x / Math.SQRT2) / 2 - q) / normalPdf(x);
    x -= move;
    if (Math.abs(move) < 3e-16 * Math.abs(x)) break;
  }
  return x;
}

/** Newton steps on ln Φ, which is concave and nearly quadratic in the tail: they come from the left without overshooting. */
function lowerQuantile(p: number): number {
  const target = Math.log(p);
  // −√(−2 ln 2p) is always to the left of the root, since Φ(−z) ≤ exp(−z²/2)/2.
  let x = -Math.sqrt(-2 * (target + Math.LN2));
  for (let step = 0; step < 60; step++) {
    const value = logNormalCdf(x);
    const slope = Math.exp(-(x * x) / 2 - value) / Math.sqrt(2 * Math.PI);
    const next = x - (value - target) / slope;
    if (Math.abs(next - x) <= 2e-16 * Math.abs(x) || next === x) return next;
    // Rounding makes the last steps swing by one unit.
    if (step > 6 && Math.abs(next - x) < 1e-14 * Math.abs(x)) return next;
    x = next;
  }
  return x;
}
