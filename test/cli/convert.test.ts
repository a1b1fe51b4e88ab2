/** `dprime info` and `dprime convert` from the shell. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode } from "fast-png";
import { beforeAll, describe, expect, it } from "vitest";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { writeNewSeries } from "../../src/dicom/create.ts";
import { openFile, saveImage } from "../../src/files/files.ts";
import { buildOnce, dprime, namesIn, newFolder } from "./dprime.ts";

beforeAll(buildOnce);
const folder = newFolder("convert");
const at = (name: string) => join(folder, name);
const stream = streamOf(6, "convert");
const volume = makeImage(
  Float32Array.from({ length: 3 * 40 * 48 }, () => Math.round(40 + 15 * stream.normal()) + 0),
  [3, 40, 48],
  {
    spacing: [2.5, 0.8, 0.75],
    origin: [-30, 12.5, 40],
    direction: [0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1],
    unit: "HU",
  },
);

describe("info", () => {
  it("says geometry, unit, range and noise, for people and as JSON", async () => {
    await saveImage(at("v.nii.gz"), volume, { type: "int16" });
    const told = dprime(["info", at("v.nii.gz"), "--figure", at("sheet.png")]);
    expect(told.code).toBe(0);
    expect(told.out).toMatch(/3 × 40 × 48 \(zyx\)/);
    expect(told.out).toMatch(/2\.5 × 0\.8 × 0\.75 mm/);
    const sheet = decode(readFileSync(at("sheet.png")));
    expect(sheet.width).toBeGreaterThan(300);
    const { images } = JSON.parse(dprime(["info", at("v.nii.gz"), "--json"]).out) as {
      images: {
        unit: string;
        orientation: string;
        stored: string;
        noise: { sigma: number };
        min: number;
      }[];
    };
    expect(images[0]).toMatchObject({ unit: "HU", orientation: "prS", stored: "int16" });
    // White noise of 15 HU on nothing else; the median of three slices of 1920 pixels is good to some 10 %.
    expect(images[0]!.noise.sigma).toBeGreaterThan(12);
    expect(images[0]!.noise.sigma).toBeLessThan(18);
  });

  it("opens a folder of DICOM files as a series, whatever else lies there", async () => {
    const { mkdirSync } = await import("node:fs");
    mkdirSync(at("series"));
    const written = await writeNewSeries(volume);
    written.forEach(({ bytes }, i) => writeFileSync(join(at("series"), `IM${i}`), bytes));
    writeFileSync(join(at("series"), "readme.txt"), "hello");
    const ran = dprime(["info", at("series"), "--json"]);
    const facts = JSON.parse(ran.out) as {
      format: string;
      images: { shape: number[]; files: number }[];
      notes: string[];
    };
    expect(facts.format).toBe("dicom");
    expect(facts.images).toHaveLength(1);
    expect(facts.images[0]).toMatchObject({ shape: [3, 40, 48], files: 3 });
    expect(facts.notes.join()).toMatch(/skipped 1 file: found no DICOM in it/);
  });

  it("ends with code 2 and one sentence on a file that it cannot read", () => {
    writeFileSync(at("bad.nii"), "not an image");
    const ran = dprime(["info", at("bad.nii")]);
    expect(ran.code).toBe(2);
    expect(ran.err.trim().split("\n")).toHaveLength(1);
    expect(ran.err).toMatch(/Cannot read a NIfTI header: found .*byte 0/);
  });
});

describe("convert", () => {
  it("keeps stored values and geometry around a ring of formats", async () => {
    const ring = ["v.nii.gz", "a.nrrd", "b.mha", "c.nhdr", "d.mhd", "e.nii"];
    for (let i = 1; i < ring.length; i++) {
      const ran = dprime(["convert", at(ring[i - 1]!), at(ring[i]!)]);
      expect(ran.err).toBe("");
      expect(ran.out).toMatch(/Nothing is lost/);
    }
    const [first, last] = await Promise.all([openFile(at("v.nii.gz")), openFile(at("e.nii"))]);
    expect(last.images[0]!.stored.data).toEqual(first.images[0]!.stored.data);
    expect(last.images[0]!.image.unit).toBe("HU");
    last.images[0]!.image.direction.forEach((v, i) =>
      expect(v).toBeCloseTo(volume.direction[i]!, 6),
    );
  });

  it("says what the target cannot hold", () => {
    const ran = dprime(["convert", at("v.nii.gz"), at("v.npy"), "--json"]);
    const { lost } = JSON.parse(ran.out) as { lost: string[] };
    expect(lost.join("; ")).toMatch(/spacing: .* mm.*; orientation: origin .*; unit: HU/);
    const png = dprime(["convert", at("series"), at("v.png")]);
    expect(png.code).toBe(2);
    expect(png.err).toMatch(/axes "zyx" as PNG/);
  });

  it("keeps colours colours, and makes none of vectors and complex numbers", async () => {
    const values = Float32Array.from({ length: 3 * 40 }, (_, i) => (i * 7919) % 256);
    const image = makeImage(values, [3, 5, 8], { axes: "cyx" });
    await saveImage(at("rgb.png"), image, { kind: "rgb" });
    await saveImage(at("vector.nii"), image, { type: "uint8" });
    await saveImage(
      at("complex.nrrd"),
      makeImage(values.slice(0, 80), [2, 5, 8], { axes: "cyx" }),
      {
        kind: "complex",
      },
    );
    for (const [from, to, kind] of [
      ["rgb.png", "rgb.nrrd", "rgb"],
      ["rgb.nrrd", "rgb.nii", "rgb"],
      ["vector.nii", "vector.mha", "vector"],
      ["vector.mha", "vector.tif", "vector"],
      ["complex.nrrd", "complex.tif", "complex"],
      ["complex.tif", "complex.mha", "complex"],
    ] as const) {
      const ran = dprime(["convert", at(from), at(to)]);
      expect([ran.code, ran.out]).toEqual([0, expect.stringMatching(/Nothing is lost/)]);
      const back = (await openFile(at(to))).images[0]!;
      expect([to, back.stored.kind]).toEqual([to, kind]);
      expect([...back.image.data]).toEqual(Array.from(values.subarray(0, back.image.data.length)));
    }
    for (const words of [
      ["vector.nii", "v.png"],
      ["vector.nii", "v.dcm"],
      ["complex.nrrd", "c.png"],
      ["complex.nrrd", "c.dcm"],
      ["vector.nii", "v.png", "--window", "0,255"],
    ]) {
      const ran = dprime(["convert", at(words[0]!), at(words[1]!), ...words.slice(2)]);
      expect(ran.code).toBe(2);
      expect(ran.err).toMatch(
        /Cannot write (vectors|complex numbers) of \d components as (PNG|DICOM)/,
      );
      expect(existsSync(at(words[1]!))).toBe(false);
    }
  });

  it("turns a series into a volume and says that its header stays behind", async () => {
    const ran = dprime(["convert", at("series"), at("s.nii")]);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/the DICOM header: patient, study/);
    const back = (await openFile(at("s.nii"))).images[0]!.image;
    expect([...back.data]).toEqual([...volume.data]);
  });

  it("makes a picture by a window", async () => {
    await saveImage(
      at("slice.nii"),
      makeImage(volume.data.slice(0, 1920), [40, 48], { unit: "HU" }),
    );
    expect(dprime(["convert", at("slice.nii"), at("slice.png"), "--window", "0,80"]).code).toBe(0);
    const png = decode(readFileSync(at("slice.png")));
    const expected = Array.from(volume.data.slice(0, 1920), (v) =>
      Math.min(255, Math.max(0, Math.round((v * 255) / 80))),
    );
    expect([...png.data]).toEqual(expected);
  });

  it("reads a file without a header once it is told what it holds", async () => {
    writeFileSync(at("plain.raw"), Uint8Array.of(0, 1, 2, 3, 0, 5, 0, 6));
    expect(dprime(["convert", at("plain.raw"), at("p.npy")]).err).toMatch(/found no header in it/);
    const ran = dprime([
      "convert",
      at("plain.raw"),
      at("p.npy"),
      "--raw-shape",
      "1x3",
      "--raw-type",
      "uint16",
      "--raw-offset",
      "2",
      "--raw-big-endian",
    ]);
    expect(ran.code).toBe(0);
    expect([...(await openFile(at("p.npy"))).images[0]!.image.data]).toEqual([515, 5, 6]);
  });

  it("takes its output by -o too, packs or does not, and writes over a file when told", async () => {
    const sizes = ["--compress", "--no-compress"].map((how) => {
      const ran = dprime(["convert", at("v.nii.gz"), "-o", at("packed.nrrd"), "--force", how]);
      expect(ran.code, ran.err).toBe(0);
      return readFileSync(at("packed.nrrd")).length;
    });
    expect(sizes[0]).toBeLessThan(sizes[1]!);
    expect(sizes[1]).toBeGreaterThan(2 * 3 * 40 * 48);
  });

  it("leaves the input alone and nothing half-written", () => {
    const before = namesIn(folder);
    expect(dprime(["convert", at("v.nii.gz"), at("v.nii.gz")]).err).toMatch(
      /found the input itself/,
    );
    expect(dprime(["convert", at("v.nii.gz"), at("v.jpg")]).err).toMatch(/only read/);
    expect(dprime(["convert", at("v.nii.gz"), at("v.npy")]).err).toMatch(
      /there already, wanted a new one or --force/,
    );
    expect(dprime(["convert", at("v.nii.gz")]).err).toMatch(/found no output/);
    expect(dprime(["convert", at("v.nii.gz"), at("x.nii"), "-o", at("y.nii")]).err).toMatch(
      /found two outputs/,
    );
    expect(namesIn(folder)).toEqual(before);
  });
});
