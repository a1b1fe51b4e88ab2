/** Charbonnier's smooth absolute error, (1/n) Σ √((p − t)² + ε²) [charbonnier1994]. */
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { sqrt } from "../graph/ops/sqrt.ts";
import { subtract } from "../graph/ops/subtract.ts";
import type { Loss } from "./loss.ts";

export const charbonnier: Loss = {
  name: "charbonnier",
  title: "Charbonnier",
  summary: "Absolute error with a rounded tip.",
  references: ["charbonnier1994"],
  options: {
    epsilon: {
      type: "number",
      unit: "of the image's unit",
      min: 1e-8,
      max: 1,
      default: 1e-3,
      about: "Where the error turns from squared to absolute.",
    },
  },
  minimum: ({ epsilon }) => epsilon as number,
  build(prediction, target, { epsilon }) {
    const difference = subtract(prediction, target);
    const floor = constant((epsilon as number) ** 2);
    return mean(sqrt(add(multiply(difference, difference), floor)));
  },
};
