/**
 * Non-local means for noise that changes over the image [manjon2010adaptive], such as parallel MR
 * imaging: σ is taken pixel by pixel from a map of the local noise. A given σ fixes the map's mean.
 *
 * Deviation: the map is the local median of next-neighbour residuals (noise-level/local-noise.ts); the
 * paper takes the least distance between residual patches. Where σ is given, no place takes more than 4σ.
 */
import { withData } from "../core/image.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import type { Denoiser } from "./denoiser.ts";
import { requireMagnitudes } from "./input.ts";
import {
  nonLocalMeansFilter,
  nonLocalReach,
  type NonLocalSettings,
} from "./neighbourhood/non-local-means.ts";
import { nonLocalParameters, windowsOf } from "./neighbourhood/non-local-parameters.ts";
import { localNoise } from "./noise-level/local-noise.ts";

/** Adaptive non-local means; see the file's header. */
export const adaptiveNonLocalMeans: Denoiser = blockDenoiser<NonLocalSettings>({
  name: "adaptive-non-local-means",
  title: "Adaptive non-local means",
  summary:
    "Non-local means with a noise level for every pixel: for parallel MR imaging and CT of uneven dose.",
  references: ["manjon2010adaptive"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters: {
    ...nonLocalParameters({ strength: 0.8, self: "largest" }),
    window: {
      type: "integer",
      unit: "px",
      min: 8,
      max: 128,
      default: 32,
      about:
        "side of the windows in which the noise level is taken; smaller follows faster changes and scatters more",
    },
    rician: {
      type: "boolean",
      default: false,
      about: "magnitude images: average squares and remove the bias",
    },
  },
  reach: () => "the map of noise levels is scaled to the whole volume",
  filter: nonLocalMeansFilter,
  plan({ image, values, sigma, context, dimensions }) {
    if (sigma === 0) return "identity";
    if (values.rician) requireMagnitudes("adaptive-non-local-means", image, sigma);
    const map = localNoise(image, { window: values.window as number });
    let mean = 0;
    for (const s of map.data) mean += s / map.data.length;
    const scale = context.sigma === undefined || mean === 0 ? 1 : context.sigma / mean;
    // On a nearly clean image the map is all edges; noise gains of parallel imaging stay below 4.
    const most = context.sigma === undefined ? Infinity : 4 * context.sigma;
    const scaled = withData(
      image,
      map.data.map((s) => (mean === 0 ? sigma : Math.min(s * scale, most))),
    );
    const parameters: NonLocalSettings = {
      ...windowsOf(values, dimensions),
      sigma,
      strength: values.strength as number,
      offset: 1,
      rician: values.rician as boolean,
      self: values.self as NonLocalSettings["self"],
    };
    return { parameters, halo: nonLocalReach(parameters), companions: [scaled] };
  },
});
