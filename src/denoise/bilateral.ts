/** Bilateral filter; formula and form in neighbourhood/bilateral-means.ts. */
import { blockDenoiser } from "./block-denoiser.ts";
import type { Denoiser } from "./denoiser.ts";
import {
  bilateralFilter,
  bilateralReach,
  type BilateralSettings,
} from "./neighbourhood/bilateral-means.ts";
import { spatialAlongZ } from "./neighbourhood/windows.ts";

/** Bilateral filter. */
export const bilateral: Denoiser = blockDenoiser<BilateralSettings>({
  name: "bilateral",
  title: "Bilateral filter",
  summary: "Averages near pixels of near values: quick, keeps strong edges, weak ones fade.",
  references: ["tomasi1998bilateral"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters: {
    spatial: {
      type: "number",
      unit: "px",
      min: 0.3,
      max: 10,
      default: 1.8,
      about: "standard deviation of the spatial weight; larger averages over more pixels",
    },
    range: {
      type: "number",
      unit: "σ",
      min: 0.1,
      max: 20,
      default: 2.5,
      about: "standard deviation of the weight on value differences; larger blurs stronger edges",
    },
  },
  reach: ({ parameters, spacing }) =>
    bilateralReach(spatialAlongZ({ spacing }, parameters.spatial as number)),
  filter: bilateralFilter,
  plan({ image, values, sigma, dimensions }) {
    if (sigma === 0) return "identity";
    const spatial = values.spatial as number;
    const spatialZ = spatialAlongZ(image, spatial);
    return {
      parameters: { spatial, spatialZ, range: (values.range as number) * sigma },
      halo: bilateralReach(dimensions === 3 ? spatialZ : spatial),
    };
  },
});
