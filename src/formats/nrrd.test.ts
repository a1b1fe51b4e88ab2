import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { programOf } from "../../test/oracle/python.ts";
import { makeImage } from "../core/image.ts";
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
});
