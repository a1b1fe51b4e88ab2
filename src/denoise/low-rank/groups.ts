/**
 * One pass of low-rank shrinkage over groups of similar patches: the patches nearest to each key patch
 * form the columns of a matrix, their mean is taken off, singular values are shrunk, and the patches
 * are averaged back with equal weights.
 */
import type { WorkOptions } from "../../core/progress.ts";
import { type Aggregate, matchBlocksKernel } from "../../kernels/block-matching.ts";
import { type LowRankKernel, lowRankKernel } from "../../kernels/low-rank.ts";
import { type Band, type Layout, sweepBands, type Volume } from "../block-matching/bands.ts";

/** How squared singular values of a group are shrunk. */
export type Shrinkage =
  | {
      /** Weighted nuclear norm with constant c and a number of reweightings [gu2014weighted]. */
      readonly rule: "weighted-nuclear-norm";
      readonly c: number;
      readonly reweightings: number;
    }
  /** Linear minimum-mean-square-error weights of principal components. */
  | { readonly rule: "wiener" };

export interface GroupPass extends Layout {
  readonly shrinkage: Shrinkage;
  /** Patches in a group. */
  readonly most: number;
  /** Noise level of the image that is shrunk, in its unit. */
  readonly sigma: number;
  /**
   * When given, a group's noise level is factor · √|σ² − mean (noisy − current)²| over its key patch:
   * what earlier passes left.
   */
  readonly residualFactor?: number;
}

/** What a band's task holds. */
export interface GroupTask extends Band {
  readonly pass: GroupPass;
  readonly current: Float32Array;
  /** The measured image, for the residual noise level. */
  readonly noisy?: Float32Array;
  /** Lists of an earlier pass over the same bands, to be used again. */
  readonly places?: Int32Array;
  readonly counts?: Int32Array;
}

export interface GroupResult extends Aggregate {
  readonly places: Int32Array;
  readonly counts: Int32Array;
}

/** Lists of matches of all bands, kept between passes. */
export type MatchLists = Pick<GroupResult, "places" | "counts">[];

/** Shrinks the groups of one band. */
export function shrinkBand(task: GroupTask): GroupResult {
  const { pass, current, noisy, nz, ny, nx, z, y0, rows, columns } = task;
  const { bz, n, step, reach, reachZ, most } = pass;
  const found =
    task.places && task.counts
      ? { places: task.places, counts: task.counts }
      : matchBlocksKernel({
          image: current,
          geometry: { nz, ny, nx, bz, n },
          z,
          y0,
          rows,
          step,
          columns,
          reachZ,
          reach,
          limit: Infinity,
          most,
        });
  const { places, counts } = found;
  const offsets = patchOffsets({ bz, n, ny, nx });
  const kernel = lowRankKernel(offsets.length, most);
  const sum = new Float32Array(current.length);
  const weights = new Float32Array(current.length);
  // Lists of an earlier pass may be longer than this one's groups.
  const listLength = places.length / counts.length;
  const means = new Float64Array(offsets.length);
  for (let r = 0; r < counts.length; r++) {
    const count = Math.min(counts[r]!, most);
    const list = places.subarray(r * listLength, r * listLength + count);
    let { sigma } = pass;
    if (noisy && pass.residualFactor !== undefined) {
      let squares = 0;
      for (const offset of offsets) {
        squares += (noisy[list[0]! + offset]! - current[list[0]! + offset]!) ** 2;
      }
      sigma = pass.residualFactor * Math.sqrt(Math.abs(sigma ** 2 - squares / offsets.length));
    }
    gatherGroup(kernel, { current, list, offsets, means });
    kernel.reweigh(factorsOf(kernel.eigenvalues(), count, { sigma, shrinkage: pass.shrinkage }));
    for (let i = 0; i < offsets.length; i++) {
      const row = i * kernel.stride;
      const offset = offsets[i]!;
      const mean = means[i]!;
      for (let k = 0; k < count; k++) {
        const at = list[k]! + offset;
        sum[at]! += kernel.x[row + k]! + mean;
        weights[at]! += 1;
      }
    }
  }
  return { sum, weights, places, counts };
}

function patchOffsets(size: { bz: number; n: number; ny: number; nx: number }): Int32Array {
  const { bz, n, ny, nx } = size;
  return Int32Array.from({ length: bz * n * n }, (_, i) => {
    const z = Math.floor(i / (n * n));
    return (z * ny + (Math.floor(i / n) % n)) * nx + (i % n);
  });
}

/** Patches as columns, with the mean over the group taken off every row. */
function gatherGroup(
  kernel: LowRankKernel,
  group: { current: Float32Array; list: Int32Array; offsets: Int32Array; means: Float64Array },
): void {
  const { current, list, offsets, means } = group;
  const { x, stride } = kernel;
  const count = list.length;
  for (let i = 0; i < offsets.length; i++) {
    const row = i * stride;
    const offset = offsets[i]!;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const v = current[list[k]! + offset]!;
      x[row + k] = v;
      sum += v;
    }
    const mean = sum / count;
    means[i] = mean;
    for (let k = 0; k < count; k++) x[row + k]! -= mean;
    for (let k = count; k < stride; k++) x[row + k] = 0;
  }
}

/**
 * Multipliers of the components with squared singular values `squared`.
 *
 * Weighted nuclear norm: ŝ = √max(s² − Kσ², 0) at first, then again and again w = c √K σ²/ŝ and
 * ŝ = max(s − w, 0). Wiener: with v = s²/K, max(v − σ², 0)/v.
 */
export function factorsOf(
  squared: Float64Array,
  count: number,
  options: { readonly sigma: number; readonly shrinkage: Shrinkage },
): Float64Array {
  const { sigma, shrinkage } = options;
  const noise = count * sigma ** 2;
  return squared.map((raw) => {
    const energy = Math.max(0, raw);
    if (energy <= noise) return 0;
    if (shrinkage.rule === "wiener") return 1 - noise / energy;
    const s = Math.sqrt(energy);
    let estimate = Math.sqrt(energy - noise);
    for (let k = 0; k < shrinkage.reweightings && estimate > 0; k++) {
      estimate = Math.max(0, s - (shrinkage.c * Math.sqrt(count) * sigma ** 2) / estimate);
    }
    return estimate / s;
  });
}

/** One pass over a plane or volume; with `lists` it uses the matches again that an earlier pass returned. */
export async function shrinkGroups(
  current: Volume,
  options: WorkOptions & {
    readonly pass: GroupPass;
    readonly noisy?: Float32Array;
    readonly lists?: MatchLists;
    readonly threads?: number;
    readonly label: string;
    readonly share?: readonly [number, number];
  },
): Promise<{ readonly data: Float32Array; readonly lists: MatchLists }> {
  const { pass, noisy, lists, ...work } = options;
  const kept: MatchLists = [];
  const data = await sweepBands(current, {
    ...work,
    layout: pass,
    call: { module: import.meta.url, name: "shrinkBand", run: shrinkBand },
    task: (band, cut, index): GroupTask => ({
      ...band,
      pass,
      current: cut(current.data),
      ...(noisy ? { noisy: cut(noisy) } : {}),
      ...lists?.[index],
    }),
    onResult: ({ places, counts }) => kept.push({ places, counts }),
  });
  return { data, lists: kept };
}
