/**
 * Lee's filter for multiplicative noise of coefficient of variation C_u [lee1980digital]. With mean m and
 * variance v of the window, the object's variance is
 *
 *   q = max(v − m² C_u², 0)/(1 + C_u²),   u = m + q/(q + m² C_u²) · (y − m),
 *
 * the first-order expansion of y = x·n around the mean, in which the noise has variance m² C_u².
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
export function leeBlock(task: BlockTask<SpeckleSettings>): Float32Array {
  const { block, parameters } = task;
  const { mean, variance } = localMoments(block, parameters.radius);
  const noise = parameters.variation ** 2;
  return block.data.map((y, i) => {
    const m = mean[i]!;
    const additive = m * m * noise;
    const signal = Math.max(0, variance[i]! - additive) / (1 + noise);
    return signal + additive > 0 ? m + (signal / (signal + additive)) * (y - m) : y;
  });
}

/** Lee filter; see the file's header. */
export const lee: Denoiser = blockDenoiser<SpeckleSettings>({
  name: "lee",
  title: "Lee filter",
  summary:
    "Speckle: averages where the window varies no more than speckle does, keeps what varies more.",
  references: ["lee1980digital"],
  noise: "speckle",
  dimensions: [2, 3],
  parameters: { radius: radiusParameter },
  reach: ({ parameters }) => parameters.radius as number,
  filter: { module: import.meta.url, name: "leeBlock", run: leeBlock },
  level: speckleLevelFor,
  plan: ({ values, sigma }) =>
    sigma === 0
      ? "identity"
      : {
          parameters: { radius: values.radius as number, variation: sigma },
          halo: values.radius as number,
        },
});
