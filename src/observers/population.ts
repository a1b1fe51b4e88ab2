/**
 * What a channelised Hotelling observer would reach with as many training images as one likes, beside what one
 * trained on these images reaches: unbiased d' with its exact interval from all images of both classes
 * [wunderlich2015exact], no split between training and test needed.
 */
import { cholesky, forwardSolve } from "../math/cholesky.ts";
import { normalCdf } from "../math/normal.ts";
import {
  choDetectability,
  knownSignalInterval,
  trainedDetectability,
} from "../stats/detectability.ts";
import type { Estimate } from "../stats/result.ts";
import { makeEstimate, noInterval } from "../stats/result.ts";
import type { Cases } from "./cases.ts";
import { channelMoments } from "./channelised.ts";
import { channelOutputs } from "./channels/channel-set.ts";
import type { Finding, TrainedObserver } from "./observer.ts";

export interface PopulationDetectability extends Estimate {
  readonly channels: number;
  /** Φ(d'/√2) of the estimate and of the ends of the interval: the AUC for normal channel outputs. */
  readonly auc: { readonly estimate: number; readonly interval: Estimate["interval"] };
}

/** d' of the population from the channel outputs of all images of both classes. */
export function populationDetectability(
  fixed: NonNullable<TrainedObserver["fixedChannels"]>,
  images: { readonly present: Cases; readonly absent: Cases },
  level: number,
): PopulationDetectability {
  const { set, knownDifference } = fixed;
  const p = set.count;
  const present = channelOutputs(set, images.present);
  const absent = channelOutputs(set, images.absent);
  if (!knownDifference) return choDetectability({ present, absent, channels: p }, { level });
  const shared = {
    method: "known signal, exact by chi-square",
    present: images.present.count,
    absent: images.absent.count,
    channels: p,
  };
  const { covariance, free } = channelMoments(absent, present, p);
  const factored = free > p + 1 ? cholesky(covariance, p) : undefined;
  const toAuc = (d: number) => normalCdf(d / Math.SQRT2);
  if (factored?.status !== "ok") {
    const interval = noInterval(level);
    return makeEstimate({
      ...shared,
      status: factored ? "singular-covariance" : "too-few-cases",
      estimate: NaN,
      standardError: NaN,
      interval,
      auc: { estimate: NaN, interval },
    });
  }
  const square = forwardSolve(factored.factor, knownDifference).reduce((s, v) => s + v * v, 0);
  const { estimate, interval } = knownSignalInterval(square, { df: free, channels: p }, { level });
  return makeEstimate({
    ...shared,
    status: "ok",
    estimate,
    standardError: NaN,
    interval,
    auc: {
      estimate: toAuc(estimate),
      interval: { lower: toAuc(interval.lower), upper: toAuc(interval.upper), level },
    },
  });
}

/** Loss of AUC to a finite training set that calls for a warning. */
const noticeable = 0.01;

/** Images of each class, in round numbers, that bring the expected loss of AUC below what is noticeable. */
function imagesWanted(dPrime: number, channels: number): number {
  const aim = normalCdf(dPrime / Math.SQRT2) - noticeable;
  for (let n = 10; n < 1e6; n = Math.ceil(n * 1.25)) {
    const reached = trainedDetectability(dPrime, { present: n, absent: n, channels });
    if (normalCdf(reached / Math.SQRT2) >= aim) return 10 * Math.ceil(n / 10);
  }
  return Infinity;
}

/**
 * What the area under the ROC curve of a template trained on a part of the images means, and what it hides: a
 * warning where so few images for so many channels lower it noticeably.
 */
export function finiteTrainingFinding(
  row: { readonly label: string; readonly arm: string; readonly auc: number },
  at: {
    readonly trained: readonly [number, number];
    readonly population: PopulationDetectability;
  },
): Finding {
  const { population, trained } = at;
  const { channels, estimate } = population;
  const expected = normalCdf(
    trainedDetectability(estimate, { present: trained[0], absent: trained[1], channels }) /
      Math.SQRT2,
  );
  const lost = population.status === "ok" && population.auc.estimate - expected > noticeable;
  const meaning = `the AUC of ${row.label} on ${row.arm} is that of one template, trained on ${trained[0]} + ${trained[1]} images for ${channels} channels; its interval holds for that template and leaves out which images it was trained on`;
  if (population.status !== "ok") {
    return {
      name: "finite-training",
      severity: "warning",
      reason: meaning,
      remedy: `d' of the population cannot be estimated: ${population.remedy}`,
    };
  }
  const wanted = imagesWanted(estimate, channels);
  return {
    name: "finite-training",
    severity: lost ? "warning" : "note",
    reason: lost
      ? `${meaning}. Templates trained on so few images can be expected at ${expected.toFixed(3)}, the population's observer at ${population.auc.estimate.toFixed(3)}`
      : meaning,
    remedy: `read the d' of the population, unbiased and with an exact interval for normal channel outputs${lost && Number.isFinite(wanted) ? `, or train on ${wanted} + ${wanted} images, or use fewer channels` : ""}`,
  };
}
