import { describe, expect, it } from "vitest";
import { testObject } from "../../test/dicom-objects.ts";
import { makeImage } from "../core/image.ts";
import { decimalElement, itemOf, sequenceElement } from "./build.ts";
import { writeNewDicom } from "./create.ts";
import { writeDerivedDicom } from "./derive.ts";
import { framesOfResampled, imagesOf } from "./parts.ts";
import { readDicom } from "./read.ts";
import { openDicomFrames } from "./stream.ts";

const axial = [1, 0, 0, 0, 1, 0];
const sagittal = [0, 1, 0, 0, 0, -1];

/** A multi-frame object of 2 × 2 pixels; frame f holds 10 f to 10 f + 3. */
async function object(
  planes: readonly { at: readonly number[]; along?: readonly number[] }[],
): Promise<Uint8Array> {
  const frames = planes.length;
  return testObject({
    data: Int16Array.from({ length: 4 * frames }, (_, i) => 10 * Math.floor(i / 4) + (i % 4)),
    rows: 2,
    columns: 2,
    frames,
    extra: [
      sequenceElement(0x52009229, [
        itemOf([
          sequenceElement(0x00289110, [
            itemOf([decimalElement(0x00280030, [0.5, 0.25]), decimalElement(0x00180050, 9)]),
          ]),
        ]),
      ]),
      sequenceElement(
        0x52009230,
        planes.map(({ at, along = axial }) =>
          itemOf([
            sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, at)])]),
            sequenceElement(0x00209116, [itemOf([decimalElement(0x00200037, along)])]),
          ]),
        ),
      ),
    ],
    without: [0x00200032, 0x00200037],
  });
}
const heights = (zs: readonly number[]) => object(zs.map((z) => ({ at: [0, 0, z] })));

describe("frames under a tilt", () => {
  const angle = (17 * Math.PI) / 180;
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  // Slices follow the table; their planes are turned about x.
  const direction = [1, 0, 0, 0, c, 0, 0, s, 1];

  it("keep the place of every voxel through a multi-frame object and back", async () => {
    const tilted = makeImage(
      Float32Array.from({ length: 5 * 4 * 3 }, (_, i) => i),
      [5, 4, 3],
      {
        spacing: [2.5, 0.9, 0.7],
        origin: [-10, 20, 30],
        direction,
      },
    );
    const { bytes } = await writeNewDicom(tilted);
    const { image, findings } = await readDicom(bytes);
    expect(image.data).toEqual(tilted.data);
    for (const key of ["spacing", "origin", "direction"] as const)
      tilted[key].forEach((v, i) => expect(image[key][i]).toBeCloseTo(v, 6));
    expect(findings.join()).toMatch(/gantry tilt: .* 17°/);
    const frames = await openDicomFrames({
      size: bytes.length,
      read: (at, length) => Promise.resolve(bytes.slice(at, at + length)),
    });
    expect(frames.image.direction).toEqual(image.direction);
    const slab = await frames.read(3, 2);
    [0, 1, 2].forEach((r) =>
      expect(slab.origin[r]).toBeCloseTo(tilted.origin[r]! + 3 * 2.5 * direction[3 * r + 2]!, 6),
    );
  });

  it("are sorted by their places in any order", async () => {
    const places = [3, 0, 2, 1].map((k) => ({
      at: [0, 0, 2 * k],
      along: [1, 0, 0, 0, c, s],
    }));
    const { image, frameOrder } = await readDicom(await object(places));
    expect(frameOrder).toEqual([1, 3, 2, 0]);
    expect(image.spacing[0]).toBeCloseTo(2, 9);
    [0, 0, 1].forEach((v, r) => expect(image.direction[3 * r + 2]).toBeCloseTo(v, 9));
  });
});

