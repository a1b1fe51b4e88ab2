/**
 * Attention over neighbours: every pixel looks at those of a window around it,
 *
 *   y(p) = Σ_o softmax_o (q(p) · k(p + o) / √K) v(p + o),
 *
 * with q, k, v convolutions of width 1 [ramachandran2019standalone]. Pixels outside the image are mirrored ones.
 */
import { type Node, shapeOf } from "../graph/node.ts";
import { concrete } from "../graph/dimension.ts";
import { add } from "../graph/ops/add.ts";
import { concat } from "../graph/ops/concat.ts";
import { constant } from "../graph/ops/constant.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { pad } from "../graph/ops/pad.ts";
import { slice, sliceAxis } from "../graph/ops/slice.ts";
import { softmax } from "../graph/ops/softmax.ts";
import { sum } from "../graph/ops/sum.ts";
import { convLayer } from "./conv-layer.ts";
import type { Scope } from "./scope.ts";

export interface NeighbourAttentionOptions {
  /** Pixels on each side, along each spatial axis; 0 looks along the other axes alone. */
  readonly reach: readonly number[];
  /** Channels of query and key. */
  readonly keys: number;
  /** Channels of the result. */
  readonly channels: number;
}

/** The image moved by every offset of a window. */
function moved(x: Node, reach: readonly number[]): Node[] {
  const sizes = concrete(shapeOf(x).slice(2), "build an attention");
  const padded = pad(x, [[0, 0], [0, 0], ...reach.map((r) => [r, r] as const)], {
    mode: "reflect",
  });
  const count = reach.reduce((n, r) => n * (2 * r + 1), 1);
  return Array.from({ length: count }, (_, k) => {
    let rest = k;
    const ranges = sizes.map((size, axis) => {
      const width = 2 * reach[axis]! + 1;
      const start = rest % width;
      rest = Math.floor(rest / width);
      return { start, count: size, step: 1 };
    });
    return slice(padded, [null, null, ...ranges]);
  });
}

/** Attention of every pixel of `[N, C, …]` over its window. */
export function neighbourAttention(
  scope: Scope,
  x: Node,
  { reach, keys, channels }: NeighbourAttentionOptions,
): Node {
  const one = (name: string, width: number) =>
    convLayer(scope.child(name), x, { channels: width, kernel: 1, bias: false });
  const query = multiply(one("query", keys), constant(1 / Math.sqrt(keys)));
  const places = moved(one("key", keys), reach);
  const values = moved(one("value", channels), reach);
  const scores = places.map((key) => sum(multiply(query, key), [1], true));
  const shares = softmax(concat(scores, 1), 1);
  return values
    .map((value, k) => multiply(sliceAxis(shares, 1, { start: k, count: 1 }), value))
    .reduce((a, b) => add(a, b));
}
