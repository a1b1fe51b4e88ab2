import fc from "fast-check";
import { expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { resolveParameters } from "../core/parameters.ts";
import { initialValues } from "../layers/scope.ts";
import { drunet } from "../nets/drunet.ts";
import { exportNetwork } from "../learn/export-network.ts";
import { parametersOf } from "../learn/network-parameters.ts";
import { openDenoisingModel } from "./denoising-model.ts";
import { padToMultiple, spansOf } from "./tiles.ts";

it("covers every pixel once, with margins as wide as the reach", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 0, max: 70 }),
      fc.constantFrom(1, 2, 8),
      (units, core, reach, multiple) => {
        const size = units * multiple;
        const spans = spansOf(size, { core: core * multiple, reach, multiple });
        let at = 0;
        for (const s of spans) {
          expect(s.keepFrom).toBe(at);
          at += s.keepCount;
          expect(s.from % multiple).toBe(0);
          expect(s.count % multiple).toBe(0);
          expect(s.from).toBeLessThanOrEqual(Math.max(0, s.keepFrom - reach));
          expect(s.from + s.count).toBeGreaterThanOrEqual(Math.min(size, at + reach));
          expect(s.from).toBeGreaterThanOrEqual(0);
          expect(s.from + s.count).toBeLessThanOrEqual(size);
        }
        expect(at).toBe(size);
      },
    ),
  );
});

it("mirrors planes of any size, even narrower than the margin", () => {
  const padded = padToMultiple(Float32Array.of(1, 2, 3), { ny: 1, nx: 3 }, 8);
  expect([padded.ny, padded.nx]).toEqual([8, 8]);
  expect([...padded.data.subarray(0, 8)]).toEqual([1, 2, 3, 2, 1, 2, 3, 2]);
});

it("leaves no seams: tiled and untiled results agree", async () => {
  const options = resolveParameters("drunet", drunet.options, {
    width: 4,
    blocks: 1,
    residual: true,
  });
  const { trained } = parametersOf(drunet, options);
  const weights = initialValues(trained, streamOf(1, "seams"));
  const model = await openDenoisingModel(exportNetwork(drunet, { options, weights }), {
    threads: 1,
  });
  const [ny, nx] = [413, 250];
  const stream = streamOf(2, "seams");
  const plane = Float32Array.from({ length: ny * nx }, () => stream.normal());
  const whole = await model.denoisePlane(plane, { ny, nx, sigma: 0.1, tile: 4096 });
  const tiled = await model.denoisePlane(plane, { ny, nx, sigma: 0.1, tile: 64 });
  await model.dispose();
  let worst = 0;
  whole.forEach((v, i) => {
    worst = Math.max(worst, Math.abs(v - tiled[i]!));
  });
  // The same sums in another order of blocks: float32 rounding only.
  expect(worst).toBeLessThan(2e-5);
  expect(Math.max(...whole.map(Math.abs))).toBeGreaterThan(1);
});
