/**
 * Gradient penalty of a critic [gulrajani2017improved]: E[(‖∇D(x)‖ − 1)²] at points x = u real + (1 − u) generated
 * between pairs of images, u uniform. The gradient of a critic that gives several scores per image is that of
 * their mean.
 */
import { gradient } from "../graph/gradient.ts";
import { shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { relu } from "../graph/ops/relu.ts";
import { sqrt } from "../graph/ops/sqrt.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { sum } from "../graph/ops/sum.ts";
import { type Loss, needed } from "./loss.ts";

/** Keeps the slope of the norm finite where the gradient vanishes. */
const tiny = 1e-12;

export const gradientPenalty: Loss = {
  name: "gradient-penalty",
  title: "Gradient penalty",
  summary: "How far a critic's slope between generated and real images is from 1.",
  references: ["gulrajani2017improved"],
  options: {
    sided: {
      type: "choice",
      choices: ["two", "one"],
      default: "two",
      about: "Whether slopes below 1 count as well as those above.",
    },
  },
  reads: "generated",
  needs: ["critic", "mix"],
  minimum: () => 0,
  build(generated, real, { sided }, context) {
    const critic = needed("gradient-penalty", context, "critic");
    const mix = needed("gradient-penalty", context, "mix");
    const between = add(multiply(mix, real), multiply(subtract(constant(1), mix), generated));
    // Each image's mean score depends on that image alone, so that one gradient serves them all.
    const scores = critic(between);
    const perImage = shapeOf(scores).flatMap((_, axis) => (axis === 0 ? [] : [axis]));
    const total = sum(perImage.length > 0 ? mean(scores, perImage) : scores);
    const [slope] = gradient(total, [between]);
    const axes = shapeOf(between).flatMap((_, axis) => (axis === 0 ? [] : [axis]));
    const norm = sqrt(add(sum(multiply(slope!, slope!), axes), constant(tiny)));
    const excess = subtract(norm, constant(1));
    const counted = sided === "one" ? relu(excess) : excess;
    return mean(multiply(counted, counted));
  },
};
