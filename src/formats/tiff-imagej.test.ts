import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pythonWith, readByPython } from "../../test/oracle/python.ts";
import { FormatError } from "../core/errors.ts";
import { tiff } from "./tiff.ts";

const folder = mkdtempSync(join(tmpdir(), "dprime-imagej-"));
afterAll(() => rmSync(folder, { recursive: true }));

const [height, width] = [3, 5];

interface Making {
  readonly lines: readonly string[];
  readonly planes: number;
  /** Directories of the first planes; the data lie behind all of them, or each behind its own. */
  readonly directories?: number;
  readonly apart?: boolean;
  readonly little?: boolean;
  readonly pixelsPerUnit?: readonly [x: number, y: number];
  readonly resolutionUnit?: number;
  /** Where the last directory points to. */
  readonly last?: number;
  readonly samples?: number;
  /** Text of the description in place of `lines`, byte by byte. */
  readonly latin1?: boolean;
  readonly compression?: number;
}

/** 16-bit planes; pixel p of plane k is 100 k + p. */
function imageJ(making: Making): Uint8Array {
  const { planes, little = false, samples = 1, directories = 1 } = making;
  const text = Buffer.from(
    `${["ImageJ=1.54f", ...making.lines].join("\n")}\n\0`,
    making.latin1 ? "latin1" : "utf8",
  );
  const planeBytes = 2 * height * width * samples;
  const fieldCount = 13;
  const directoryBytes = 2 + 12 * fieldCount + 4 + 16;
  const head = 8 + text.length + (text.length % 2);
  const step = directoryBytes + (making.apart ? planeBytes : 0);
  const start = (k: number) =>
    head +
    (making.apart ? k * step + directoryBytes : directories * directoryBytes + k * planeBytes);
  const bytes = new Uint8Array(start(planes - 1) + planeBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(little ? [0x49, 0x49, 42, 0] : [0x4d, 0x4d, 0, 42]);
  view.setUint32(4, head, little);
  bytes.set(text, 8);
  for (let d = 0; d < directories; d++) {
    const at = head + d * step;
    const values = at + 2 + 12 * fieldCount + 4;
    for (const [i, per] of (making.pixelsPerUnit ?? [0, 0]).entries()) {
      view.setUint32(values + 8 * i, Math.round(per * 1000), little);
      view.setUint32(values + 8 * i + 4, 1000, little);
    }
    const fields = [
      [256, 4, 1, width],
      [257, 4, 1, height],
      [258, 4, 1, 16],
      [259, 4, 1, making.compression ?? 1],
      [262, 4, 1, samples === 3 ? 2 : 1],
      [270, 2, text.length, 8],
      [273, 4, 1, start(d)],
      [277, 4, 1, samples],
      [278, 4, 1, height],
      [279, 4, 1, planeBytes],
      [282, 5, 1, values],
      [283, 5, 1, values + 8],
      [296, 4, 1, making.resolutionUnit ?? 1],
    ] as const;
    view.setUint16(at, fieldCount, little);
    for (const [i, [tag, type, count, value]] of fields.entries()) {
      const entry = at + 2 + 12 * i;
      view.setUint16(entry, tag, little);
      view.setUint16(entry + 2, type, little);
      view.setUint32(entry + 4, count, little);
      view.setUint32(entry + 8, value, little);
    }
    const next = d + 1 < directories ? at + step : (making.last ?? 0);
    view.setUint32(at + 2 + 12 * fieldCount, next, little);
  }
  for (let k = 0; k < planes; k++) {
    for (let p = 0; p < planeBytes / 2; p++) view.setUint16(start(k) + 2 * p, 100 * k + p, little);
  }
  return bytes;
}

/** First value of each plane of an image, in its own order. */
function planeStarts(data: Float32Array): number[] {
  return Array.from(
    { length: data.length / (height * width) },
    (_, k) => data[k * height * width]!,
  );
}

async function readOne(making: Making) {
  const decoded = await tiff.read(imageJ(making));
  expect(decoded.images).toHaveLength(1);
  const { image, stored, notes } = decoded.images[0]!;
  return { image, stored, notes: [...decoded.notes, ...notes] };
}

describe("a stack with one directory", () => {
  it.each([true, false])("has all its planes, little-endian %s", async (little) => {
    const { image, stored, notes } = await readOne({
      lines: ["images=6", "slices=6", "unit=mm", "spacing=3.0", "loop=false"],
      planes: 6,
      little,
      pixelsPerUnit: [2, 4],
    });
    expect([image.axes, image.shape]).toEqual(["zyx", [6, height, width]]);
    const expected = Array.from({ length: 6 }, (_, k) =>
      Array.from({ length: height * width }, (_, p) => 100 * k + p),
    ).flat();
    expect([...image.data]).toEqual(expected);
    expect([...(stored.data as Uint16Array)]).toEqual(expected);
    expect([image.spacing, image.spacingKnown]).toEqual([[3, 0.25, 0.5], true]);
    expect(notes).toEqual([]);
  });

  it("reads through ImageJ's order: channels, then slices, then frames", async () => {
    const [channels, slices, frames] = [2, 3, 4];
    const { image, stored } = await readOne({
      lines: [
        "images=24",
        "channels=2",
        "slices=3",
        "frames=4",
        "hyperstack=true",
        "finterval=0.5",
      ],
      planes: 24,
    });
    expect([image.axes, image.shape]).toEqual(["tczyx", [frames, channels, slices, height, width]]);
    const expected: number[] = [];
    for (let t = 0; t < frames; t++)
      for (let c = 0; c < channels; c++)
        for (let z = 0; z < slices; z++) expected.push(100 * ((t * slices + z) * channels + c));
    expect(planeStarts(image.data)).toEqual(expected);
    expect([stored.shape, stored.components, stored.kind]).toEqual([
      [frames, slices, height, width],
      channels,
      "vector",
    ]);
    // Pixel 7 of plane 0 for both channels, side by side.
    expect([stored.data[14], stored.data[15]]).toEqual([7, 107]);
    expect(image.timeStep).toBe(0.5);
  });

  it.each([
    [["frames=6"], "tyx", [6]],
    [["slices=2", "frames=3"], "tzyx", [3, 2]],
    [["channels=6"], "cyx", [6]],
    [["channels=3", "slices=2"], "czyx", [3, 2]],
    [["channels=3", "frames=2"], "tcyx", [2, 3]],
    [["frames=2"], "tzyx", [2, 3]],
    [[], "zyx", [6]],
  ] as const)("%j are axes %s", async (lines, axes, sizes) => {
    const { image, notes } = await readOne({ lines: ["images=6", ...lines], planes: 6 });
    expect([image.axes, image.shape]).toEqual([axes, [...sizes, height, width]]);
    expect(image.spacingKnown).toBe(false);
    expect(notes).toEqual([]);
  });

  it("says when sizes and images disagree", async () => {
    const { image, notes } = await readOne({
      lines: ["images=6", "channels=4", "frames=2"],
      planes: 6,
    });
    expect([image.axes, image.shape[0]]).toEqual(["zyx", 6]);
    expect(notes.join()).toMatch(/4 channels, 1 slices and 2 frames are not the 6 images/);
  });

  it("keeps colours", async () => {
    const { image, stored } = await readOne({
      lines: ["images=4", "frames=4"],
      planes: 4,
      samples: 3,
    });
    expect([image.axes, image.shape, stored.kind]).toEqual(["tcyx", [4, 3, height, width], "rgb"]);
    expect(planeStarts(image.data).slice(0, 6)).toEqual([0, 1, 2, 100, 101, 102]);
  });

  it.each([0xfffffff0, 8, 1])("needs no other: the next one is said at byte %d", async (last) => {
    const { image } = await readOne({ lines: ["images=6"], planes: 6, last });
    expect(planeStarts(image.data)).toEqual([0, 100, 200, 300, 400, 500]);
  });

  it("whose planes are not all there is refused with both numbers", async () => {
    const bytes = imageJ({ lines: ["images=7"], planes: 6 });
    await expect(tiff.read(bytes)).rejects.toThrow(FormatError);
    await expect(tiff.read(bytes)).rejects.toThrow(/images=7: found 180 bytes of data, wanted 210/);
    await expect(tiff.read(imageJ({ lines: ["images=1e15"], planes: 1 }))).rejects.toThrow(
      /found 30 bytes/,
    );
    await expect(tiff.read(imageJ({ lines: ["images=six"], planes: 1 }))).rejects.toThrow(
      /found images=six, wanted a whole number/,
    );
    await expect(
      tiff.read(imageJ({ lines: ["images=6"], planes: 6 }), { maxElements: 60 }),
    ).rejects.toThrow(/at most 60/);
  });

  it("whose data are packed has the one plane, with a note", async () => {
    // PackBits of one plane: a run of 30 bytes as they are would need a control byte; zeros repeat.
    const bytes = imageJ({ lines: ["images=6"], planes: 1, compression: 32773 });
    bytes.set([257 - 30, 0], bytes.length - 30);
    const { images, notes } = await tiff.read(bytes);
    expect(images[0]!.image.shape).toEqual([height, width]);
    expect(notes.join()).toMatch(/speaks of 6 images, but the file has 1/);
  });
});

describe("a stack with a directory for each plane", () => {
  it.each([true, false])("keeps its axes, planes apart %s", async (apart) => {
    const { image, notes } = await readOne({
      lines: ["images=6", "channels=2", "frames=3", "hyperstack=true", "finterval=90", "tunit=ms"],
      planes: 6,
      directories: 6,
      apart,
    });
    expect([image.axes, image.shape]).toEqual(["tcyx", [3, 2, height, width]]);
    expect(planeStarts(image.data)).toEqual([0, 100, 200, 300, 400, 500]);
    expect(image.timeStep).toBeCloseTo(0.09, 12);
    expect(notes).toEqual([]);
  });

  it("reads through a chain that breaks where the planes follow each other, and not where they do not", async () => {
    const making = { lines: ["images=6"], planes: 6, directories: 3, last: 0xfffffff0 };
    const { image } = await readOne(making);
    expect(planeStarts(image.data)).toEqual([0, 100, 200, 300, 400, 500]);
    await expect(tiff.read(imageJ({ ...making, apart: true }))).rejects.toThrow(
      /directory at byte 4294967280, beyond the end/,
    );
  });

  it("believes the directories where the description speaks of fewer", async () => {
    const { image, notes } = await readOne({
      lines: ["images=2", "frames=2"],
      planes: 4,
      directories: 4,
    });
    expect([image.axes, image.shape[0]]).toEqual(["zyx", 4]);
    expect(notes.join()).toMatch(/2 images, but the file has 4/);
  });
});

describe("calibration", () => {
  it.each([
    ["unit=micron", 1e-3],
    ["unit=µm", 1e-3],
    ["unit=\\u00B5m", 1e-3],
    ["unit=um", 1e-3],
    ["unit=nm", 1e-6],
    ["unit=mm", 1],
    ["unit=cm", 10],
    ["unit=inch", 25.4],
  ])("%s", async (line, mm) => {
    for (const latin1 of [true, false]) {
      const { image } = await readOne({
        lines: ["images=2", line, "spacing=1.5"],
        planes: 2,
        pixelsPerUnit: [8, 4],
        latin1,
      });
      expect(image.spacingKnown).toBe(true);
      for (const [i, value] of [1.5, 0.25, 0.125].entries())
        expect(image.spacing[i]).toBeCloseTo(value * mm, 12);
    }
  });

  it("takes a depth that is not said for 1 unit, and units of y and z of their own", async () => {
    const { image } = await readOne({
      lines: ["images=2", "unit=cm", "yunit=mm", "zunit=micron"],
      planes: 2,
      pixelsPerUnit: [4, 2],
    });
    expect(image.spacing).toEqual([1e-3, 0.5, 2.5]);
  });

  it.each([["unit=pixel"], ["unit="], ["loop=false"]])("%s is no length", async (line) => {
    const { image } = await readOne({
      lines: ["images=2", line, "spacing=1.5"],
      planes: 2,
      pixelsPerUnit: [8, 4],
    });
    expect(image.spacingKnown).toBe(false);
  });

  it("takes the pixel for 1 unit where only a depth is said, with a note", async () => {
    const { image, notes } = await readOne({
      lines: ["images=2", "unit=mm", "spacing=3"],
      planes: 2,
    });
    expect(image.spacing).toEqual([3, 1, 1]);
    expect(notes.join()).toMatch(/no size of a pixel/);
  });

  it("takes centimetres from the field where the description has no unit", async () => {
    const { image } = await readOne({
      lines: ["images=2", "spacing=0.2"],
      planes: 2,
      pixelsPerUnit: [20, 10],
      resolutionUnit: 3,
    });
    expect(image.spacing).toEqual([2, 1, 0.5]);
  });

  it("of values by a straight line, as signed numbers are written", async () => {
    const lines = ["images=2", "cf=0", "c0=-32768.0", "c1=1.0", "vunit=HU"];
    const { image, stored } = await readOne({ lines, planes: 2 });
    expect([stored.slope, stored.intercept, image.unit]).toEqual([1, -32768, "HU"]);
    expect(planeStarts(image.data)).toEqual([-32768, -32668]);
    const other = await readOne({ lines: ["images=2", "cf=4", "c0=1", "c1=2"], planes: 2 });
    expect(other.image.data[1]).toBe(1);
    expect(other.notes.join()).toMatch(/no straight line/);
  });
});

const sample = join(import.meta.dirname, "../../../shared/cases/formats/t3_single_ifd.tif");

it.skipIf(!existsSync(sample))("a file of another maker, kept outside the repository", async () => {
  const { images } = await tiff.read(new Uint8Array(readFileSync(sample)));
  expect([images[0]!.image.axes, images[0]!.image.shape]).toEqual(["zyx", [6, 16, 20]]);
});

const python = pythonWith("tifffile");

it.skipIf(python === undefined)("agrees with tifffile on axes and values", async () => {
  const path = join(folder, "hyper.tif");
  writeFileSync(
    path,
    imageJ({
      lines: ["images=24", "channels=2", "slices=3", "frames=4", "hyperstack=true"],
      planes: 24,
    }),
  );
  const [answer] = readByPython(python!, [path]);
  // tifffile keeps ImageJ's order of axes: t, z, c, y, x.
  expect(answer!.shape).toEqual([4, 3, 2, height, width]);
});
