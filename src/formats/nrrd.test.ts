import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { programOf } from "../../test/oracle/python.ts";
import { deflateGzip } from "../codecs/inflate.ts";
import { makeImage, placeOf } from "../core/image.ts";
import { openFile, saveImage } from "../files/files.ts";
import { nrrd } from "./nrrd.ts";

const folder = mkdtempSync(join(tmpdir(), "dprime-nrrd-"));
afterAll(() => rmSync(folder, { recursive: true }));
const unu = programOf("teem's unu", ["teem-unu", "unu"]);

const text = (lines: readonly string[], data: Uint8Array | string = "") => {
  const head = new TextEncoder().encode(`${lines.join("\n")}\n\n`);
  const body = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
};

const oblique = makeImage(
  Float32Array.from({ length: 24 }, (_, i) => i * 3 - 20),
  [2, 3, 4],
  {
    spacing: [3, 2, 1.5],
    origin: [10, -20, 30],
    direction: [0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1],
    unit: "HU",
  },
);

describe("spaces", () => {
  const head = [
    "NRRD0004",
    "type: float",
    "dimension: 3",
    "sizes: 1 1 1",
    "encoding: text",
    "kinds: domain domain domain",
  ];
  const read = (space: string) =>
    nrrd.read(
      text(
        [
          ...head,
          `space: ${space}`,
          "space directions: (2,0,0) (0,3,0) (0,0,4)",
          "space origin: (10,20,30)",
        ],
        "7",
      ),
    );

  it("turns RAS and LAS to LPS", async () => {
    const lps = (await read("left-posterior-superior")).images[0]!.image;
    const ras = (await read("RAS")).images[0]!.image;
    const las = (await read("left-anterior-superior")).images[0]!.image;
    expect([lps.origin, lps.direction]).toEqual([
      [10, 20, 30],
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
    ]);
    expect([ras.origin, ras.direction]).toEqual([
      [-10, -20, 30],
      [-1, 0, 0, 0, -1, 0, 0, 0, 1],
    ]);
    expect([las.origin, las.direction]).toEqual([
      [10, -20, 30],
      [1, 0, 0, 0, -1, 0, 0, 0, 1],
    ]);
    expect(lps.spacing).toEqual([4, 3, 2]);
  });

  it("leaves the orientation of other spaces open", async () => {
    const { image, notes } = (await read("scanner-xyz")).images[0]!;
    expect(image.orientationKnown).toBe(false);
    expect(image.spacing).toEqual([4, 3, 2]);
    expect(notes.join()).toMatch(/not anatomical/);
  });
});

