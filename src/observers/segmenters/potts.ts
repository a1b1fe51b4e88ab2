/**
 * Most probable classes under a Potts prior, by iterated conditional modes [besag1986statistical]: voxel after
 * voxel takes the class k of largest
 *
 *   l_k(i) + β · (number of face neighbours of class k)
 *
 * until none changes. It ends in a local maximum near the start, the classes of largest l_k.
 */
import type { Image } from "../../core/image.ts";
import { faceNeighbours } from "./training-classes.ts";

export interface PottsOptions {
  /** β ≥ 0; 0 leaves every voxel to itself. */
  readonly smoothing: number;
  readonly iterations: number;
}

/**
 * @param logs log-likelihoods (with priors), one row per voxel and one column per class
 * @returns index of the class of every voxel
 */
export function pottsModes(
  logs: Float64Array,
  image: Pick<Image, "axes" | "shape">,
  { classes, smoothing, iterations }: PottsOptions & { readonly classes: number },
): Uint16Array {
  const count = logs.length / classes;
  const best = (i: number, add: (k: number) => number): number => {
    let chosen = 0;
    let most = -Infinity;
    for (let k = 0; k < classes; k++) {
      const value = logs[i * classes + k]! + add(k);
      if (value > most) {
        most = value;
        chosen = k;
      }
    }
    return chosen;
  };
  const out = Uint16Array.from({ length: count }, (_, i) => best(i, () => 0));
  if (smoothing === 0) return out;
  const visit = faceNeighbours(image);
  const alike = new Uint8Array(classes);
  for (let round = 0; round < iterations; round++) {
    let changed = 0;
    for (let i = 0; i < count; i++) {
      alike.fill(0);
      visit(i, (j) => alike[out[j]!]!++);
      const chosen = best(i, (k) => smoothing * alike[k]!);
      if (chosen !== out[i]) {
        out[i] = chosen;
        changed++;
      }
    }
    if (changed === 0) break;
  }
  return out;
}
