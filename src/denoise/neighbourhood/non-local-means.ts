/**
 * Non-local mean [buades2005nonlocal] in this form:
 *
 *   d²(p,q) = mean over the patch of (u(p+r) − u(q+r))²,          uniform patch weights,
 *   w(p,q)  = exp(−max(d² − 2σ², 0)/h²),                          q in the search window,
 *   û(p)    = Σ_q w(p,q) v(q) / Σ_q w(p,q),
 *
 * v = u, except for Rician noise, where v = M² and û = √max(Σ w M²/Σ w − 2σ², 0) [wiestdaessle2008rician].
 * `h` and σ may differ from pixel to pixel (spatially varying noise). Borders are mirrored.
 */
import { nonLocalMeansKernel } from "../../kernels/neighbourhood.ts";
import { type BlockFilter, type BlockTask, mirrored } from "../blocks.ts";
import type { TaskContext } from "../../parallel/map-in-workers.ts";
import { atOnce, inPauses, type Steps } from "../turns.ts";
import { plainMeans } from "./bilateral-means.ts";
import { boxSteps, padBlock } from "./windows.ts";

export interface NonLocalSettings {
  /** Half width of the patch in px: 1, 2 or 3. */
  readonly patch: number;
  /** Half width of the search window in px. */
  readonly search: number;
  /** Noise standard deviation; a first companion, if any, replaces it pixel by pixel. */
  readonly sigma: number;
  /** h = strength · σ. */
  readonly strength: number;
  /** What 2σ² is multiplied with in the distance: 1 as above, 0 for the original form. */
  readonly offset: number;
  readonly rician: boolean;
  readonly self: "one" | "largest";
}

/** M², 0 for what interpolation has left below 0. */
export function squaredMagnitude(m: number): number {
  return m > 0 ? m * m : 0;
}

/** How far a pixel's value reaches. */
export function nonLocalReach(settings: Pick<NonLocalSettings, "patch" | "search">): number {
  return settings.patch + settings.search;
}

/** A zero σ makes every weight but the own one vanish: any slope this steep does, and stays finite. */
const leastSigma = 1e-12;

/**
 * The filter on one block, in float32 SIMD, equal to `nonLocalMeansPlain` to 1e-4 of the value range. Values
 * outside the task's core mean nothing.
 */
export function nonLocalMeansBlock(task: BlockTask<NonLocalSettings>): Float32Array {
  return atOnce(nonLocalSteps(task), {});
}

function* nonLocalSteps(task: BlockTask<NonLocalSettings>): Steps<Float32Array> {
  const { block, companions, parameters } = task;
  const { patch, search, rician } = parameters;
  const wide = padBlock(block, nonLocalReach(parameters));
  const deep = block.nz > 1;
  const size = block.nz * block.ny * block.nx;
  const map = companions[0];
  const slope = new Float32Array(size);
  const floor = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const sigma = Math.max(map ? map[i]! : parameters.sigma, leastSigma);
    slope[i] = Math.min(1e30, 1 / ((parameters.strength * sigma) ** 2 * Math.LN2));
    floor[i] = parameters.offset * 2 * sigma * sigma;
  }
  const result = yield* nonLocalMeansKernel({
    u: wide.data,
    values: rician ? wide.data.map(squaredMagnitude) : undefined,
    slope,
    floor,
    offsets: Int32Array.from(boxSteps(deep ? search : 0, search, search), wide.indexOf),
    patch,
    self: parameters.self,
    nz: block.nz,
    ny: block.ny,
    nx: block.nx,
    reach: nonLocalReach(parameters),
    ...(task.core ? { core: task.core } : {}),
  });
  if (!rician) return result;
  return result.map((square, i) => {
    const sigma = map ? map[i]! : parameters.sigma;
    return Math.sqrt(Math.max(0, square - 2 * sigma * sigma));
  });
}

/**
 * `nonLocalMeansBlock` with pauses.
 *
 * @worker
 */
export function nonLocalMeansInPauses(
  task: BlockTask<NonLocalSettings>,
  { pause }: TaskContext,
): Promise<Float32Array> {
  return inPauses(nonLocalSteps(task), pause);
}

/** `nonLocalMeansBlock` for worker threads. */
export const nonLocalMeansFilter: BlockFilter<NonLocalSettings> = {
  module: import.meta.url,
  name: "nonLocalMeansInPauses",
  run: nonLocalMeansInPauses,
};

/** The definition in float64, pixel by pixel, with neither shortcut nor table. */
export function nonLocalMeansPlain(task: BlockTask<NonLocalSettings>): Float64Array {
  const { block, companions, parameters } = task;
  const { data, nz, ny, nx } = block;
  const { patch, search, rician } = parameters;
  const deep = nz > 1;
  const patchSteps = boxSteps(deep ? patch : 0, patch, patch);
  const searchSteps = boxSteps(deep ? search : 0, search, search);
  const sigmaAt = (i: number) => companions[0]?.[i] ?? parameters.sigma;
  const read = (z: number, y: number, x: number) =>
    data[(mirrored(z, nz) * ny + mirrored(y, ny)) * nx + mirrored(x, nx)]!;
  const weight = (here: number, step: { dz: number; dy: number; dx: number }) => {
    const x = here % nx;
    const y = Math.floor(here / nx) % ny;
    const z = Math.floor(here / nx / ny);
    let d2 = 0;
    for (const r of patchSteps) {
      const a = read(z + r.dz, y + r.dy, x + r.dx);
      const b = read(z + step.dz + r.dz, y + step.dy + r.dy, x + step.dx + r.dx);
      d2 += (a - b) ** 2;
    }
    const sigma = sigmaAt(here);
    const excess = Math.max(0, d2 / patchSteps.length - parameters.offset * 2 * sigma ** 2);
    return Math.exp(-excess / (parameters.strength * sigma) ** 2);
  };
  const values = rician ? data.map(squaredMagnitude) : data;
  const others = searchSteps.filter((s) => s.dz !== 0 || s.dy !== 0 || s.dx !== 0);
  let cached = -1;
  let largest = 0;
  const means = plainMeans({ ...block, data: values }, searchSteps, (here, _there, step) => {
    const centre = step.dz === 0 && step.dy === 0 && step.dx === 0;
    if (!centre) return weight(here, step);
    if (parameters.self === "one") return 1;
    if (cached !== here) {
      cached = here;
      largest = Math.max(1e-30, ...others.map((s) => weight(here, s)));
    }
    return largest;
  });
  return rician
    ? means.map((square, i) => Math.sqrt(Math.max(0, square - 2 * sigmaAt(i) ** 2)))
    : means;
}
