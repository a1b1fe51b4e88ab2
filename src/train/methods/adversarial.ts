/** What the adversarial methods share. */
import type { Node } from "../../graph/node.ts";
import { constant } from "../../graph/ops/constant.ts";
import { mean } from "../../graph/ops/mean.ts";
import { multiply } from "../../graph/ops/multiply.ts";
import { subtract } from "../../graph/ops/subtract.ts";

/** A term with its weight. */
export const weighted = (weight: number, term: Node): Node =>
  weight === 1 ? term : multiply(constant(weight), term);

/** Wasserstein loss of a critic: mean score of generated images less that of real ones. */
export const criticLoss = ({ real, generated }: { real: Node; generated: Node }): Node =>
  subtract(mean(generated), mean(real));
