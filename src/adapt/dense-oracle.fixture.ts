/** The linearised adaptation problem solved directly: the whole Jacobian, normal equations, elimination. */
import { gradient } from "../graph/gradient.ts";
import { interpret } from "../graph/interpret.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { sliceAxis } from "../graph/ops/slice.ts";
import { cholesky, choleskySolve } from "../math/cholesky.ts";
import type { AdaptationGraph, AdaptationWeights } from "./problem.ts";

/** Returns a function from settings to the exact image and objective, all in float64. */
export async function solveDense(graph: AdaptationGraph, image: Float32Array) {
  const { spec, pixels, theta, theta0 } = graph;
  if (spec.statistics.kind !== "linear") throw new Error("wanted linear templates");
  const { templates } = spec.statistics;
  const flat = reshape(graph.output, [pixels]);
  const values = {
    image: { shape: [1, 1, spec.ny, spec.nx], data: Float64Array.from(image) },
    theta: { shape: [theta0.length], data: Float64Array.from(theta0) },
  };
  const start = interpret([flat], values)[0]!.data;
  const jacobian = interpret(
    Array.from({ length: pixels }, (_, i) => {
      const pixel = reshape(sliceAxis(flat, 0, { start: i, count: 1 }), []);
      return gradient(pixel, [theta])[0]!;
    }),
    values,
  ).map((row) => row.data);
  const p = theta0.length;
  return ({ alpha, beta, gamma }: AdaptationWeights) => {
    const d = start.map((v, i) => image[i]! - v);
    const taskRows = templates.map((t) => {
      const row = new Float64Array(p);
      jacobian.forEach((j, i) => {
        for (let k = 0; k < p; k++) row[k]! += t[i]! * j[k]!;
      });
      return { row, aim: d.reduce((s, v, i) => s + t[i]! * v, 0) };
    });
    const matrix = new Float64Array(p * p);
    const right = new Float64Array(p);
    const include = (row: Float64Array, aim: number, weight: number) => {
      for (let a = 0; a < p; a++) {
        right[a]! += weight * aim * row[a]!;
        for (let b = 0; b < p; b++) matrix[a * p + b]! += weight * row[a]! * row[b]!;
      }
    };
    jacobian.forEach((row, i) => include(row, d[i]!, alpha));
    taskRows.forEach(({ row, aim }) => include(row, aim, beta));
    for (let a = 0; a < p; a++) matrix[a * p + a]! += gamma;
    const factor = cholesky(matrix, p);
    if (factor.status !== "ok") throw new Error("singular");
    const delta = choleskySolve(factor.factor, right);
    const change = jacobian.map((row) => row.reduce((s, v, k) => s + v * delta[k]!, 0));
    const fidelity = d.reduce((s, v, i) => s + (v - change[i]!) ** 2, 0);
    const task = templates.reduce((s, t) => {
      const left = d.reduce((sum, v, i) => sum + t[i]! * (v - change[i]!), 0);
      return s + left ** 2;
    }, 0);
    const drift = delta.reduce((s, v) => s + v * v, 0);
    return {
      image: start.map((v, i) => v + change[i]!),
      total: alpha * fidelity + beta * task + gamma * drift,
    };
  };
}
