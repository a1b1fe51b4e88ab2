/** Non-local means for white Gaussian noise; the exact form stands in neighbourhood/non-local-means.ts. */
import { blockDenoiser } from "./block-denoiser.ts";
import type { Denoiser } from "./denoiser.ts";
import {
  nonLocalMeansFilter,
  nonLocalReach,
  type NonLocalSettings,
} from "./neighbourhood/non-local-means.ts";
import { nonLocalParameters, windowsOf } from "./neighbourhood/non-local-parameters.ts";

/** Non-local means. */
export const nonLocalMeans: Denoiser = blockDenoiser<NonLocalSettings>({
  name: "non-local-means",
  title: "Non-local means",
  summary: "Averages pixels whose surroundings look alike: keeps texture and edges that repeat.",
  references: ["buades2005nonlocal"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters: nonLocalParameters({ strength: 0.8, self: "largest" }),
  reach: ({ parameters }) => nonLocalReach(windowsOf(parameters, 3)),
  filter: nonLocalMeansFilter,
  plan({ values, sigma, dimensions }) {
    if (sigma === 0) return "identity";
    const parameters: NonLocalSettings = {
      ...windowsOf(values, dimensions),
      sigma,
      strength: values.strength as number,
      offset: 1,
      rician: false,
      self: values.self as NonLocalSettings["self"],
    };
    return { parameters, halo: nonLocalReach(parameters) };
  },
});
