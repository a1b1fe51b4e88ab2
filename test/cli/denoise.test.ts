/** The main job from the shell, on files of every kind that it names. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type Image, makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { writeNewDicom, writeNewSeries } from "../../src/dicom/create.ts";
import { encodeImage, openFile, saveImage } from "../../src/files/files.ts";
import { sharedData } from "../shared-data.ts";
import { buildOnce, dprime, namesIn, newFolder } from "./dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 240_000 });

beforeAll(buildOnce);

const method = ["--method", "gaussian", "--quiet"];

/** Discs in HU with noise of 20 HU; whole numbers, as CT files hold. */
function phantom(shape: readonly number[], changes: { unit?: "HU" | "arbitrary" } = {}): Image {
  const stream = streamOf(5, "cli");
  const [ny, nx] = shape.slice(-2) as [number, number];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => {
    const inside = Math.hypot((i % nx) - nx / 2, (Math.floor(i / nx) % ny) - ny / 2) < ny / 3;
    return Math.round((inside ? 160 : 100) + 20 * stream.normal());
  });
  return makeImage(data, shape, {
    spacing: [2.5, 0.8, 0.75],
    origin: [-30, 12.5, 40],
    unit: changes.unit ?? "HU",
  });
}

const read = async (path: string): Promise<Image> => (await openFile(path)).images[0]!.image;

const spread = (image: Image): number => {
  let sum = 0;
  let squares = 0;
  // The upper left corner is flat, so its spread is noise alone.
  const nx = image.shape.at(-1)!;
  for (let y = 0; y < 12; y++) {
    for (let x = 0; x < 12; x++) {
      const v = image.data[y * nx + x]!;
      sum += v;
      squares += v * v;
    }
  }
  return Math.sqrt(squares / 144 - (sum / 144) ** 2);
};

