/**
 * Non-local means for magnitude MR images [wiestdaessle2008rician]: squared magnitudes are averaged and
 * their noise bias is removed, u = √max(Σ w M² − 2σ², 0). Without σ, it is the estimate on the image's
 * bright part with Koay's correction. Values a little below 0, as interpolation leaves them, are taken for 0.
 */
import type { Image } from "../core/image.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import type { Denoiser, DenoiseContext } from "./denoiser.ts";
import { noiseLevelFor, requireMagnitudes } from "./input.ts";
import {
  nonLocalMeansFilter,
  nonLocalReach,
  type NonLocalSettings,
} from "./neighbourhood/non-local-means.ts";
import { nonLocalParameters, windowsOf } from "./neighbourhood/non-local-parameters.ts";
import { estimateNoise } from "./noise-level/estimate-noise.ts";

/**
 * σ of the channels of a magnitude image: the given one, or the Rician estimate.
 *
 * @throws InputError on values too far below 0 for a magnitude
 */
export function ricianLevelFor(owner: string, image: Image, context: DenoiseContext): number {
  const given = noiseLevelFor(owner, image, { sigma: context.sigma ?? 0 });
  const sigma =
    context.sigma === undefined
      ? estimateNoise(image, { method: "rician-foreground", padding: context.padding }).sigma
      : given;
  requireMagnitudes(owner, image, sigma);
  return sigma;
}

/** Rician non-local means; see the file's header. */
export const ricianNonLocalMeans: Denoiser = blockDenoiser<NonLocalSettings>({
  name: "rician-non-local-means",
  title: "Rician non-local means",
  summary: "Non-local means for magnitude MR images, with the Rician bias removed.",
  references: ["wiestdaessle2008rician"],
  noise: "rician",
  dimensions: [2, 3],
  parameters: nonLocalParameters({ strength: 0.8, self: "largest" }),
  reach: ({ parameters }) => nonLocalReach(windowsOf(parameters, 3)),
  filter: nonLocalMeansFilter,
  level: ricianLevelFor,
  plan({ values, sigma, dimensions }) {
    if (sigma === 0) return "identity";
    const parameters: NonLocalSettings = {
      ...windowsOf(values, dimensions),
      sigma,
      strength: values.strength as number,
      offset: 1,
      rician: true,
      self: values.self as NonLocalSettings["self"],
    };
    return { parameters, halo: nonLocalReach(parameters) };
  },
});
