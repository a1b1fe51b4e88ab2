/// <reference types="vite/client" />
/**
 * The contract of graph operators. Every file of src/graph/ops/ is found, none is named: inferred
 * against real shapes, gradients (and their gradients) against central differences in float64,
 * Jacobian-vector products against differences along the vector, ONNX Runtime against the
 * interpreter, over drawn shapes.
 */
import { describe, expect, it } from "vitest";
import { type Stream, streamOf } from "../../src/core/random.ts";
import { checkGradient, randomProjection } from "../../src/graph/check.ts";
import { gradient, jacobianVector } from "../../src/graph/gradient.ts";
import { interpret } from "../../src/graph/interpret.ts";
import { type Node, topologicalOrder } from "../../src/graph/node.ts";
import { add } from "../../src/graph/ops/add.ts";
import { constant } from "../../src/graph/ops/constant.ts";
import { input } from "../../src/graph/ops/input.ts";
import type { Sample, Suite } from "../../src/graph/suite.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { floats, ints, type Value } from "../../src/runtime/backend.ts";
import { compile } from "../../src/runtime/program.ts";

const files = import.meta.glob<{ suite?: Suite }>("../../src/graph/ops/*.ts", { eager: true });
const suites = Object.entries(files).map(([path, module]) => ({
  name: /([^/]+)\.ts$/.exec(path)![1]!,
  suite: module.suite,
}));
const draws = 12;

interface Drawn {
  readonly y: Node;
  readonly reals: readonly Node[];
  readonly values: Record<string, Tensor>;
  readonly fed: Record<string, Value>;
}

function draw(suite: Suite, stream: Stream): Drawn {
  const sample: Sample = suite.sample(stream);
  const values: Record<string, Tensor> = {};
  const fed: Record<string, Value> = {};
  const nodes = sample.inputs.map((spec, i) => {
    const name = `x${i}`;
    const count = spec.shape.reduce((n, s) => n * s, 1);
    const { low = -2, high = 2, kind = "float" } = spec;
    const data = Float64Array.from({ length: count }, () => {
      if (kind === "bool") return stream.integer(2);
      if (kind === "int" || spec.whole)
        return Math.round(low) + stream.integer(Math.round(high - low) + 1);
      // Values that float32 holds exactly, so that both sides see the same input.
      return Math.fround(low + (high - low) * stream.uniform());
    });
    values[name] = { shape: spec.shape, data };
    fed[name] =
      kind === "int"
        ? ints(data, spec.shape)
        : kind === "bool"
          ? { kind, shape: spec.shape, data: Uint8Array.from(data) }
          : floats(Float32Array.from(data), spec.shape);
    return input(name, spec.shape, kind);
  });
  const y = sample.build(nodes);
  const reals = nodes.filter((n) => n.type.kind === "float");
  return { y, reals, values, fed };
}

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length);
  let scale = 1;
  for (let i = 0; i < wanted.length; i++) scale = Math.max(scale, Math.abs(wanted[i]!));
  for (let i = 0; i < wanted.length; i++) {
    expect(Math.abs(Number(got[i]) - wanted[i]!)).toBeLessThanOrEqual(tolerance * scale);
  }
}

// Central differences at step 1e-5: truncation about 1e-10 times third derivatives, rounding 1e-11.
const differenceTolerance = 2e-6;

describe.each(suites)("operator $name", ({ name, suite }) => {
  it("exports a suite", () => {
    expect(suite).toBeDefined();
  });
  if (suite === undefined) return;

  it("infers the shapes that evaluation gives", () => {
    for (let k = 0; k < draws; k++) {
      const { y, values } = draw(suite, streamOf(k, "operator", name));
      const order = topologicalOrder([y]);
      const results = interpret(order, values);
      order.forEach((node, i) => {
        expect(results[i]!.shape).toEqual(node.type.shape);
        expect(results[i]!.data.length).toBe(results[i]!.shape.reduce((n, s) => n * s, 1));
      });
    }
  });

  it.runIf(suite.differentiable !== "no")("has the gradient that differences give", () => {
    for (let k = 0; k < draws; k++) {
      const stream = streamOf(k, "operator", name);
      const { y, reals, values } = draw(suite, stream);
      const check = checkGradient(randomProjection(y, stream), reals, { values });
      expect(check.error, `draw ${k} at ${check.where}`).toBeLessThan(differenceTolerance);
    }
  });

  it.runIf(suite.differentiable === "twice")(
    "has the second gradient and Jacobian products",
    () => {
      for (let k = 0; k < draws / 2; k++) {
        const stream = streamOf(k, "operator", name);
        const { y, reals, values } = draw(suite, stream);
        const firsts = gradient(randomProjection(y, stream), reals);
        const scalar = firsts.map((g) => randomProjection(g, stream)).reduce(add);
        const check = checkGradient(scalar, reals, { values });
        expect(check.error, `draw ${k} at ${check.where}`).toBeLessThan(differenceTolerance);
        const pairs = reals.map((x) => {
          const shape = x.type.shape as number[];
          return { x, v: constant(stream.normals(shape.reduce((n, s) => n * s, 1)), shape) };
        });
        const along = interpret([jacobianVector(y, pairs)], values)[0]!;
        const step = 1e-5;
        const shifted = (sign: number) => {
          const moved = { ...values };
          pairs.forEach(({ v }, i) => {
            const key = `x${Object.keys(values).indexOf((reals[i]!.attributes as { name: string }).name)}`;
            const data = values[key]!.data.slice();
            const direction = (v.attributes as { data: Float64Array }).data;
            direction.forEach((d, j) => {
              data[j]! += sign * step * d;
            });
            moved[key] = { ...values[key]!, data };
          });
          return interpret([y], moved)[0]!.data;
        };
        const [up, down] = [shifted(1), shifted(-1)];
        expectClose(
          along.data,
          up.map((u, i) => (u - down[i]!) / (2 * step)),
          differenceTolerance,
        );
      }
    },
  );

  it("gives on ONNX Runtime what the interpreter gives, value and gradient", async () => {
    // Float32 rounding over short sums of numbers of order one, unless the suite says otherwise.
    const tolerance = suite.tolerance?.value ?? 3e-5;
    for (let k = 0; k < draws; k++) {
      const stream = streamOf(k, "operator", name);
      const { y, reals, values, fed } = draw(suite, stream);
      const outputs: Record<string, Node> = { y };
      if (suite.differentiable !== "no") {
        gradient(randomProjection(y, stream), reals).forEach((g, i) => {
          outputs[`g${i}`] = g;
        });
      }
      const program = await compile({ outputs }, { threads: 1 });
      const used = Object.fromEntries(Object.keys(program.inputs).map((key) => [key, fed[key]!]));
      const got = await program.run(used);
      await program.dispose();
      const wanted = interpret(Object.values(outputs), values);
      Object.keys(outputs).forEach((key, i) => {
        expect([...got[key]!.shape]).toEqual(wanted[i]!.shape);
        expectClose(Array.from(got[key]!.data, Number), wanted[i]!.data, tolerance);
      });
    }
  });
});
