/** Mean absolute error, (1/n) Σ |p − t|. */
import { abs } from "../graph/ops/abs.ts";
import { mean } from "../graph/ops/mean.ts";
import { subtract } from "../graph/ops/subtract.ts";
import type { Loss } from "./loss.ts";

export const l1: Loss = {
  name: "l1",
  title: "Mean absolute error",
  summary: "Absolute difference, averaged; its minimiser is the posterior median.",
  references: [],
  options: {},
  minimum: () => 0,
  build: (prediction, target) => mean(abs(subtract(prediction, target))),
};
