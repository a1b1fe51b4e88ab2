/**
 * Quadratic discriminant of filter outputs [hastie2009elements]: every voxel is described by its value smoothed
 * at several widths (0, 1, 2 and 4 pixels, plane by plane), a class by the mean and the covariance of these
 * features over its voxels,
 *
 *   l_k(f) = log π_k − ½ log det C_k − ½ (f − m_k)ᵀ C_k⁻¹ (f − m_k).
 *
 * It sees texture and neighbourhood where a threshold sees one value. Covariances are shrunk towards their
 * diagonal by a share, so that classes of few voxels do not degenerate.
 */
import { throwIfAborted } from "../../core/errors.ts";
import { type Image, withData } from "../../core/image.ts";
import { resolveParameters, type ParameterTable } from "../../core/parameters.ts";
import { cholesky, type CholeskyFactor, logDeterminant } from "../../math/cholesky.ts";
import { gaussianBlur } from "../../physics/blur.ts";
import { pottsModes } from "./potts.ts";
import type { LabelledImages, Segmenter } from "./segmenter.ts";
import { requireUnit, trainingClasses } from "./training-classes.ts";

const parameters = {
  shrinkage: {
    type: "number",
    unit: "1",
    min: 0,
    max: 1,
    default: 0.01,
    about: "Share of the diagonal in every class's covariance; 1 takes the filters for independent",
  },
  smoothing: {
    type: "number",
    unit: "1",
    min: 0,
    max: 100,
    default: 0,
    about: "Weight of neighbours that are alike; 0 looks at each voxel alone",
  },
} as const satisfies ParameterTable;

/** Widths in pixels; 0 is the image itself. */
const widths = [0, 1, 2, 4];

interface ClassShape {
  readonly mean: Float64Array;
  readonly factor: CholeskyFactor;
  /** log π_k − ½ log det C_k. */
  readonly offset: number;
}

export const filterDiscriminant: Segmenter = {
  name: "filter-discriminant",
  title: "Quadratic discriminant of filter outputs",
  summary: "Gives every voxel the class whose values at four scales fit best.",
  references: ["hastie2009elements"],
  dimensions: [2, 3],
  parameters,
  async train(training, given, context = {}) {
    const p = resolveParameters("filter-discriminant", parameters, given);
    const labels = trainingClasses(training);
    const shapes: ClassShape[] = [];
    const all = training.images.map((image) => featuresOf(image));
    for (const label of labels) {
      throwIfAborted(context.signal, "training a segmenter");
      const shape = shapeOf(training, all, { label, shrinkage: Number(p.shrinkage) });
      if (shape === undefined) {
        return {
          status: "refused",
          cause: `the features of class ${label} have a singular covariance`,
          remedy: "use more shrinkage, or more training images of that class",
        };
      }
      shapes.push(shape);
    }
    if (labels.length < 2) {
      return {
        status: "refused",
        cause: `the training labels hold ${labels.length} class`,
        remedy: "train on images with two classes or more",
      };
    }
    const { unit } = training.images[0]!;
    return {
      status: "ok",
      figures: { classes: labels.length, features: widths.length },
      findings: [],
      async segment(image, { signal } = context) {
        requireUnit(image, unit);
        throwIfAborted(signal, "segmenting");
        const features = featuresOf(image);
        const n = labels.length;
        const logs = new Float64Array(image.data.length * n);
        const d = new Float64Array(widths.length);
        for (let i = 0; i < image.data.length; i++) {
          for (const [k, { mean, factor, offset }] of shapes.entries()) {
            for (let j = 0; j < d.length; j++) d[j] = features[j]![i]! - mean[j]!;
            logs[i * n + k] = offset - squaredLength(factor, d) / 2;
          }
        }
        const chosen = pottsModes(logs, image, {
          classes: n,
          smoothing: Number(p.smoothing),
          iterations: 20,
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

/** |L⁻¹ d|², solved in place: millions of voxels make no arrays. */
function squaredLength({ n, lower }: CholeskyFactor, d: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < n; j++) {
    let v = d[j]!;
    for (let k = 0; k < j; k++) v -= lower[j * n + k]! * d[k]!;
    v /= lower[j * n + j]!;
    d[j] = v;
    sum += v * v;
  }
  return sum;
}

const featuresOf = (image: Image): Float32Array[] =>
  widths.map((width) =>
    width === 0 ? image.data : gaussianBlur(image.data, image, { sigmaPx: [width, width] }),
  );

function shapeOf(
  { labels }: LabelledImages,
  features: readonly (readonly Float32Array[])[],
  { label, shrinkage }: { label: number; shrinkage: number },
): ClassShape | undefined {
  const d = widths.length;
  const mean = new Float64Array(d);
  let count = 0;
  let total = 0;
  const visit = (use: (f: readonly Float32Array[], i: number) => void) => {
    for (const [n, { data }] of labels.entries()) {
      for (let i = 0; i < data.length; i++) if (data[i] === label) use(features[n]!, i);
    }
  };
  for (const { data } of labels) total += data.length;
  visit((f, i) => {
    count++;
    for (let j = 0; j < d; j++) mean[j]! += f[j]![i]!;
  });
  for (let j = 0; j < d; j++) mean[j]! /= count;
  const covariance = new Float64Array(d * d);
  visit((f, i) => {
    for (let j = 0; j < d; j++) {
      for (let k = 0; k < d; k++) {
        covariance[j * d + k]! += ((f[j]![i]! - mean[j]!) * (f[k]![i]! - mean[k]!)) / count;
      }
    }
  });
  for (let j = 0; j < d; j++) {
    for (let k = 0; k < d; k++) if (j !== k) covariance[j * d + k]! *= 1 - shrinkage;
    // A class without spread would have no density.
    covariance[j * d + j]! += 1e-12 + 1e-9 * mean[j]! ** 2;
  }
  const result = cholesky(covariance, d);
  if (result.status !== "ok") return undefined;
  const { factor } = result;
  return { mean, factor, offset: Math.log(count / total) - logDeterminant(factor) / 2 };
}
