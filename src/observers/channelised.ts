/**
 * Hotelling observer on channel outputs v = U g [barrett2004foundations]: w = K_v⁻¹ Δv̄, with internal noise
 * as K_v + α diag(K_v) [abbey2001human].
 */
import { streamOf } from "../core/random.ts";
import type { Cases } from "./cases.ts";
import { checkAlike } from "./cases.ts";
import type { ChannelSet } from "./channels/channel-set.ts";
import { channelOutputs } from "./channels/channel-set.ts";
import type {
  Finding,
  ObserverContext,
  Refusal,
  TrainedObserver,
  TrainingSet,
} from "./observer.ts";
import { solveSymmetric } from "./solve-symmetric.ts";

export interface ChannelMoments {
  readonly difference: Float64Array;
  /** Pooled, row-major count×count. */
  readonly covariance: Float64Array;
  readonly free: number;
}

/** Class mean difference and pooled covariance of rows of outputs. */
export function channelMoments(
  absent: Float64Array,
  present: Float64Array,
  count: number,
): ChannelMoments {
  const covariance = new Float64Array(count * count);
  const means: Float64Array[] = [];
  let free = -2;
  for (const rows of [absent, present]) {
    const n = rows.length / count;
    free += n;
    const mean = new Float64Array(count);
    for (let r = 0; r < n; r++)
      for (let c = 0; c < count; c++) mean[c]! += rows[r * count + c]! / n;
    means.push(mean);
    for (let r = 0; r < n; r++) {
      for (let i = 0; i < count; i++) {
        const d = rows[r * count + i]! - mean[i]!;
        for (let j = 0; j < count; j++)
          covariance[i * count + j]! += d * (rows[r * count + j]! - mean[j]!);
      }
    }
  }
  for (let i = 0; i < covariance.length; i++) covariance[i]! /= free;
  return { difference: means[1]!.map((v, i) => v - means[0]![i]!), covariance, free };
}

/** Fewest training images in all for which a covariance of `count` channels is used. */
const fewestImages = (count: number): number => count + 4;

/**
 * Trains a Hotelling observer on channel outputs.
 *
 * @param options.internalNoise α of K_v + α diag(K_v); random numbers of that variance are added to the
 * statistic, from the seed of `read`
 * @param options.signal known mean signal in place of the difference of class means
 * @param options.learned whether the channels were learned from the training images
 */
export function channelisedHotelling(
  training: TrainingSet,
  options: {
    channels: ChannelSet;
    internalNoise: number;
    signal?: Float64Array;
    learned?: boolean;
  },
): TrainedObserver | Refusal {
  const { channels, internalNoise, signal } = options;
  const { absent, present } = training;
  checkAlike(absent, present, "train an observer");
  const k = channels.count;
  const n = absent.count + present.count;
  if (n < fewestImages(k) || Math.min(absent.count, present.count) < 2) {
    return {
      status: "refused",
      cause: `${n} training images (${present.count} with signal) are too few for a covariance of ${k} channels`,
      remedy: `train on at least ${fewestImages(k)} images with at least two of each class, or use fewer channels`,
    };
  }
  const moments = channelMoments(
    channelOutputs(channels, absent),
    channelOutputs(channels, present),
    k,
  );
  const difference = signal
    ? Float64Array.from({ length: k }, (_, c) => {
        let sum = 0;
        for (let i = 0; i < channels.size; i++)
          sum += channels.rows[c * channels.size + i]! * signal[i]!;
        return sum;
      })
    : moments.difference;
  const noisy = Float64Array.from(moments.covariance);
  for (let c = 0; c < k; c++) noisy[c * k + c]! *= 1 + internalNoise;
  const solved = solveSymmetric(noisy, difference);
  if (solved.status !== "ok") return solved;
  const weights = solved.x;
  const template = new Float64Array(channels.size);
  for (let c = 0; c < k; c++) {
    for (let i = 0; i < channels.size; i++)
      template[i]! += weights[c]! * channels.rows[c * channels.size + i]!;
  }
  let extra = 0;
  for (let c = 0; c < k; c++)
    extra += internalNoise * weights[c]! ** 2 * moments.covariance[c * k + c]!;
  const findings: Finding[] = [];
  if (n < 10 * k) {
    findings.push({
      name: "few-images-for-dimension",
      severity: "warning",
      reason: `${n} training images for ${k} channels: a test AUC is below the population's`,
      remedy: `train on at least ${10 * k} images, or use fewer channels`,
    });
  }
  return Object.freeze({
    status: "ok" as const,
    template,
    dimension: k,
    ...(options.learned || internalNoise > 0
      ? {}
      : { fixedChannels: { set: channels, ...(signal ? { knownDifference: difference } : {}) } }),
    figures: { channels: k, residual: solved.residual, "internal noise sd": Math.sqrt(extra) },
    findings,
    read: async (cases: Cases, context: ObserverContext = {}) => {
      checkAlike(cases, absent, "read cases");
      const outputs = channelOutputs(channels, cases);
      const scores = new Float64Array(cases.count);
      for (let i = 0; i < cases.count; i++) {
        let sum = 0;
        for (let c = 0; c < k; c++) sum += weights[c]! * outputs[i * k + c]!;
        // By the case's name, so that paired arms of one study hear different noise for different cases only.
        const stream =
          extra > 0 ? streamOf(context.seed ?? 0, "internal-noise", cases.ids[i]!) : undefined;
        scores[i] = sum + (stream ? Math.sqrt(extra) * stream.normal() : 0);
      }
      return { scores };
    },
  });
}
