/**
 * Self-attention over whole planes and along the depth [li2020sacnn]: every position looks at all of its plane, and at
 * those of the other planes at its place,
 *
 *   y(p) = x(p) + γ Σ_r softmax_r (q(p) · k(r)) v(r), summed over both ways of looking,
 *
 * with q and k convolutions of width 1, v of width 3, and γ one weight that begins at 0. Memory grows with the square of
 * a plane's pixels: 64 MiB for each plane of 64 × 64.
 */
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { mergeAxes, splitAxis } from "../graph/ops/merge-axes.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { softmax } from "../graph/ops/softmax.ts";
import { transpose } from "../graph/ops/transpose.ts";
import { convLayer } from "./conv-layer.ts";
import { fill, type Scope } from "./scope.ts";

/** Attention among the positions of `[…, positions, channels]`. */
function attended(query: Node, key: Node, value: Node): Node {
  const rank = shapeOf(key).length;
  const order = Array.from({ length: rank }, (_, axis) => axis);
  const turned = transpose(key, [...order.slice(0, -2), rank - 1, rank - 2]);
  return matmul(softmax(matmul(query, turned)), value);
}

/** Self-attention of `[N, C, H, W]` or `[N, C, D, H, W]`; `keys` are the channels of query and key. */
export function selfAttention(scope: Scope, x: Node, { keys }: { readonly keys: number }): Node {
  const rank = shapeOf(x).length;
  const channels = shapeOf(x)[1] as number;
  const conv = (name: string, width: number, kernel: number) =>
    convLayer(scope.child(name), x, { channels: width, kernel, padding: "same" });
  const [query, key, value] = [
    conv("query", keys, 1),
    conv("key", keys, 1),
    conv("value", channels, 3),
  ] as const;
  // Channels last, the axes to look along before them.
  const space = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  const last = [0, ...space, 1];
  const inPlane = (node: Node) => mergeAxes(transpose(node, last), rank - 3);
  const plane = splitAxis(attended(inPlane(query), inPlane(key), inPlane(value)), {
    axis: rank - 3,
    like: x,
    from: rank - 2,
  });
  const first = [0, rank - 1, ...space.map((axis) => axis - 1)];
  let looked = transpose(plane, first);
  if (rank === 5) {
    const byDepth = (node: Node) => transpose(node, [0, 3, 4, 2, 1]);
    const depth = attended(byDepth(query), byDepth(key), byDepth(value));
    looked = add(looked, transpose(depth, [0, 4, 3, 1, 2]));
  }
  const gain = scope.parameter(
    "gain",
    Array.from({ length: rank }, () => 1),
    fill(0),
  );
  return add(x, multiply(gain, looked));
}
