/**
 * Homomorphic wrapper: multiplicative noise becomes additive in the logarithm, any denoiser works there,
 * and the result comes back through the exponential. E log n < log E n for noise of mean 1; the factor is
 * made good, so that the mean of the object is kept. Areas without signal are left as they are and not seen.
 *
 * With gamma noise of L looks, log n has variance ψ₁(L); for C_u² = 1/L this is C_u² (1 + C_u²/2) up to
 * third order, and is summed exactly here.
 */
import { withData } from "../../core/image.ts";
import type { Denoiser } from "../denoiser.ts";
import { filledFromNearest } from "../fill-padding.ts";
import { speckleLevelFor } from "../speckle/speckle-method.ts";
import { wellPosed } from "../well-posed.ts";
import { darkAreas } from "./dark-areas.ts";

/** Trigamma ψ₁(x) = Σ 1/(x + k)², x > 0: recurrence to x ≥ 10, then its asymptotic series (below 1e-12). */
export function trigamma(x: number): number {
  let sum = 0;
  while (x < 10) {
    sum += 1 / (x * x);
    x++;
  }
  const r = 1 / (x * x);
  return sum + 1 / x + r / 2 + (r / x) * (1 / 6 - r * (1 / 30 - r * (1 / 42 - r / 30)));
}

/** Share of the mean to which values are raised before the logarithm. */
const leastShare = 1e-3;

/**
 * The denoiser for speckle made from one for additive noise. Its noise level is the coefficient of
 * variation of the speckle.
 */
export function homomorphic(inner: Denoiser): Denoiser {
  const name = `homomorphic+${inner.name}`;
  const wrapped: Denoiser = {
    name,
    title: `${inner.title}, homomorphic`,
    summary: `Speckle: ${inner.title} on the logarithm of the image.`,
    references: [...new Set(["arsenault1976properties", ...inner.references])],
    noise: "speckle" as const,
    dimensions: inner.dimensions,
    ...(inner.joins === undefined ? {} : { joins: inner.joins }),
    parameters: inner.parameters,
    reach: () => "the mean of the whole volume is kept",
    level: (image, _given, context = {}) => speckleLevelFor(name, image, context),
    async denoise(image, given, context = {}) {
      const variation = speckleLevelFor(name, image, context);
      if (variation === 0) return withData(image, image.data.slice());
      let [sum, count] = [0, 0];
      for (const v of image.data) {
        if (!(v > 0)) continue;
        sum += v;
        count++;
      }
      if (count === 0) return withData(image, image.data.slice());
      const least = (leastShare * sum) / count;
      // In the logarithm an area of zeros lies far below the object, and would darken all that a filter mixes
      // with it. So it is not seen: the object goes on where it is, as beyond the border of the image.
      const outside = darkAreas(image, least);
      const object =
        outside === undefined ? image : withData(image, filledFromNearest(image, outside));
      const logs = withData(
        image,
        object.data.map((v) => Math.log(Math.max(v, least))),
        { unit: "arbitrary" },
      );
      const sigma = Math.sqrt(trigamma(1 / variation ** 2));
      const smooth = await inner.denoise(logs, given, { ...context, templates: undefined, sigma });
      // What a dark pixel was raised by is taken off again.
      const back = smooth.data.map((log, i) => {
        const v = object.data[i]!;
        return v < least ? Math.max(0, Math.exp(log) - (least - v)) : Math.exp(log);
      });
      // Of sums over the object, not a mean of ratios, which would give a dark pixel the weight of a bright one.
      let [before, after] = [0, 0];
      for (const [i, v] of image.data.entries()) {
        if (outside?.[i] === 1) continue;
        before += v;
        after += back[i]!;
      }
      const ratio = before / after;
      return withData(
        image,
        back.map((v, i) => (outside?.[i] === 1 ? image.data[i]! : v * ratio)),
      );
    },
  };
  return wellPosed(wrapped);
}
