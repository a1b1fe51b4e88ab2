/** `dprime train` from the shell: a small training, and descriptions that cannot be met. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { buildOnce, dprime, namesIn, newFolder } from "./dprime.ts";

vi.setConfig({ testTimeout: 240_000 });

beforeAll(buildOnce);

const good = {
  name: "tiny",
  seed: 3,
  network: { name: "dncnn", options: { depth: 3, width: 4, batchNorm: false } },
  steps: 4,
  batch: 2,
  patch: 16,
  sources: [
    { kind: "phantom", name: "shepp-logan", count: 1, windows: [{ percentiles: [0, 100] }] },
  ],
};

function described(changes: object): { file: string; folder: string } {
  const folder = newFolder("train");
  const file = join(folder, "training.json");
  writeFileSync(file, JSON.stringify({ ...good, ...changes }));
  return { file, folder };
}

describe("dprime train", () => {
  it("leaves a model, its card and its history, the same for the same seed", () => {
    const { file, folder } = described({});
    const models = ["a", "b"].map((name) => {
      const { code, err } = dprime(["train", file, "-o", join(folder, name), "--threads", "1"]);
      expect(code, err).toBe(0);
      return readFileSync(join(folder, name, "model.onnx"));
    });
    expect(models[0]!.equals(models[1]!)).toBe(true);
    const card = JSON.parse(readFileSync(join(folder, "a", "card.json"), "utf8")) as {
      weights: number;
      bestStep: number;
    };
    // 1→4, 4→4, 4→1 channels of 3×3 with biases.
    expect(card.weights).toBe(40 + 148 + 37);
    expect(card.bestStep).toBe(4);
    const history = readFileSync(join(folder, "a", "history.csv"), "utf8")
      .trim()
      .split("\n");
    expect(history).toHaveLength(1 + 4);
  });

  it.each([
    [{ step: 4 }, ["step", "others:"]],
    [{ steps: 0 }, ["steps", "above 0"]],
    [{ steps: "many" }, ["steps", "number"]],
    [{ network: { name: "resnet" } }, ["resnet", "res-unet"]],
    [{ network: { name: "dncnn", options: { depth: 1 } } }, ["depth"]],
    [{ network: { name: "dncnn", options: { deep: 3 } } }, ["deep", "depth"]],
    [{ loss: { name: "perceptual" } }, ["perceptual", "mse"]],
    [{ optimiser: { name: "lion" } }, ["lion", "adam"]],
    [{ noise: { low: 0.2, high: 0.1 } }, ["noise", "high"]],
    [{ patch: 4096 }, ["4096"]],
    [{ sources: [] }, ["sources"]],
    [{ sources: [{ ...good.sources[0], name: "unicorn" }] }, ["unicorn", "abdomen"]],
    [{ sources: [{ ...good.sources[0], windows: [{ low: 1, high: 0 }] }] }, ["low below high"]],
    [
      {
        sources: [
          { kind: "files", paths: ["no.nii"], licence: "MIT", windows: [{ low: 0, high: 1 }] },
        ],
      },
      ["no.nii"],
    ],
    [{ name: "Not A Name" }, ["name", "lower-case"]],
  ])("refuses %j in one line that names the field", (changes, wanted) => {
    const { file, folder } = described(changes);
    const { code, err } = dprime(["train", file, "-o", join(folder, "out"), "--threads", "1"]);
    expect(code, err).toBe(2);
    const lines = err
      .trim()
      .split("\n")
      .filter((line) => !line.startsWith("{") && !line.startsWith("progress:"));
    expect(lines).toHaveLength(1);
    for (const word of wanted) expect(lines[0]).toContain(word);
    expect(existsSync(join(folder, "out", "model.onnx"))).toBe(false);
  });

  it.each([
    ["missing.yaml", undefined, "missing.yaml"],
    ["broken.yaml", "name: [unclosed", "broken.yaml"],
    ["list.yaml", "- 1\n- 2\n", "document"],
    ["empty.json", "", "empty.json"],
  ])("refuses the file %s", (name, text, wanted) => {
    const folder = newFolder("train");
    const file = join(folder, name);
    if (text !== undefined) writeFileSync(file, text);
    const { code, err } = dprime(["train", file, "-o", join(folder, "out")]);
    expect(code, err).toBe(2);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).toContain(wanted);
    expect(namesIn(folder).filter((n) => n !== name)).toEqual([]);
  });
});
