/** Logits of classes and their truth, in the forms in which losses take them. */
import { InputError } from "../core/errors.ts";
import { sameShape } from "../graph/dimension.ts";
import { type Node, shapeOf, sizesOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { equal } from "../graph/ops/equal.ts";
import { logSoftmax } from "../graph/ops/log-softmax.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { negate } from "../graph/ops/negate.ts";
import { sigmoid } from "../graph/ops/sigmoid.ts";
import { softmax } from "../graph/ops/softmax.ts";
import { softplus } from "../graph/ops/softplus.ts";
import { sum } from "../graph/ops/sum.ts";
import { toFloat } from "../graph/ops/to-float.ts";

/**
 * The truth of K classes as `[N, K, …]`: as it is when it has the logits' shape, one-hot from whole labels
 * `[N, 1, …]` otherwise.
 *
 * @throws InputError when it has neither shape
 */
export function classTruth(loss: string, logits: Node, target: Node): Node {
  if (sameShape(shapeOf(logits), shapeOf(target))) return target;
  const sizes = sizesOf(logits);
  const single = sizes.map((n, axis) => (axis === 1 ? 1 : n));
  if (sizes.length < 2 || !sameShape(single, shapeOf(target))) {
    throw new InputError(
      `Cannot build the loss ${loss}: found logits of shape [${shapeOf(logits).join(", ")}] and a truth of shape [${shapeOf(target).join(", ")}], wanted the same shape, or whole labels of shape [${single.join(", ")}]`,
    );
  }
  const classes = sizes.map((n, axis) => (axis === 1 ? n : 1));
  const labels = constant(
    Array.from({ length: sizes[1]! }, (_, k) => k),
    classes,
  );
  return toFloat(equal(target, labels));
}

/** Whether there is a single class, which a sigmoid gives, and not several, which a softmax gives. */
const isBinary = (logits: Node): boolean => shapeOf(logits)[1] === 1;

/** Probabilities of the classes along axis 1. */
export const probabilities = (logits: Node): Node =>
  isBinary(logits) ? sigmoid(logits) : softmax(logits, 1);

/**
 * Cross-entropy at every position, class axis kept with size 1: −Σ_k t_k ln p_k, and for a single class
 * −t ln p − (1 − t) ln(1 − p), without overflow.
 */
export function entropyPerPosition(logits: Node, truth: Node): Node {
  return isBinary(logits)
    ? add(softplus(logits), negate(multiply(truth, logits)))
    : negate(sum(multiply(truth, logSoftmax(logits, 1)), [1], true));
}

/** A truth drawn towards equal probabilities: (1 − ε) t + ε/K, or ε/2 for a single class. */
export function smoothed(truth: Node, epsilon: number): Node {
  if (epsilon === 0) return truth;
  const classes = sizesOf(truth)[1]!;
  return add(multiply(constant(1 - epsilon), truth), constant(epsilon / Math.max(2, classes)));
}
