import { existsSync } from "node:fs";
import { join } from "node:path";
import { zlibSync } from "fflate";
import { describe, expect, it } from "vitest";
import { sharedData } from "../../test/shared-data.ts";
import { makeImage } from "../core/image.ts";
import { openFile } from "../files/files.ts";
import { metaimage } from "./metaimage.ts";

const header = (lines: readonly string[]) => new TextEncoder().encode(`${lines.join("\n")}\n`);
const join2 = (a: Uint8Array, b: Uint8Array) => Uint8Array.from([...a, ...b]);

/** A header as ITK 5 writes it for an image rotated by 90° about z. */
const itk = [
  "ObjectType = Image",
  "NDims = 3",
  "BinaryData = True",
  "BinaryDataByteOrderMSB = False",
  "CompressedData = False",
  "TransformMatrix = 0 1 0 -1 0 0 0 0 1",
  "Offset = 10 20 30",
  "CenterOfRotation = 0 0 0",
  "AnatomicalOrientation = RAI",
  "ElementSpacing = 0.5 2 3",
  "DimSize = 2 1 1",
  "ElementType = MET_SHORT",
  "ElementDataFile = LOCAL",
];

describe("geometry", () => {
  it("takes rows of the matrix as directions of the index axes", async () => {
    const { image } = (await metaimage.read(join2(header(itk), Uint8Array.of(1, 0, 255, 255))))
      .images[0]!;
    // Index x runs along world +y, index y along world −x.
    expect(image.direction).toEqual([0, -1, 0, 1, 0, 0, 0, 0, 1]);
    expect(image.spacing).toEqual([3, 2, 0.5]);
    expect(image.origin).toEqual([10, 20, 30]);
    expect([...image.data]).toEqual([1, -1]);
  });

  it("keeps a plane's place in space as a volume of one slice", async () => {
    const plane = makeImage(Float32Array.of(1, 2), [1, 2], {
      spacing: [4, 2, 1],
      origin: [1, 2, 3],
      direction: [0, 0, 1, 1, 0, 0, 0, 1, 0],
    });
    const { files } = await metaimage.write!(plane, { fileName: "a.mha" });
    expect(new TextDecoder().decode(files[0]!.bytes)).toMatch(/NDims = 3\n[\s\S]*DimSize = 2 1 1/);
    const back = (await metaimage.read(files[0]!.bytes)).images[0]!.image;
    expect([back.axes, back.origin, back.direction]).toEqual(["yx", plane.origin, plane.direction]);
  });
});

describe("headers of other tools", () => {
  const voxels = Uint8Array.of(1, 0, 255, 255);
  const with_ = (...more: string[]) => {
    const lines = [...itk];
    lines.splice(lines.length - 3, 0, ...more);
    return metaimage.read(join2(header(lines), voxels));
  };

  it("keep DICOM attributes and fields that are not read", async () => {
    const { images, source } = await with_(
      "0008|0060 = CT",
      "0010|0010 = Müller^Jörg",
      "Modality = MET_MOD_CT",
      "my key = a = b",
      "Comment = made by hand",
    );
    expect(images[0]!.facts).toEqual({
      "0008|0060": "CT",
      "0010|0010": "Müller^Jörg",
      Modality: "MET_MOD_CT",
      "my key": "a = b",
      description: "made by hand",
    });
    const { files } = await metaimage.write!(images[0]!.image, {
      fileName: "b.mha",
      source,
      stored: images[0]!.stored,
    });
    const back = (await metaimage.read(files[0]!.bytes)).images[0]!;
    expect(back.facts).toEqual(images[0]!.facts);
    expect(back.image.origin).toEqual([10, 20, 30]);
  });

  it("read lengths in their unit and values by their function", async () => {
    const { image, notes } = (await with_("DistanceUnits = um")).images[0]!;
    [0.003, 0.002, 0.0005].forEach((v, i) => expect(image.spacing[i]).toBeCloseTo(v, 12));
    expect(image.origin[2]).toBeCloseTo(0.03, 12);
    expect(notes.join()).toMatch(/lengths were in um/);
    const scaled = (
      await with_(
        "ElementToIntensityFunctionSlope = 0.5",
        "ElementToIntensityFunctionOffset = -1000",
      )
    ).images[0]!;
    expect([...scaled.image.data]).toEqual([-999.5, -1000.5]);
    await expect(with_("ElementToIntensityFunctionSlope = 0")).rejects.toMatchObject({
      kind: "corrupt",
    });
  });

  it("know spacing and orientation by the fields that say them", async () => {
    const known = async (dropped: RegExp) => {
      const lines = itk.filter((line) => !dropped.test(line));
      const { image } = (await metaimage.read(join2(header(lines), voxels))).images[0]!;
      return [image.spacingKnown, image.orientationKnown];
    };
    expect(await known(/^$/)).toEqual([true, true]);
    expect(await known(/^ElementSpacing/)).toEqual([false, true]);
    expect(await known(/^(TransformMatrix|Offset)/)).toEqual([true, false]);
    expect(await known(/^(TransformMatrix|Offset|ElementSpacing)/)).toEqual([false, false]);
  });
});

