/**
 * Gaussian classes with a Potts prior: every class has a mean and a variance of its intensities and a share of
 * the voxels, learned from labelled images,
 *
 *   l_k(i) = log π_k − ½ log 2πσ_k² − (g_i − μ_k)²/2σ_k²,
 *
 * and neighbouring voxels are the more alike the larger β is [besag1986statistical]. With `prior: place` the
 * share π_k is that of the training images at the voxel's own place, for anatomy that hardly moves.
 */
import { throwIfAborted } from "../../core/errors.ts";
import { type Image, withData } from "../../core/image.ts";
import { resolveParameters, type ParameterTable } from "../../core/parameters.ts";
import type { Refusal } from "../observer.ts";
import { pottsModes } from "./potts.ts";
import type { LabelledImages, Segmenter } from "./segmenter.ts";
import { requireUnit, trainingClasses } from "./training-classes.ts";

const parameters = {
  smoothing: {
    type: "number",
    unit: "1",
    min: 0,
    max: 100,
    default: 1.5,
    about: "Weight β of the neighbours; larger gives smoother regions, 0 looks at each voxel alone",
  },
  iterations: {
    type: "integer",
    unit: "rounds",
    min: 1,
    max: 1000,
    default: 20,
    about: "Rounds over the image at most",
  },
  prior: {
    type: "choice",
    choices: ["share", "place"],
    default: "share",
    about:
      "Probability of a class beforehand: its share of all voxels, or of those at the same place",
  },
} as const satisfies ParameterTable;

interface ClassMoments {
  readonly label: number;
  readonly mean: number;
  readonly variance: number;
  readonly share: number;
}

/** Variances are no smaller than this part of the whole variance: a class without spread would be a line. */
const leastVariance = 1e-6;

export const gaussianClasses: Segmenter = {
  name: "gaussian-classes",
  title: "Gaussian classes with a Potts prior",
  summary: "Gives every voxel the class whose intensities fit best, neighbours being alike.",
  references: ["besag1986statistical"],
  dimensions: [2, 3],
  parameters,
  async train(training, given, context = {}) {
    const p = resolveParameters("gaussian-classes", parameters, given);
    const labels = trainingClasses(training);
    if (labels.length < 2) return refuse(labels.length);
    const moments = momentsOf(training, labels);
    const placed = p.prior === "place" ? sharesByPlace(training, labels) : undefined;
    const { unit, shape } = training.images[0]!;
    return {
      status: "ok",
      figures: Object.fromEntries(
        moments.flatMap(({ label, mean, variance }) => [
          [`mean ${label}`, mean],
          [`sd ${label}`, Math.sqrt(variance)],
        ]),
      ),
      findings: [],
      async segment(image, { signal } = context) {
        requireUnit(image, unit);
        throwIfAborted(signal, "segmenting");
        const prior =
          placed !== undefined && image.shape.join() === shape.join() ? placed : undefined;
        const chosen = pottsModes(logsOf(image, moments, prior), image, {
          classes: labels.length,
          smoothing: Number(p.smoothing),
          iterations: Number(p.iterations),
        });
        return withData(
          image,
          Float32Array.from(chosen, (k) => labels[k]!),
          { unit: "arbitrary" },
        );
      },
    };
  },
};

const refuse = (count: number): Refusal => ({
  status: "refused",
  cause: `the training labels hold ${count} class`,
  remedy: "train on images with two classes or more",
});

function momentsOf({ images, labels }: LabelledImages, classes: readonly number[]): ClassMoments[] {
  const sums = new Map(classes.map((label) => [label, { count: 0, sum: 0, square: 0 }]));
  let total = 0;
  const whole = { sum: 0, square: 0 };
  // About the first value, so that squares of HU do not drown their differences.
  const zero = images[0]!.data[0]!;
  for (const [k, { data }] of images.entries()) {
    for (let i = 0; i < data.length; i++) {
      const own = sums.get(labels[k]!.data[i]!)!;
      const v = data[i]! - zero;
      own.count++;
      own.sum += v;
      own.square += v * v;
      whole.sum += v;
      whole.square += v * v;
    }
    total += data.length;
  }
  const spread = whole.square / total - (whole.sum / total) ** 2;
  return [...sums].map(([label, { count, sum, square }]) => ({
    label,
    mean: zero + sum / count,
    variance: Math.max(square / count - (sum / count) ** 2, leastVariance * spread, 1e-30),
    share: count / total,
  }));
}

/** Share of every class at every voxel, with one imagined image of even shares beside the real ones. */
function sharesByPlace({ labels }: LabelledImages, classes: readonly number[]): Float64Array {
  const index = new Map(classes.map((label, k) => [label, k]));
  const size = labels[0]!.data.length;
  const shares = new Float64Array(size * classes.length).fill(1 / classes.length);
  for (const { data } of labels) {
    for (let i = 0; i < size; i++) shares[i * classes.length + index.get(data[i]!)!]!++;
  }
  return shares.map((n) => n / (labels.length + 1));
}

function logsOf(
  { data }: Image,
  moments: readonly ClassMoments[],
  places: Float64Array | undefined,
): Float64Array {
  const n = moments.length;
  const logs = new Float64Array(data.length * n);
  for (let i = 0; i < data.length; i++) {
    for (const [k, { mean, variance, share }] of moments.entries()) {
      const d = data[i]! - mean;
      logs[i * n + k] =
        Math.log(places?.[i * n + k] ?? share) - 0.5 * (Math.log(variance) + (d * d) / variance);
    }
  }
  return logs;
}
