/** Checkpoints of descriptions that gained fields since, or differ. */
import { expect, it } from "vitest";
import { decodeTensors, encodeTensors } from "../learn/tensor-file.ts";
import { trainingConfigOf } from "./loop.fixture.ts";
import { smallData } from "./data/scan.fixture.ts";
import { freshBook, readCheckpoint, writeCheckpoint } from "./training-checkpoint.ts";

const fresh = { "denoiser/weights": Float32Array.of(1, 2) };
const config = trainingConfigOf({ sources: undefined, noise: undefined, data: smallData() });
const kept = writeCheckpoint(fresh, { config, models: {}, book: { ...freshBook, step: 7 } });

/** The checkpoint as another version wrote it. */
function rewritten(change: (kept: Record<string, unknown>) => void): Uint8Array {
  const { arrays, metadata } = decodeTensors(kept, { own: true });
  const description = JSON.parse(metadata["config"]!) as Record<string, unknown>;
  change(description);
  return encodeTensors({ arrays, metadata: { ...metadata, config: JSON.stringify(description) } });
}

it("goes on from a checkpoint written before options were added", () => {
  const old = rewritten((description) => {
    const data = description["data"] as Record<string, unknown>;
    for (const name of ["centre", "noiseless", "form"]) {
      expect(data).toHaveProperty(name);
      delete data[name];
    }
    delete description["accumulate"];
  });
  expect(readCheckpoint(old, { config, models: {}, fresh })).toMatchObject({
    state: fresh,
    book: { step: 7 },
  });
});

it.each([
  [{ ...config, steps: 11 }, {}, /with steps 10, wanted one of this, with 11/],
  [
    { ...config, data: smallData({ centre: "signal" }) },
    {},
    /with data.centre "anywhere", wanted one of this, with "signal"/,
  ],
  [
    config,
    { denoiser: Uint8Array.of(1) },
    /with files.0 nothing, wanted one of this, with \["denoiser"/,
  ],
])(
  "refuses a checkpoint of another training by the field that differs: %#",
  (now, models, message) => {
    expect(() => readCheckpoint(kept, { config: now, models, fresh })).toThrow(message);
  },
);

it("refuses what no version wrote, and takes another name or pace of checkpoints", () => {
  const strange = rewritten((description) => (description["stepz"] = 1));
  expect(() => readCheckpoint(strange, { config, models: {}, fresh })).toThrow(
    /a checkpoint.*stepz/,
  );
  const renamed = { ...config, name: "other", checkpoint: { every: 3 } };
  expect(readCheckpoint(kept, { config: renamed, models: {}, fresh }).book.step).toBe(7);
});
