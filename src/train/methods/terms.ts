/** What the methods share: weighted terms, losses with their options, options that many have. */
import type { NumberParameter } from "../../core/parameters.ts";
import { resolveParameters } from "../../core/parameters.ts";
import type { Node } from "../../graph/node.ts";
import { constant } from "../../graph/ops/constant.ts";
import { mean } from "../../graph/ops/mean.ts";
import { multiply } from "../../graph/ops/multiply.ts";
import { subtract } from "../../graph/ops/subtract.ts";
import type { Loss, LossContext } from "../../losses/loss.ts";

/** A term with its weight; none where the weight is 0. */
export function weighted(weight: number, term: () => Node): Node | undefined {
  if (weight === 0) return undefined;
  return weight === 1 ? term() : multiply(constant(weight), term());
}

/** A loss with some of its options, the others at their defaults. */
export function lossNode(
  loss: Loss,
  [prediction, target]: readonly [Node, Node],
  {
    options = {},
    context,
  }: { options?: Readonly<Record<string, unknown>>; context?: LossContext } = {},
): Node {
  const values = resolveParameters(`loss ${loss.name}`, loss.options, options);
  return loss.build(prediction, target, values, context);
}

/** Least-squares adversarial loss, mean (score − goal)²: 1 for real, 0 for generated. */
export function towards(scores: Node, goal: 0 | 1): Node {
  const miss = subtract(scores, constant(goal));
  return mean(multiply(miss, miss));
}

/** Weight of a term as an option. */
export function weightOption<const D extends number>(standard: D, about: string) {
  return {
    type: "number",
    unit: "1",
    min: 0,
    max: 1e6,
    default: standard,
    about,
  } as const satisfies NumberParameter;
}

/** Runs of a critic in each step as an option. */
export function runsOption<const D extends number>(standard: D) {
  return {
    type: "integer",
    unit: "runs",
    min: 1,
    max: 100,
    default: standard,
    about: "Runs of the critic in each step; more make its score a better distance.",
  } as const satisfies NumberParameter;
}

/** Limit of a critic's weights as an option. */
export const limitOption = {
  type: "number",
  unit: "1",
  min: 1e-6,
  max: 10,
  default: 0.01,
  about: "Limit of the critic's weights; smaller slows it, larger lets it saturate.",
} as const satisfies NumberParameter;
