/** Comparisons on paths: what goes in, what the report's folder holds, and what is refused in one sentence. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeImage, type Image } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { writeNewSeries } from "../src/dicom/create.ts";
import { compareFiles, type CompareFilesOptions } from "../src/workflows/compare/compare-files.ts";
import { saveImage } from "../src/files/files.ts";
import { commandLine } from "./command-line.ts";
import { newFolder } from "./cli/dprime.ts";
import { haveSharedData, sharedData } from "./shared-data.ts";

const [nz, n] = [4, 96];
const spacing = [5, 0.8, 0.8] as const;
const folder = newFolder("compare-files");
const path = (name: string) => join(folder, name);

/** Tissue of 60 HU in air, with noise. */
function body(sd: number, seed: number, unit: Image["unit"] = "HU"): Image {
  const stream = streamOf(seed, "compare-files");
  const data = Float32Array.from({ length: nz * n * n }, (_, i) => {
    const inside = Math.hypot((i % n) - 48, (Math.floor(i / n) % n) - 48) < 45;
    return Math.round((inside ? 60 : -1000) + sd * stream.normal());
  });
  return makeImage(data, [nz, n, n], { spacing, unit });
}

const noisy = body(20, 1);
const options: CompareFilesOptions = {
  methods: [{ name: "gaussian", parameters: {} }],
  doses: [1],
  resolution: 0.6,
  lookFor: { diameterMm: 4, contrast: 12 },
  threads: 1,
};

async function series(name: string, image: Image): Promise<string> {
  mkdirSync(path(name));
  const written = await writeNewSeries(image, { seriesDescription: name });
  written.forEach(({ bytes }, k) => writeFileSync(join(path(name), `${k}.dcm`), bytes));
  return path(name);
}

