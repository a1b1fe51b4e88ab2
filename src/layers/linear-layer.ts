/** Linear layers with their weights. */
import { concrete } from "../graph/dimension.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { fill, type Initialiser, type Scope } from "./scope.ts";

export interface LinearLayerOptions {
  /** Numbers of the result. */
  readonly channels: number;
  readonly bias?: boolean;
  readonly initialise?: Initialiser;
}

/** Normal with variance gain² / fan-in, fan-in being the first size of a matrix. */
export const fanIn =
  (gain = Math.SQRT2): Initialiser =>
  ([rows = 1, columns = 1], stream) =>
    Float32Array.from({ length: rows * columns }, () => (gain / Math.sqrt(rows)) * stream.normal());

/** x W + b over all values of each image: `[N, …]` → `[N, channels]`, weight `[values, channels]`. */
export function linearLayer(scope: Scope, x: Node, options: LinearLayerOptions): Node {
  const { channels, bias = true, initialise = fanIn() } = options;
  const [count = 1, ...rest] = shapeOf(x);
  const values = concrete(rest, "build a linear layer").reduce((n, s) => n * s, 1);
  const weight = scope.parameter("weight", [values, channels], initialise);
  const y = matmul(reshape(x, [count, values]), weight);
  return bias ? add(y, scope.parameter("bias", [channels], fill(0))) : y;
}
