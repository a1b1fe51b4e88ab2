/**
 * Linear resampling to given sizes with half-pixel centres: output i of n_out reads the input at
 * (i + ½) n_in / n_out − ½, clamped to the edge. Separable, one matrix product per axis.
 */
import { type Node, sizesOf } from "../node.ts";
import type { Suite } from "../suite.ts";
import { constant } from "./constant.ts";
import { matmul } from "./matmul.ts";
import { reshape } from "./reshape.ts";

/** The `[to, from]` matrix of linear interpolation, rows summing to 1. */
export function interpolationMatrix(from: number, to: number): Float64Array {
  const matrix = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(at);
    const high = Math.min(from - 1, low + 1);
    matrix[i * from + low]! += 1 - (at - low);
    matrix[i * from + high]! += at - low;
  }
  return matrix;
}

/** Resamples the spatial axes of `[N, C, …]` linearly. */
export function resampleLinear(x: Node, sizes: readonly number[]): Node {
  return sizes.reduce((node, to, spatial) => {
    const shape = sizesOf(node);
    const axis = spatial + 2;
    const from = shape[axis]!;
    if (from === to) return node;
    const before = shape.slice(0, axis).reduce((n, s) => n * s, 1);
    const after = shape.slice(axis + 1).reduce((n, s) => n * s, 1);
    const matrix = constant(interpolationMatrix(from, to), [1, to, from]);
    const product = matmul(matrix, reshape(node, [before, from, after]));
    return reshape(
      product,
      shape.map((size, i) => (i === axis ? to : size)),
    );
  }, x);
}

export const suite: Suite = {
  sample(stream) {
    const rank = 1 + stream.integer(2);
    const size = Array.from({ length: rank }, () => 1 + stream.integer(4));
    const target = size.map(() => 1 + stream.integer(6));
    return {
      inputs: [{ shape: [1 + stream.integer(2), 2, ...size] }],
      build: ([x]) => resampleLinear(x!, target),
    };
  },
  differentiable: "twice",
};
