/** Batch normalisation with running moments [ioffe2015batchnorm]. */
import { concrete } from "../graph/dimension.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { moments, normaliseBy, perChannel, standardise } from "../graph/ops/normalisation.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { stopGradient } from "../graph/ops/stop-gradient.ts";
import { fill, type Scope } from "./scope.ts";

export interface BatchNormOptions {
  /** Added to the variance. */
  readonly epsilon?: number;
  /** Share of the new batch in the running moments. */
  readonly momentum?: number;
}

/**
 * Normalises `[N, C, …]` per channel: by the batch's moments while training, when the running
 * moments (unbiased variance, as other frameworks keep) follow; by the running ones in use.
 */
export function batchNormLayer(
  scope: Scope,
  x: Node,
  { epsilon = 1e-5, momentum = 0.1 }: BatchNormOptions = {},
): Node {
  const shape = shapeOf(x);
  const channels = concrete([shape[1]!], "build a batch normalisation")[0]!;
  const scale = perChannel(scope.parameter("scale", [channels], fill(1)), x);
  const shift = perChannel(scope.parameter("shift", [channels], fill(0)), x);
  const runningMean = scope.buffer("running-mean", [channels], fill(0));
  const runningVariance = scope.buffer("running-variance", [channels], fill(1));
  if (!scope.training) {
    const by = { mean: perChannel(runningMean, x), variance: perChannel(runningVariance, x) };
    return normaliseBy(x, by, { scale, shift, epsilon });
  }
  const axes = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const count = concrete(
    axes.map((axis) => shape[axis]!),
    "train a batch normalisation",
  ).reduce((n, s) => n * s, 1);
  const batch = moments(x, axes);
  const follow = (running: Node, now: Node) =>
    add(
      multiply(constant(1 - momentum), running),
      multiply(constant(momentum), stopGradient(reshape(now, [channels]))),
    );
  scope.update("running-mean", follow(runningMean, batch.mean));
  scope.update(
    "running-variance",
    follow(runningVariance, multiply(batch.variance, constant(count / Math.max(1, count - 1)))),
  );
  return standardise(x, batch, { scale, shift, epsilon });
}