describe("compare on paths", () => {
  it("reads a DICOM series, a NIfTI volume, doses, a truth, a mask and places, and leaves a whole report", async () => {
    const input = await series("series", noisy);
    await saveImage(path("half.nii.gz"), body(28, 2));
    await saveImage(path("truth.nii"), body(0, 3));
    const shares = Float32Array.from({ length: 100 }, (_, i) => (i % 10 < 8 ? 1 : 0));
    await saveImage(path("mask.npy"), makeImage(shares, [10, 10], { unit: "normalised" }));
    const rows = Array.from({ length: nz }, (_, k) =>
      [24, 40, 56, 72].flatMap((row) => [24, 40, 56, 72].map((column) => `${column},${k},${row}`)),
    ).flat();
    writeFileSync(path("places.csv"), `column,slice,row\n${rows.join("\n")}\n`);
    const { result, outputs, page } = await compareFiles(input, path("report"), {
      ...options,
      dosePaths: [{ dose: 0.5, path: path("half.nii.gz") }],
      truth: path("truth.nii"),
      mask: path("mask.npy"),
      places: path("places.csv"),
      command: "dprime compare series",
    });
    expect(result.images).toMatchObject({ shape: [nz, n, n], unit: "HU" });
    expect(result.task.shape).toBe("mask");
    // The method joins slices, so that signals keep one slice between them.
    expect(result.plan).toMatchObject({ cases: 32, slices: 2, available: 64 });
    expect(result.arms.map((arm) => [arm.dose, arm.doseFrom])).toEqual([
      [1, "as acquired"],
      [1, "as acquired"],
      [0.5, "given"],
      [0.5, "given"],
    ]);
    // Noise of two files, as drawn; the error against the truth is the same noise.
    for (const [arm, sd] of [
      [result.arms[0]!, 20],
      [result.arms[2]!, 28],
    ] as const) {
      expect(Math.abs(arm.noise.sd / sd - 1)).toBeLessThan(0.05);
      expect(Math.abs(arm.fidelity!.rmse / sd - 1)).toBeLessThan(0.05);
    }
    expect(outputs).toContain(page);
    const html = readFileSync(page, "utf8");
    expect(html).toContain("dprime compare series");
    expect(html).not.toMatch(/(?:src|href)="https?:/);
    const files = readdirSync(path("report"), { recursive: true, encoding: "utf8" });
    for (const name of ["report.html", "report.md", "report.json", "reading.html"]) {
      expect(files).toContain(name);
    }
    for (const name of ["auc", "trade-off", "contrast", "hardest", "places", "nps-1", "ttf-0-5"]) {
      expect(files).toContain(join("figures", `${name}.svg`));
    }
    for (const name of ["methods", "observers", "viewed", "physics", "promised", "invented"]) {
      expect(files).toContain(join("tables", `${name}.csv`));
    }
    // Once more into the same folder: pieces are there, the numbers too.
    const again = await compareFiles(input, path("report"), {
      ...options,
      dosePaths: [{ dose: 0.5, path: path("half.nii.gz") }],
      truth: path("truth.nii"),
      mask: path("mask.npy"),
      places: path("places.csv"),
      command: "dprime compare series",
      force: true,
    });
    expect(again.result.arms.map((arm) => arm.seconds)).toEqual(
      result.arms.map((arm) => (arm.method === "gaussian" ? arm.seconds : expect.any(Number))),
    );
    expect(again.result.verdict).toBe(result.verdict);
  });

  it("takes a repeat for its error, and leaves out pictures where they are not wanted", async () => {
    await saveImage(path("scan.nii"), body(20, 4, "arbitrary"));
    await saveImage(path("again.nii"), body(20, 5, "arbitrary"));
    const { code, out, err } = await commandLine(
      [
        ["compare", path("scan.nii"), "-o", path("mr"), "--repeat", path("again.nii")],
        ["--method", "median", "--diameter", "4", "--contrast", "0.6", "--contrast-in", "sigma"],
        ["--without-images", "--json", "--threads", "1"],
      ].flat(),
    );
    expect(err).not.toMatch(/error/);
    expect(code).toBe(0);
    const report = JSON.parse(out) as Awaited<ReturnType<typeof compareFiles>>["result"];
    expect(report.arms[0]!.fidelity!.by).toBe("repeat");
    expect(Math.abs(report.arms[0]!.fidelity!.rmse / 20 - 1)).toBeLessThan(0.05);
    expect(report.doses).toEqual([1]);
    const files = readdirSync(path("mr"), { recursive: true, encoding: "utf8" });
    expect(files).not.toContain("reading.html");
    expect(files.filter((name) => /hardest|places/.test(name))).toEqual([]);
    expect(readFileSync(join(path("mr"), "report.html"), "utf8")).not.toMatch(/data:image\/png/);
  });

  it("refuses in one sentence that names the file", async () => {
    await saveImage(path("volume.nii"), noisy);
    const refused = async (input: string, more: Partial<CompareFilesOptions>) =>
      compareFiles(input, path("refused"), { ...options, ...more }).then(
        () => "no error",
        (error: Error) => error.message,
      );
    writeFileSync(path("bad.csv"), "slice,row\n1,2\n");
    expect(await refused(path("volume.nii"), { places: path("bad.csv") })).toMatch(
      /bad\.csv: found the header "slice,row", wanted slice,row,column$/,
    );
    writeFileSync(path("word.csv"), "slice,row,column\n0,40,x\n");
    expect(await refused(path("volume.nii"), { places: path("word.csv") })).toMatch(
      /word\.csv: found "0,40,x" in line 2, wanted three whole numbers$/,
    );
    expect(await refused(path("volume.nii"), { places: path("none.csv") })).toMatch(/none\.csv/);
    writeFileSync(path("outside.csv"), "slice,row,column\n0,9,9\n");
    expect(await refused(path("volume.nii"), { places: path("outside.csv") })).toMatch(
      /slice 0, row 9, column 9: found a mean of -?\d.*, wanted tissue/,
    );
    expect(await refused(path("absent.nii"), {})).toMatch(/absent\.nii/);
    const two = await series("two", noisy);
    const other = await writeNewSeries(noisy, { seriesDescription: "another" });
    other.forEach(({ bytes }, k) => writeFileSync(join(two, `other-${k}.dcm`), bytes));
    expect(await refused(two, {})).toMatch(/two: found 2 images \(.*\), wanted one; say which/);
    expect(await refused(two, { series: "third" })).toMatch(/found 0 images with "third" in/);
    // Named, it is opened: what is refused then is the table.
    expect(await refused(two, { series: "another", places: path("none.csv") })).toMatch(
      /none\.csv/,
    );
    mkdirSync(path("full"));
    writeFileSync(join(path("full"), "thesis.txt"), "mine");
    await expect(compareFiles(path("volume.nii"), path("full"), options)).rejects.toThrow(/full/);
    expect(readdirSync(path("full"))).toEqual(["thesis.txt"]);
    expect(readdirSync(folder)).not.toContain("refused");
    const { code, err } = await commandLine([
      "compare",
      path("volume.nii"),
      "-o",
      path("refused"),
      "--dose",
      "2",
    ]);
    expect(code).toBe(2);
    expect(err).toMatch(/Cannot read --dose: found "2", wanted a fraction/);
  });
});

if (!haveSharedData) console.log("skipped: no shared data here, real PET, ultrasound and colours");
describe.skipIf(!haveSharedData)("compare on other kinds of images", () => {
  const real = (name: string) => join(sharedData, "5_projection_us_retina", name);
  const lookFor = { diameterMm: 12, contrast: 1, contrastIn: "sigma" } as const;
  const shared = { methods: ["gaussian"], lookFor, doses: [1], threads: 1 };

  it("says what a comparison is worth on PET, or that there is no room", async () => {
    const answer = await compareFiles(real("suyash_pet/pet_1.dcm"), path("pet"), {
      ...shared,
      lookFor: { ...lookFor, diameterMm: 4 },
    }).then(
      ({ result }) => result.notes.join("; "),
      (error: Error) => error.message,
    );
    expect(answer).toMatch(
      /emission images: noise follows the counts|found \d+ places .* wanted at least 24; give another tissue/,
    );
  });

  it("refuses colours", async () => {
    await expect(compareFiles(real("retina/retina.jpg"), path("eye"), shared)).rejects.toThrow(
      /^Cannot compare on a colour image: found 3 channels, wanted one grey channel$/,
    );
  });

  it("answers on ultrasound whose channels are equal, or says what is missing", async () => {
    const answer = await compareFiles(
      real("wado_us/US-YBR_FULL_422-EVRLE.dcm"),
      path("us"),
      shared,
    ).then(
      ({ result }) => result.notes.join("; "),
      (error: Error) => error.message,
    );
    expect(answer).toMatch(/ultrasound: a lesion changes the speckle|Cannot compare on .*: found/);
  });
});
