import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import type { TrainedOn } from "../denoise/trained-on.ts";
import { initialValues } from "../layers/scope.ts";
import { exportNetwork } from "../learn/export-network.ts";
import { parametersOf } from "../learn/network-parameters.ts";
import { drunet } from "../nets/drunet.ts";
import { sha256 } from "../core/checksum.ts";
import { denoise } from "./denoise.ts";

const options = resolveParameters("drunet", drunet.options, {
  width: 4,
  blocks: 1,
  residual: true,
});
const weights = initialValues(parametersOf(drunet, options).trained, streamOf(1, "range"));
const trainedOn: TrainedOn = {
  noise: { low: 0, high: 0.1 },
  grain: { low: 1.2, high: 1.2 },
  units: ["HU"],
  modalities: ["CT"],
  spacing: { low: 0.5, high: 1 },
  windows: [{ unit: "HU", low: -1000, high: 1000 }],
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dprime-range-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** White noise of 40 HU on a ramp. */
const image = (more: { spacing?: [number, number, number]; unit?: "HU" | "arbitrary" } = {}) => {
  const stream = streamOf(2, "range");
  const data = Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 64) + 40 * stream.normal());
  return makeImage(data, [64, 64], { unit: "HU", spacing: [3, 0.7, 0.7], ...more });
};

describe("a model used outside its training", () => {
  it("says what it was trained on by its own file, and warns by it", async () => {
    const method = join(folder, "own.onnx");
    writeFileSync(
      method,
      exportNetwork(drunet, {
        options,
        weights,
        metadata: { name: "own", trainedOn: JSON.stringify(trainedOn) },
      }),
    );
    const run = async (given: Parameters<typeof image>[0], sigma?: number) =>
      (await denoise(image(given), { method, sigma, threads: 1 })).notes;
    expect(await run({})).toEqual([]);
    const [warning, ...more] = await run({ spacing: [3, 4, 4] }, 500);
    // The window that the model knows is 2000 HU wide.
    expect(warning).toContain("noise of 0.25 of the window (trained on 0 to 0.1)");
    expect(warning).toContain("pixels of 4 mm (trained on 0.5 to 1)");
    expect(more).toEqual([]);
    expect((await run({ unit: "arbitrary" }))[0]).toContain("unit arbitrary (trained on HU)");
  });

  it("says it by the card beside the file, unless that is another file's", async () => {
    const bytes = exportNetwork(drunet, { options, weights });
    const method = join(folder, "model.onnx");
    writeFileSync(method, bytes);
    const card = (sum: string) =>
      writeFileSync(join(folder, "card.json"), JSON.stringify({ sha256: sum, trainedOn }));
    const notes = async () =>
      (await denoise(image({ spacing: [3, 4, 4] }), { method, threads: 1 })).notes;
    card("of another file");
    expect(await notes()).toEqual([]);
    card(sha256(bytes));
    expect(await notes()).toHaveLength(1);
  });
});
