/**
 * Statistics of natural scenes as NIQE reads them [mittal2013making]: 36 numbers per patch from
 * contrast-normalised values and products of neighbours at two scales, and a Gaussian model of them.
 */
import { InputError } from "../core/errors.ts";
import { choleskySolve, cholesky } from "../math/cholesky.ts";
import { logGamma } from "../math/gamma.ts";
import { centred, filterSame, gaussianWeights, halve, product } from "./filters.ts";
import type { Field } from "./filters.ts";

/** Number of features of a patch. */
const sceneFeatureCount = 36;

/** Mean and covariance of the features of good patches, and what they were taken from. */
export interface SceneModel {
  readonly mean: Float64Array;
  /** Row-major 36×36. */
  readonly covariance: Float64Array;
  readonly patches: number;
  readonly from: string;
}

/** (I − local mean) / (local sd + C), Gaussian window 7×7 with σ = 7/6 px; C = 1 on a scale of 0 … 255. */
function normalisedContrast(whole: Field): { values: Float64Array; spread: Float64Array } {
  const field = { ...whole, data: centred(whole.data) };
  const weights = gaussianWeights(7, 7 / 6);
  const mean = filterSame(field, weights).data;
  const square = filterSame({ ...field, data: product(field.data, field.data) }, weights).data;
  const spread = square.map((v, i) => Math.sqrt(Math.max(0, v - mean[i]! ** 2)));
  return { values: field.data.map((v, i) => (v - mean[i]!) / (spread[i]! + 1)), spread };
}

const shapes = Float64Array.from({ length: 981 }, (_, i) => 0.2 + i * 0.01);
/** Γ(2/α)² / (Γ(1/α) Γ(3/α)): the squared ratio of mean magnitude and root mean square of a generalised Gaussian. */
const ratios = shapes.map((a) => Math.exp(2 * logGamma(2 / a) - logGamma(1 / a) - logGamma(3 / a)));

function shapeFromRatio(ratio: number): number {
  let best = 0;
  let gap = Infinity;
  for (let i = 0; i < ratios.length; i++) {
    const d = Math.abs(ratios[i]! - ratio);
    if (d < gap) {
      gap = d;
      best = i;
    }
  }
  return shapes[best]!;
}

/** Moment fit of an asymmetric generalised Gaussian: shape, mean, left and right scale. */
export function fitAsymmetricGaussian(values: ArrayLike<number>): {
  shape: number;
  mean: number;
  left: number;
  right: number;
} {
  let l2 = 0;
  let r2 = 0;
  let nl = 0;
  let nr = 0;
  let magnitude = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    magnitude += Math.abs(v);
    if (v < 0) {
      l2 += v * v;
      nl++;
    } else if (v > 0) {
      r2 += v * v;
      nr++;
    }
  }
  const n = values.length;
  const left = Math.sqrt(l2 / Math.max(1, nl));
  const right = Math.sqrt(r2 / Math.max(1, nr));
  const energy = (l2 + r2) / n;
  if (energy === 0) return { shape: 10, mean: 0, left: 0, right: 0 };
  const g = right === 0 ? 1 : left / right;
  const r = (magnitude / n) ** 2 / energy;
  const shape = shapeFromRatio((r * (g ** 3 + 1) * (g + 1)) / (g * g + 1) ** 2);
  const scale = Math.exp(0.5 * (logGamma(1 / shape) - logGamma(3 / shape)));
  const bl = left * scale;
  const br = right * scale;
  return {
    shape,
    mean: (br - bl) * Math.exp(logGamma(2 / shape) - logGamma(1 / shape)),
    left: bl,
    right: br,
  };
}

