/**
 * Distance of feature maps, mean over the maps of (1/n) Σ |φ(p) − φ(t)|² or |φ(p) − φ(t)| [johnson2016perceptual]. φ is
 * whatever network the context gives: one trained on photographs, on the images themselves, or an observer's.
 */
import type { Node } from "../graph/node.ts";
import { InputError } from "../core/errors.ts";
import { abs } from "../graph/ops/abs.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { stopGradient } from "../graph/ops/stop-gradient.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { type Loss, needed } from "./loss.ts";

export const featureDistance: Loss = {
  name: "feature-distance",
  title: "Feature distance",
  summary: "Difference of the feature maps that a network gives of both images.",
  references: ["johnson2016perceptual"],
  options: {
    norm: {
      type: "choice",
      choices: ["l2", "l1"],
      default: "l2",
      about: "Squared differences, or absolute ones.",
    },
  },
  needs: ["features"],
  minimum: () => 0,
  build(prediction, target, { norm }, context) {
    const features = needed("feature-distance", context, "features");
    const listed = (x: Node): readonly Node[] => [features(x)].flat();
    const [own, wanted] = [listed(prediction), listed(target)];
    if (own.length === 0) {
      throw new InputError(
        "Cannot build the loss feature-distance: found no feature map, wanted one or more",
      );
    }
    const parts = own.map((map, k) => {
      const difference = subtract(map, stopGradient(wanted[k]!));
      return mean(norm === "l1" ? abs(difference) : multiply(difference, difference));
    });
    return multiply(
      constant(1 / parts.length),
      parts.reduce((a, b) => add(a, b)),
    );
  },
};
