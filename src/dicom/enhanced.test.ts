/** Enhanced objects as pydicom writes them, in which every voxel of a frame says where and when it belongs. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withData } from "../core/image.ts";
import { pythonWith } from "../../test/oracle/python.ts";
import { writeDerivedDicom } from "./derive.ts";
import { readDicom } from "./read.ts";
import { openDicomFrames } from "./stream.ts";

const python = pythonWith("pydicom");
const perFrame = 6;

describe.skipIf(python === undefined)("enhanced objects by pydicom", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "dprime-enhanced-"));
    const script = fileURLToPath(new URL("../../test/oracle/write_enhanced.py", import.meta.url));
    execFileSync(python!, [script, folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder, `${name}.dcm`)));
  /** First value of each plane. */
  const firsts = (data: Float32Array) => [...data].filter((_, i) => i % perFrame === 0);

  it.each([
    ["in-order", "zyx", [4], [0, 1, 2, 3], [0, 0, 1]],
    // The file's own order is kept where it is a regular one: the axis of slices then points down.
    ["falling", "zyx", [4], [3, 2, 1, 0], [0, 0, -1]],
    ["shuffled", "zyx", [4], [0, 1, 2, 3], [0, 0, 1]],
    ["shuffled-implicit", "zyx", [4], [0, 1, 2, 3], [0, 0, 1]],
    ["time-fastest", "tzyx", [2, 3], [0, 1, 2, 100, 101, 102], [0, 0, 1]],
    ["own-orientation", "zyx", [3], [0, 1, 2], [0, 0, 1]],
  ])("%s: every frame at its place", async (name, axes, lead, values, normal) => {
    const { image } = await readDicom(bytesOf(name));
    expect(image).toMatchObject({ axes, shape: [...lead, 2, 3], unit: "HU" });
    expect(image.spacing).toEqual([2.5, 0.5, 0.25]);
    expect(firsts(image.data)).toEqual(values);
    expect([2, 5, 8].map((i) => image.direction[i]! + 0)).toEqual(normal);
    expect(image.origin).toEqual([10, 20, 2.5 * values[0]!]);
    const frames = await openDicomFrames({
      size: bytesOf(name).length,
      read: (at, length) => Promise.resolve(bytesOf(name).slice(at, at + length)),
    });
    const { data: _, ...geometry } = image;
    expect(frames.image).toEqual(geometry);
    const count = frames.frames;
    expect((await frames.read(0, count)).data).toEqual(image.data);
    expect((await frames.read(count - 1, 1)).data).toEqual(image.data.slice(-perFrame));
  });

  it("carries slope and intercept of each frame to its place", async () => {
    const { image, stored } = await readDicom(bytesOf("slopes"));
    expect(image.spacing[0]).toBe(5);
    expect(firsts(image.data)).toEqual([0, 2, 4]);
    expect([...stored.planes!.slope]).toEqual([1, 0.5, 2]);
    expect([...stored.planes!.intercept]).toEqual([-1, -0.5, -2]);
  });

  it.each(["shuffled", "slopes", "time-fastest"])(
    "%s: a derived object has its frames where the source has them",
    async (name) => {
      const source = await readDicom(bytesOf(name));
      const changed = withData(
        source.image,
        source.image.data.map((v) => 2 * v + 2),
      );
      const { bytes } = await writeDerivedDicom(source, changed, { method: "doubling" });
      const back = await readDicom(bytes);
      expect(back.image).toEqual(changed);
      expect(back.frameOrder).toEqual(source.frameOrder);
      const same = await writeDerivedDicom(source, source.image, { method: "nothing" });
      const pixels = 0x7fe00010;
      const own = (await readDicom(same.bytes)).file.dataSet.elements.get(pixels)!.value;
      expect([...own]).toEqual([...source.file.dataSet.elements.get(pixels)!.value]);
    },
  );

  it("makes no volume of frames that are none, and says so", async () => {
    for (const name of ["two-stacks", "hole"]) {
      const { image, findings } = await readDicom(bytesOf(name));
      expect(image.axes).toBe("tyx");
      expect(findings.join()).toContain("no regular volume");
    }
  });
});
