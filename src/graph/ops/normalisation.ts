/**
 * Normalisation by mean and variance, y = (x − μ) / √(v + ε) · scale + shift. What is averaged names
 * the method: batch and space [ioffe2015batchnorm], space [ulyanov2016instancenorm], or the features
 * [ba2016layernorm]; adaptive instance normalisation takes scale and shift from a style
 * [huang2017adain].
 */
import { sizeOf } from "../../core/image.ts";
import { apply, type Node, type Operator, shapeOf, sizesOf } from "../node.ts";
import type { Suite } from "../suite.ts";
import { mapBroadcast } from "../tensor.ts";
import { add } from "./add.ts";
import { affine } from "./affine.ts";
import { constant } from "./constant.ts";
import { divide } from "./divide.ts";
import { mean } from "./mean.ts";
import { multiply } from "./multiply.ts";
import { negate } from "./negate.ts";
import { reshape } from "./reshape.ts";
import { sqrt } from "./sqrt.ts";
import { subtract } from "./subtract.ts";
import { sumTo } from "./sum.ts";

export interface NormMoments {
  readonly mean: Node;
  /** Population variance (divisor n). */
  readonly variance: Node;
}

/** A value's own moments over axes. */
export interface OwnMoments extends NormMoments {
  readonly axes: readonly number[];
  /** The value less its mean. */
  readonly centred: Node;
}

/** Mean and population variance over axes, kept with size 1. */
export function moments(x: Node, axes: readonly number[]): OwnMoments {
  const centre = mean(x, axes, true);
  const centred = subtract(x, centre);
  const variance = mean(multiply(centred, centred), axes, true);
  return { mean: centre, variance, axes, centred };
}

export interface NormalisationOptions {
  /** Broadcasts against x. */
  readonly scale?: Node;
  readonly shift?: Node;
  /** Added to the variance. */
  readonly epsilon?: number;
}

interface StandardiseAttributes extends Record<string, unknown> {
  readonly axes: readonly number[];
}

/**
 * (x − μ) · r · scale + shift with r = 1 / √(v + ε), from x and what was made of it: x, x − μ, r, scale, shift. The
 * gradient by x, in which μ and r follow it, is one closed form. With means S of g = ∂L/∂y and T of g · (x − μ):
 *
 *   ∂L/∂x = scale · r · (g − S − (x − μ) · r² · T),  ∂L/∂scale = Σ r · T,  ∂L/∂shift = Σ S
 *
 * μ and r are expressions of x, so the form can be differentiated again.
 */
const standardiseOperator: Operator<StandardiseAttributes> = {
  name: "standardise",
  infer: ([x]) => x!,
  gradient({ inputs, attributes: { axes } }, outer) {
    const [x, centred, r, scale, shift] = inputs as [Node, Node, Node, Node, Node];
    const sizes = sizesOf(x);
    const count = constant(axes.reduce((n, axis) => n * sizes[axis]!, 1));
    const s = mean(outer, axes, true);
    const t = mean(multiply(outer, centred), axes, true);
    const slope = multiply(scale, r);
    const back = negate(multiply(slope, multiply(multiply(r, r), t)));
    const parts = [
      { x: outer, scale: slope },
      { x: centred, scale: back },
    ];
    return [
      affine(parts, negate(multiply(slope, s))),
      undefined,
      undefined,
      sumTo(multiply(count, multiply(r, t)), shapeOf(scale)),
      sumTo(multiply(count, s), shapeOf(shift)),
    ];
  },
  lower(lowering, { inputs: [, centred, r, scale, shift] }) {
    const whole = affine([{ x: centred!, scale: multiply(r!, scale!) }], shift!);
    return lowering.expression(whole);
  },
  evaluate: ([, centred, r, scale, shift]) =>
    mapBroadcast([centred!, r!, scale!, shift!], (d, q, a, b) => d! * q! * a! + b!),
};

/**
 * Values brought to mean 0 and variance 1 by their own moments, times a scale plus a shift.
 *
 * @param own moments of x
 */
