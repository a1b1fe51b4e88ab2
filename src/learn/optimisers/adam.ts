/**
 * Adam [kingma2015adam], with decoupled weight decay [loshchilov2019adamw] when `decay` is not 0.
 *
 *   m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²
 *   θ ← θ − rate · ( (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε) + decay · θ )
 */
import { add } from "../../graph/ops/add.ts";
import { constant } from "../../graph/ops/constant.ts";
import { divide } from "../../graph/ops/divide.ts";
import { multiply } from "../../graph/ops/multiply.ts";
import { power } from "../../graph/ops/power.ts";
import { sqrt } from "../../graph/ops/sqrt.ts";
import { subtract } from "../../graph/ops/subtract.ts";
import type { Optimiser } from "./optimiser.ts";

const share = {
  type: "number",
  unit: "1",
  min: 0,
  max: 0.999999,
} as const;

export const adam: Optimiser = {
  name: "adam",
  title: "Adam and AdamW",
  references: ["kingma2015adam", "loshchilov2019adamw"],
  options: {
    beta1: { ...share, default: 0.9, about: "Memory of the gradient's mean." },
    beta2: { ...share, default: 0.999, about: "Memory of the gradient's square." },
    epsilon: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1,
      default: 1e-8,
      about: "Added to the root of the second moment.",
    },
    decay: {
      type: "number",
      unit: "1",
      min: 0,
      max: 10,
      default: 0,
      about: "Decoupled weight decay (AdamW), multiplied by the rate.",
    },
  },
  moments: () => ["first", "second"],
  update({ theta, gradient, rate, step, moments, options }) {
    const [beta1, beta2] = [options["beta1"] as number, options["beta2"] as number];
    const follow = (old: typeof theta, now: typeof theta, beta: number) =>
      add(multiply(constant(beta), old), multiply(constant(1 - beta), now));
    const first = follow(moments["first"]!, gradient, beta1);
    const second = follow(moments["second"]!, multiply(gradient, gradient), beta2);
    const corrected = (moment: typeof theta, beta: number) =>
      divide(moment, subtract(constant(1), power(constant(beta), step)));
    const direction = divide(
      corrected(first, beta1),
      add(sqrt(corrected(second, beta2)), constant(options["epsilon"] as number)),
    );
    const decay = options["decay"] as number;
    const full = decay === 0 ? direction : add(direction, multiply(constant(decay), theta));
    return { theta: subtract(theta, multiply(rate, full)), moments: { first, second } };
  },
};