describe("data", () => {
  const typed = (type: string, ...more: string[]) =>
    header([
      "NDims = 2",
      "DimSize = 2 2",
      ...more,
      `ElementType = ${type}`,
      "ElementDataFile = LOCAL",
    ]);
  const numbersOf = async (bytes: Uint8Array) => {
    const { stored } = (await metaimage.read(bytes)).images[0]!;
    return { type: stored.type, data: [...(stored.data as Int32Array)].map(Number) };
  };

  it("reads MET_LONG as wide as the data are", async () => {
    const values = [1, -2, 300000, -4];
    const four = new Uint8Array(Int32Array.from(values).buffer);
    const eight = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
    const packed = "CompressedData = True";
    for (const [bytes, type] of [
      [four, "int32"],
      [eight, "int64"],
    ] as const) {
      const wanted = { type, data: values };
      expect(await numbersOf(join2(typed("MET_LONG"), bytes))).toEqual(wanted);
      expect(await numbersOf(join2(typed("MET_LONG", packed), zlibSync(bytes)))).toEqual(wanted);
    }
    // What is cut from eight bytes each is not read as four.
    await expect(
      metaimage.read(join2(typed("MET_LONG"), eight.slice(0, 24))),
    ).rejects.toMatchObject({ kind: "truncated" });
    expect((await numbersOf(join2(typed("MET_ULONG"), four.fill(7)))).type).toBe("uint32");
  });

  it("reads elements that are text", async () => {
    const text = (words: string) =>
      join2(typed("MET_SHORT", "BinaryData = False"), new TextEncoder().encode(words));
    expect(await numbersOf(text("1 -2\n3 400\n"))).toEqual({
      type: "int16",
      data: [1, -2, 3, 400],
    });
    await expect(metaimage.read(text("1 2 3"))).rejects.toMatchObject({ kind: "truncated" });
    await expect(metaimage.read(text("1 2 3 70000"))).rejects.toMatchObject({ kind: "corrupt" });
  });

  const lines = [
    "NDims = 3",
    "DimSize = 2 1 3",
    "ElementType = MET_USHORT",
    "ElementByteOrderMSB = True",
  ];

  it("reads numbered slices in big-endian order", async () => {
    const bytes = header([...lines, "ElementDataFile = s_%02d.raw 1 3 1"]);
    const asked: string[] = [];
    const companion = (name: string) => {
      asked.push(name);
      const n = Number(/\d+/.exec(name)![0]);
      return Promise.resolve(Uint8Array.of(0, n, 1, n));
    };
    const { image } = (await metaimage.read(bytes, { companion })).images[0]!;
    expect(asked).toEqual(["s_01.raw", "s_02.raw", "s_03.raw"]);
    expect([...image.data]).toEqual([1, 257, 2, 258, 3, 259]);
  });

  it("reads lists of files, with their dimension and with names in any letters", async () => {
    for (const list of ["LIST", "LIST 2"]) {
      const bytes = header([
        ...lines,
        `ElementDataFile = ${list}`,
        "größe1.raw",
        "大2.raw",
        "s3.raw",
      ]);
      const companion = (name: string) => {
        const n = { "größe1.raw": 1, "大2.raw": 2, "s3.raw": 3 }[name];
        return Promise.resolve(n === undefined ? undefined : Uint8Array.of(0, n, 1, n));
      };
      const { image } = (await metaimage.read(bytes, { companion })).images[0]!;
      expect([...image.data]).toEqual([1, 257, 2, 258, 3, 259]);
    }
  });

  it("names what is missing beside it", async () => {
    const bytes = header([...lines, "ElementDataFile = s_%02d.raw 1 3 1"]);
    const companion = (name: string) =>
      Promise.resolve(name === "s_02.raw" ? undefined : Uint8Array.of(0, 1, 0, 2));
    await expect(metaimage.read(bytes, { companion })).rejects.toThrow(
      /found 2 of 3 data files beside it, wanted all \(first absent: s_02.raw\)/,
    );
  });

  it("warns of unsigned numbers with an offset under a signed name", async () => {
    const signed = [
      ...lines.slice(0, 1),
      "DimSize = 2 2 1",
      "ElementType = MET_SHORT",
      "ElementByteOrderMSB = True",
      "ElementDataFile = LOCAL",
    ];
    // 33768 is 1000 with the offset; read as signed it is −31768.
    const { notes } = (
      await metaimage.read(
        join2(header(signed), Uint8Array.of(0x83, 0xe8, 0x83, 0xe9, 0x83, 0xe7, 0x83, 0xe8)),
      )
    ).images[0]!;
    expect(notes.join()).toMatch(/offset of 32768/);
  });
});

describe("the collection", () => {
  const truth = join(sharedData, "6_phantoms/lcd_phantom_truth/ground_truth.mhd");
  it.skipIf(!existsSync(truth))(
    "reads the LCD phantom: values 1000 to 1014 as its record says",
    async () => {
      const { image } = (await openFile(truth)).images[0]!;
      let [low, high] = [Infinity, -Infinity];
      for (const v of image.data) {
        if (v < low) low = v;
        if (v > high) high = v;
      }
      expect(image.shape).toEqual([512, 512]);
      expect(high).toBe(1014);
      expect(low).toBeGreaterThanOrEqual(0);
    },
  );
});
