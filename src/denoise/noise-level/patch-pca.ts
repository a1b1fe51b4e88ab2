/**
 * Noise level from the eigenvalues of the patch covariance [chen2015efficient]: structure fills few
 * eigenvectors, and the noise leaves the same variance σ² in all others. Eigenvalues are dropped from
 * the largest on until mean and median of the rest agree; σ² is that mean. Assumes white noise.
 *
 * Deviation: the estimate is repeated on patches whose own variance is below 1 + 3.3 √(2/(n−1)) times
 * the last σ² (n pixels a patch), which leaves out patches with edges; what the cut takes from pure
 * noise is under 0.1 %.
 */
import { type Image, layoutOf } from "../../core/image.ts";
import { symmetricEigen } from "../../math/symmetric-eigen.ts";
import { boxSum, summedArea } from "./usable-pixels.ts";

/** Patches beyond this many are thinned out evenly. */
const mostPatches = 40_000;

/**
 * σ in the image's unit from in-plane patches that are usable as a whole.
 *
 * @param options.patch patch side in px (default 7)
 * @returns `undefined` when there are fewer than four patches per dimension
 */
export function patchPcaSigma(
  image: Image,
  options: { usable: Uint8Array; patch?: number },
): { readonly sigma: number; readonly count: number } | undefined {
  const { usable, patch = 7 } = options;
  const { blocks, nz, ny, nx } = layoutOf(image);
  const size = patch * patch;
  const starts: number[] = [];
  for (let p = 0; p < blocks * nz; p++) {
    const offset = p * ny * nx;
    const sums = summedArea(ny, nx, (i) => usable[offset + i]!);
    for (let y = 0; y + patch <= ny; y++) {
      for (let x = 0; x + patch <= nx; x++) {
        if (boxSum(sums, nx, y, x, y + patch, x + patch) === size) {
          starts.push(offset + y * nx + x);
        }
      }
    }
  }
  if (starts.length < 4 * size) return undefined;
  const step = Math.max(1, starts.length / mostPatches);
  const chosen: number[] = [];
  for (let s = 0; s < starts.length; s += step) chosen.push(starts[Math.floor(s)]!);
  const patches = { data: image.data, nx, patch };
  let variance = noiseEigenvalue(patchEigenvalues(patches, chosen));
  let count = chosen.length;
  const cut = 1 + 3.3 * Math.sqrt(2 / (size - 1));
  for (let round = 0; round < 6; round++) {
    const flat = chosen.filter((at) => patchVariance(patches, at) < cut * variance);
    if (flat.length < 4 * size) break;
    const next = noiseEigenvalue(patchEigenvalues(patches, flat));
    count = flat.length;
    const settled = Math.abs(next - variance) < 1e-3 * variance;
    variance = next;
    if (settled) break;
  }
  return { sigma: Math.sqrt(Math.max(0, variance)), count };
}

interface Patches {
  readonly data: Float32Array;
  readonly nx: number;
  readonly patch: number;
}

function patchVariance({ data, nx, patch }: Patches, at: number): number {
  const shift = data[at]!;
  let sum = 0;
  let squares = 0;
  for (let y = 0; y < patch; y++) {
    for (let x = 0; x < patch; x++) {
      const v = data[at + y * nx + x]! - shift;
      sum += v;
      squares += v * v;
    }
  }
  const n = patch * patch;
  return (squares - (sum * sum) / n) / (n - 1);
}

/** Eigenvalues, ascending, of the covariance of the patches at the given corners. */
function patchEigenvalues({ data, nx, patch }: Patches, starts: readonly number[]): Float64Array {
  const size = patch * patch;
  const sum = new Float64Array(size);
  const products = new Float64Array(size * size);
  const vector = new Float64Array(size);
  const shift = data[starts[0]!]!;
  const count = starts.length;
  for (const at of starts) {
    for (let y = 0; y < patch; y++) {
      for (let x = 0; x < patch; x++) vector[y * patch + x] = data[at + y * nx + x]! - shift;
    }
    for (let a = 0; a < size; a++) {
      const va = vector[a]!;
      sum[a]! += va;
      for (let b = a; b < size; b++) products[a * size + b]! += va * vector[b]!;
    }
  }
  const covariance = new Float64Array(size * size);
  for (let a = 0; a < size; a++) {
    for (let b = a; b < size; b++) {
      const c = (products[a * size + b]! - (sum[a]! * sum[b]!) / count) / (count - 1);
      covariance[a * size + b] = c;
      covariance[b * size + a] = c;
    }
  }
  return symmetricEigen(covariance, size).values;
}

/** Mean of the smallest eigenvalues at the first cut where as many lie above their mean as below. */
function noiseEigenvalue(ascending: Float64Array): number {
  for (let kept = ascending.length; kept > 1; kept--) {
    let mean = 0;
    for (let i = 0; i < kept; i++) mean += ascending[i]! / kept;
    let above = 0;
    for (let i = 0; i < kept; i++) if (ascending[i]! > mean) above++;
    if (2 * above >= kept - 1) return mean;
  }
  return ascending[0]!;
}
