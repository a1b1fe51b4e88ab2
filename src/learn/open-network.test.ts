import { expect, it } from "vitest";
import { multiply } from "../graph/ops/multiply.ts";
import { mean } from "../graph/ops/mean.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { fill } from "../layers/scope.ts";
import { openNetwork } from "./open-network.ts";
import type { Build } from "./trainee.ts";

const weights = (gain: number) =>
  new Map([
    ["scale", Float32Array.of(gain)],
    ["shift", Float32Array.of(1)],
    ["running-mean", Float32Array.of(2)],
    ["running-variance", Float32Array.of(4 - 1e-5)],
  ]);

const normalise: Build = (x, { scope, conditions }) =>
  multiply(batchNormLayer(scope, x), conditions["code"]!);

it("applies running moments to any number of images, conditions by their rows", async () => {
  const network = await openNetwork(
    {
      build: normalise,
      weights: weights(3),
      shape: [2, 1, 1, 2],
      conditions: { code: [2, 1, 1, 1] },
    },
    { threads: 1 },
  );
  const images = Float32Array.of(2, 4, 6, 8, 10, 12);
  const { shape, data } = await network.run(images, { code: Float32Array.of(1, 10, 100) });
  expect(shape).toEqual([3, 1, 1, 2]);
  // 3 · (x − 2)/2 + 1.
  const wanted = [1, 4, 70, 100, 1300, 1600];
  data.forEach((v, i) => expect(v).toBeCloseTo(wanted[i]!, 3));
  network.setWeights(weights(0));
  const again = await network.run(images.subarray(0, 2), { code: Float32Array.of(2) });
  expect([...again.data]).toEqual([2, 2]);
  await network.dispose();
});

it("gives results of another shape, and refuses what does not fit", async () => {
  const build: Build = (x, { scope }) =>
    multiply(mean(x, [2, 3]), scope.parameter("gain", [1, 1], fill(1)));
  const gain = new Map([["gain", Float32Array.of(2)]]);
  const network = await openNetwork({ build, weights: gain, shape: [4, 1, 2, 2] });
  const { shape, data } = await network.run(Float32Array.of(1, 2, 3, 4, 5, 5, 5, 5));
  expect(shape).toEqual([2, 1]);
  expect([...data]).toEqual([5, 10]);
  await expect(network.run(new Float32Array(7))).rejects.toThrow(/wanted a multiple of 4/);
  expect(() => network.setWeights(new Map())).toThrow(/found no weights for gain, wanted 1/);
  await network.dispose();
  await expect(openNetwork({ build, weights: new Map(), shape: [1, 1, 2, 2] })).rejects.toThrow(
    /no weights for gain/,
  );
});
