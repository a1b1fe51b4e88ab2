import { expect, it } from "vitest";
import { CancelledError } from "../core/errors.ts";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { add } from "../graph/ops/add.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { fill } from "../layers/scope.ts";
import { fit, type FitSpec } from "./fit.ts";
import { adam } from "./optimisers/adam.ts";

/** y = 3x − 0.5 with a little noise. */
function points(count: number, label: string) {
  const stream = streamOf(4, label);
  const x = Float32Array.from({ length: count }, () => stream.normal());
  return { x, y: x.map((v) => 3 * v - 0.5 + 0.1 * stream.normal()) };
}

const all = points(64, "training");

const spec: FitSpec = {
  build: (x, { scope }) =>
    add(
      multiply(scope.parameter("slope", [1], fill(0)), x),
      scope.parameter("offset", [1], fill(0)),
    ),
  shapes: { image: [64], target: [64] },
  loss: (result, { target }) => {
    const error = subtract(result, target!);
    return mean(multiply(error, error));
  },
  rule: { optimiser: adam, options: resolveParameters("adam", adam.options) },
  schedule: { kind: "cosine", rate: 0.1 },
  steps: 300,
  batch: () => ({ image: { shape: [64], data: all.x }, target: { shape: [64], data: all.y } }),
  async heldOut(network) {
    // The training points themselves, so that the best weights are those of the closed form.
    const { data } = await network.run(all.x);
    return data.reduce((sum, v, i) => sum + (v - all.y[i]!) ** 2, 0) / data.length;
  },
  every: 20,
  patience: 20,
  stream: streamOf(1),
  label: "fitting a line",
  compile: { threads: 1 },
};

it("comes to the least-squares line", async () => {
  const found = await fit(spec);
  const n = all.x.length;
  const mx = all.x.reduce((s, v) => s + v, 0) / n;
  const my = all.y.reduce((s, v) => s + v, 0) / n;
  const sxy = all.x.reduce((s, v, i) => s + (v - mx) * (all.y[i]! - my), 0);
  const slope = sxy / all.x.reduce((s, v) => s + (v - mx) ** 2, 0);
  // Adam's last steps with a rate that falls to nothing; float32.
  expect(found.weights.get("slope")![0]).toBeCloseTo(slope, 3);
  expect(found.weights.get("offset")![0]).toBeCloseTo(my - slope * mx, 3);
  expect(found.loss).toBeLessThan(0.02);
});

it("keeps the best weights and ends when looks no longer help", async () => {
  const values = [5, 4, 3, 6, 7, 8, 9, 1];
  let looks = 0;
  const reported: number[] = [];
  const found = await fit({
    ...spec,
    patience: 3,
    heldOut: async () => values[looks++]!,
    onProgress: ({ done }) => reported.push(done),
  });
  expect(looks).toBe(6);
  expect(reported).toEqual([20, 40, 60, 80, 100]);
  expect(found).toMatchObject({ loss: 3, step: 40 });
});

it("keeps the first weights where training never lowers the loss", async () => {
  const found = await fit({ ...spec, steps: 40, heldOut: async () => 1 });
  expect(found).toMatchObject({ loss: 1, step: 0 });
  expect([...found.weights.get("slope")!]).toEqual([0]);
});

it("ends when it is cancelled", async () => {
  const control = new AbortController();
  const work = fit({ ...spec, signal: control.signal, onProgress: () => control.abort() });
  await expect(work).rejects.toThrow(CancelledError);
});
