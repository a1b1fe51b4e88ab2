/**
 * Bilateral mean [tomasi1998bilateral]
 *
 *   u(p) = Σ_q w(p,q) f(q) / Σ_q w(p,q),
 *   w(p,q) = exp(−|p−q|²/(2σ_s²)) exp(−(g(p)−g(q))²/(2σ_r²)),   |p−q|_∞ ≤ ⌈3σ_s⌉,
 *
 * with g = f, or a guide for the joint filter [petschnig2004digital]. Borders are mirrored. Steps are in
 * pixels; σ_s along z is divided by the ratio of slice spacing to pixel spacing.
 */
import { bilateralKernel } from "../../kernels/neighbourhood.ts";
import type { BlockFilter, BlockTask } from "../blocks.ts";
import type { TaskContext } from "../../parallel/map-in-workers.ts";
import { atOnce, inPauses, type Steps } from "../turns.ts";
import { boxSteps, padBlock, type Step } from "./windows.ts";

export interface BilateralSettings {
  /** σ_s in px of the plane. */
  readonly spatial: number;
  /** σ_s along z in slices. */
  readonly spatialZ: number;
  /** σ_r in the guide's unit; above 0, and infinite where the guide has no edges. */
  readonly range: number;
}

/** A narrower range leaves nothing but equal values: any slope this steep does, and stays finite. */
const steepest = 1e30;

/** Half width of the window in px for a spatial σ. */
export function bilateralReach(spatial: number): number {
  return Math.max(1, Math.ceil(3 * spatial));
}

function neighbours(settings: BilateralSettings, volume: boolean): readonly Step[] {
  const r = bilateralReach(settings.spatial);
  return boxSteps(volume ? bilateralReach(settings.spatialZ) : 0, r, r);
}

function logWeight({ dz, dy, dx }: Step, { spatial, spatialZ }: BilateralSettings): number {
  const plane = (dy * dy + dx * dx) / (2 * spatial * spatial);
  return -(plane + (dz * dz) / (2 * spatialZ * spatialZ));
}

/**
 * The filter on one block; a first companion, if any, is the guide. Float32 SIMD, equal to
 * `bilateralPlain` to 1e-5 of the range of the values. Rows outside the task's core are left at 0.
 */
export function bilateralMeans(task: BlockTask<BilateralSettings>): Float32Array {
  return atOnce(bilateralSteps(task), {});
}

function* bilateralSteps(task: BlockTask<BilateralSettings>): Steps<Float32Array> {
  const { block, companions, parameters } = task;
  const volume = block.nz > 1;
  const reach = Math.max(
    bilateralReach(parameters.spatial),
    volume ? bilateralReach(parameters.spatialZ) : 0,
  );
  const wide = padBlock(block, reach);
  const guide = companions[0] ? padBlock({ ...block, data: companions[0] }, reach).data : undefined;
  const steps = neighbours(parameters, volume);
  const perCut = volume ? block.ny : 1;
  const { from, to } = task.core ?? { from: 0, to: volume ? block.nz : block.ny };
  const size = (to - from) * perCut * block.nx;
  const found = yield* bilateralKernel({
    guide: guide ?? wide.data,
    values: guide ? wide.data : undefined,
    slope: new Float32Array(size).fill(
      Math.min(steepest, 1 / (2 * parameters.range ** 2 * Math.LN2)),
    ),
    offsets: Int32Array.from(steps, wide.indexOf),
    logs: Float32Array.from(steps, (step) => logWeight(step, parameters) / Math.LN2),
    start: wide.start.slice(from * perCut, to * perCut),
    nx: block.nx,
  });
  const out = new Float32Array(block.data.length);
  out.set(found, from * perCut * block.nx);
  return out;
}

/**
 * `bilateralMeans` with pauses.
 *
 * @worker
 */
export function bilateralInPauses(
  task: BlockTask<BilateralSettings>,
  { pause }: TaskContext,
): Promise<Float32Array> {
  return inPauses(bilateralSteps(task), pause);
}

/** `bilateralMeans` for worker threads. */
export const bilateralFilter: BlockFilter<BilateralSettings> = {
  module: import.meta.url,
  name: "bilateralInPauses",
  run: bilateralInPauses,
};

/** The definition in float64, pixel by pixel: what `bilateralMeans` must equal. */
export function bilateralPlain(task: BlockTask<BilateralSettings>): Float64Array {
  const { block, companions, parameters } = task;
  const guide = companions[0] ?? block.data;
  const steps = neighbours(parameters, block.nz > 1);
  return plainMeans(block, steps, (here, there, step) => {
    const d = guide[there]! - guide[here]!;
    return Math.exp(logWeight(step, parameters) - (d * d) / (2 * parameters.range ** 2));
  });
}

/** Σ w v / Σ w over the mirrored neighbours of every pixel, for any weight. */
export function plainMeans(
  block: BlockTask<unknown>["block"],
  steps: readonly Step[],
  weight: (here: number, there: number, step: Step) => number,
): Float64Array {
  const { data, nz, ny, nx } = block;
  const fold = (i: number, n: number) => {
    const m = ((i % (2 * n)) + 2 * n) % (2 * n);
    return m < n ? m : 2 * n - 1 - m;
  };
  const out = new Float64Array(data.length);
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const here = (z * ny + y) * nx + x;
        let sum = 0;
        let all = 0;
        for (const step of steps) {
          const there =
            (fold(z + step.dz, nz) * ny + fold(y + step.dy, ny)) * nx + fold(x + step.dx, nx);
          const w = weight(here, there, step);
          sum += w * data[there]!;
          all += w;
        }
        out[here] = sum / all;
      }
    }
  }
  return out;
}
