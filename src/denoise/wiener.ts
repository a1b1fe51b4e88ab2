/**
 * Locally adaptive Wiener filter [lee1980digital] for additive noise: with the mean m and variance v of
 * the window,
 *
 *   u = m + max(v − σ², 0)/max(v, σ²) · (y − m).
 */
import { blockDenoiser } from "./block-denoiser.ts";
import type { BlockTask } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { localMoments } from "./neighbourhood/local-moments.ts";

interface WienerSettings {
  readonly radius: number;
  readonly sigma: number;
}

/**
 * The filter on one block.
 *
 * @worker
 */
export function wienerBlock(task: BlockTask<WienerSettings>): Float32Array {
  const { block, parameters } = task;
  const { mean, variance } = localMoments(block, parameters.radius);
  const noise = parameters.sigma ** 2;
  return block.data.map((y, i) => {
    const v = variance[i]!;
    if (v <= noise) return mean[i]!;
    return mean[i]! + ((v - noise) / v) * (y - mean[i]!);
  });
}

/** Local Wiener filter; see the file's header. */
export const wiener: Denoiser = blockDenoiser<WienerSettings>({
  name: "wiener",
  title: "Local Wiener filter",
  summary:
    "Averages where the window varies no more than noise does, and leaves the rest: fast and safe.",
  references: ["lee1980digital"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters: {
    radius: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 20,
      default: 2,
      about:
        "half width of the window; larger is smoother in flat areas and leaves wider noisy rims at edges",
    },
  },
  reach: ({ parameters }) => parameters.radius as number,
  filter: { module: import.meta.url, name: "wienerBlock", run: wienerBlock },
  plan: ({ values, sigma }) =>
    sigma === 0
      ? "identity"
      : {
          parameters: { radius: values.radius as number, sigma },
          halo: values.radius as number,
        },
});
