/**
 * Bands of low spatial frequencies by the size of what they hold.
 *
 * A band is a radial transfer function H(f), f in cycles/mm, between 0 and 1. What a matched template s of spectrum
 * S reads of itself after it is the share
 *
 *   c = ∫ H |S|² / ∫ |S|²
 *
 * of what it read before. Of the disk of diameter D (in planes; of the ball in volumes)
 *
 *   |S| ∝ 2 J₁(x)/x  or  3 (sin x − x cos x)/x³,   x = π D f,
 *
 * and for an ideal low-pass of edge f₀ the disk's share is 1 − J₀²(π D f₀) − J₁²(π D f₀). All shares depend on
 * D f alone, so that the edge that keeps a share is a number over D: one size in mm means one band in mm⁻¹, whatever
 * the pixels. The object is taken as sharp; imaged through a blur it has less at high frequencies, and more is kept.
 */
import { InputError } from "../../core/errors.ts";

/** H of a band as a function of the frequency in cycles/mm. */
export type Transfer = (frequency: number) => number;

/**
 * - `flat-top`: 1 up to ⅔ of the edge, 0 from 4/3 of it on, half a cosine between
 * - `ideal`: 1 up to the edge, 0 beyond: a projection
 * - `gaussian`: 2^−(f/edge)², which holds nothing whole but the mean
 */
export const bandForms = ["flat-top", "ideal", "gaussian"] as const;

export type BandForm = (typeof bandForms)[number];

export interface Band {
  readonly form: BandForm;
  /** Frequency in cycles/mm at which H is a half. */
  readonly edge: number;
  /** H is 1 up to this frequency. */
  readonly core: number;
  /** H is 0 (below 1e-8) from this frequency on. */
  readonly end: number;
  readonly transfer: Transfer;
}

/** Half the width of the flat-top band's slope, as a share of its edge. */
const slope = 1 / 3;

/** The band of a form with its edge in cycles/mm. */
export function bandOf(form: BandForm, edge: number): Band {
  if (form === "ideal") {
    return { form, edge, core: edge, end: edge, transfer: (f) => (f <= edge ? 1 : 0) };
  }
  if (form === "gaussian") {
    const end = edge * Math.sqrt(8 * Math.log2(10));
    return { form, edge, core: 0, end, transfer: (f) => 2 ** -((f / edge) ** 2) };
  }
  const [core, end] = [(1 - slope) * edge, (1 + slope) * edge];
  return {
    form,
    edge,
    core,
    end,
    transfer: (f) =>
      f <= core ? 1 : f >= end ? 0 : 0.5 * (1 + Math.cos((Math.PI * (f - core)) / (end - core))),
  };
}

/** Bessel function J₁ by its integral, to 1e-12 up to x = 200. */
export function besselJ1(x: number): number {
  // The trapezoidal rule converges geometrically for periodic integrands once it has more points than x.
  const points = 64 + Math.ceil(2 * Math.abs(x));
  let sum = 0;
  for (let k = 0; k < points; k++) {
    const t = (2 * Math.PI * k) / points;
    sum += Math.cos(t - x * Math.sin(t));
  }
  return sum / points;
}

/** |S|² of the disk or ball of diameter 1 by frequency, 1 at 0. */
export function lesionPower(frequency: number, dimensions: 2 | 3): number {
  const x = Math.PI * frequency;
  if (x < 1e-3) return 1;
  const s =
    dimensions === 2 ? (2 * besselJ1(x)) / x : (3 * (Math.sin(x) - x * Math.cos(x))) / x ** 3;
  return s * s;
}

interface Energy {
  readonly step: number;
  /** |S|² f^(d−1) at the middle of each step of D f. */
  readonly density: Float64Array;
  readonly total: number;
}

const energies = new Map<number, Energy>();

/** D f up to which the integrals go, and their steps. */
const [farthest, steps] = [24, 4800];

