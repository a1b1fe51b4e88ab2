/**
 * Binary cross-entropy with logits, each value on its own:
 *
 *   (1/n) Σ w t ln(1 + e^−x) + (1 − t) ln(1 + e^x),
 *
 * for labels that do not exclude each other, and for a score that says whether a signal is present.
 */
import { InputError } from "../core/errors.ts";
import { sameShape } from "../graph/dimension.ts";
import { shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { negate } from "../graph/ops/negate.ts";
import { softplus } from "../graph/ops/softplus.ts";
import { subtract } from "../graph/ops/subtract.ts";
import type { Loss } from "./loss.ts";

export const binaryCrossEntropy: Loss = {
  name: "binary-cross-entropy",
  title: "Binary cross-entropy with logits",
  summary: "Negative log-likelihood of labels that do not exclude each other, from logits.",
  references: [],
  options: {
    positiveWeight: {
      type: "number",
      unit: "1",
      min: 1e-3,
      max: 1e3,
      default: 1,
      about: "Weight of positive labels; above 1 misses count more than false alarms.",
    },
  },
  reads: "labels",
  minimum: () => 0,
  build(prediction, target, { positiveWeight }) {
    if (!sameShape(shapeOf(prediction), shapeOf(target))) {
      throw new InputError(
        `Cannot build the loss binary-cross-entropy: found logits of shape [${shapeOf(prediction).join(", ")}] and labels of shape [${shapeOf(target).join(", ")}], wanted the same shape`,
      );
    }
    const missed = multiply(
      multiply(constant(positiveWeight as number), target),
      softplus(negate(prediction)),
    );
    const alarmed = multiply(subtract(constant(1), target), softplus(prediction));
    return mean(add(missed, alarmed));
  },
};
