/**
 * How far noise of a given correlation shows in a small window.
 *
 * A window about its polynomial has lost the part of the noise that varies slowly, the more of it the longer
 * the noise is correlated. With the noise's autocovariance matrix K over the window's n pixels, the m
 * orthonormal polynomials B, Q = 1 − B Bᵀ and R = Q K Q, the window's residuals have
 *
 *   E sd² = σ² tr R / (n − m),   ν = (tr R)² / tr R²  degrees of freedom,   ρ(lag) = mean R(lag) / mean R(0).
 *
 * These are tabled for noise of the power spectra
 *
 *   N(f) ∝ f^p exp(−(2π f w)²),   p = 0 (white and blurred), ½, 1 (filtered backprojection), 2; w ≥ 0 px,
 *
 * alone or with a share t of the residual energy from structure that is smooth over the window. The correlations
 * ρ measured in flat windows choose among them, and tr R / (n − m) undoes the loss. Interpolated MR images
 * (a box spectrum) lie close enough to the family: see the table in docs/denoisers.md.
 */
import { fftN, signedFrequency } from "../../math/fft.ts";
import { removeFrom, windowPolynomials } from "./window-polynomials.ts";
import { lagGroups, type WindowShape } from "./window-residuals.ts";

/** What a correlation leaves in a window, per unit of the noise's variance. */
export interface WindowModel {
  /** E sd²/σ². */
  readonly variance: number;
  /** ν of the window's sd². */
  readonly freedom: number;
  /** ρ for each of `lagGroups`. */
  readonly correlations: Float64Array;
}

interface NoiseModel extends WindowModel {
  /** w in px. */
  readonly width: number;
  /** Full width at half maximum of the autocorrelation, in px. */
  readonly grain: number;
}

export interface CorrelationFit {
  /** E sd²/σ², where σ² is the noise's variance alone. */
  readonly variance: number;
  readonly freedom: number;
  /** Full width at half maximum of the noise's autocorrelation, in px; 1.2 for white noise. */
  readonly grain: number;
  /** w of the nearest model, in px. */
  readonly width: number;
  /** Share of the residual energy that is smooth structure. */
  readonly structure: number;
}

const exponents = [0, 0.5, 1, 2];
const widths = [0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.15, 1.3, 1.5, 1.7, 2, 2.3, 2.7];
/** Bins along each side of the spectra. */
const bins = 64;
/** Width in px of the Gaussian that smooth structure is taken to be correlated like. */
const structureWidth = 4;
/** Noise wider than this cannot be told from structure. */
const widestBesideStructure = 0.7;
/** Squared error of the correlations by which structure has to pay for each share of 1. */
const structurePrice = 0.06;

/** Power spectrum over bins × bins frequencies, row-major. */
function spectrumOf(exponent: number, width: number): Float64Array {
  const power = new Float64Array(bins * bins);
  for (let v = 0; v < bins; v++) {
    for (let u = 0; u < bins; u++) {
      const f = Math.hypot(signedFrequency(v, bins) / bins, signedFrequency(u, bins) / bins);
      const low = exponent > 0 && f === 0 ? 0 : f ** exponent;
      power[v * bins + u] = low * Math.exp(-((2 * Math.PI * f * width) ** 2));
    }
  }
  return power;
}

/** Distance, twice, at which the autocorrelation along x of a spectrum has fallen to a half. */
function grainOf(power: Float64Array): number {
  const marginal = new Float64Array(bins);
  power.forEach((p, i) => (marginal[i % bins]! += p));
  const at = (d: number) => {
    let [sum, all] = [0, 0];
    for (let u = 0; u < bins; u++) {
      sum += marginal[u]! * Math.cos((2 * Math.PI * signedFrequency(u, bins) * d) / bins);
      all += marginal[u]!;
    }
    return sum / all;
  };
  let [low, high] = [0, 1];
  while (at(high) > 0.5) high *= 1.5;
  for (let k = 0; k < 40; k++) {
    const middle = 0.5 * (low + high);
    if (at(middle) > 0.5) low = middle;
    else high = middle;
  }
  return low + high;
}