function energyOf(dimensions: 2 | 3): Energy {
  const known = energies.get(dimensions);
  if (known) return known;
  const step = farthest / steps;
  const density = Float64Array.from({ length: steps }, (_, k) => {
    const f = (k + 0.5) * step;
    return lesionPower(f, dimensions) * f ** (dimensions - 1);
  });
  const inside = density.reduce((sum, v) => sum + v, 0);
  // Beyond, |S|² averages 4/(π x³) (disk) or 9/(2 x⁴) (ball); the rest of the integral in closed form.
  const x = Math.PI * farthest;
  const tail = dimensions === 2 ? 4 / (Math.PI ** 3 * x) : 9 / (2 * Math.PI ** 3 * x);
  const made = { step, density, total: inside + tail / step };
  energies.set(dimensions, made);
  return made;
}

/** c of a disk or ball after a band. */
export function shareKept(
  transfer: Transfer,
  { diameterMm, dimensions }: { readonly diameterMm: number; readonly dimensions: 2 | 3 },
): number {
  const { step, density, total } = energyOf(dimensions);
  let sum = 0;
  for (let k = 0; k < density.length; k++) {
    sum += density[k]! * transfer(((k + 0.5) * step) / diameterMm);
  }
  return sum / total;
}

export interface KeepOptions {
  /** Diameter in mm of the disk, or ball, that is to survive. */
  readonly diameterMm: number;
  /** c: the share of its matched template's response that is kept at least, 0.5 to 0.95. */
  readonly share: number;
  readonly form: BandForm;
  /** 2 for planes and disks, 3 for volumes and balls. */
  readonly dimensions: 2 | 3;
}

const edges = new Map<string, number>();

/**
 * The narrowest band of a form that keeps the share of a disk or ball.
 *
 * @throws InputError on a size or share out of range
 */
export function bandKeeping({ diameterMm, share, form, dimensions }: KeepOptions): Band {
  if (!(diameterMm > 0 && Number.isFinite(diameterMm)) || !(share >= 0.5 && share <= 0.95)) {
    throw new InputError(
      `Cannot keep a share of ${share} of a lesion of ${diameterMm} mm: wanted a diameter above 0 and a share from 0.5 to 0.95`,
    );
  }
  const key = `${form} ${share} ${dimensions}`;
  let unit = edges.get(key);
  if (unit === undefined) {
    let [low, high] = [0.05, 12];
    for (let k = 0; k < 50; k++) {
      const middle = 0.5 * (low + high);
      const kept = shareKept(bandOf(form, middle).transfer, { diameterMm: 1, dimensions });
      if (kept < share) low = middle;
      else high = middle;
    }
    unit = high;
    edges.set(key, unit);
  }
  return bandOf(form, unit / diameterMm);
}

/**
 * The filter with the least noise ∫ H² N among those that keep the share c of a disk's or ball's response:
 * H = min(1, λ |S|²/N), λ set by c.
 *
 * @param noisePower N(f), f in cycles/mm, in any unit
 */
export function wienerTransfer(
  noisePower: Transfer,
  { diameterMm, share, dimensions }: Omit<KeepOptions, "form">,
): Transfer {
  const of =
    (lambda: number): Transfer =>
    (f) =>
      limited(lambda * lesionPower(f * diameterMm, dimensions), noisePower(f));
  const { step, density, total } = energyOf(dimensions);
  const noise = density.map((_, k) => noisePower(((k + 0.5) * step) / diameterMm));
  const power = density.map((v, k) => v / ((k + 0.5) * step) ** (dimensions - 1));
  let [low, high] = [-60, 60];
  for (let round = 0; round < 60; round++) {
    const middle = 0.5 * (low + high);
    const lambda = Math.exp(middle);
    let kept = 0;
    for (let k = 0; k < density.length; k++)
      kept += density[k]! * limited(lambda * power[k]!, noise[k]!);
    if (kept / total < share) low = middle;
    else high = middle;
  }
  return of(Math.exp(high));
}

/** min(1, a/b), 1 where b is 0. */
function limited(a: number, b: number): number {
  return b > 0 ? Math.min(1, a / b) : 1;
}
