/** What the server keeps is found again by the next one, and goes when it is closed. */
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { documentName } from "./names.ts";
import type { MadeImage } from "./work.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const facts = {
  name: "a.npy",
  axes: "yx",
  shape: [2, 2],
  unit: "HU",
  type: "int16",
  window: { low: 0, high: 1 },
  format: "npy",
  notes: [],
  planes: 1,
  rows: 2,
  columns: 2,
  spacing: [1, 1, 1],
  spacingKnown: false,
} as const satisfies MadeImage["facts"];

const denoised = {
  method: "median",
  parameters: {},
  sigma: 1,
  noiseBefore: 1,
  noiseAfter: 0.5,
  rmsChange: 1,
  seconds: 1,
  notes: [],
};

function madeIn({ part }: Workspace, name: string): MadeImage {
  const folder = join(part, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "values.bin"), "");
  return { folder, facts, source: { path: "a.npy", index: 0, sha256: "" } };
}

it("keeps images over a restart, and closes an image with its results and its upload", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dprime-space-"));
  const first = await openWorkspace(folder);
  const { id: upload, folder: sent } = await first.newUpload();
  const original = await first.addImage(madeIn(first, "x"), { group: "a", upload });
  const from = { image: original.id, denoised };
  const result = await first.addImage(madeIn(first, "y"), { group: "a", upload, from });
  const { folder: forgotten } = await first.newUpload();
  writeFileSync(join(first.part, "half"), "");

  const second = await openWorkspace(folder);
  expect([...second.images.keys()].sort()).toEqual([original.id, result.id].sort());
  expect(second.images.get(result.id)?.document).toEqual(result);
  // What a page sent and never opened, and what was half-written, is gone.
  expect([sent, forgotten, join(second.part, "half")].map((path) => existsSync(path))).toEqual([
    true,
    false,
    false,
  ]);

  await second.removeImage(original.id);
  expect(second.images.size).toBe(0);
  expect([sent, second.imageFolder(result.id)].map((path) => existsSync(path))).toEqual([
    false,
    false,
  ]);
  const damaged = second.imageFolder("0123456789ab");
  mkdirSync(damaged);
  writeFileSync(join(damaged, documentName), "{");
  expect((await openWorkspace(folder)).images.size).toBe(0);
});
