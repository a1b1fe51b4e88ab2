/**
 * RMSprop [tieleman2012rmsprop].
 *
 *   v ← ρ v + (1 − ρ) g²,  θ ← θ − rate · g / (√v + ε)
 */
import { add } from "../../graph/ops/add.ts";
import { constant } from "../../graph/ops/constant.ts";
import { divide } from "../../graph/ops/divide.ts";
import { multiply } from "../../graph/ops/multiply.ts";
import { sqrt } from "../../graph/ops/sqrt.ts";
import { subtract } from "../../graph/ops/subtract.ts";
import type { Optimiser } from "./optimiser.ts";

export const rmsprop: Optimiser = {
  name: "rmsprop",
  title: "RMSprop",
  references: ["tieleman2012rmsprop"],
  options: {
    memory: {
      type: "number",
      unit: "1",
      min: 0,
      max: 0.999999,
      default: 0.99,
      about: "Memory of the gradient's square (ρ).",
    },
    epsilon: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1,
      default: 1e-8,
      about: "Added to the root.",
    },
  },
  moments: () => ["square"],
  update({ theta, gradient, rate, moments, options }) {
    const memory = options["memory"] as number;
    const square = add(
      multiply(constant(memory), moments["square"]!),
      multiply(constant(1 - memory), multiply(gradient, gradient)),
    );
    const scaled = divide(gradient, add(sqrt(square), constant(options["epsilon"] as number)));
    return { theta: subtract(theta, multiply(rate, scaled)), moments: { square } };
  },
};
