/**
 * Kuan's filter [kuan1985adaptive]: the linear minimum mean square error estimate for y = x·n. With the
 * window's coefficient of variation C_i and the noise's C_u
 *
 *   u = m + W (y − m),   W = max(1 − C_u²/C_i², 0)/(1 + C_u²).
 */
import { blockDenoiser } from "./block-denoiser.ts";
import type { BlockTask } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { localMoments } from "./neighbourhood/local-moments.ts";
import {
  radiusParameter,
  speckleLevelFor,
  type SpeckleSettings,
} from "./speckle/speckle-method.ts";

/**
 * The filter on one block.
 *
 * @worker
 */
export function kuanBlock(task: BlockTask<SpeckleSettings>): Float32Array {
  const { block, parameters } = task;
  const { mean, variance } = localMoments(block, parameters.radius);
  const noise = parameters.variation ** 2;
  return block.data.map((y, i) => {
    const m = mean[i]!;
    const v = variance[i]!;
    if (v === 0) return y;
    return m + (Math.max(0, 1 - (noise * m * m) / v) / (1 + noise)) * (y - m);
  });
}

/** Kuan filter; see the file's header. */
export const kuan: Denoiser = blockDenoiser<SpeckleSettings>({
  name: "kuan",
  title: "Kuan filter",
  summary:
    "Speckle: the linear minimum mean square error estimate without the linear approximation of the noise.",
  references: ["kuan1985adaptive"],
  noise: "speckle",
  dimensions: [2, 3],
  parameters: { radius: radiusParameter },
  reach: ({ parameters }) => parameters.radius as number,
  filter: { module: import.meta.url, name: "kuanBlock", run: kuanBlock },
  level: speckleLevelFor,
  plan: ({ values, sigma }) =>
    sigma === 0
      ? "identity"
      : {
          parameters: { radius: values.radius as number, variation: sigma },
          halo: values.radius as number,
        },
});
