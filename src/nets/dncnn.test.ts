import { expect, it } from "vitest";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { interpret } from "../graph/interpret.ts";
import { input } from "../graph/ops/input.ts";
import { declare, initialValues } from "../layers/scope.ts";
import { dncnn, foldBatchNorm } from "./dncnn.ts";

it("computes the same with its normalisation folded away", () => {
  const stream = streamOf(1, "fold");
  const evaluate = (batchNorm: boolean, weights?: Map<string, Float32Array>) => {
    const { scope, parameters } = declare();
    const options = resolveParameters("dncnn", dncnn.options, { depth: 5, width: 3, batchNorm });
    const image = input("image", [2, 1, 9, 8]);
    const y = dncnn.build(image, { scope, options });
    const values = weights ?? initialValues(parameters, stream);
    if (weights === undefined) {
      // Running moments away from 0 and 1, as training leaves them.
      for (const [name, value] of values) {
        if (name.includes(".norm.")) {
          value.forEach((_, i) => {
            value[i] = 0.5 + stream.uniform();
          });
        }
      }
    }
    const given = Object.fromEntries(
      parameters.map((p) => [
        p.name,
        { shape: p.shape, data: Float64Array.from(values.get(p.name)!) },
      ]),
    );
    const data = streamOf(2, "image").normals(144);
    return {
      y: interpret([y], { ...given, image: { shape: [2, 1, 9, 8], data } })[0]!.data,
      values,
      names: parameters.map((p) => p.name),
    };
  };
  const whole = evaluate(true);
  const folded = foldBatchNorm(whole.values);
  const plain = evaluate(false, folded);
  expect([...folded.keys()].sort()).toEqual([...plain.names].sort());
  // Folded weights are rounded to float32: relative errors of 1e-7 through five layers.
  plain.y.forEach((v, i) => {
    expect(Math.abs(v - whole.y[i]!)).toBeLessThan(1e-5);
  });
});