describe("dprime denoise", () => {
  it.each(["a.npy", "a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.tif", "a.dcm"])(
    "keeps kind and geometry of %s, and lowers the noise",
    async (name) => {
      const folder = newFolder("kinds");
      const input = join(folder, name);
      if (name.endsWith(".dcm")) {
        writeFileSync(input, (await writeNewDicom(phantom([64, 64]))).bytes);
      } else await saveImage(input, phantom([64, 64]));
      const output = join(folder, `out${name.slice(1)}`);
      const { code, err } = dprime(["denoise", input, "-o", output, ...method]);
      expect(err).toBe("");
      expect(code).toBe(0);
      const [before, after] = [await read(input), await read(output)];
      expect((await openFile(output)).format).toBe((await openFile(input)).format);
      for (const part of [
        "axes",
        "shape",
        "unit",
        "spacingKnown",
        "orientationKnown",
        "timeStep",
      ] as const) {
        expect(after[part]).toEqual(before[part]);
      }
      for (const part of ["spacing", "origin", "direction"] as const) {
        // Text and float32 fields keep six digits or more.
        after[part].forEach((v, i) => expect(v).toBeCloseTo(before[part][i]!, 4));
      }
      expect(spread(after)).toBeLessThan(0.6 * spread(before));
    },
  );

  it("rounds and clamps PNG to its own 8 bits", async () => {
    const folder = newFolder("png");
    await saveImage(join(folder, "a.png"), phantom([64, 64], { unit: "arbitrary" }), {
      type: "uint8",
    });
    expect(dprime(["denoise", "a.png", "-o", "b.png", ...method], { cwd: folder }).code).toBe(0);
    const opened = await openFile(join(folder, "b.png"));
    expect(opened.images[0]!.stored.type).toBe("uint8");
    expect(spread(opened.images[0]!.image)).toBeLessThan(12);
  });

  it("keeps what a NIfTI file says beyond its image, and names it where the target cannot", async () => {
    const folder = newFolder("facts");
    const image = makeImage(
      Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => (i * 7919) % 97),
      [3, 32, 32],
      { axes: "tyx", spacing: [3, 2, 2], timeStep: 2.5, origin: [1, 2, 3] },
    );
    const stored = {
      data: Int16Array.from(image.data),
      type: "int16",
      shape: [3, 32, 32],
    } as const;
    const { files } = await encodeImage(image, "a.nii", {
      stored: { ...stored, components: 1, kind: "scalar", slope: 1, intercept: 0 },
    });
    const bytes = Buffer.from(files[0]!.bytes);
    bytes.writeInt16LE(4, 254); // sform_code: MNI 152
    bytes.writeFloatLE(1.5, 136); // toffset
    bytes.writeFloatLE(200, 124); // cal_max
    bytes.fill(0, 148, 228); // descrip
    writeFileSync(join(folder, "a.nii"), bytes);
    const run = (...words: string[]) => dprime(["denoise", "a.nii", ...words], { cwd: folder });
    expect(run("-o", "b.nii", "--method", "median").code).toBe(0);
    const done = await openFile(join(folder, "b.nii"));
    const source = await openFile(join(folder, "a.nii"));
    const { description, ...facts } = done.images[0]!.facts;
    expect(facts).toEqual(source.images[0]!.facts);
    expect(facts["coordinate system"]).toMatch(/MNI 152/);
    expect(description).toMatch(/^median/);
    expect(done.images[0]!.image.timeStep).toBe(2.5);
    // A median of whole numbers is one; nothing needs floating point.
    expect(done.images[0]!.stored.type).toBe("int16");
    expect(run("-o", "c.nii", ...method).code).toBe(0);
    expect((await openFile(join(folder, "c.nii"))).images[0]!.stored.type).toBe("float32");
    const other = run("-o", "d.nrrd", ...method, "--json");
    expect((JSON.parse(other.out) as { notes: string[] }).notes.join()).toMatch(
      /NRRD does not keep coordinate system, time of the first frame, display range/,
    );
    expect((await read(join(folder, "d.nrrd"))).timeStep).toBe(2.5);
  });

  it("gives the input back at strength 0, and half way at one half", async () => {
    const folder = newFolder("strength");
    const image = phantom([64, 64]);
    await saveImage(join(folder, "a.npy"), image);
    for (const [strength, name] of [
      ["0", "none.npy"],
      ["0.5", "half.npy"],
      ["1", "full.npy"],
    ] as const) {
      const words = ["denoise", "a.npy", "-o", name, "--strength", strength, ...method];
      expect(dprime(words, { cwd: folder }).code).toBe(0);
    }
    const [none, half, full] = await Promise.all(
      ["none.npy", "half.npy", "full.npy"].map((name) => read(join(folder, name))),
    );
    expect([...none!.data]).toEqual([...image.data]);
    half!.data.forEach((v, i) =>
      // Two roundings to float32 near 200.
      expect(v).toBeCloseTo((image.data[i]! + full!.data[i]!) / 2, 4),
    );
  });

  it("prints one JSON document that says what was done", async () => {
    const folder = newFolder("json");
    await saveImage(join(folder, "a.nii.gz"), phantom([3, 64, 64]));
    const words = ["denoise", "a.nii.gz", "-o", "b.nii.gz", "--figure", "f.svg", "--json"];
    const { code, out } = dprime([...words, ...method, "--sigma", "20"], { cwd: folder });
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      command: "denoise",
      input: "a.nii.gz",
      method: "gaussian",
      strength: 1,
      outputs: ["b.nii.gz"],
      figure: "f.svg",
    });
    expect(report.images).toHaveLength(1);
    expect(report.images[0]).toMatchObject({
      format: "nifti",
      axes: "zyx",
      shape: [3, 64, 64],
      level: { sigma: 20, method: "given" },
    });
    expect(report.images[0].noiseAfter.sigma).toBeLessThan(report.images[0].noiseBefore.sigma);
    // The estimate of 20 HU from three planes of a disc.
    expect(Math.abs(report.images[0].noiseBefore.sigma - 20)).toBeLessThan(3);
    expect(readFileSync(join(folder, "f.svg"), "utf8")).toMatch(/^<svg /);
  });

  it("draws a PNG, makes an existing folder the place, and refuses nothing needlessly", async () => {
    const folder = newFolder("figure");
    await saveImage(join(folder, "a.npy"), phantom([64, 48]));
    mkdirSync(join(folder, "place"));
    const { code, out } = dprime(
      ["denoise", "a.npy", "-o", "place", "--figure", "f.png", "--window=-100,300", ...method],
      { cwd: folder },
    );
    expect(code).toBe(0);
    expect(out).toMatch(/64 × 48/);
    expect(out).toMatch(/method: gaussian; noise level: [\d.]+, estimated by wavelet/);
    expect(namesIn(folder)).toEqual(["a.npy", "f.png", "place", "place/a.npy"]);
    expect([...readFileSync(join(folder, "f.png")).subarray(0, 4)]).toEqual([
      0x89, 0x50, 0x4e, 0x47,
    ]);
  });

  it("writes a series slice by slice as derived objects, and as one volume when asked", async () => {
    const folder = newFolder("series");
    mkdirSync(join(folder, "in"));
    const volume = phantom([4, 64, 64]);
    const slices = await writeNewSeries(volume);
    // Names in the wrong order: places decide.
    slices.forEach(({ bytes }, k) => writeFileSync(join(folder, "in", `${9 - k}.dcm`), bytes));
    writeFileSync(join(folder, "in", "notes.txt"), "no image");
    expect(dprime(["denoise", "in", "-o", "out", ...method], { cwd: folder })).toMatchObject({
      code: 0,
      err: "",
    });
    expect(readdirSync(join(folder, "out")).sort()).toEqual(["6.dcm", "7.dcm", "8.dcm", "9.dcm"]);
    expect(dprime(["denoise", "in", "-o", "v.nii.gz", ...method], { cwd: folder }).code).toBe(0);
    const asVolume = await read(join(folder, "v.nii.gz"));
    expect(asVolume.shape).toEqual([4, 64, 64]);
    expect(asVolume.spacing[0]).toBeCloseTo(2.5, 4);
    const derived = new Set<string>();
    for (const [k, name] of ["9.dcm", "8.dcm", "7.dcm", "6.dcm"].entries()) {
      const opened = await openFile(join(folder, "out", name));
      const slice = opened.images[0]!.image;
      expect(slice.origin[2]).toBeCloseTo(40 + 2.5 * k, 4);
      derived.add(String(opened.header["SeriesInstanceUID"]));
      expect(opened.header["SeriesInstanceUID"]).not.toBe(slices[k]!.seriesUid);
      expect(opened.header["SOPInstanceUID"]).not.toBe(slices[k]!.sopInstanceUid);
      // DICOM rounds to whole HU.
      slice.data.forEach((v, i) => {
        expect(Math.abs(v - asVolume.data[k * 4096 + i]!)).toBeLessThanOrEqual(0.5);
      });
    }
    expect(derived.size).toBe(1);
  });

  it("works on a folder of other files one by one", async () => {
    const folder = newFolder("folder");
    mkdirSync(join(folder, "in"));
    await saveImage(join(folder, "in", "a.npy"), phantom([64, 64]));
    await saveImage(join(folder, "in", "b.nii"), phantom([2, 64, 64]));
    const { code, out } = dprime(["denoise", "in", "-o", "out", "--json", ...method], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(JSON.parse(out).outputs).toEqual([join("out", "a.npy"), join("out", "b.nii")]);
    expect(readdirSync(join(folder, "out")).sort()).toEqual(["a.npy", "b.nii"]);
  });

  const dcmdump = spawnSync("dcmdump", ["--version"]).status === 0;
  if (!dcmdump) console.log("skipped: dcmdump is not installed, so no second opinion on DICOM");
  it.skipIf(!dcmdump)("writes a derived object that dcmdump reads", async () => {
    const folder = newFolder("dcmdump");
    const { bytes, sopInstanceUid } = await writeNewDicom(phantom([64, 64]), {
      patientId: "P-7",
    });
    writeFileSync(join(folder, "a.dcm"), bytes);
    expect(dprime(["denoise", "a.dcm", "-o", "b.dcm", ...method], { cwd: folder }).code).toBe(0);
    const { stdout, status } = spawnSync("dcmdump", ["b.dcm"], { cwd: folder, encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toMatch(/\(0008,0008\) CS \[DERIVED\\SECONDARY/);
    expect(stdout).toMatch(/\(0010,0020\) LO \[P-7\]/);
    expect(stdout).toMatch(/\(0008,2111\) ST \[.*gaussian/);
    expect(stdout).toContain(`(0008,1155) UI [${sopInstanceUid}]`);
    expect(stdout).not.toContain(`(0008,0018) UI [${sopInstanceUid}]`);
  });

  const real = join(sharedData, "1_ct_dicom/ctimage_all_transfer_syntaxes");
  if (!existsSync(real)) console.log("skipped: no shared data, so no real CT slices");
  it
    .skipIf(!existsSync(real))
    .each([
      "CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm",
      "CTImage.dcm_BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm",
      "CTImage.dcm_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm",
    ])("denoises a real slice in %s", async (name) => {
    const folder = newFolder("real");
    const output = join(folder, "out.dcm");
    expect(dprime(["denoise", join(real, name), "-o", output, ...method]).code).toBe(0);
    const [before, after] = [await read(join(real, name)), await read(output)];
    expect(after.shape).toEqual(before.shape);
    expect(after.spacing).toEqual(before.spacing);
    expect(after.origin).toEqual(before.origin);
    const mean = (image: Image) => image.data.reduce((a, b) => a + b) / image.data.length;
    // A normalised filter keeps the mean but for the image's border and rounding to whole HU.
    expect(Math.abs(mean(after) - mean(before))).toBeLessThan(1);
  });
});

describe("dprime list and demo", () => {
  it("lists kinds, members and parameters, in words and as JSON", () => {
    expect(dprime(["list"]).out).toMatch(/^denoisers +\d+$/m);
    const listed = JSON.parse(dprime(["list", "denoisers", "--json"]).out);
    expect(listed.members.map((m: { name: string }) => m.name)).toContain("gaussian");
    expect(dprime(["list", "denoisers"]).out).toMatch(
      /^preserving\+NAME .*lesions of a chosen size/m,
    );
    const one = JSON.parse(dprime(["list", "denoisers", "bm3d", "--json"]).out);
    expect(Object.keys(one.parameters).length).toBeGreaterThan(0);
    expect(dprime(["list", "denoiser"])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/found the kind "denoiser", wanted one of/),
    });
  });

  const model = existsSync(join(import.meta.dirname, "../../models/drunet-light.onnx"));
  if (!model) console.log("skipped: the default model is not there, so no test of it");
  it.skipIf(!model)("chooses the method by the image when none is named, and says why", () => {
    const folder = newFolder("default");
    const words = [
      "demo",
      "out",
      "--size",
      "256",
      "--sigma",
      "25",
      "--json",
      "--quiet",
      "--threads",
      "1",
    ];
    const { code, out, err } = dprime(words, { cwd: folder });
    expect(err).toBe("");
    expect(code).toBe(0);
    const report = JSON.parse(out);
    // White noise on CT: a model whose card covers it, with the lesions kept that CT's default says.
    expect(report.method).toBe("preserving+drunet-light");
    // White noise of a sixteenth of the window on a drawn slice: any working network gains this much, also with
    // the lesions of 5 mm handed back at pixels of 1.7 mm.
    expect(report.after.psnrDb).toBeGreaterThan(report.before.psnrDb + 4);
    const other = dprime(
      ["denoise", "out/noisy.dcm", "-o", "by-name.dcm", "--method", "drunet-light", "--quiet"],
      { cwd: folder },
    );
    expect(other.code).toBe(0);
    expect(other.out).toMatch(/method: drunet-light/);
    const chosen = dprime(["denoise", "out/noisy.dcm", "-o", "chosen.dcm", "--json"], {
      cwd: folder,
    });
    const [image] = JSON.parse(chosen.out).images;
    expect(image).toMatchObject({
      method: "preserving+drunet-light",
      parameters: { keep: 5, keepOver: "planes" },
      choice: { method: "drunet-light", keep: 5 },
    });
    // White noise of a sixteenth of the window on a drawn slice: any working network removes most of it.
    const [{ noiseBefore, noiseAfter }] = JSON.parse(
      dprime(["denoise", "out/noisy.dcm", "-o", "least.dcm", "--keep", "0", "--json"], {
        cwd: folder,
      }).out,
    ).images;
    expect(noiseAfter.sigma).toBeLessThan(0.3 * noiseBefore.sigma);
    const said = dprime(["denoise", "out/noisy.dcm", "-o", "plain.dcm", "--keep", "0", "--quiet"], {
      cwd: folder,
    });
    expect(said.out).toMatch(/drunet-light is chosen \(CT by the file's modality CT; /);
    expect(said.out).toMatch(/also fits: --method /);
    const kept = dprime(
      ["denoise", "out/noisy.dcm", "-o", "kept.dcm", "--method", "median", "--keep", "7", "--json"],
      { cwd: folder },
    );
    expect(JSON.parse(kept.out)).toMatchObject({
      method: "preserving+median",
      parameters: { keep: 7, radius: expect.any(Number) },
    });
  });

  it("demonstrates on its own slice, better after than before, the same again", () => {
    const folder = newFolder("demo");
    const words = [
      "demo",
      "out",
      "--size",
      "128",
      "--sigma",
      "25",
      "--method",
      "non-local-means",
      "--json",
      "--quiet",
    ];
    const first = dprime(words, { cwd: folder });
    expect(first.err).toBe("");
    expect(first.code).toBe(0);
    const report = JSON.parse(first.out);
    expect(report.after.psnrDb).toBeGreaterThan(report.before.psnrDb + 1);
    expect(report.after.ssim).toBeGreaterThan(report.before.ssim);
    expect(namesIn(join(folder, "out"))).toEqual([
      "denoised.dcm",
      "figure.png",
      "noisy.dcm",
      "truth.dcm",
    ]);
    const again = JSON.parse(dprime(words, { cwd: folder }).out);
    expect([again.before, again.after]).toEqual([report.before, report.after]);
  });
});
