/** First-order features of a region: intensity statistics and histogram [zwanenburg2020image]. */
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { percentile } from "../hausdorff95.ts";
import { checkFinite } from "../planes.ts";
import { insideOf, levelsOf } from "./levels.ts";
import type { GreyLevelOptions } from "./levels.ts";

/**
 * Named first-order features. Variance, skewness and kurtosis (excess) divide by n; the histogram's
 * entropy and uniformity use the levels of `options`.
 */
export function firstOrder(
  image: Image,
  options: GreyLevelOptions = {},
): Readonly<Record<string, number>> {
  checkFinite(image, "first-order features");
  const inside = insideOf(image, options.mask);
  const v = Float64Array.from(image.data.filter((_, i) => inside(i)));
  const n = v.length;
  if (n === 0)
    throw new InputError("Cannot take first-order features: found an empty region, wanted voxels");
  const moment = (centre: number, power: number) =>
    v.reduce((s, x) => s + (x - centre) ** power, 0) / n;
  const mean = moment(0, 1);
  const variance = moment(mean, 2);
  const spread = Math.sqrt(variance);
  const p = (at: number) => percentile(v, at);
  const [p10, p25, p75, p90] = [p(10), p(25), p(75), p(90)];
  const robust = v.filter((x) => x >= p10 && x <= p90);
  const robustMean = robust.reduce((s, x) => s + x, 0) / robust.length;
  const levels = levelsOf(image, options);
  const histogram = new Float64Array(levels.count + 1);
  for (const l of levels.values) if (l > 0) histogram[l]! += 1 / n;
  const median = p(50);
  const minimum = v.reduce((m, x) => Math.min(m, x), Infinity);
  const maximum = v.reduce((m, x) => Math.max(m, x), -Infinity);
  const energy = v.reduce((s, x) => s + x * x, 0);
  return {
    mean,
    variance,
    skewness: spread > 0 ? moment(mean, 3) / spread ** 3 : 0,
    kurtosis: spread > 0 ? moment(mean, 4) / variance ** 2 - 3 : 0,
    median,
    minimum,
    percentile10: p10,
    percentile90: p90,
    maximum,
    interquartileRange: p75 - p25,
    range: maximum - minimum,
    meanAbsoluteDeviation: v.reduce((s, x) => s + Math.abs(x - mean), 0) / n,
    robustMeanAbsoluteDeviation:
      robust.reduce((s, x) => s + Math.abs(x - robustMean), 0) / robust.length,
    medianAbsoluteDeviation: v.reduce((s, x) => s + Math.abs(x - median), 0) / n,
    coefficientOfVariation: spread / mean,
    quartileCoefficientOfDispersion: (p75 - p25) / (p75 + p25),
    energy,
    rootMeanSquare: Math.sqrt(energy / n),
    histogramEntropy: -histogram.reduce((s, h) => s + (h > 0 ? h * Math.log2(h) : 0), 0),
    histogramUniformity: histogram.reduce((s, h) => s + h * h, 0),
  };
}