describe("lengths, times and components", () => {
  const volume = (...lines: string[]) =>
    nrrd.read(
      text(
        ["NRRD0005", "type: float", "encoding: text", ...lines],
        Array.from({ length: 24 }, (_, i) => i).join(" "),
      ),
    );
  const sized = ["dimension: 3", "sizes: 4 3 2"];
  const lps = "space: left-posterior-superior";

  it("turns every unit of length into mm, also one for each direction", async () => {
    for (const [unit, mm] of [
      ["um", 1e-3],
      ["µm", 1e-3],
      ["micron", 1e-3],
      ["nm", 1e-6],
      ["mm", 1],
      ["cm", 10],
      ["m", 1000],
      ["meters", 1000],
    ] as const) {
      const { image, notes } = (
        await volume(
          ...sized,
          lps,
          "space directions: (500,0,0) (0,500,0) (0,0,1000)",
          "space origin: (10,20,-30)",
          `space units: "${unit}" "${unit}" "${unit}"`,
        )
      ).images[0]!;
      [1000, 500, 500].forEach((v, i) => expect(image.spacing[i]).toBeCloseTo(v * mm, 9));
      [10, 20, -30].forEach((v, i) => expect(image.origin[i]).toBeCloseTo(v * mm, 9));
      expect(notes.join()).toMatch(mm === 1 ? /^$/ : /are now in mm/);
    }
    const mixed = (
      await volume(
        ...sized,
        lps,
        "space directions: (1,0,0) (0,1,0) (0,0,1000)",
        "space origin: (1,2,3000)",
        'space units: "mm" "mm" "um"',
      )
    ).images[0]!.image;
    expect([mixed.spacing, mixed.origin]).toEqual([
      [1, 1, 1],
      [1, 2, 3],
    ]);
    const pixels = (
      await volume(
        ...sized,
        lps,
        "space directions: (1,0,0) (0,1,0) (0,0,2)",
        'space units: "pixel" "pixel" "pixel"',
      )
    ).images[0]!;
    expect([pixels.image.spacingKnown, pixels.image.orientationKnown]).toEqual([false, false]);
    expect(pixels.notes.join()).toMatch(/no lengths/);
    const alone = (await volume(...sized, "spacings: 500 500 2000", 'units: "um" "um" "um"'))
      .images[0]!.image;
    expect([alone.spacing, alone.spacingKnown, alone.orientationKnown]).toEqual([
      [2, 0.5, 0.5],
      true,
      false,
    ]);
  });

  it("takes an axis without a direction as components when it runs fastest, else as a series", async () => {
    for (const none of ["none", "(nan,nan,nan)", "(NaN, NaN, NaN)"]) {
      const fast = (
        await volume(
          "dimension: 4",
          "sizes: 3 2 2 2",
          lps,
          `space directions: ${none} (1,0,0) (0,1,0) (0,0,2)`,
          "space origin: (0,0,5)",
        )
      ).images[0]!;
      expect([fast.image.axes, fast.image.shape, fast.stored.kind]).toEqual([
        "czyx",
        [3, 2, 2, 2],
        "vector",
      ]);
      expect([fast.image.spacing, fast.image.origin]).toEqual([
        [2, 1, 1],
        [0, 0, 5],
      ]);
      expect(Array.from(fast.image.data.subarray(0, 3))).toEqual([0, 3, 6]);
      const slow = (
        await volume(
          "dimension: 4",
          "sizes: 2 2 2 3",
          lps,
          `space directions: (1,0,0) (0,1,0) (0,0,2) ${none}`,
        )
      ).images[0]!.image;
      expect([slow.axes, slow.shape, slow.spacing]).toEqual(["tzyx", [3, 2, 2, 2], [2, 1, 1]]);
    }
  });

  it("reads the time step of its own axis and of a space with time", async () => {
    const step = async (...lines: string[]) =>
      (await volume("dimension: 4", "sizes: 2 2 2 3", ...lines)).images[0]!.image.timeStep;
    const kinds = "kinds: domain domain domain time";
    expect(await step(kinds, "spacings: 1 1 1 2.5", 'units: "mm" "mm" "mm" "s"')).toBe(2.5);
    expect(await step(kinds, "spacings: 1 1 1 2500", 'units: "mm" "mm" "mm" "ms"')).toBe(2.5);
    expect(await step(kinds, "spacings: 1 1 1 2.5")).toBe(2.5);
    expect(await step(kinds, "spacings: 1 1 1 1")).toBeUndefined();
    const directions = "space directions: (1,0,0,0) (0,1,0,0) (0,0,2,0) (0,0,0,2.5)";
    expect(await step("space: left-posterior-superior-time", directions)).toBe(2.5);
    expect(await step("space: RAST", directions, 'space units: "mm" "mm" "mm" "s"')).toBe(2.5);
  });

  it("keeps what it does not read, and the lines of a place that did not change", async () => {
    const lines = [
      ...sized,
      "space: right-anterior-superior",
      "space directions: (500,0,0) (0,500,0) (0,0,1000)",
      "space origin: (0,0,0)",
      'space units: "um" "um" "um"',
      "measurement frame: (1,0,0) (0,1,0) (0,0,1)",
      "centerings: cell cell cell",
      "content: phantom of größe",
      "modality:=DWMRI",
      "DWMRI_b-value:=1000",
    ];
    const { images, source } = await volume(...lines);
    const [one] = images;
    const again = async (image = one!.image) =>
      (await nrrd.read((await nrrd.write!(image, { fileName: "b.nrrd", source })).files[0]!.bytes))
        .images[0]!;
    const same = await again();
    expect(same.facts).toEqual(one!.facts);
    expect(same.facts).toMatchObject({ "DWMRI_b-value": "1000", content: "phantom of größe" });
    expect(placeOf(same.image)).toEqual(placeOf(one!.image));
    const moved = await again(
      makeImage(one!.image.data, [2, 3, 4], { ...one!.image, origin: [1, 2, 3] }),
    );
    expect(moved.image.origin).toEqual([1, 2, 3]);
    // Its vectors were in the coordinates of a space that is no longer named.
    expect(moved.facts["measurement frame"]).toBeUndefined();
    expect(moved.facts.centerings).toBe("cell cell cell");
    const cut = await again(makeImage(one!.image.data.slice(0, 12), [1, 3, 4], one!.image));
    expect(cut.facts.centerings).toBeUndefined();
  });
});