export function standardise(
  x: Node,
  own: OwnMoments,
  { scale, shift, epsilon = 1e-5 }: NormalisationOptions = {},
): Node {
  const r = divide(constant(1), sqrt(add(own.variance, constant(epsilon))));
  const rank = shapeOf(x).length;
  /** Whether numbers hold along the axes, so that the operator may apply them. */
  const holds = (v: Node | undefined) =>
    v === undefined ||
    own.axes.every((axis) => (shapeOf(v)[axis - rank + shapeOf(v).length] ?? 1) === 1);
  const shape = shapeOf(r).map((size, axis) => (axis === 1 && typeof size === "number" ? size : 1));
  const all = (value: number) => constant(new Array<number>(sizeOf(shape)).fill(value), shape);
  const inside = holds(scale) && holds(shift);
  const inputs = inside ? [scale ?? all(1), shift ?? all(0)] : [all(1), all(0)];
  const result = apply(standardiseOperator, [x, own.centred, r, ...inputs], { axes: own.axes });
  if (inside) return result;
  const scaled = scale === undefined ? result : multiply(result, scale);
  return shift === undefined ? scaled : add(scaled, shift);
}

/** (x − mean) / √(variance + ε) · scale + shift. */
export function normaliseBy(x: Node, by: NormMoments, options: NormalisationOptions = {}): Node {
  const deviation = sqrt(add(by.variance, constant(options.epsilon ?? 1e-5)));
  const normal = divide(subtract(x, by.mean), deviation);
  const scaled = options.scale === undefined ? normal : multiply(normal, options.scale);
  return options.shift === undefined ? scaled : add(scaled, options.shift);
}

const spatialAxes = (x: Node) => shapeOf(x).flatMap((_, axis) => (axis < 2 ? [] : [axis]));

/** `[C]` as `[1, C, 1, …]` of x's rank. */
export function perChannel(vector: Node, x: Node): Node {
  const rank = shapeOf(x).length;
  return reshape(vector, [1, shapeOf(vector)[0]!, ...new Array<number>(rank - 2).fill(1)]);
}

const channelOptions = (
  x: Node,
  { scale, shift, epsilon }: NormalisationOptions,
): NormalisationOptions => ({
  ...(scale === undefined ? {} : { scale: perChannel(scale, x) }),
  ...(shift === undefined ? {} : { shift: perChannel(shift, x) }),
  ...(epsilon === undefined ? {} : { epsilon }),
});

/** Batch normalisation of `[N, C, …]` by the batch's own moments; scale and shift are `[C]`. */
export function batchNormalisation(x: Node, options: NormalisationOptions = {}): Node {
  return standardise(x, moments(x, [0, ...spatialAxes(x)]), channelOptions(x, options));
}

/** Instance normalisation of `[N, C, …]` over space; scale and shift are `[C]`. */
export function instanceNormalisation(x: Node, options: NormalisationOptions = {}): Node {
  return standardise(x, moments(x, spatialAxes(x)), channelOptions(x, options));
}

/** Layer normalisation over the given axes (the channels of `[N, C, …]` by default). */
export function layerNormalisation(
  x: Node,
  { axes = [1], ...options }: NormalisationOptions & { axes?: readonly number[] } = {},
): Node {
  return standardise(x, moments(x, axes), options);
}

/**
 * Adaptive instance normalisation: x brought to the style's standard deviation and mean.
 *
 * @param style `{mean, deviation}`, each `[N, C]` or `[C]`
 */
export function adaptiveInstanceNormalisation(
  x: Node,
  style: { readonly mean: Node; readonly deviation: Node },
  { epsilon = 1e-5 }: { epsilon?: number } = {},
): Node {
  const rank = shapeOf(x).length;
  const spread = (s: Node) =>
    reshape(s, [
      ...(shapeOf(s).length === 1 ? [1, shapeOf(s)[0]!] : shapeOf(s)),
      ...new Array<number>(rank - 2).fill(1),
    ]);
  return standardise(x, moments(x, spatialAxes(x)), {
    scale: spread(style.deviation),
    shift: spread(style.mean),
    epsilon,
  });
}

export const suite: Suite = {
  sample(stream) {
    const shape = [2, 3, 3 + stream.integer(3), 4];
    const vectors = [{ shape: [3], low: 0.5, high: 1.5 }, { shape: [3] }];
    const kind = stream.integer(4);
    return {
      inputs: [{ shape }, ...vectors],
      build: ([x, scale, shift]) =>
        kind === 0
          ? batchNormalisation(x!, { scale: scale!, shift: shift! })
          : kind === 1
            ? instanceNormalisation(x!, { scale: scale!, shift: shift! })
            : kind === 2
              ? layerNormalisation(x!, {
                  scale: perChannel(scale!, x!),
                  shift: perChannel(shift!, x!),
                })
              : adaptiveInstanceNormalisation(x!, { deviation: scale!, mean: shift! }),
    };
  },
  differentiable: "twice",
};
