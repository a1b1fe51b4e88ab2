/** `dprime simulate` and `dprime insert-noise` from the shell. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { openPath, saveImage } from "../../src/files/files.ts";
import { writeNewSeries } from "../../src/dicom/create.ts";
import { isUid } from "../../src/dicom/uid.ts";
import { waterInserts } from "../../src/phantoms/water-inserts.ts";
import { buildOnce, dprime, namesIn, newFolder } from "./dprime.ts";

beforeAll(buildOnce);
const folder = newFolder("simulate");
const at = (...names: string[]) => join(folder, ...names);

/** Every file below a folder by its path. */
function contents(path: string): Map<string, string> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true });
  return new Map(
    files
      .filter((file) => file.isFile())
      .map((file) => {
        const whole = join(file.parentPath, file.name);
        return [whole.slice(path.length + 1), readFileSync(whole).toString("base64")];
      }),
  );
}

// Few channels and views: these tests are about files, and the physics has its own.
const small = [
  "--phantom-param",
  "size=32",
  "--phantom-param",
  "slices=3",
  "--param",
  "views=32",
  "--param",
  "channels=200",
  "--param",
  "channelMm=4",
];

describe("simulate", () => {
  it.each(["dicom", "nifti", "npy"])(
    "writes the same bytes as %s with one thread and two",
    (format) => {
      const words = [
        "simulate",
        "abdomen",
        "--count",
        "2",
        "--seed",
        "5",
        "--dose",
        "0.25",
        ...small,
      ];
      const folders = ["1", "2"].map((threads) => {
        const out = at(`${format}-${threads}`);
        const ran = dprime([...words, "--format", format, "--threads", threads, "-o", out]);
        expect(ran.code, ran.err).toBe(0);
        return contents(out);
      });
      expect(folders[0]!.size).toBe(format === "dicom" ? 2 * 4 * 3 + 1 : 2 * 4 + 1);
      expect(folders[1]).toEqual(folders[0]);
    },
  );

  it("writes truth, noise-free reference and labels, and says in the manifest what was drawn", async () => {
    const out = at("nifti-1");
    const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as {
      phantom: string;
      acquisition: string;
      seed: number;
      parameters: { dose: number; views: number };
      labels: Record<string, string>;
      cases: { case: number; files: Record<string, string[]>; truth: object }[];
    };
    expect(manifest).toMatchObject({ phantom: "abdomen", acquisition: "ct-fan", seed: 5 });
    expect(manifest.parameters).toMatchObject({ dose: 0.25, views: 32 });
    expect(manifest.cases.map((one) => one.case)).toEqual([1, 2]);
    const { files } = manifest.cases[1]!;
    const read = async (kind: string) =>
      (await openPath(join(out, files[kind]![0]!))).images[0]!.image;
    const [object, noisy, reference, labels] = await Promise.all(
      ["object", "noisy", "reference", "labels"].map(read),
    );
    for (const image of [noisy, reference, labels]) {
      expect(image!.shape).toEqual(object!.shape);
      image!.spacing.forEach((v, a) => expect(v).toBeCloseTo(object!.spacing[a]!, 5));
    }
    for (const value of new Set(labels!.data)) {
      if (value !== 0) expect(manifest.labels).toHaveProperty(String(value));
    }
    // Noise is what parts the noisy image from its reference; both show the object.
    const apart = noisy!.data.map((v, i) => v - reference!.data[i]!);
    expect(Math.max(...apart.map(Math.abs))).toBeGreaterThan(1);
    const correlation = (a: Float32Array, b: Float32Array) => {
      const mean = (x: Float32Array) => x.reduce((s, v) => s + v, 0) / x.length;
      const [ma, mb] = [mean(a), mean(b)];
      let [ab, aa, bb] = [0, 0, 0];
      a.forEach((v, i) => {
        ab += (v - ma) * (b[i]! - mb);
        aa += (v - ma) ** 2;
        bb += (b[i]! - mb) ** 2;
      });
      return ab / Math.sqrt(aa * bb);
    };
    // 32 pixels over an abdomen blur its edges; a mirrored or shifted image would fall far below.
    expect(correlation(object!.data, reference!.data)).toBeGreaterThan(0.95);
  });

  it("gives every DICOM object a legal UID of its own, which another seed changes", () => {
    const uidsOf = (out: string, tag: number[]): string[] =>
      [...contents(out)]
        .filter(([name]) => name.endsWith(".dcm"))
        .map(([, text]) => {
          const bytes = Buffer.from(text, "base64");
          // Explicit little endian: group, element, "UI", length, value padded by NUL.
          const start = bytes.indexOf(Buffer.from([...tag, 0x55, 0x49]), 132);
          const length = bytes.readUInt16LE(start + 6);
          return bytes.toString("latin1", start + 8, start + 8 + length).replace(/\0$/, "");
        });
    const instance = [0x08, 0x00, 0x18, 0x00];
    const study = [0x20, 0x00, 0x0d, 0x00];
    const own = uidsOf(at("dicom-1"), instance);
    expect(own.every(isUid)).toBe(true);
    expect(new Set(own).size).toBe(24);
    expect(new Set(uidsOf(at("dicom-1"), study)).size).toBe(2);
    const other = at("dicom-other");
    const words = [
      "simulate",
      "abdomen",
      "--seed",
      "6",
      ...small,
      "--format",
      "dicom",
      "-o",
      other,
    ];
    expect(dprime(words).code).toBe(0);
    for (const uid of uidsOf(other, instance)) expect(own).not.toContain(uid);
  });

  it("refuses what it cannot do, by name, and leaves nothing behind", () => {
    const before = namesIn(folder);
    const cases: [string[], RegExp][] = [
      [["simulate", "abdomenn", "-o", at("x")], /no phantom "abdomenn", wanted one of .*abdomen/],
      [["simulate", "abdomen+ct", "-o", at("x")], /no acquisition "ct", wanted one of .*ct-fan/],
      [["simulate", "abdomen", "--dose", "0", "-o", at("x")], /dose/],
      [["simulate", "brain-mr", "--dose", "0.5", "-o", at("x")], /Cannot set a dose for/],
      [["simulate", "abdomen", "--param", "vievs=3", "-o", at("x")], /vievs/],
      [["simulate", "abdomen", "--phantom-param", "size=-3", "-o", at("x")], /size/],
      [["simulate", "abdomen", ...small, "--param", "channels=20", "-o", at("x")], /detector sees/],
      [["simulate", "abdomen", ...small, "-o", at("npy-1")], /npy-1/],
    ];
    for (const [words, message] of cases) {
      const ran = dprime(words);
      expect(ran.err, words.join(" ")).toMatch(message);
      expect(ran.code, words.join(" ")).toBe(2);
    }
    expect(namesIn(folder)).toEqual(before);
  });
});

