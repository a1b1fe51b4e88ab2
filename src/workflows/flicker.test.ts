/** No flicker: neither level nor noise of the planes of a uniform volume jump from one to the next. */
import { afterAll, describe, expect, it } from "vitest";
import { type Image, makeImage, sliceOf } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { lowPass } from "../denoise/preserving/low-pass.ts";
import { endIdleWorkers } from "../parallel/node.ts";
import { denoise } from "./denoise.ts";

afterAll(endIdleWorkers);

const [nz, n, sigma] = [8, 40, 20];

/** 40 HU everywhere, with noise that is correlated within planes and independent from plane to plane, as CT has it. */
function uniform(): Image {
  const data = new Float32Array(nz * n * n);
  for (let z = 0; z < nz; z++) {
    const stream = streamOf(31, "flicker", z);
    const white = Float32Array.from({ length: n * n }, () => stream.normal());
    const noise = lowPass(white, {
      shape: [n, n],
      spacing: [1, 1],
      transfer: (f) => Math.sqrt(f) * Math.exp(-8 * f * f),
    });
    const rms = Math.sqrt(noise.reduce((s, v) => s + v * v, 0) / noise.length);
    noise.forEach((v, i) => (data[z * n * n + i] = 40 + (sigma * v) / rms));
  }
  return makeImage(data, [nz, n, n], { spacing: [1.5, 0.7, 0.7], unit: "HU" });
}

/** Mean and standard deviation of every plane. */
function planes(image: Image) {
  return Array.from({ length: nz }, (_, z) => {
    const { data } = sliceOf(image, z);
    const mean = data.reduce((s, v) => s + v, 0) / data.length;
    return { mean, sd: Math.sqrt(data.reduce((s, v) => s + (v - mean) ** 2, 0) / data.length) };
  });
}

const noisy = uniform();

describe("a uniform volume", () => {
  it.each([
    { method: "auto", keep: undefined },
    { method: "median", keep: 7 },
    { method: "gaussian", keep: undefined },
  ])("does not flicker after $method with lesions of $keep mm kept", async ({ method, keep }) => {
    const done = await denoise(noisy, { method, keep, threads: 1 });
    const [before, after] = [planes(noisy), planes(done.image)];
    const kept = done.method.includes("preserving+") ? 1e-3 : 0.02 * sigma;
    for (let z = 0; z < nz; z++) {
      // The mean is in the core of every band, and so exactly that of the noisy plane where bands go over planes;
      // over the volume, and after a filter along z, planes move towards their neighbours.
      const limit = method === "auto" ? kept : 0.05 * sigma;
      expect(Math.abs(after[z]!.mean - before[z]!.mean)).toBeLessThan(limit);
      expect(after[z]!.sd).toBeLessThan(0.8 * before[z]!.sd);
    }
    // One noise level for all planes: what is left of the noise is alike, but for its own scatter and the two ends.
    const inside = after.slice(1, -1).map(({ sd }) => sd);
    expect(Math.max(...inside) / Math.min(...inside)).toBeLessThan(1.6);
    const steps = after.slice(1).map(({ mean }, z) => Math.abs(mean - after[z]!.mean));
    const before1 = before.slice(1).map(({ mean }, z) => Math.abs(mean - before[z]!.mean));
    expect(Math.max(...steps)).toBeLessThan(Math.max(...before1) + 0.02 * sigma);
  });
});
