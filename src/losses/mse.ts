/** Mean squared error, (1/n) Σ (p − t)². */
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { subtract } from "../graph/ops/subtract.ts";
import type { Loss } from "./loss.ts";

export const mse: Loss = {
  name: "mse",
  title: "Mean squared error",
  summary: "Squared difference, averaged; its minimiser is the posterior mean.",
  references: [],
  options: {},
  minimum: () => 0,
  build(prediction, target) {
    const difference = subtract(prediction, target);
    return mean(multiply(difference, difference));
  },
};
