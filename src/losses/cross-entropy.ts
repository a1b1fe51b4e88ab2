/**
 * Cross-entropy of class probabilities, (1/n) Σ −Σ_k t_k ln p_k with p = softmax of the logits over axis 1, and for a
 * single class −t ln p − (1 − t) ln(1 − p) with p = sigmoid.
 */
import { mean } from "../graph/ops/mean.ts";
import { classTruth, entropyPerPosition, smoothed } from "./class-truth.ts";
import type { Loss } from "./loss.ts";

export const crossEntropy: Loss = {
  name: "cross-entropy",
  title: "Cross-entropy",
  summary: "Negative log-likelihood of the true class, for one class out of several.",
  references: ["szegedy2016rethinking"],
  options: {
    smoothing: {
      type: "number",
      unit: "1",
      min: 0,
      max: 0.5,
      default: 0,
      about: "Share of the truth that is spread over all classes; more keeps logits smaller.",
    },
  },
  reads: "labels",
  // The entropy of a smoothed truth depends on the number of classes; 0 bounds it for every number.
  minimum: () => 0,
  build(prediction, target, { smoothing }) {
    const truth = smoothed(classTruth("cross-entropy", prediction, target), smoothing as number);
    return mean(entropyPerPosition(prediction, truth));
  },
};