function patchFeatures(
  v: Float64Array,
  nx: number,
  at: { x: number; y: number; side: number },
): number[] {
  const { x, y, side } = at;
  const own = new Float64Array(side * side);
  for (let j = 0; j < side; j++)
    own.set(v.subarray((y + j) * nx + x, (y + j) * nx + x + side), j * side);
  const centre = fitAsymmetricGaussian(own);
  const out = [centre.shape, (centre.left + centre.right) / 2];
  for (const [dy, dx] of [
    [0, 1],
    [1, 0],
    [1, 1],
    [1, -1],
  ] as const) {
    const pairs = new Float64Array(side * side);
    for (let j = 0; j < side; j++) {
      for (let i = 0; i < side; i++) {
        // Neighbours wrap inside the patch, so that every patch gives as many pairs.
        const other = ((j + dy) % side) * side + ((i + dx + side) % side);
        pairs[j * side + i] = own[j * side + i]! * own[other]!;
      }
    }
    const f = fitAsymmetricGaussian(pairs);
    out.push(f.shape, f.mean, f.left, f.right);
  }
  return out;
}

/**
 * Feature rows of all patches of a plane on a grey scale of 0 … 255.
 *
 * @param options.side patch side in pixels, even
 * @param options.sharpest keep only patches whose mean local deviation is at least this part of the sharpest one's
 */
export function sceneFeatures(
  field: Field,
  options: { side: number; sharpest?: number },
): Float64Array[] {
  const { side, sharpest = 0 } = options;
  const fine = normalisedContrast(field);
  const half = halve(field);
  const coarse = normalisedContrast(half);
  const rows: { features: Float64Array; sharpness: number }[] = [];
  for (let y = 0; y + side <= field.ny; y += side) {
    for (let x = 0; x + side <= field.nx; x += side) {
      if (y / 2 + side / 2 > half.ny || x / 2 + side / 2 > half.nx) continue;
      let sharpness = 0;
      for (let j = 0; j < side; j++) {
        for (let i = 0; i < side; i++) sharpness += fine.spread[(y + j) * field.nx + x + i]!;
      }
      rows.push({
        sharpness,
        features: Float64Array.from([
          ...patchFeatures(fine.values, field.nx, { x, y, side }),
          ...patchFeatures(coarse.values, half.nx, { x: x / 2, y: y / 2, side: side / 2 }),
        ]),
      });
    }
  }
  const top = rows.reduce((m, r) => Math.max(m, r.sharpness), 0);
  return rows.filter((r) => r.sharpness >= sharpest * top).map((r) => r.features);
}

/**
 * Gaussian model of patch features.
 *
 * @param from what the patches were taken from, for the record
 * @throws InputError with fewer than two rows
 */
export function sceneModel(rows: readonly Float64Array[], from: string): SceneModel {
  if (rows.length < 2) {
    throw new InputError(
      `Cannot model natural scenes: found ${rows.length} patches, wanted at least 2`,
    );
  }
  const d = sceneFeatureCount;
  const mean = new Float64Array(d);
  for (const r of rows) for (let i = 0; i < d; i++) mean[i]! += r[i]! / rows.length;
  const covariance = new Float64Array(d * d);
  for (const r of rows) {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        covariance[i * d + j]! += ((r[i]! - mean[i]!) * (r[j]! - mean[j]!)) / (rows.length - 1);
      }
    }
  }
  return { mean, covariance, patches: rows.length, from };
}

/** Whether a model's patches differ in any feature by more than rounding: those of a constant image do not. */
export const varies = ({ covariance }: SceneModel): boolean => covariance.some((v) => v > 1e-20);

/** √((m₁−m₂)ᵀ ((C₁+C₂)/2)⁻¹ (m₁−m₂)); a ridge of 1e-6 of the mean variance stands in for the pseudo-inverse. */
export function sceneDistance(a: SceneModel, b: SceneModel): number {
  const d = sceneFeatureCount;
  const pooled = a.covariance.map((v, i) => (v + b.covariance[i]!) / 2);
  let trace = 0;
  for (let i = 0; i < d; i++) trace += pooled[i * d + i]!;
  for (let i = 0; i < d; i++) pooled[i * d + i]! += 1e-6 * (trace / d) + 1e-12;
  const difference = a.mean.map((v, i) => v - b.mean[i]!);
  const solved = cholesky(pooled, d);
  if (solved.status !== "ok") return NaN;
  const x = choleskySolve(solved.factor, difference);
  return Math.sqrt(
    Math.max(
      0,
      difference.reduce((sum, v, i) => sum + v * x[i]!, 0),
    ),
  );
}
