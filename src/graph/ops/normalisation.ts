/**
 * Normalisation by mean and variance, y = (x − μ) / √(v + ε) · scale + shift. What is averaged names
 * the method: batch and space [ioffe2015batchnorm], space [ulyanov2016instancenorm], or the features
 * [ba2016layernorm]; adaptive instance normalisation takes scale and shift from a style
 * [huang2017adain].
 */
import { type Node, shapeOf } from "../node.ts";
import type { Suite } from "../suite.ts";
import { add } from "./add.ts";
import { constant } from "./constant.ts";
import { divide } from "./divide.ts";
import { mean } from "./mean.ts";
import { multiply } from "./multiply.ts";
import { reshape } from "./reshape.ts";
import { sqrt } from "./sqrt.ts";
import { subtract } from "./subtract.ts";

export interface NormMoments {
  readonly mean: Node;
  /** Population variance (divisor n). */
  readonly variance: Node;
}

/** Mean and population variance over axes, kept with size 1. */
export function moments(x: Node, axes: readonly number[]): NormMoments {
  const centre = mean(x, axes, true);
  const centred = subtract(x, centre);
  return { mean: centre, variance: mean(multiply(centred, centred), axes, true) };
}

export interface NormalisationOptions {
  /** Broadcasts against x. */
  readonly scale?: Node;
  readonly shift?: Node;
  /** Added to the variance. */
  readonly epsilon?: number;
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
  return normaliseBy(x, moments(x, [0, ...spatialAxes(x)]), channelOptions(x, options));
}

/** Instance normalisation of `[N, C, …]` over space; scale and shift are `[C]`. */
export function instanceNormalisation(x: Node, options: NormalisationOptions = {}): Node {
  return normaliseBy(x, moments(x, spatialAxes(x)), channelOptions(x, options));
}

/** Layer normalisation over the given axes (the channels of `[N, C, …]` by default). */
export function layerNormalisation(
  x: Node,
  { axes = [1], ...options }: NormalisationOptions & { axes?: readonly number[] } = {},
): Node {
  return normaliseBy(x, moments(x, axes), options);
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
  return normaliseBy(x, moments(x, spatialAxes(x)), {
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
