/**
 * Normalisation of each image by itself, with learned scale and shift: over space [ulyanov2016instancenorm], over groups of
 * channels and space [wu2018group], over channels at each pixel [ba2016layernorm], and over space with scale and shift
 * from a code [huang2017adain]. The same while training and in use.
 */
import { InputError } from "../core/errors.ts";
import { concrete } from "../graph/dimension.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { conv } from "../graph/ops/conv.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import {
  adaptiveInstanceNormalisation,
  instanceNormalisation,
  layerNormalisation,
  normaliseBy,
  perChannel,
} from "../graph/ops/normalisation.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { fanIn, linearLayer } from "./linear-layer.ts";
import { fill, type Scope } from "./scope.ts";

export interface NormLayerOptions {
  /** Added to the variance. */
  readonly epsilon?: number;
  /** Whether scale and shift are learned. */
  readonly affine?: boolean;
}

const channelsOf = (x: Node) => concrete([shapeOf(x)[1]!], "build a normalisation")[0]!;

function affineOf(scope: Scope, x: Node, affine: boolean): { scale?: Node; shift?: Node } {
  if (!affine) return {};
  const channels = [channelsOf(x)];
  return {
    scale: scope.parameter("scale", channels, fill(1)),
    shift: scope.parameter("shift", channels, fill(0)),
  };
}

/** Instance normalisation of `[N, C, …]` over space. */
export function instanceNormLayer(
  scope: Scope,
  x: Node,
  { epsilon = 1e-5, affine = true }: NormLayerOptions = {},
): Node {
  return instanceNormalisation(x, { ...affineOf(scope, x, affine), epsilon });
}

/** Layer normalisation of `[N, C, …]` over the channels of each pixel. */
export function layerNormLayer(
  scope: Scope,
  x: Node,
  { epsilon = 1e-5, affine = true }: NormLayerOptions = {},
): Node {
  const { scale, shift } = affineOf(scope, x, affine);
  return layerNormalisation(x, {
    epsilon,
    ...(scale === undefined ? {} : { scale: perChannel(scale, x) }),
    ...(shift === undefined ? {} : { shift: perChannel(shift, x) }),
  });
}

/**
 * Group normalisation of `[N, C, …]` over groups of channels and space.
 *
 * @throws InputError when the groups do not divide the channels
 */
export function groupNormLayer(
  scope: Scope,
  x: Node,
  { groups, epsilon = 1e-5, affine = true }: NormLayerOptions & { readonly groups: number },
): Node {
  const channels = channelsOf(x);
  const size = channels / groups;
  if (!Number.isInteger(size)) {
    throw new InputError(
      `Cannot build a group normalisation: found ${channels} channels, wanted a multiple of ${groups}`,
    );
  }
  const space = shapeOf(x).flatMap((_, axis) => (axis < 2 ? [] : [axis]));
  // Means of channels, averaged within groups by a product with a matrix of blocks: no reshape, any size.
  const average = constant(
    Float64Array.from({ length: channels ** 2 }, (_, i) =>
      Math.floor(i / channels / size) === Math.floor((i % channels) / size) ? 1 / size : 0,
    ),
    [channels, channels, ...space.map(() => 1)],
  );
  const over = (values: Node) => conv(mean(values, space, true), average);
  const centre = over(x);
  const centred = subtract(x, centre);
  const variance = over(multiply(centred, centred));
  const { scale, shift } = affineOf(scope, x, affine);
  return normaliseBy(
    x,
    { mean: centre, variance },
    {
      epsilon,
      ...(scale === undefined ? {} : { scale: perChannel(scale, x) }),
      ...(shift === undefined ? {} : { shift: perChannel(shift, x) }),
    },
  );
}

/**
 * Instance normalisation whose mean and deviation come from a code by linear layers. A code of zeros leaves plain
 * instance normalisation, one of ones the learned style, numbers between them mix both.
 *
 * @param code `[N, K]`
 */
export function adaptiveInstanceNormLayer(
  scope: Scope,
  x: Node,
  { code, epsilon = 1e-5 }: { readonly code: Node; readonly epsilon?: number },
): Node {
  const line = (name: string) =>
    linearLayer(scope.child(name), code, {
      channels: channelsOf(x),
      bias: false,
      initialise: fanIn(0.1),
    });
  // deviation = 1 + W code, so that the code 0 is the identity.
  const deviation = add(line("deviation"), constant(1));
  return adaptiveInstanceNormalisation(x, { mean: line("mean"), deviation }, { epsilon });
}
