/**
 * How weights move, composed of parts: clip the gradient, step by an optimiser, decay, limit the weights,
 * follow their average. The rate comes from outside, so that a schedule may be any function of the step.
 */
import type { ParameterValues } from "../core/parameters.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { clip } from "../graph/ops/clip.ts";
import { constant } from "../graph/ops/constant.ts";
import { divide } from "../graph/ops/divide.ts";
import { input } from "../graph/ops/input.ts";
import { minimum } from "../graph/ops/minimum.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { sqrt } from "../graph/ops/sqrt.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { sum } from "../graph/ops/sum.ts";
import type { Optimiser } from "./optimisers/optimiser.ts";

export interface StepRule {
  readonly optimiser: Optimiser;
  /** Checked against the optimiser's table, defaults filled in. */
  readonly options: ParameterValues;
  /** Greatest Euclidean norm of the gradient; longer ones are shortened to it. 0 or absent: no limit. */
  readonly clipNorm?: number;
  /** Greatest magnitude of each component of the gradient, before `clipNorm`. 0 or absent: no limit. */
  readonly clipValue?: number;
  /** Decoupled weight decay with any optimiser: θ ← θ − rate · decay · θ. 0 or absent: none. */
  readonly decay?: number;
  /** Share of the old average kept at each step; 0 or absent: no averaging. */
  readonly averaging?: number;
}

export interface StepInputs {
  /** Flat weights. */
  readonly theta: Node;
  readonly gradient: Node;
  /** Learning rate, a scalar. */
  readonly rate: Node;
  /** Number of this step as a scalar, counted from 1. */
  readonly step: Node;
  /** Prefix of the names of the vectors carried along. */
  readonly prefix: string;
  /** Weights are limited to ± this after the step. */
  readonly limit?: number;
}

export interface StepResult {
  /** Norm of the gradient before clipping. */
  readonly norm: Node;
  readonly theta: Node;
  /** Next value of each vector carried along, by its full name; all but `average` start at zero. */
  readonly carried: Readonly<Record<string, Node>>;
}

/** Names of the vectors that a rule carries along, of the weights' length; they start at zero. */
export function momentsOf({ optimiser, options }: StepRule): string[] {
  return optimiser.moments(options).map((name) => `moment ${name}`);
}

/** Expressions of one step. */
export function stepNodes(rule: StepRule, inputs: StepInputs): StepResult {
  const { clipNorm = 0, clipValue = 0, decay = 0, averaging = 0 } = rule;
  const { theta, gradient, rate, prefix, limit } = inputs;
  const norm = sqrt(sum(multiply(gradient, gradient)));
  const bounded = clipValue > 0 ? clip(gradient, -clipValue, clipValue) : gradient;
  const length = clipValue > 0 ? sqrt(sum(multiply(bounded, bounded))) : norm;
  const direction = clipNorm > 0 ? multiply(bounded, shortening(length, clipNorm)) : bounded;
  const own = rule.optimiser.moments(rule.options);
  const vector = (name: string) => input(`${prefix}${name}`, shapeOf(theta));
  const next = rule.optimiser.update({
    theta,
    gradient: direction,
    rate,
    step: inputs.step,
    moments: Object.fromEntries(own.map((name) => [name, vector(`moment ${name}`)])),
    options: rule.options,
  });
  const decayed =
    decay > 0 ? subtract(next.theta, multiply(multiply(rate, constant(decay)), theta)) : next.theta;
  const moved = limit === undefined ? decayed : clip(decayed, -limit, limit);
  const carried = Object.fromEntries(
    own.map((name) => [`${prefix}moment ${name}`, next.moments[name]!]),
  );
  if (averaging > 0) {
    carried[`${prefix}average`] = add(
      multiply(constant(averaging), vector("average")),
      multiply(constant(1 - averaging), moved),
    );
  }
  return { norm, theta: moved, carried };
}

/** min(1, limit / norm), safe at norm 0. */
function shortening(norm: Node, limit: number): Node {
  return minimum(constant(1), divide(constant(limit), add(norm, constant(1e-12))));
}
