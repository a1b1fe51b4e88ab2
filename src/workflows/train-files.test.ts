/** A training on disk: what it leaves, while it runs and in the end. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../core/checksum.ts";
import { CancelledError } from "../core/errors.ts";
import { parseTrainedOn } from "../denoise/trained-on.ts";
import { decodeModel } from "../onnx/decode.ts";
import { trainFiles, type TrainFilesOptions, type TrainReport } from "./train-files.ts";

const source = {
  kind: "phantom",
  name: "abdomen",
  count: 1,
  options: { size: 64 },
  windows: [{ low: -160, high: 240 }],
};
const description = {
  name: "tiny",
  seed: 3,
  network: { name: "dncnn", options: { depth: 3, width: 4, batchNorm: false } },
  steps: 24,
  batch: 2,
  patch: 16,
  noise: { low: 0.05, high: 0.15 },
  sources: [source],
  samples: { every: 10, count: 1 },
  checkpoint: { every: 8 },
  validation: { sources: [source], every: 8, patches: 2, sigmas: [0.05, 0.1] },
};

let root: string;
let whole: TrainReport;
const run = (name: string, more: TrainFilesOptions = {}) => {
  const file = join(root, "tiny.json");
  writeFileSync(file, JSON.stringify(description));
  return trainFiles(file, { output: join(root, name), threads: 1, ...more });
};
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "dprime-train-"));
  whole = await run("whole");
}, 120_000);
afterAll(() => rmSync(root, { recursive: true }));

const text = (name: string, file: string) => readFileSync(join(root, name, file), "utf8");

describe("a finished training", () => {
  it("has a card that says data, ranges and checksum, for programs and for people", () => {
    const card = JSON.parse(text("whole", "card.json"));
    const model = readFileSync(join(root, "whole", "model.onnx"));
    expect(card.sha256).toBe(sha256(model));
    const ranges = parseTrainedOn(card.trainedOn, "the card");
    expect(ranges).toMatchObject({
      noise: { low: 0.05, high: 0.15 },
      grain: { low: 1.2, high: 1.2 },
      units: ["HU"],
      windows: [{ unit: "HU", low: -160, high: 240 }],
    });
    expect(ranges.spacing!.low).toBeGreaterThan(3);
    expect(JSON.parse(decodeModel(model).metadata["trainedOn"]!)).toEqual(card.trainedOn);
    const page = text("whole", "card.html");
    for (const word of [card.sha256, "Limits", "-160 to 240 HU", "0.05 to 0.15", "Validation"]) {
      expect(page).toContain(word);
    }
    expect(page.match(/<img/g)!.length).toBeGreaterThanOrEqual(3);
    expect(page).not.toContain("http-equiv=&quot;refresh");
    expect(page).not.toContain('http-equiv="refresh"');
  });

  it("is held against the noisy input and classical denoisers at their best", () => {
    const { noisy, classical } = whole.reference!;
    // White noise: −20 log10 of its level, within what 2 patches of 256 pixels vary by.
    expect(Math.abs(noisy.groups["0.05"]! - 26.02)).toBeLessThan(0.8);
    expect(Math.abs(noisy.groups["0.1"]! - 20)).toBeLessThan(0.8);
    expect(classical.map(({ method }) => method).sort()).toEqual([
      "bm3d",
      "gaussian",
      "non-local-means",
      "total-variation",
    ]);
    // On patches as small as these not every one helps, but the best does.
    expect(classical[0]!.value).toBeGreaterThan(noisy.value + 0.5);
    const values = classical.map(({ value }) => value);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
  });

  it("leaves pictures, rows and a page that no longer loads itself again", () => {
    expect(readdirSync(join(root, "whole", "samples")).sort()).toEqual([
      "step-10.png",
      "step-20.png",
      "step-24.png",
    ]);
    const png = readFileSync(join(root, "whole", "samples", "step-24.png"));
    // Two groups of one image, 16 pixels enlarged twelvefold, three in a row.
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([3 * 194 - 2, 2 * 194 - 2]);
    const [header, ...rows] = text("whole", "history.csv").trim().split("\n");
    expect(header!.split(",")).toEqual(
      expect.arrayContaining(["step", "loss", "gradient_norm", "validation", "validation.0.05"]),
    );
    expect(rows).toHaveLength(24);
    expect(text("whole", "progress.html")).not.toContain('http-equiv="refresh"');
  });
});

it("a training that was stopped goes on with the rows and the reference that it had", async () => {
  const control = new AbortController();
  const stopped = run("parts", {
    signal: control.signal,
    onRow: ({ step }) => {
      if (step === 12) control.abort();
    },
  });
  await expect(stopped).rejects.toThrow(CancelledError);
  expect(existsSync(join(root, "parts", "model.onnx"))).toBe(false);
  expect(text("parts", "history.csv").trim().split("\n")).toHaveLength(1 + 13);
  const rest = await run("parts", { resume: true });
  expect(rest.sha256).toBe(whole.sha256);
  expect(rest.reference).toEqual(whole.reference);
  expect(text("parts", "history.csv")).toBe(text("whole", "history.csv"));
});

it("says at once, in the page and in the card that a critic has collapsed, and what to do", async () => {
  const file = join(root, "collapse.json");
  // Weights held to a millionth: the critic gives every image the same score.
  writeFileSync(
    file,
    JSON.stringify({
      ...description,
      name: "collapse",
      steps: 60,
      validation: undefined,
      method: { name: "wgan", options: { limit: 1e-6 } },
      roles: {
        critic: { network: { name: "patch-critic", options: { width: 2, layers: 3 } } },
      },
    }),
  );
  const told: { step: number; note: string }[] = [];
  let now = 0;
  const report = await trainFiles(file, {
    output: join(root, "collapse"),
    threads: 1,
    onRow: ({ step }) => {
      now = step;
    },
    onNote: (note) => void told.push({ step: now, note }),
  });
  expect(told).toHaveLength(1);
  // Before the last step, and naming the remedy.
  expect(told[0]!.step).toBeLessThan(58);
  expect(told[0]!.note).toMatch(/^critic-collapse at step \d+: .* gradient penalty/);
  expect(report.notes).toEqual([told[0]!.note]);
  expect(text("collapse", "card.html")).toContain("critic-collapse");
  expect(text("collapse", "progress.html")).toContain("critic-collapse");
  const card = JSON.parse(text("collapse", "card.json"));
  expect(card.findings).toMatchObject([{ name: "critic-collapse" }]);
}, 120_000);
