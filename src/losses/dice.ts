/**
 * One minus the soft Dice coefficient [milletari2016vnet], mean over classes:
 *
 *   1 − (1/K) Σ_k (2 Σ p_k t_k + s) / (Σ p_k² + Σ t_k² + s),
 *
 * p being the softmax of the logits (the sigmoid for a single class) and s keeping classes without any voxel apart
 * from 0/0. Sums run over each image, or over the whole batch, as TOD-Net's do.
 */
import { shapeOf, sizesOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { divide } from "../graph/ops/divide.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { sliceAxis } from "../graph/ops/slice.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { sum } from "../graph/ops/sum.ts";
import { classTruth, probabilities } from "./class-truth.ts";
import type { Loss } from "./loss.ts";

export const dice: Loss = {
  name: "dice",
  title: "1 − soft Dice",
  summary: "Lack of overlap of class probabilities with their truth, class by class.",
  references: ["milletari2016vnet"],
  options: {
    background: {
      type: "boolean",
      default: true,
      about: "Whether class 0 counts as a class of its own; a single class always counts.",
    },
    pool: {
      type: "choice",
      choices: ["image", "batch"],
      default: "image",
      about: "What sums run over: each image, or all images of a batch, where some hold no organ.",
    },
    squared: {
      type: "boolean",
      default: true,
      about: "Whether probabilities are squared in the denominator, as V-Net does, or summed.",
    },
    smooth: {
      type: "number",
      unit: "voxels",
      min: 1e-6,
      max: 1e6,
      default: 1,
      about: "Added to numerator and denominator; larger forgives errors in small objects.",
    },
  },
  reads: "labels",
  minimum: () => 0,
  build(prediction, target, { background, pool, squared, smooth }) {
    const truth = classTruth("dice", prediction, target);
    const soft = probabilities(prediction);
    const classes = sizesOf(prediction)[1]!;
    const from = background === false && classes > 1 ? 1 : 0;
    const range = { start: from, count: classes - from };
    const [p, t] = [sliceAxis(soft, 1, range), sliceAxis(truth, 1, range)];
    const over = shapeOf(p).flatMap((_, axis) =>
      axis === 1 || (axis === 0 && pool === "image") ? [] : [axis],
    );
    const s = constant(smooth as number);
    const size = (x: typeof p) => sum(squared === false ? x : multiply(x, x), over);
    const overlap = add(multiply(constant(2), sum(multiply(p, t), over)), s);
    return subtract(constant(1), mean(divide(overlap, add(add(size(p), size(t)), s))));
  },
};
