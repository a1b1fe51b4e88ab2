/** Shipped models: every file has a card that tells the truth about it. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { streamOf } from "../src/core/random.ts";
import { parseTrainedOn } from "../src/denoise/trained-on.ts";
import { defaultModel, loadDenoisingModel, modelsFolder } from "../src/inference/files.ts";
import { decodeModel } from "../src/onnx/decode.ts";
import { abdomen } from "../src/phantoms/abdomen.ts";
import { parseTrainingConfig } from "../src/train/config.ts";

const models = readdirSync(modelsFolder).filter((name) => name.endsWith(".onnx"));

describe("shipped models", () => {
  it("are at most 20 MB in all and include the default", () => {
    const total = models.reduce((sum, name) => sum + statSync(join(modelsFolder, name)).size, 0);
    expect(total).toBeLessThan(20e6);
    expect(models).toContain(`${defaultModel}.onnx`);
  });

  it.each(models)("%s agrees with its card and its recipe", (file) => {
    const stem = file.slice(0, -".onnx".length);
    const bytes = readFileSync(join(modelsFolder, file));
    const card = JSON.parse(readFileSync(join(modelsFolder, `${stem}.json`), "utf8"));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(card.sha256);
    const recipe = join(modelsFolder, `${stem}.yaml`);
    expect(existsSync(recipe)).toBe(true);
    // Options that were added after the training have their defaults in both.
    expect(parseTrainingConfig(card.description)).toEqual(
      parseTrainingConfig(parse(readFileSync(recipe, "utf8"))),
    );
    const { noise, units, windows } = parseTrainedOn(card.trainedOn, `${stem}.json`);
    const { noise: stated, data } = card.description;
    if (stated !== undefined) expect(noise).toEqual(stated);
    else if (data.level === undefined) {
      // Scans with the noise that they were simulated with: measured, in shares of the window.
      expect(noise.low).toBeGreaterThanOrEqual(0);
      expect(noise.high).toBeGreaterThan(noise.low);
      expect(noise.high).toBeLessThan(1);
    } else {
      // Measured on the first batches: within the levels that patches are drawn from.
      expect(noise.low).toBe(data.noiseless > 0 ? 0 : data.level.from);
      expect(noise.high).toBeLessThanOrEqual(data.level.to);
      expect(noise.high).toBeGreaterThan(data.level.to / 2);
    }
    expect(units.length).toBeGreaterThan(0);
    const sources = data?.sources ?? card.description.sources;
    for (const { windows: drawn } of sources) {
      for (const { low, high, percentiles } of drawn) {
        const own = percentiles === undefined ? { low, high } : { percentiles };
        expect(windows).toContainEqual(expect.objectContaining(own));
      }
    }
    const { constants, metadata } = decodeModel(bytes);
    const weights = constants.reduce(
      (n, c) =>
        n +
        (c.shape.length === 4 && c.name.endsWith(".weight")
          ? c.shape.reduce<number>((p, s) => p * Number(s), 1)
          : 0),
      0,
    );
    expect(weights).toBe(card.weights);
    expect(metadata["seed"]).toBe(String(card.description.seed));
    for (const source of sources) {
      if (source.kind === "files") expect(source.licence).toMatch(/^(Apache|BSD|MIT|CC)/);
    }
  });
});

describe("the default model", () => {
  it("is small enough, and removes most of the noise of a slice it never saw", async () => {
    const card = JSON.parse(readFileSync(join(modelsFolder, `${defaultModel}.json`), "utf8"));
    expect(card.weights).toBeLessThanOrEqual(1_500_000);
    const { image } = abdomen.draw(streamOf(4242, "model test"), { size: 192 });
    const clean = image.data.map((v) => Math.min(1, Math.max(0, (v + 160) / 400)));
    const model = await loadDenoisingModel(undefined, { threads: 1 });
    const error = (a: Float32Array) =>
      a.reduce((sum, v, i) => sum + (v - clean[i]!) ** 2, 0) / a.length;
    for (const sigma of [0.02, 0.1, 0.2]) {
      const stream = streamOf(4243, "noise", String(sigma));
      const noisy = clean.map((v) => v + sigma * stream.normal());
      const result = await model.denoisePlane(noisy, { ny: 192, nx: 192, sigma });
      // A fifth of the noise power at the lowest level, a tenth at the others: far inside what
      // docs/benchmarks.md shows, far outside what a broken model gives.
      expect(error(result)).toBeLessThan((sigma < 0.05 ? 0.4 : 0.1) * error(noisy));
    }
    await model.dispose();
  });
});
