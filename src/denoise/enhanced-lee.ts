/**
 * Enhanced Lee filter [lopes1990adaptive]: three classes by the window's coefficient of variation C_i,
 *
 *   C_i ≤ C_u:          u = m
 *   C_u < C_i < C_max:  u = W m + (1 − W) y,   W = exp(−K (C_i − C_u)/(C_max − C_i))
 *   C_i ≥ C_max:        u = y
 *
 * Deviation: C_max = √3 C_u, which agrees with the paper's √(1 + 2/L) for one look (C_u = 1) and lets the
 * filter vanish with the noise; the paper's value does not.
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

interface EnhancedLeeSettings extends SpeckleSettings {
  readonly damping: number;
}

/**
 * The filter on one block.
 *
 * @worker
 */
export function enhancedLeeBlock(task: BlockTask<EnhancedLeeSettings>): Float32Array {
  const { block, parameters } = task;
  const { mean, variance } = localMoments(block, parameters.radius);
  const low = parameters.variation;
  const high = Math.sqrt(3) * low;
  return block.data.map((y, i) => {
    const m = mean[i]!;
    if (m === 0) return y;
    const c = Math.sqrt(variance[i]!) / m;
    if (c <= low) return m;
    if (c >= high) return y;
    const weight = Math.exp((-parameters.damping * (c - low)) / (high - c));
    return weight * m + (1 - weight) * y;
  });
}

/** Enhanced Lee filter; see the file's header. */
export const enhancedLee: Denoiser = blockDenoiser<EnhancedLeeSettings>({
  name: "enhanced-lee",
  title: "Enhanced Lee filter",
  summary:
    "Speckle: the mean in flat areas, the pixel itself at points and edges, a blend in between.",
  references: ["lopes1990adaptive"],
  noise: "speckle",
  dimensions: [2, 3],
  parameters: {
    radius: radiusParameter,
    damping: {
      type: "number",
      unit: "1",
      min: 0,
      max: 100,
      default: 1,
      about: "K; larger keeps more of the pixel between the classes",
    },
  },
  reach: ({ parameters }) => parameters.radius as number,
  filter: { module: import.meta.url, name: "enhancedLeeBlock", run: enhancedLeeBlock },
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