describe("frames with a gap", () => {
  const zs = [0, 2, 4, 8, 10];

  it("are never moved: each part has its own place and distance", async () => {
    const source = await readDicom(await heights(zs));
    expect(source.image.axes).toBe("tyx");
    const images = imagesOf(source);
    expect(images.map(({ part, image }) => [part, image.axes, image.shape[0]])).toEqual([
      ["part 1 of 2", "zyx", 3],
      ["part 2 of 2", "zyx", 2],
    ]);
    for (const { image, stored } of images) {
      for (let k = 0; k < image.shape[0]!; k++) {
        const z = image.origin[2] + k * image.spacing[0];
        expect(image.data[4 * k]).toBe(10 * zs.indexOf(z));
      }
      expect([...stored.data].map(Number)).toEqual([...image.data]);
      expect(image.spacing).toEqual([2, 0.5, 0.25]);
    }
    expect(images[0]!.findings.join()).toContain("gap: 1 slice is missing");
  });

  it("are refused or resampled where that is asked for", async () => {
    const source = await readDicom(await heights([10, 0, 4, 2, 8]));
    expect(() => imagesOf(source, "refuse")).toThrow(/gap: 1 slice is missing/);
    const [whole, ...rest] = imagesOf(source, "resample");
    expect(rest).toEqual([]);
    expect(whole!.image).toMatchObject({ axes: "zyx", shape: [6, 2, 2], spacing: [2, 0.5, 0.25] });
    // At 0, 2, 4, 6, 8 and 10 mm: frames 1, 3, 2, the mean of 2 and 4, 4 and 0.
    expect([...whole!.image.data].filter((_, i) => i % 4 === 0)).toEqual([10, 30, 20, 30, 40, 0]);
    expect(whole!.findings.join()).toContain("1 of 6 slices are interpolated");
    const frames = framesOfResampled(source, whole!.image);
    expect(frames).toEqual(source.image);
    const { bytes } = await writeDerivedDicom(source, frames, { method: "x" });
    expect((await readDicom(bytes)).image).toEqual(source.image);
  });

  it("of volumes in time have it in each of them", async () => {
    const source = await readDicom(await heights([0, 1, 3, 0, 1, 3]));
    const [low, high] = imagesOf(source);
    expect(low!.image).toMatchObject({ axes: "tzyx", shape: [2, 2, 2, 2] });
    expect([...low!.image.data].filter((_, i) => i % 4 === 0)).toEqual([0, 10, 30, 40]);
    expect(high!.image).toMatchObject({ axes: "tyx", shape: [2, 2, 2] });
    expect(high!.image.origin[2]).toBe(3);
    const [whole] = imagesOf(source, "resample");
    expect([...whole!.image.data].filter((_, i) => i % 4 === 0)).toEqual([
      0, 10, 15, 20, 30, 40, 45, 50,
    ]);
  });
});

describe("frames of several orientations", () => {
  it("are images of their own", async () => {
    const source = await readDicom(
      await object([
        ...[0, 1].map((z) => ({ at: [0, 0, z] })),
        ...[5, 8, 11].map((x) => ({ at: [x, 0, 0], along: sagittal })),
      ]),
    );
    const images = imagesOf(source);
    expect(images.map(({ image }) => [image.shape[0], image.spacing[0]])).toEqual([
      [2, 1],
      [3, 3],
    ]);
    // The normal of these planes points to the right: the volume begins on the left.
    expect(images[1]!.image.origin[0]).toBe(11);
    expect(images[1]!.image.data[0]).toBe(40);
  });

  it("of which every one has its own stay a series, and say so", async () => {
    const turned = Array.from({ length: 20 }, (_, k) => ({
      at: [0, 0, 0],
      along: [Math.cos(k / 6), Math.sin(k / 6), 0, 0, 0, -1],
    }));
    const source = await readDicom(await object(turned));
    expect(imagesOf(source).map(({ image }) => image.axes)).toEqual(["tyx"]);
    expect(source.findings.join()).toContain("no regular volume");
  });
});

describe("an enhanced object of one frame", () => {
  it("has the place of its functional groups", async () => {
    const { image } = await readDicom(await object([{ at: [1, 2, 3], along: sagittal }]));
    expect(image).toMatchObject({ axes: "yx", origin: [1, 2, 3], spacing: [9, 0.5, 0.25] });
  });
});
