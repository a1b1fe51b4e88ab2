/** Trainings of every kind of product from a description and files alone, each with a result that is known. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { saveImage } from "../files/files.ts";
import { organsDescription } from "./organs.fixture.ts";
import { trainFiles } from "./train-files.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "dprime-descriptions-"));
});
afterAll(() => rmSync(root, { recursive: true }));

const run = (name: string, description: object) => {
  const file = join(root, `${name}.json`);
  writeFileSync(file, JSON.stringify({ name, seed: 1, ...description }));
  const folders = { data: root, cache: join(root, "scans"), output: join(root, name) };
  return trainFiles(file, { ...folders, threads: 1 });
};

const windows = [{ low: 0, high: 1 }];
const flat = { name: "gaussian-field", options: { size: 16, spectrum: "white", sigma: 0 } };
const still = { flip: false, turn: false };

describe("classification", () => {
  const noise = { name: "gaussian", options: { sigma: 0.2 } };
  const source = (count: number, signal: object) => ({
    kind: "simulated",
    object: flat,
    noise,
    signal: { toleranceMm: 0.5, ...signal },
    present: 0.75,
    count,
    windows,
  });
  const shared = {
    method: { name: "classification" },
    optimiser: { name: "adam" },
    schedule: { kind: "constant", rate: 3e-3 },
    batch: 16,
    patch: 16,
    samples: { every: 0 },
  };

  it("tells signals of several kinds and none apart, one of three", async () => {
    const section = (count: number) => ({
      sources: [source(count, { name: ["disk", "doublet"], options: { amplitude: 0.8 } })],
      centre: "signal",
      augment: still,
    });
    const report = await run("kinds", {
      ...shared,
      network: { name: "cnn-observer", options: { width: 8, layers: 2, classes: 3 } },
      steps: 80,
      data: section(240),
      validation: { name: "auc", data: section(96), every: 40, patches: 96 },
    });
    expect(report.validation!.value).toBeGreaterThan(0.9);
    await expect(
      run("two", {
        ...shared,
        network: { name: "cnn-observer", options: { width: 4, layers: 1, classes: 2 } },
        steps: 1,
        data: section(4),
      }),
    ).rejects.toThrow(
      /found network cnn-observer, which scores 2 classes, as classifier, wanted 3, as the batches' classes have; set its option classes/,
    );
  });

  it("learns several labels of an image from a table of files", async () => {
    mkdirSync(join(root, "pictures"));
    const rows = ["file,left,right"];
    const stream = streamOf(9);
    for (let n = 0; n < 48; n++) {
      const [left, right] = [stream.integer(2), stream.integer(2)];
      const values = Float32Array.from({ length: 256 }, (_, i) => {
        const own = i % 16 < 8 ? left : right;
        return 0.5 * own + 0.5 * stream.normal();
      });
      await saveImage(join(root, "pictures", `p${n}.npy`), makeImage(values, [16, 16]));
      rows.push(`p${n},${left},${right}`);
    }
    writeFileSync(join(root, "labels.csv"), rows.join("\n"));
    const files = {
      sources: [
        {
          kind: "files",
          noisy: "pictures",
          imageClasses: { table: "labels.csv" },
          licence: "none",
          windows,
        },
      ],
      augment: still,
    };
    const report = await run("several", {
      ...shared,
      method: { name: "classification", options: { labels: "several" } },
      network: { name: "cnn-observer", options: { width: 4, layers: 1, classes: 2 } },
      steps: 60,
      data: files,
      validation: { name: "auc", data: files, every: 30, patches: 48 },
    });
    // A mean over 128 pixels tells 0 from 0.5 at a d' of 11.
    expect(report.validation!.value).toBeGreaterThan(0.95);
    await expect(
      run("one", {
        ...shared,
        steps: 1,
        data: files,
        network: { name: "cnn-observer", options: { width: 4, layers: 1, classes: 2 } },
      }),
    ).rejects.toThrow(
      /classification: found an image of [02] classes, wanted each to belong to one/,
    );
  });
});

describe("an observer from a description", () => {
  it("gives the features of the next training's loss", async () => {
    const section = (count: number) => ({
      sources: [
        {
          kind: "simulated",
          object: flat,
          noise: { name: "gaussian", options: { sigma: 0.3 } },
          signal: {
            name: "gaussian-blob",
            options: { sigmaMm: { from: 1.2, to: 1.8 }, amplitude: { from: 0.6, to: 1 } },
            toleranceMm: 1,
          },
          present: 0.5,
          count,
          windows,
        },
      ],
      centre: "signal",
      imageClasses: ["gaussian-blob"],
    });
    const usual = { patch: 16, batch: 16, samples: { every: 0 } };
    const observer = await run("observer", {
      ...usual,
      method: { name: "classification", options: { labels: "several" } },
      network: { name: "cnn-observer", options: { width: 8, layers: 2 } },
      schedule: { kind: "constant", rate: 3e-3 },
      steps: 60,
      data: section(160),
      validation: { name: "auc", data: section(64), every: 30, patches: 64 },
    });
    expect(observer.validation!.value).toBeGreaterThan(0.9);
    const denoiser = await run("features", {
      ...usual,
      method: { name: "observer-feature" },
      network: { name: "dncnn", options: { depth: 4, width: 8, batchNorm: false } },
      roles: { observer: { from: "observer/model.onnx" } },
      steps: 60,
      data: section(160),
      validation: { name: "template-auc", data: section(64), every: 60, patches: 64 },
    });
    // The template of the mean signal sees it at least as well as in the noise: d' above 3.
    expect(denoiser.validation!.value).toBeGreaterThan(0.9);
  });
});

describe("segmentation", () => {
  it("finds organs of phantoms never seen, several joined in one class", async () => {
    const report = await run("organs", organsDescription());
    expect(report.validation!.value).toBeGreaterThan(0.9);
  }, 120_000);
});