describe("data over several files", () => {
  const head = (dataFile: string, ...names: string[]) =>
    new TextEncoder().encode(
      [
        "NRRD0005",
        "type: short",
        "dimension: 3",
        "sizes: 2 2 3",
        "endian: little",
        `encoding: ${names.includes("raw") ? "raw" : "gzip"}`,
        `data file: ${dataFile}`,
        ...names.filter((n) => n !== "raw"),
        "",
      ].join("\n"),
    );
  const slice = (n: number) => new Uint8Array(Int16Array.of(n, n + 1, n + 2, n + 3).buffer);
  const expected = [10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33];
  const served = (packed: boolean) => (name: string) => {
    const n = 10 * Number(/(\d+)/.exec(name)?.[1]);
    return Promise.resolve(packed ? deflateGzip(slice(n)) : slice(n));
  };

  it("reads lists and numbered files, raw and packed, with or without their dimension", async () => {
    for (const packed of [true, false]) {
      const raw = packed ? [] : ["raw"];
      const companion = served(packed);
      for (const bytes of [
        head("LIST", "größe 1.gz", "größe 2.gz", "größe 3.gz", ...raw),
        head("LIST 2", "s1.gz", "s2.gz", "s3.gz", ...raw),
        head("s%d.gz 1 3 1", ...raw),
        head("s_%03d.gz 1 3 1 2", ...raw),
      ]) {
        const { image } = (await nrrd.read(bytes, { companion })).images[0]!;
        expect([...image.data]).toEqual(expected);
      }
      const back = (await nrrd.read(head("s%02d.gz 3 1 -1", ...raw), { companion })).images[0]!;
      expect(Array.from(back.image.data.subarray(0, 4))).toEqual([30, 31, 32, 33]);
    }
  });

  it("names the file that is damaged or missing", async () => {
    const cut = (name: string) =>
      name === "s2.gz" ? Promise.resolve(deflateGzip(slice(2).slice(0, 4))) : served(true)(name);
    await expect(nrrd.read(head("s%d.gz 1 3 1"), { companion: cut })).rejects.toThrow(
      /Cannot read s2\.gz of an NRRD: /,
    );
    const missing = (name: string) =>
      name === "s3.gz" ? Promise.resolve(undefined) : served(true)(name);
    await expect(nrrd.read(head("s%d.gz 1 3 1"), { companion: missing })).rejects.toThrow(
      /found no s3\.gz beside its header/,
    );
    await expect(nrrd.read(head("s%d.gz 1 5 1"), { companion: served(true) })).rejects.toThrow(
      /over 5 files: found 12 elements, wanted the same number in each/,
    );
  });
});

