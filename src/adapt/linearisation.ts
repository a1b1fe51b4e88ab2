/**
 * The network linearised about weights θ: values and products with its Jacobian J = ∂F/∂θ, run by
 * one program, so that the forward pass is shared between Jᵀz and J(Jᵀz).
 */
import { jacobianVector, vectorJacobian } from "../graph/gradient.ts";
import type { Node } from "../graph/node.ts";
import { input } from "../graph/ops/input.ts";
import { constant } from "../graph/ops/constant.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { sliceAxis } from "../graph/ops/slice.ts";
import { floats } from "../runtime/backend.ts";
import { compile, type CompileOptions, type Program } from "../runtime/program.ts";
import { type AdaptationGraph, statisticsNode } from "./problem.ts";

export interface Linearisation {
  /** F(g; θ). */
  forward(theta: Float32Array): Promise<Float32Array>;
  /** Jᵀz in the weights' space and J Jᵀ z in the image's, at θ. */
  pull(
    theta: Float32Array,
    z: Float64Array,
  ): Promise<{ weights: Float32Array; image: Float32Array }>;
  /** J v at θ. */
  push(theta: Float32Array, v: Float32Array): Promise<Float32Array>;
  /** t(f) and the rows ∂t_k/∂f at an image f; only needed for scores that are not linear. */
  statistics(image: Float32Array): Promise<{ values: Float64Array; rows: Float64Array[] }>;
  dispose(): Promise<void>;
}

/** Compiles the products for one network and image size; the image itself may change. */
export async function linearise(
  graph: AdaptationGraph,
  { image, compile: options = {} }: { image: () => Float32Array; compile?: CompileOptions },
): Promise<Linearisation> {
  const { output, theta, pixels, spec } = graph;
  const shape = [1, 1, spec.ny, spec.nx];
  const given = () => floats(image(), shape);
  const programs: Program[] = [];
  const lazily = (build: () => Record<string, Node>) => {
    let program: Promise<Program> | undefined;
    return async () => {
      program ??= compile({ outputs: build() }, options);
      const ready = await program;
      if (!programs.includes(ready)) programs.push(ready);
      return ready;
    };
  };
  const forward = lazily(() => ({ output }));
  const pull = lazily(() => {
    const z = input("z", shape);
    const [weights] = vectorJacobian([{ node: output, seed: z }], [theta]);
    const pulled = weights ?? multiply(theta, constant(0));
    return { weights: pulled, image: jacobianVector(output, [{ x: theta, v: pulled }]) };
  });
  const push = lazily(() => {
    const v = input("v", [graph.theta0.length]);
    return { image: jacobianVector(output, [{ x: theta, v }]) };
  });
  const read = lazily(() => {
    const f = input("f", shape);
    const scores = statisticsNode(f, { statistics: spec.statistics, pixels });
    const count = scores.type.shape[0] as number;
    const rows = Array.from({ length: count }, (_, k) => {
      const score = reshape(sliceAxis(scores, 0, { start: k, count: 1 }), []);
      const [row] = vectorJacobian([{ node: score, seed: constant(1) }], [f]);
      return row ?? multiply(f, constant(0));
    });
    return {
      scores,
      ...Object.fromEntries(rows.map((row, k) => [`row ${k}`, row])),
    };
  });
  const vector = (v: Float32Array) => floats(v, [v.length]);

  return {
    async forward(at) {
      const program = await forward();
      return (await program.run({ image: given(), theta: vector(at) })).output!
        .data as Float32Array;
    },
    async pull(at, z) {
      const program = await pull();
      const result = await program.run({
        ...(program.inputs["image"] === undefined ? {} : { image: given() }),
        theta: vector(at),
        z: floats(Float32Array.from(z), shape),
      });
      return {
        weights: result["weights"]!.data as Float32Array,
        image: result["image"]!.data as Float32Array,
      };
    },
    async push(at, v) {
      const program = await push();
      const { image: pushed } = await program.run({
        image: given(),
        theta: vector(at),
        v: vector(v),
      });
      return pushed!.data as Float32Array;
    },
    async statistics(f) {
      const program = await read();
      const result = await program.run({ f: floats(f, shape) });
      const { scores, ...rows } = result;
      return {
        values: Float64Array.from(scores!.data as Float32Array),
        rows: Object.values(rows).map((r) => Float64Array.from(r.data as Float32Array)),
      };
    },
    async dispose() {
      for (const program of programs) await program.dispose();
    },
  };
}
