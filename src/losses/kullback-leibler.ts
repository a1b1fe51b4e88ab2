/**
 * Kullback–Leibler divergence of the class probabilities of two networks, for distillation [hinton2015distilling]:
 *
 *   T² (1/n) Σ Σ_k q_k (ln q_k − ln p_k),  q = softmax(target / T),  p = softmax(prediction / T)
 *
 * over axis 1; T² keeps its gradients comparable with those of the labels at every temperature. No gradient passes to
 * the target.
 */
import { InputError } from "../core/errors.ts";
import { sameShape } from "../graph/dimension.ts";
import { shapeOf } from "../graph/node.ts";
import { constant } from "../graph/ops/constant.ts";
import { exp } from "../graph/ops/exp.ts";
import { logSoftmax } from "../graph/ops/log-softmax.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { stopGradient } from "../graph/ops/stop-gradient.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { sum } from "../graph/ops/sum.ts";
import type { Loss } from "./loss.ts";

export const kullbackLeibler: Loss = {
  name: "kullback-leibler",
  title: "Kullback–Leibler divergence",
  summary: "How far a student's class probabilities are from a teacher's.",
  references: ["hinton2015distilling"],
  options: {
    temperature: {
      type: "number",
      unit: "1",
      min: 0.1,
      max: 100,
      default: 1,
      about: "Divides the logits of both; higher shows more of the unlikely classes.",
    },
  },
  reads: "logits",
  minimum: () => 0,
  build(prediction, target, { temperature }) {
    const classes = shapeOf(prediction)[1];
    if (!sameShape(shapeOf(prediction), shapeOf(target)) || classes === 1) {
      throw new InputError(
        `Cannot build the loss kullback-leibler: found logits of shapes [${shapeOf(prediction).join(", ")}] and [${shapeOf(target).join(", ")}], wanted the same shape with two classes or more along axis 1`,
      );
    }
    const t = temperature as number;
    const cooled = (x: typeof prediction) => logSoftmax(multiply(constant(1 / t), x), 1);
    const teacher = stopGradient(cooled(target));
    const apart = multiply(exp(teacher), subtract(teacher, cooled(prediction)));
    return multiply(constant(t * t), mean(sum(apart, [1])));
  },
};
