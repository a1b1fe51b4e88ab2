import { describe, expect, it } from "vitest";
import { testObject } from "../../test/dicom-objects.ts";
import { makeImage } from "../core/image.ts";
import type { ComponentKind, StoredArray } from "../core/stored.ts";
import { numberElement, textElement } from "../dicom/build.ts";
import { dicom } from "./dicom.ts";

const write = (
  data: Float32Array,
  channels: number,
  stored?: { data: StoredArray; kind: ComponentKind; type: "float32" | "uint8" },
) => {
  const image = makeImage(data, [channels, 2, data.length / channels / 2], { axes: "cyx" });
  return dicom.write!(image, {
    fileName: "x.dcm",
    ...(stored
      ? {
          stored: {
            ...stored,
            shape: image.shape.slice(1),
            components: channels,
            slope: 1,
            intercept: 0,
          },
        }
      : {}),
  });
};

describe("components of a voxel in DICOM", () => {
  it.each([
    ["vector", 3],
    ["complex", 2],
    ["vector", 6],
    ["rgba", 4],
  ] as const)("that are %s never become colours", async (kind, channels) => {
    // Zeros and ones, as in a mask or a unit field, would pass for colours by their values.
    const data = Float32Array.from({ length: 4 * channels }, (_, i) => i % 2);
    await expect(write(data, channels, { data, kind, type: "float32" })).rejects.toThrow(
      new RegExp(`^Cannot write .* of ${channels} components as DICOM`),
    );
  });

  it("are colours only where something says so", async () => {
    const whole = Float32Array.from({ length: 12 }, (_, i) => 20 * i);
    await expect(write(whole, 3)).rejects.toThrow(/Cannot write vectors of 3 components/);
    const image = makeImage(whole, [3, 2, 2], { axes: "cyx" });
    const { files } = await dicom.write!(image, { fileName: "x.dcm", kind: "rgb" });
    const [one] = (await dicom.read(files[0]!.bytes)).images;
    expect(one!.image.data).toEqual(whole);
    const bytes = Uint8Array.from([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    const planes = Float32Array.from({ length: 12 }, (_, i) => i);
    const rgb = await write(planes, 3, { data: bytes, kind: "rgb", type: "uint8" });
    const back = (await dicom.read(rgb.files[0]!.bytes)).images[0]!;
    expect(back.image.data).toEqual(planes);
    expect(back.stored.kind).toBe("rgb");
  });
});

describe("what a DICOM file holds", () => {
  it("is called by its name where it is no image to filter", async () => {
    const object = { data: Uint8Array.of(0, 1, 1, 0), rows: 2, columns: 2 };
    const segmentation = await testObject({
      ...object,
      extra: [textElement(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.66.4")],
    });
    expect((await dicom.read(segmentation)).images[0]!.noImage).toBe("a segmentation");
    expect((await dicom.read(await testObject(object))).images[0]!.noImage).toBeUndefined();
  });

  it("keeps a range of padding in a new object", async () => {
    const source = await dicom.read(
      await testObject({
        data: Int16Array.of(-2000, -1950, 7, 8),
        rows: 2,
        columns: 2,
        extra: [numberElement(0x00280120, "SS", -2000), numberElement(0x00280121, "SS", -1900)],
      }),
    );
    const [one] = source.images;
    expect([...one!.padded!]).toEqual([1, 1, 0, 0]);
    const { files } = await dicom.write!(one!.image, { fileName: "x.dcm", stored: one!.stored });
    const back = (await dicom.read(files[0]!.bytes)).images[0]!;
    expect(back.padded).toEqual(one!.padded);
  });
});
