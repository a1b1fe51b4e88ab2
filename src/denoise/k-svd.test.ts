import { describe, expect, it } from "vitest";
import { gainDb, scene, withGaussianNoise } from "../../test/denoise-scene.ts";
import { CancelledError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { type PursuitRequest, pursueKernel } from "../kernels/sparse-coding.ts";
import { pursuePlainly } from "./dictionary/definition.ts";
import { overcompleteDct, residualOf, trainingRound } from "./dictionary/training.ts";
import { kSvd } from "./k-svd.ts";
import { atOnce } from "./turns.ts";

const pursue = (request: PursuitRequest) => atOnce(pursueKernel(request), {});
const energyOf = (x: Float32Array) => x.reduce((s, v) => s + v * v, 0);

describe("pursueKernel", () => {
  it.each([
    [4, 8, 3],
    [8, 16, 20],
  ])("equals the definition: %i×%i-pixel patches", (patch, side, most) => {
    const n = patch * patch;
    const dictionary = overcompleteDct(patch, side);
    const signals = Float32Array.from(streamOf(patch, "pursuit").normals(60 * n));
    const request = { signals, dictionary, n, limit: 0.4 * n, most };
    const wanted = pursuePlainly(request);
    const found = pursue(request);
    expect([...found.counts]).toEqual([...wanted.counts]);
    for (let s = 0; s < 60; s++) {
      for (let k = 0; k < wanted.counts[s]!; k++) {
        expect(found.indices[s * most + k]).toBe(wanted.indices[s * most + k]);
        // Float32 inner products through a system of condition up to 1e3.
        expect(found.coefficients[s * most + k]).toBeCloseTo(wanted.coefficients[s * most + k]!, 3);
      }
    }
  });

  it("finds a sparse code exactly, and codes nothing that is within the limit", () => {
    const dictionary = overcompleteDct(8, 16);
    const signal = Float32Array.from({ length: 128 }, (_, i) =>
      i < 64 ? 3 * dictionary[17 * 64 + i]! - 2 * dictionary[200 * 64 + i]! : 0.01,
    );
    const codes = pursue({ signals: signal, dictionary, n: 64, limit: 1e-3, most: 8 });
    expect(codes.counts[1]).toBe(1);
    const residual = residualOf(signal, codes, { dictionary, n: 64 });
    expect(energyOf(residual)).toBeLessThan(2e-3);
  });
});

describe("trainingRound", () => {
  it("recovers planted atoms: the error of two-atom codes falls far below the starting dictionary's", () => {
    const stream = streamOf(5, "planted");
    const planted = Array.from({ length: 16 }, () => {
      const atom = stream.normals(16);
      const length = Math.sqrt(atom.reduce((s, v) => s + v * v, 0));
      return atom.map((v) => v / length);
    });
    const signals = new Float32Array(1500 * 16);
    for (let s = 0; s < 1500; s++) {
      for (let k = 0; k < 2; k++) {
        const atom = planted[stream.integer(16)]!;
        const c = 2 + stream.uniform();
        for (let i = 0; i < 16; i++) signals[s * 16 + i]! += c * atom[i]!;
      }
    }
    let dictionary = overcompleteDct(4, 4);
    const options = { n: 16, limit: 1e-6, most: 2 };
    const errorOf = (d: Float32Array) =>
      energyOf(
        residualOf(signals, pursue({ signals, dictionary: d, ...options }), {
          dictionary: d,
          n: 16,
        }),
      );
    const before = errorOf(dictionary);
    for (let round = 0; round < 40; round++) {
      dictionary = atOnce(trainingRound(signals, { dictionary, ...options }), {});
    }
    expect(errorOf(dictionary)).toBeLessThan(0.15 * before);
    for (let a = 0; a < 16; a++) {
      expect(energyOf(dictionary.subarray(a * 16, (a + 1) * 16))).toBeCloseTo(1, 5);
    }
  });
});

describe("kSvd", () => {
  const truth = scene(64);
  const noisy = withGaussianNoise(truth, 15, 1);

  it("gains by training, and does not depend on the number of threads", async () => {
    const dct = await kSvd.denoise(noisy, { rounds: 0 }, { sigma: 15 });
    const trained = await kSvd.denoise(noisy, {}, { sigma: 15 });
    expect(gainDb(truth, noisy, dct)).toBeGreaterThan(5);
    expect(gainDb(truth, noisy, trained)).toBeGreaterThan(gainDb(truth, noisy, dct) + 0.1);
    const threads = await kSvd.denoise(noisy, {}, { sigma: 15, threads: 2 });
    expect([...threads.data]).toEqual([...trained.data]);
  });

  it("stops when cancelled", async () => {
    await expect(
      kSvd.denoise(noisy, {}, { sigma: 15, signal: AbortSignal.abort() }),
    ).rejects.toThrow(CancelledError);
  });

  it("gives turns within a round, so that an abort comes through", async () => {
    const control = new AbortController();
    let turns = 0;
    const ticks = setInterval(() => {
      turns++;
      if (turns === 3) control.abort();
    }, 0);
    const rounds: number[] = [];
    const work = kSvd.denoise(
      noisy,
      { mostAtoms: 64, error: 0.3 },
      { sigma: 15, signal: control.signal, onProgress: ({ done }) => void rounds.push(done) },
    );
    await expect(work).rejects.toThrow(CancelledError);
    clearInterval(ticks);
    // Three turns later it is still in its first round, which takes hundreds of milliseconds.
    expect(rounds).toEqual([0]);
  });
});
