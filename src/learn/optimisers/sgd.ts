/**
 * Stochastic gradient descent with momentum.
 *
 *   u ← momentum · u + g + decay · θ,  θ ← θ − rate · u
 */
import { add } from "../../graph/ops/add.ts";
import { constant } from "../../graph/ops/constant.ts";
import { multiply } from "../../graph/ops/multiply.ts";
import { subtract } from "../../graph/ops/subtract.ts";
import type { Optimiser } from "./optimiser.ts";

export const sgd: Optimiser = {
  name: "sgd",
  title: "SGD with momentum",
  references: [],
  options: {
    momentum: {
      type: "number",
      unit: "1",
      min: 0,
      max: 0.999999,
      default: 0.9,
      about: "Memory of earlier steps.",
    },
    decay: {
      type: "number",
      unit: "1",
      min: 0,
      max: 10,
      default: 0,
      about: "Weight decay, added to the gradient.",
    },
  },
  moments: () => ["velocity"],
  update({ theta, gradient, rate, moments, options }) {
    const decay = options["decay"] as number;
    const full = decay === 0 ? gradient : add(gradient, multiply(constant(decay), theta));
    const velocity = add(
      multiply(constant(options["momentum"] as number), moments["velocity"]!),
      full,
    );
    return { theta: subtract(theta, multiply(rate, velocity)), moments: { velocity } };
  },
};
