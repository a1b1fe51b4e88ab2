/**
 * Grey-level co-occurrence features [haralick1973textural], named and defined as in
 * [zwanenburg2020image]: symmetric matrices at distance 1, merged over all directions (4 in a plane,
 * 13 in a volume) before the features are taken, or averaged over directions afterwards.
 */
import { InputError } from "../../core/errors.ts";
import { directionsOf } from "./levels.ts";
import type { Levels } from "./levels.ts";

/** Counts of symmetric pairs for the given directions, row-major count×count (level 1 first). */
export function coOccurrence(
  levels: Levels,
  directions: readonly (readonly [number, number, number])[],
): Float64Array {
  const { values, shape, count } = levels;
  const [nz, ny, nx] = shape;
  const matrix = new Float64Array(count * count);
  for (const [dz, dy, dx] of directions) {
    for (let k = 0, i = 0; k < nz; k++) {
      for (let j = 0; j < ny; j++) {
        for (let l = 0; l < nx; l++, i++) {
          const z = k + dz;
          const y = j + dy;
          const x = l + dx;
          if (z < 0 || z >= nz || y < 0 || y >= ny || x < 0 || x >= nx) continue;
          const a = values[i]!;
          const b = values[(z * ny + y) * nx + x]!;
          if (a === 0 || b === 0) continue;
          matrix[(a - 1) * count + b - 1]!++;
          matrix[(b - 1) * count + a - 1]!++;
        }
      }
    }
  }
  return matrix;
}

/** Features of a matrix of pair counts. */
function coOccurrenceFeatures(counts: Float64Array, n: number): Record<string, number> {
  const total = counts.reduce((s, v) => s + v, 0);
  if (total === 0)
    throw new InputError(
      "Cannot take co-occurrence features: found no pair of neighbours, wanted some",
    );
  const p = counts.map((v) => v / total);
  const marginal = new Float64Array(n + 1);
  const difference = new Float64Array(n);
  const sum = new Float64Array(2 * n + 1);
  const f = {
    jointMaximum: 0,
    jointAverage: 0,
    jointEntropy: 0,
    angularSecondMoment: 0,
    contrast: 0,
    dissimilarity: 0,
    inverseDifference: 0,
    inverseDifferenceMoment: 0,
    autocorrelation: 0,
  };
  const log2 = (v: number) => (v > 0 ? Math.log2(v) : 0);
  for (let i = 1; i <= n; i++) {
    for (let j = 1; j <= n; j++) {
      const q = p[(i - 1) * n + j - 1]!;
      if (q === 0) continue;
      marginal[i]! += q;
      difference[Math.abs(i - j)]! += q;
      sum[i + j]! += q;
      f.jointMaximum = Math.max(f.jointMaximum, q);
      f.jointAverage += i * q;
      f.jointEntropy -= q * log2(q);
      f.angularSecondMoment += q * q;
      f.contrast += (i - j) ** 2 * q;
      f.dissimilarity += Math.abs(i - j) * q;
      f.inverseDifference += q / (1 + Math.abs(i - j));
      f.inverseDifferenceMoment += q / (1 + (i - j) ** 2);
      f.autocorrelation += i * j * q;
    }
  }
  const mean = f.jointAverage;
  let variance = 0;
  let shade = 0;
  let prominence = 0;
  let hxy1 = 0;
  let hxy2 = 0;
  let hx = 0;
  for (let i = 1; i <= n; i++) {
    variance += (i - mean) ** 2 * marginal[i]!;
    hx -= marginal[i]! * log2(marginal[i]!);
    for (let j = 1; j <= n; j++) {
      const q = p[(i - 1) * n + j - 1]!;
      const m = marginal[i]! * marginal[j]!;
      shade += (i + j - 2 * mean) ** 3 * q;
      prominence += (i + j - 2 * mean) ** 4 * q;
      hxy1 -= q * log2(m);
      hxy2 -= m * log2(m);
    }
  }
  const differenceAverage = f.dissimilarity;
  const entropyOf = (d: Float64Array) => -d.reduce((s, v) => s + v * log2(v), 0);
  return {
    ...f,
    jointVariance: variance,
    differenceAverage,
    differenceVariance: difference.reduce((s, v, k) => s + (k - differenceAverage) ** 2 * v, 0),
    differenceEntropy: entropyOf(difference),
    sumAverage: 2 * mean,
    sumVariance: sum.reduce((s, v, k) => s + (k - 2 * mean) ** 2 * v, 0),
    sumEntropy: entropyOf(sum),
    correlation: variance > 0 ? (f.autocorrelation - mean * mean) / variance : 1,
    clusterTendency: sum.reduce((s, v, k) => s + (k - 2 * mean) ** 2 * v, 0),
    clusterShade: shade,
    clusterProminence: prominence,
    informationCorrelation1: hx > 0 ? (f.jointEntropy - hxy1) / hx : 0,
    informationCorrelation2: Math.sqrt(Math.max(0, 1 - Math.exp(-2 * (hxy2 - f.jointEntropy)))),
  };
}

/** Features of a region; `aggregation` says whether directions are merged first or averaged afterwards. */
export function coOccurrenceOf(
  levels: Levels,
  options: { aggregation?: "merged" | "averaged" } = {},
): Readonly<Record<string, number>> {
  const directions = directionsOf(levels.shape);
  if (options.aggregation !== "averaged") {
    return coOccurrenceFeatures(coOccurrence(levels, directions), levels.count);
  }
  const rows = directions.map((d) => coOccurrenceFeatures(coOccurrence(levels, [d]), levels.count));
  return Object.fromEntries(
    Object.keys(rows[0]!).map((k) => [k, rows.reduce((s, r) => s + r[k]!, 0) / rows.length]),
  );
}
