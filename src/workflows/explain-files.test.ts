import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { saveImage } from "../files/files.ts";
import { explainFiles } from "./explain-files.ts";

let folder: string;
let input: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dprime-explain-"));
  input = join(folder, "image.nii");
  const stream = streamOf(1, "explain files");
  const data = Float32Array.from({ length: 3 * 70 * 90 }, () => 40 + 20 * stream.normal());
  const image = makeImage(data, [3, 70, 90], { unit: "HU", spacing: [2, 0.5, 0.5] });
  await saveImage(input, image);
});
afterAll(() => rmSync(folder, { recursive: true }));

const sizeOf = (path: string) => {
  const png = readFileSync(path);
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
};

describe("explaining a model on an image", () => {
  it("draws features and receptive field, with radii in pixels and millimetres", async () => {
    const output = join(folder, "why");
    const report = await explainFiles(input, output, {
      unit: "HU",
      at: [30, 40],
      layer: "head",
      threads: 1,
    });
    expect(report).toMatchObject({ network: "drunet", layer: "head", channels: 24, at: [30, 40] });
    expect(report.reach).toBe(60);
    const radii = report.field.map(({ radius }) => radius);
    expect(radii).toEqual(radii.toSorted((a, b) => a - b));
    expect(radii[0]!).toBeGreaterThan(0);
    expect(radii.at(-1)!).toBeLessThanOrEqual(60 * Math.SQRT2);
    for (const { radius, mm } of report.field) expect(mm).toBeCloseTo(radius / 2, 6);
    for (const path of report.outputs) expect(Math.min(...sizeOf(path))).toBeGreaterThan(200);
    await expect(explainFiles(input, output, { unit: "HU" })).rejects.toThrow("features.png");
  });

  it.each([
    [{ at: [70, 0] as const }, "found a plane of 70 rows and 90 columns"],
    [{ slice: 3 }, "Cannot take slice 3: found 3 slices"],
    [{ layer: "bodi.0.0" }, "wanted one of body.0.0"],
    [{ model: "no-such" }, "no-such"],
  ])("refuses %j, and leaves nothing", async (options, message) => {
    const output = join(folder, "nothing");
    await expect(explainFiles(input, output, { unit: "HU", ...options })).rejects.toThrow(message);
    expect(existsSync(output)).toBe(false);
  });
});
