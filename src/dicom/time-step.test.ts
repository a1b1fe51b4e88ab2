import { describe, expect, it } from "vitest";
import { testObject } from "../../test/dicom-objects.ts";
import { groupSeries, readSeries } from "../files/series.ts";
import { decimalElement, numberElement, textElement } from "./build.ts";
import type { DicomElement } from "./elements.ts";
import { readDicom } from "./read.ts";
import { openDicomFrames } from "./stream.ts";

const cine = async (extra: readonly DicomElement[]) => {
  const bytes = await testObject({
    data: Int16Array.from({ length: 4 * 30 }, (_, i) => i),
    rows: 5,
    columns: 6,
    frames: 4,
    without: [0x00200032, 0x00200037],
    extra,
  });
  const { image } = await readDicom(bytes);
  const frames = await openDicomFrames({
    size: bytes.length,
    read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)),
  });
  expect(frames.image.timeStep).toBe(image.timeStep);
  expect(image.axes).toBe("tyx");
  return image.timeStep;
};

describe("the time between frames", () => {
  it("is the Frame Time, or the vector's where its steps are equal", async () => {
    const byTime = numberElement(0x00280009, "AT", 0x00181063);
    expect(await cine([byTime, decimalElement(0x00181063, 66.7)])).toBeCloseTo(0.0667, 9);
    expect(await cine([decimalElement(0x00181063, 40)])).toBe(0.04);
    const byVector = numberElement(0x00280009, "AT", 0x00181065);
    expect(await cine([byVector, decimalElement(0x00181065, [0, 33, 33.01, 33])])).toBe(0.033);
    expect(await cine([byVector, decimalElement(0x00181065, [0, 33, 50, 33])])).toBeUndefined();
    expect(await cine([decimalElement(0x00181063, 0)])).toBeUndefined();
    expect(await cine([])).toBeUndefined();
  });

  it("of volumes is the Temporal Resolution, where that many positions are stated", async () => {
    const series = async (positions: number) => {
      const files = [];
      for (let k = 0; k < 6; k++) {
        const bytes = await testObject({
          data: Int16Array.from({ length: 30 }, (_, i) => 10 * k + i),
          rows: 5,
          columns: 6,
          extra: [
            textElement(0x00080018, "UI", `2.25.4${k}`),
            textElement(0x00200013, "IS", String(k + 1)),
            decimalElement(0x00200032, [0, 0, 3 * (k % 2)]),
            textElement(0x00200105, "IS", String(positions)),
            decimalElement(0x00200110, 2500),
          ],
        });
        files.push({ name: `${k}.dcm`, bytes });
      }
      return (await readSeries(groupSeries(files).series[0]!)).image;
    };
    expect(await series(3)).toMatchObject({ axes: "tzyx", shape: [3, 2, 5, 6], timeStep: 2.5 });
    // Echoes or directions of diffusion are no times.
    expect((await series(1)).timeStep).toBeUndefined();
  });
});