describe("encodings and axes", () => {
  it("reads text, hex and both byte orders alike", async () => {
    const head = (encoding: string, ...more: string[]) => [
      "NRRD0004",
      "# a comment",
      "type: short",
      "dimension: 2",
      "sizes: 3 2",
      `encoding: ${encoding}`,
      ...more,
    ];
    const expected = [1, -2, 300, 4, 5, -600];
    const words = Int16Array.from(expected);
    const little = new Uint8Array(words.buffer.slice(0));
    const big = little.slice();
    for (let i = 0; i < 12; i += 2) [big[i], big[i + 1]] = [little[i + 1]!, little[i]!];
    const hex = Array.from(little, (b) => b.toString(16).padStart(2, "0")).join("");
    for (const bytes of [
      text(head("text"), "1 -2 300\n4, 5 -600\n"),
      text(head("hex", "endian: little"), hex),
      text(head("raw", "endian: little"), little),
      text(head("raw", "endian: big"), big),
    ]) {
      expect([...(await nrrd.read(bytes)).images[0]!.image.data]).toEqual(expected);
    }
  });

  it("brings a fast series axis and a slow vector axis into image order", async () => {
    const values = Array.from({ length: 12 }, (_, i) => i).join(" ");
    const fast = await nrrd.read(
      text(
        [
          "NRRD0004",
          "type: float",
          "dimension: 3",
          "sizes: 2 3 2",
          "kinds: list domain domain",
          "encoding: text",
        ],
        values,
      ),
    );
    expect(fast.images[0]!.image.axes).toBe("tyx");
    expect([...fast.images[0]!.image.data]).toEqual([0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
    const colour = await nrrd.read(
      text(
        [
          "NRRD0004",
          "type: uchar",
          "dimension: 3",
          "sizes: 3 2 2",
          "kinds: RGB-color domain domain",
          "encoding: text",
        ],
        values,
      ),
    );
    expect(colour.images[0]!.image.axes).toBe("cyx");
    expect(colour.images[0]!.stored.kind).toBe("rgb");
    expect([...colour.images[0]!.image.data]).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
  });

  it("finds the data of a detached header, and only in its folder", async () => {
    const path = join(folder, "a.nhdr");
    await saveImage(path, oblique, { compress: false });
    const back = (await openFile(path)).images[0]!.image;
    expect(back.data).toEqual(oblique.data);
    const other = join(folder, "b.nhdr");
    writeFileSync(
      other,
      readFileSync(path, "latin1").replace(/data file: .*/, "data file: ../../etc/hostname"),
    );
    await expect(openFile(other)).rejects.toThrow(/outside the folder/);
  });
});

describe.skipIf(unu === undefined)("teem", () => {
  it("reads what is written here, and writes what is read", async () => {
    for (const compress of [false, true]) {
      const path = join(folder, `ours-${compress}.nrrd`);
      await saveImage(path, oblique, { compress });
      const copy = join(folder, `theirs-${compress}.nrrd`);
      expect(
        spawnSync(unu!, ["save", "-f", "nrrd", "-e", "ascii", "-i", path, "-o", copy]).status,
      ).toBe(0);
      const back = (await openFile(copy)).images[0]!.image;
      expect([...back.data]).toEqual([...oblique.data]);
      expect(back.shape).toEqual([2, 3, 4]);
      back.direction.forEach((v, i) => expect(v).toBeCloseTo(oblique.direction[i]!, 12));
      expect(back.origin).toEqual(oblique.origin);
      expect(back.unit).toBe("HU");
    }
  });

  it("accepts the time step of a series that lies in space", async () => {
    const series = makeImage(
      Float32Array.from({ length: 48 }, (_, i) => i),
      [2, 2, 3, 4],
      { axes: "tzyx", spacing: [3, 2, 1.5], origin: [1, 2, 3], timeStep: 2.5 },
    );
    const path = join(folder, "series.nrrd");
    await saveImage(path, series);
    const copy = join(folder, "series-theirs.nrrd");
    const ran = spawnSync(unu!, ["save", "-f", "nrrd", "-i", path, "-o", copy]);
    expect(String(ran.stderr)).toBe("");
    const back = (await openFile(copy)).images[0]!.image;
    expect([back.axes, back.timeStep, back.spacing, back.origin]).toEqual([
      "tzyx",
      2.5,
      [3, 2, 1.5],
      [1, 2, 3],
    ]);
  });
});
