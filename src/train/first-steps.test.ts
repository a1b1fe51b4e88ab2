/**
 * The shipped model's description begins as it did when the model was trained: the same patches to the bit, the same
 * losses to float32's rounding.
 *
 * Two things stand for the whole: the first object of every phantom source for all of its objects (hundreds, minutes to
 * draw), and the phantoms for the files, which are not part of this repository. Patches come from this package's own
 * arithmetic and have a hash. Losses pass through the runtime's kernels, which sum in another order on processors of
 * other vector widths: a hash of theirs would tell processors apart, not changes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { sha256 } from "../core/checksum.ts";
import { modelsFolder } from "../inference/files.ts";
import type { Batch } from "./batch.ts";
import { parseTrainingConfig } from "./config.ts";
import { runTraining } from "./loop.ts";
import { planeData } from "./plane-batches.ts";
import { phantomSources } from "./sources.ts";

/** Of the commit that trained the model, by its own code: the same steps, run again. */
const recorded = {
  patches: "5bfee54561b8b2fc2835fcf51a8e59831101d7b38d56bbd83b4a5074f2f8164c",
  losses: [0.11350035667419434, 0.08009477704763412, 0.12591364979743958],
  norms: [1.599525809288025, 1.9483566284179688, 1.8846560716629028],
};

it("draws the same patches for drunet-light and learns from them alike", async () => {
  const recipe = parse(readFileSync(join(modelsFolder, "drunet-light.yaml"), "utf8"));
  const config = parseTrainingConfig({
    ...recipe,
    steps: 3,
    validation: undefined,
    sources: recipe.sources
      .filter(({ kind }: { kind: string }) => kind === "phantom")
      .map((source: object) => ({ ...source, count: 1 })),
  });
  const sources = [];
  for (const [index, source] of config.sources!.entries()) {
    if (source.kind !== "phantom") continue;
    sources.push(...(await phantomSources(source, { seed: config.seed, role: "train", index })));
  }
  const { data } = planeData(config, { sources });
  const fields = ["noisy", "clean", "sigma"] as const;
  const hashes: string[] = [];
  for (let step = 0; step < 3; step++) {
    const batch: Batch = await data.draw({ step, draw: 0, fields });
    for (const name of fields) {
      const { buffer, byteOffset, byteLength } = batch[name]!.data;
      hashes.push(sha256(new Uint8Array(buffer, byteOffset, byteLength)));
    }
  }
  const { history } = await runTraining(config, { data, compile: { threads: 1 } });
  expect(sha256(hashes.join())).toBe(recorded.patches);
  history.forEach(({ loss, norm }, step) => {
    // Four units in the last place of float32: the engine's blocked layout sums in an order of its own.
    expect(Math.abs(loss / recorded.losses[step]! - 1)).toBeLessThan(5e-7);
    expect(Math.abs(norm / recorded.norms[step]! - 1)).toBeLessThan(5e-6);
  });
}, 120_000);
