/** Layers between convolutions: learned rectifiers, and dropout that draws anew for every step. */
import { concrete } from "../graph/dimension.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import { dropout } from "../graph/ops/dropout.ts";
import { prelu } from "../graph/ops/prelu.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { fill, type Scope } from "./scope.ts";

/** PReLU with a slope for each channel of `[N, C, …]`, 0.25 at the start [he2015prelu]. */
export function preluLayer(scope: Scope, x: Node): Node {
  const [, channels = 1, ...space] = shapeOf(x);
  const slope = scope.parameter("slope", concrete([channels], "build a PReLU"), fill(0.25));
  return prelu(x, reshape(slope, [channels, ...space.map(() => 1)]));
}

export interface DropoutLayerOptions {
  /** Share of values set to zero. */
  readonly rate: number;
  /** Whether whole channels go together, as suits images. */
  readonly channels?: boolean;
}

/** Dropout [srivastava2014dropout] while training; the value itself in use. */
export function dropoutLayer(
  scope: Scope,
  x: Node,
  { rate, channels = false }: DropoutLayerOptions,
): Node {
  if (!scope.training || rate === 0) return x;
  const shape = concrete(shapeOf(x), "build a dropout");
  const drawn = channels ? shape.map((size, axis) => (axis < 2 ? size : 1)) : shape;
  return dropout(x, scope.random("dropout", drawn, "uniform"), rate);
}