describe("insert-noise", () => {
  const { image } = waterInserts.draw(streamOf(1), {
    size: 48,
    slices: 3,
    diameterMm: 150,
  });

  it("makes the same low-dose volume with one thread and two, and reports what it added", async () => {
    await saveImage(at("full.nii.gz"), image);
    const [one, two] = ["1", "2"].map((threads) => {
      const out = at(`low-${threads}.nii.gz`);
      const words = ["insert-noise", at("full.nii.gz"), "-o", out, "--dose", "0.25", "--param"];
      const ran = dprime([...words, "views=64", "--threads", threads, "--json"]);
      expect(ran.code, ran.err).toBe(0);
      const told = JSON.parse(ran.out) as { dose: number; images: { addedSd: number }[] };
      return { told, bytes: readFileSync(out) };
    });
    expect(one!.bytes.equals(two!.bytes)).toBe(true);
    const low = (await openPath(at("low-1.nii.gz"))).images[0]!.image;
    expect(low.unit).toBe("HU");
    expect(low.spacing.map((v) => v.toFixed(4))).toEqual(image.spacing.map((v) => v.toFixed(4)));
    // The middle half of rows and columns, as the report has it.
    let [sum, square, count] = [0, 0, 0];
    for (let k = 0; k < 3; k++) {
      for (let j = 12; j < 36; j++) {
        for (let i = 12; i < 36; i++) {
          const v = low.data[(k * 48 + j) * 48 + i]! - image.data[(k * 48 + j) * 48 + i]!;
          sum += v;
          square += v * v;
          count++;
        }
      }
    }
    const sd = Math.sqrt(square / count - (sum / count) ** 2);
    expect(one!.told.images[0]!.addedSd).toBeCloseTo(sd, 2);
    expect(sd).toBeGreaterThan(1);
  });

  it("derives a DICOM series that keeps its study and geometry under new identifiers", async () => {
    const series = at("series");
    mkdirSync(series);
    for (const [k, { bytes }] of (await writeNewSeries(image)).entries()) {
      writeFileSync(join(series, `${k}.dcm`), bytes);
    }
    const words = ["insert-noise", series, "--dose", "0.5", "--param", "views=64"];
    const ran = dprime([...words, "-o", at("half")]);
    expect(ran.code, ran.err).toBe(0);
    const made = (await openPath(at("half"))).images[0]!.image;
    const from = (await openPath(series)).images[0]!.image;
    expect(made.shape).toEqual(from.shape);
    expect(made.spacing).toEqual(from.spacing);
    expect(made.origin).toEqual(from.origin);
    expect(made.data).not.toEqual(from.data);
  });

  it("refuses doses above the image's own, images without HU, and cut-off fields of view", async () => {
    const grey = makeImage(new Float32Array(32 * 32).fill(0.5), [32, 32], { unit: "normalised" });
    await saveImage(at("grey.npy"), grey);
    const full = makeImage(new Float32Array(32 * 32).fill(40), [32, 32], {
      unit: "HU",
      spacing: [1, 2, 2],
    });
    await saveImage(at("cut.nii.gz"), full);
    const out = at("never.nii.gz");
    const cases: [string[], RegExp][] = [
      [[at("full.nii.gz"), "--dose", "2"], /dose/],
      [[at("full.nii.gz"), "--dose", "0.5", "--param", "kernel=bone"], /bone/],
      [[at("grey.npy"), "--dose", "0.5"], /HU/],
      [[at("cut.nii.gz"), "--dose", "0.5"], /border/],
      [[at("nowhere"), "--dose", "0.5"], /nowhere/],
    ];
    for (const [words, message] of cases) {
      const ran = dprime(["insert-noise", ...words, "-o", out]);
      expect(ran.err, words.join(" ")).toMatch(message);
      expect(ran.code, words.join(" ")).toBe(2);
    }
    expect(namesIn(folder)).not.toContain("never.nii.gz");
  });
});
