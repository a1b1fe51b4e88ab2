/**
 * Frost's filter [frost1982model]: a weighted mean with weights that fall with distance r the faster, the
 * more the window varies,
 *
 *   w(r) = exp(−K (C_i/C_u)² r),   C_i = √v/m of the window.
 *
 * Deviation: C_i is taken relative to the noise's C_u, so that K has no unit and the filter vanishes with
 * the noise; the paper has C_i² alone.
 */
import type { TaskContext } from "../parallel/map-in-workers.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import type { BlockTask } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { localMoments } from "./neighbourhood/local-moments.ts";
import { boxSteps, padBlock } from "./neighbourhood/windows.ts";
import {
  radiusParameter,
  speckleLevelFor,
  type SpeckleSettings,
} from "./speckle/speckle-method.ts";

interface FrostSettings extends SpeckleSettings {
  readonly damping: number;
}

/**
 * The filter on one block; rows outside the task's core are left at 0.
 *
 * @worker
 */
export async function frostBlock(
  task: BlockTask<FrostSettings>,
  { pause }: TaskContext,
): Promise<Float32Array> {
  const { block, parameters } = task;
  const { radius, variation, damping } = parameters;
  const { mean, variance } = localMoments(block, radius);
  const wide = padBlock(block, radius);
  const steps = boxSteps(block.nz > 1 ? radius : 0, radius, radius);
  const offsets = Int32Array.from(steps, wide.indexOf);
  const distances = Float64Array.from(steps, ({ dz, dy, dx }) => Math.hypot(dz, dy, dx));
  const out = new Float32Array(block.data.length);
  const perCut = block.nz > 1 ? block.ny : 1;
  const { from, to } = task.core ?? { from: 0, to: wide.start.length / perCut };
  for (let row = from * perCut; row < to * perCut; row++) {
    await pause();
    const first = wide.start[row]!;
    for (let x = 0; x < block.nx; x++) {
      const i = row * block.nx + x;
      const m = mean[i]!;
      const relative = m > 0 ? variance[i]! / (m * variation) ** 2 : 0;
      let sum = 0;
      let all = 0;
      for (let k = 0; k < offsets.length; k++) {
        const w = Math.exp(-damping * relative * distances[k]!);
        sum += w * wide.data[first + x + offsets[k]!]!;
        all += w;
      }
      out[i] = sum / all;
    }
  }
  return out;
}

/** Frost filter; see the file's header. */
export const frost: Denoiser = blockDenoiser<FrostSettings>({
  name: "frost",
  title: "Frost filter",
  summary:
    "Speckle: an exponential kernel that narrows where the window varies more than speckle does.",
  references: ["frost1982model"],
  noise: "speckle",
  dimensions: [2, 3],
  parameters: {
    radius: radiusParameter,
    damping: {
      type: "number",
      unit: "1",
      min: 0.001,
      max: 100,
      default: 0.4,
      about: "K; larger keeps more detail and more speckle",
    },
  },
  reach: ({ parameters }) => parameters.radius as number,
  filter: { module: import.meta.url, name: "frostBlock", run: frostBlock },
  level: speckleLevelFor,
  plan: ({ values, sigma }) =>
    sigma === 0
      ? "identity"
      : {
          parameters: {
            radius: values.radius as number,
            variation: sigma,
            damping: values.damping as number,
          },
          halo: values.radius as number,
        },
});
