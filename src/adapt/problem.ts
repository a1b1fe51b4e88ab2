/**
 * Per-image adaptation of a denoiser to a task [chen2025adaptive]: for one noisy image g, minimise
 * over a subset of the weights
 *
 *   α ‖g − F(g; θ)‖² + β ‖t(g) − t(F(g; θ))‖² + γ ‖θ − θ₀‖²
 *
 * t being the statistics of an observer: linear templates t(f) = W f, or any differentiable score.
 * Norms are sums; `reduction: "mean"` divides the first by the number of pixels and the last by the
 * number of adapted weights.
 *
 * Deviations: (1) the paper's depth and width are not stated; any network of this package serves.
 * (2) Batch normalisation is used in its running form, by the image's own moments (`batchNorm: "image"`, as a
 * program does that forgets to leave its training mode), or folded away before.
 */
import { InputError } from "../core/errors.ts";
import type { ParameterValues } from "../core/parameters.ts";
import { sizeOf } from "../core/image.ts";
import type { Node } from "../graph/node.ts";
import { constant } from "../graph/ops/constant.ts";
import { input } from "../graph/ops/input.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { substitute } from "../graph/substitute.ts";
import { declare, type DeclaredParameter } from "../layers/scope.ts";
import type { Network } from "../nets/network.ts";
import { joinValues, piecesOf } from "../learn/flat-weights.ts";

/** What an observer reads off an image. */
export type Statistics =
  | {
      readonly kind: "linear";
      /** Templates, one per row, each as long as the image. */
      readonly templates: readonly (Float32Array | Float64Array)[];
    }
  | {
      readonly kind: "expression";
      /** Number of scores. */
      readonly count: number;
      /** Scores `[count]` of an image `[1, 1, H, W]`. */
      build(image: Node): Node;
    };

export interface AdaptationWeights {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  /** Whether the norms of pixels and weights are sums, as published, or means; each term by itself where they differ. */
  readonly reduction?: Reduction | TermReductions;
}

type Reduction = "sum" | "mean";

/** Readings of each term: what a program's author may have written for a norm. */
interface TermReductions {
  /** ‖g − F‖² over pixels. */
  readonly fidelity: Reduction;
  /** t = wᵀg as a sum over pixels, or as their mean. */
  readonly task: Reduction;
  /** ‖θ − θ₀‖² over weights. */
  readonly drift: Reduction;
}

export interface AdaptationSpec {
  readonly network: Network;
  readonly options: ParameterValues;
  /** θ₀ by parameter name, running moments included. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly statistics: Statistics;
  readonly ny: number;
  readonly nx: number;
  /** Noise level for networks that take it, in the image's unit. */
  readonly sigma?: number;
  /** Which weights may change; all by default. */
  readonly adapts?: (parameterName: string) => boolean;
  /** Moments that batch normalisation takes: those that run along in training, or the image's own. */
  readonly batchNorm?: "running" | "image";
}

/** The three terms and their weighted sum. */
export interface Objective {
  readonly total: number;
  /** ‖g − F‖² (or its mean). */
  readonly fidelity: number;
  /** ‖t(g) − t(F)‖². */
  readonly task: number;
  /** ‖θ − θ₀‖² (or its mean). */
  readonly drift: number;
}

export interface Adapted {
  /** F(g; θ*), row-major. */
  readonly image: Float32Array;
  readonly objective: Objective;
  /** Objective at θ₀. */
  readonly initial: Objective;
  /** Products with the Jacobian or gradient steps, by solver. */
  readonly iterations: number;
  readonly status: "converged" | "stopped" | "no decrease";
  readonly milliseconds: number;
}

/** The network as an expression of one flat vector of adapted weights. */
export interface AdaptationGraph {
  readonly spec: AdaptationSpec;
  /** Input `theta` `[P]`. */
  readonly theta: Node;
  /** Input `image` `[1, 1, H, W]`. */
  readonly image: Node;
  /** F(image; theta), `[1, 1, H, W]`. */
  readonly output: Node;
  readonly theta0: Float32Array;
  readonly adapted: readonly DeclaredParameter[];
  readonly pixels: number;
}

