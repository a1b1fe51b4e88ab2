/**
 * Spectral normalisation [miyato2018spectral]: a kernel divided by its largest singular value, so that the layer is no
 * steeper than 1. The kernel `[O, …]` counts as a matrix of O rows; one step of power iteration for every training
 * step follows its largest singular vectors, through which no gradient passes.
 */
import { concrete } from "../graph/dimension.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { divide } from "../graph/ops/divide.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { sqrt } from "../graph/ops/sqrt.ts";
import { stopGradient } from "../graph/ops/stop-gradient.ts";
import { sum } from "../graph/ops/sum.ts";
import { transpose } from "../graph/ops/transpose.ts";
import type { Initialiser, Scope } from "./scope.ts";

const unitNormal: Initialiser = (shape, stream) => {
  const values = Float32Array.from({ length: shape[0]! }, () => stream.normal());
  const length = Math.hypot(...values);
  return values.map((v) => v / length);
};

const unit = (x: Node) => divide(x, sqrt(add(sum(multiply(x, x)), constant(1e-12))));

/** A kernel over its largest singular value σ ≈ uᵀ W v, u being carried along as a buffer. */
export function spectralNorm(scope: Scope, kernel: Node): Node {
  const [rows = 1, ...rest] = concrete(shapeOf(kernel), "build a spectral normalisation");
  const columns = rest.reduce((n, s) => n * s, 1);
  const kept = scope.buffer("singular-vector", [rows], unitNormal);
  const matrix = reshape(kernel, [rows, columns]);
  const still = stopGradient(matrix);
  const left = (u: Node) => unit(matmul(transpose(still, [1, 0]), u));
  const before = reshape(kept, [rows, 1]);
  let v = left(before);
  let u = before;
  if (scope.training) {
    u = unit(matmul(still, v));
    v = left(u);
    scope.update("singular-vector", reshape(u, [rows]));
  }
  const sigma = matmul(matmul(transpose(stopGradient(u), [1, 0]), matrix), stopGradient(v));
  return divide(kernel, reshape(sigma, [1, ...rest.map(() => 1)]));
}
