import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CancelledError } from "../core/errors.ts";
import { makeImage } from "../core/image.ts";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { initialValues } from "../layers/scope.ts";
import { drunet } from "../nets/drunet.ts";
import { exportNetwork } from "../learn/export-network.ts";
import { parametersOf } from "../learn/network-parameters.ts";
import { applyModel } from "./apply-model.ts";
import { type DenoisingModel, openDenoisingModel } from "./denoising-model.ts";

const options = resolveParameters("drunet", drunet.options, { width: 4, blocks: 1 });
const { trained } = parametersOf(drunet, options);
const bytes = exportNetwork(drunet, {
  options,
  weights: initialValues(trained, streamOf(1, "threads")),
});
const [nz, ny, nx] = [5, 40, 33];
const stream = streamOf(2, "threads");
const volume = makeImage(
  Float32Array.from({ length: nz * ny * nx }, () => stream.normal()),
  [nz, ny, nx],
  { unit: "normalised" },
);

describe("applyModel", () => {
  const models: DenoisingModel[] = [];
  beforeAll(async () => {
    for (const threads of [1, 2, 3]) models.push(await openDenoisingModel(bytes, { threads }));
  });
  afterAll(async () => {
    for (const model of models) await model.dispose();
  });

  it("gives the same bits on one thread and on several", async () => {
    const results = [];
    for (const model of models) {
      const done: number[] = [];
      const { data } = await applyModel(volume, model, {
        sigma: 0.1,
        onProgress: (progress) => done.push(progress.done),
      });
      expect(done).toEqual([0, 1, 2, 3, 4, 5]);
      results.push(data);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(results[0]).not.toEqual(volume.data);
  });

  it("takes each plane by its own level, and leaves a plane without noise as it is", async () => {
    const levels = [0, 0.05, 0.1, 0, 0.15];
    const { data } = await applyModel(volume, models[1]!, { sigma: levels });
    const area = ny * nx;
    for (let i = 0; i < nz; i++) {
      const plane = volume.data.slice(i * area, (i + 1) * area);
      const wanted =
        levels[i] === 0
          ? plane
          : await models[1]!.denoisePlane(plane, { ny, nx, sigma: levels[i]! });
      // The way to the model's units and back rounds to float32.
      for (let j = 0; j < area; j++) {
        expect(Math.abs(data[i * area + j]! - wanted[j]!)).toBeLessThan(1e-5);
      }
    }
  });

  it("says that it was cancelled", async () => {
    const control = new AbortController();
    const work = applyModel(volume, models[2]!, {
      sigma: 0.1,
      signal: control.signal,
      onProgress: ({ done }) => {
        if (done === 1) control.abort();
      },
    });
    await expect(work).rejects.toThrow(CancelledError);
  });
});