/** Checks a specification and builds its expression. */
export function adaptationGraph(spec: AdaptationSpec): AdaptationGraph {
  const { network, options, weights, ny, nx, statistics } = spec;
  const pixels = ny * nx;
  const unit = network.multipleOf(options);
  if (ny % unit !== 0 || nx % unit !== 0) {
    throw new InputError(
      `Cannot adapt ${network.name}: found an image of ${ny} x ${nx} pixels, wanted multiples of ${unit}`,
    );
  }
  if (statistics.kind === "linear") {
    for (const template of statistics.templates) {
      if (template.length !== pixels) {
        throw new InputError(
          `Cannot adapt: found a template of ${template.length} numbers, wanted ${pixels}`,
        );
      }
    }
  }
  if (network.takesSigma && !(spec.sigma !== undefined && spec.sigma > 0)) {
    throw new InputError(`Cannot adapt ${network.name}: found no noise level, wanted sigma > 0`);
  }
  const { scope, parameters } = declare({ training: spec.batchNorm === "image" });
  const image = input("image", [1, 1, ny, nx]);
  const sigma = constant(Float32Array.of(spec.sigma ?? 0), [1, 1, 1, 1]);
  const output = network.build(image, { scope, options, sigma });
  const adapts = spec.adapts ?? (() => true);
  const adapted = parameters.filter((p) => p.trainable && adapts(p.name));
  if (adapted.length === 0) {
    throw new InputError("Cannot adapt: found no weights that may change, wanted at least one");
  }
  const theta0 = joinValues(weights, adapted);
  const theta = input("theta", [theta0.length]);
  const fixed = new Map(
    parameters
      .filter((p) => !adapted.includes(p))
      .map(({ name, shape, node }) => {
        const value = weights.get(name);
        if (value?.length !== sizeOf(shape)) {
          throw new InputError(`Cannot adapt: found no weights for ${name}, wanted them all`);
        }
        return [node, constant(value, shape)] as const;
      }),
  );
  const [whole] = substitute([output], new Map([...piecesOf(theta, adapted), ...fixed]));
  return { spec, theta, image, output: whole!, theta0, adapted, pixels };
}

/** t(image) as an expression of shape `[count]`. */
export function statisticsNode(
  image: Node,
  { statistics, pixels }: { statistics: Statistics; pixels: number },
): Node {
  if (statistics.kind === "expression") return statistics.build(image);
  const { templates } = statistics;
  const rows = new Float64Array(templates.length * pixels);
  templates.forEach((template, k) => rows.set(template, k * pixels));
  const matrix = constant(rows, [templates.length, pixels]);
  return reshape(matmul(matrix, reshape(image, [pixels, 1])), [templates.length]);
}

/** α, β and γ of the sums that the reduction stands for. */
export function effectiveWeights(
  { alpha, beta, gamma, reduction = "sum" }: AdaptationWeights,
  { pixels, theta0 }: Pick<AdaptationGraph, "pixels" | "theta0">,
): { alpha: number; beta: number; gamma: number } {
  for (const [name, value] of Object.entries({ alpha, beta, gamma })) {
    if (!(Number.isFinite(value) && value >= 0)) {
      throw new InputError(`Cannot adapt: found ${name} ${value}, wanted a finite number >= 0`);
    }
  }
  // The statistic of an observer is one number: `mean` alone leaves it as it is.
  const terms: TermReductions =
    typeof reduction === "string"
      ? { fidelity: reduction, task: "sum", drift: reduction }
      : reduction;
  return {
    alpha: terms.fidelity === "mean" ? alpha / pixels : alpha,
    beta: terms.task === "mean" ? beta / pixels ** 2 : beta,
    gamma: terms.drift === "mean" ? gamma / theta0.length : gamma,
  };
}

export const squaredNorm = (v: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < v.length; i++) total += v[i]! * v[i]!;
  return total;
};

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
};