/** What an autocorrelation (1 at no distance) leaves in a window; see the file's header. */
export function windowModel(
  autocorrelation: (dy: number, dx: number) => number,
  { radius, degree }: WindowShape,
): WindowModel {
  const side = 2 * radius + 1;
  const n = side * side;
  const polynomials = windowPolynomials(radius, degree);
  const rows = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n }, (_, j) =>
      autocorrelation(Math.floor(i / side) - Math.floor(j / side), (i % side) - (j % side)),
    ),
  );
  // R = Q K Q: K is symmetric, so that the columns of K Q are the rows of Q K.
  for (const row of rows) for (const polynomial of polynomials) removeFrom(row, polynomial);
  const turned = rows.map((_, i) => Float64Array.from(rows, (row) => row[i]!));
  for (const row of turned) for (const polynomial of polynomials) removeFrom(row, polynomial);
  let [trace, squares] = [0, 0];
  turned.forEach((row, i) => {
    trace += row[i]!;
    for (const v of row) squares += v * v;
  });
  const correlations = Float64Array.from(lagGroups, (group) => {
    let total = 0;
    for (const [dy, dx] of group) {
      let [sum, count] = [0, 0];
      for (let y = 0; y + dy < side; y++) {
        for (let x = Math.max(0, -dx); x < side - Math.max(0, dx); x++) {
          sum += turned[y * side + x]![(y + dy) * side + x + dx]!;
          count++;
        }
      }
      total += sum / count / group.length;
    }
    return total / (trace / n);
  });
  return {
    variance: trace / (n - polynomials.length),
    freedom: (trace * trace) / squares,
    correlations,
  };
}

interface Tables {
  readonly noise: readonly NoiseModel[];
  readonly structure: WindowModel;
}

const tables = new Map<string, Tables>();

function tablesFor(shape: WindowShape): Tables {
  const key = `${shape.radius} ${shape.degree}`;
  const known = tables.get(key);
  if (known) return known;
  const noise = exponents.flatMap((exponent) =>
    widths.map((width): NoiseModel => {
      const power = spectrumOf(exponent, width);
      const { re } = fftN(power, new Float64Array(power.length), {
        shape: [bins, bins],
        inverse: true,
      });
      const at = (dy: number, dx: number) =>
        re[((dy + bins) % bins) * bins + ((dx + bins) % bins)]! / re[0]!;
      return { ...windowModel(at, shape), width, grain: grainOf(power) };
    }),
  );
  const structure = windowModel(
    (dy, dx) => Math.exp(-(dy * dy + dx * dx) / (4 * structureWidth ** 2)),
    shape,
  );
  const made = { noise, structure };
  tables.set(key, made);
  return made;
}

/**
 * The model nearest to measured correlations. Models that fit nearly as well take part with less weight, so that
 * the loss changes smoothly with the measurement.
 *
 * @param measured from `residualCorrelation`
 * @param shape of the windows they were measured in
 */
export function fitCorrelation(measured: Float64Array, shape: WindowShape): CorrelationFit {
  const { noise, structure } = tablesFor(shape);
  const candidates: { model: NoiseModel; share: number; error: number }[] = [];
  for (const model of noise) {
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = tenth / 10;
      if (share > 0 && model.width > widestBesideStructure) break;
      let error = structurePrice * share;
      for (let g = 0; g < measured.length; g++) {
        const mixed = (1 - share) * model.correlations[g]! + share * structure.correlations[g]!;
        error += (mixed - measured[g]!) ** 2;
      }
      candidates.push({ model, share, error });
    }
  }
  const best = candidates.reduce((a, b) => (b.error < a.error ? b : a));
  // Errors of the correlations of some thousand windows are about 0.01.
  const tolerance = best.error + 2e-4;
  let [weights, inverse, freedom, grain, share] = [0, 0, 0, 0, 0];
  for (const candidate of candidates) {
    const weight = Math.exp(-(candidate.error - best.error) / tolerance);
    weights += weight;
    inverse += (weight * (1 - candidate.share)) / candidate.model.variance;
    freedom += weight * candidate.model.freedom;
    grain += weight * candidate.model.grain;
    share += weight * candidate.share;
  }
  return {
    variance: weights / inverse,
    freedom: freedom / weights,
    grain: grain / weights,
    width: best.model.width,
    structure: share / weights,
  };
}
