import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { testObject } from "../../test/dicom-objects.ts";
import { CancelledError } from "../core/errors.ts";
import { type Image, makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import {
  decimalElement,
  itemOf,
  numberElement,
  sequenceElement,
  textElement,
} from "../dicom/build.ts";
import { writeNewSeries } from "../dicom/create.ts";
import { parseDicom } from "../dicom/parse.ts";
import { textOf } from "../dicom/elements.ts";
import { jpegLsLossless, rleLossless } from "../dicom/transfer-syntax.ts";
import { openPath, saveImage } from "../files/files.ts";
import { endIdleWorkers } from "../parallel/node.ts";
import { denoiseFiles, type DenoiseFilesOptions, type DenoiseReport } from "./denoise-files.ts";

const root = mkdtempSync(join(tmpdir(), "dprime-slab-work-"));
afterAll(async () => {
  rmSync(root, { recursive: true });
  await endIdleWorkers();
});

let made = 0;
function folderOf(): string {
  const path = join(root, String(++made));
  mkdirSync(path);
  return path;
}

/** 32 planes of 48 × 48: more than 1 MiB takes, in slabs of 4 planes and 2 on each side for a reach of 1. */
const shape = [32, 48, 48];

function discs(unit: Image["unit"] = "HU"): Image {
  const stream = streamOf(11, "slabs");
  const data = Float32Array.from({ length: 32 * 48 * 48 }, (_, i) => {
    const [y, x] = [Math.floor(i / 48) % 48, i % 48];
    const inside = Math.hypot(x - 24, y - 24) < 10 + Math.floor(i / 48 / 48) / 4;
    return Math.round((inside ? 90 : -40) + 15 * stream.normal());
  });
  return makeImage(data, shape, { spacing: [2, 0.8, 0.7], origin: [3, -4, 5], unit });
}

const median = { method: "median", parameters: { radius: "1" } };

async function read(path: string): Promise<Image> {
  return (await openPath(path)).images[0]!.image;
}

/** The same work as a whole and slab by slab. */
async function run(
  input: string,
  name: string,
  options: DenoiseFilesOptions = median,
): Promise<{ whole: Image; slabs: Image; reports: [DenoiseReport, DenoiseReport]; out: string }> {
  const folder = folderOf();
  const [first, second] = [join(folder, `whole-${name}`), join(folder, `slabs-${name}`)];
  const reports: [DenoiseReport, DenoiseReport] = [
    await denoiseFiles(input, first, { ...options }),
    await denoiseFiles(input, second, { memory: 1, ...options }),
  ];
  return { whole: await read(first), slabs: await read(second), reports, out: second };
}

/** `run`, with the same figures in both reports. */
async function both(...given: Parameters<typeof run>): ReturnType<typeof run> {
  const done = await run(...given);
  const [whole, slabs] = done.reports;
  expect(whole.notes.join()).not.toMatch(/at a time/);
  expect(slabs.notes.join()).toMatch(/at a time/);
  const figures = ({ images: [one] }: DenoiseReport) => ({ ...one, name: "", seconds: 0 });
  expect(figures(slabs)).toEqual(figures(whole));
  return done;
}

const multiFrame = async (changes: {
  transferSyntax?: string;
  frames?: number;
  image?: Image;
  extra?: readonly ReturnType<typeof textElement>[];
}) => {
  const { data } = changes.image ?? discs();
  return testObject({
    data: Int16Array.from(data),
    rows: 48,
    columns: 48,
    frames: 32,
    ...(changes.transferSyntax ? { transferSyntax: changes.transferSyntax } : {}),
    extra: [
      numberElement(0x00280009, "AT", 0x00540080),
      decimalElement(0x00180088, 2),
      textElement(0x00281052, "DS", "-1"),
      textElement(0x00281053, "DS", "0.5"),
      ...(changes.extra ?? []),
    ],
  });
};

/** A folder with the discs as slices, in an order of names that is not that of space. */
async function seriesFolder(): Promise<string> {
  const folder = folderOf();
  const files = await writeNewSeries(discs());
  for (const [k, { bytes }] of files.entries())
    writeFileSync(join(folder, `${(7 * k) % 32}`), bytes);
  return folder;
}

describe("slab by slab", () => {
  it.each(["a.nii", "a.nii.gz", "a.npy"])("gives what the whole gives: %s", async (name) => {
    const input = join(folderOf(), name);
    await saveImage(input, discs());
    const done = await both(input, name);
    expect(done.slabs).toEqual(done.whole);
    expect(done.reports[1].notes.join()).toMatch(/4 planes and 2 on each side/);
    if (!name.endsWith(".gz")) {
      const [first] = done.reports[0].outputs;
      expect(readFileSync(done.out).equals(readFileSync(first!))).toBe(true);
    }
  });

  it.each([
    { method: "gaussian", parameters: { width: "0.9" } },
    { method: "coherence-enhancing-diffusion", parameters: { iterations: "2" } },
    { method: "total-variation", planes: true, strength: 0.6 },
    { method: "kuan", sigma: 0.2 },
  ])("for $method", async (options) => {
    const input = join(folderOf(), "a.nii");
    const { data, ...image } = discs();
    await saveImage(input, { ...image, data: data.map((v) => v + 300) });
    const done = await both(input, "a.nii", options as DenoiseFilesOptions);
    expect(done.slabs).toEqual(done.whole);
  });

  it("estimates a method's own noise level on some planes, and says so", async () => {
    const input = join(folderOf(), "a.nii");
    const { data, ...image } = discs("arbitrary");
    await saveImage(input, { ...image, data: data.map((v) => v + 300) });
    const { whole, slabs, reports } = await run(input, "a.nii", { method: "kuan" });
    expect(reports[1].notes.join()).toMatch(/estimated on 9 of 32 planes/);
    let squares = 0;
    for (const [i, v] of slabs.data.entries()) squares += (v - whole.data[i]!) ** 2;
    // A twentieth of the noise: the level from nine planes differs a little.
    expect(Math.sqrt(squares / slabs.data.length)).toBeLessThan(0.75);
  });

  it("for the default network, whose scale is that of the whole volume", async () => {
    const input = join(folderOf(), "a.npy");
    await saveImage(input, discs("arbitrary"));
    const done = await both(input, "a.npy", { method: "drunet-light" });
    expect(done.slabs).toEqual(done.whole);
  });

  it("for planes and volumes in time", async () => {
    for (const axes of ["tyx", "tzyx"] as const) {
      const input = join(folderOf(), "a.nii");
      const { data, ...image } = discs();
      const changed = { ...image, axes, shape: axes === "tyx" ? shape : [2, 16, 48, 48] };
      await saveImage(input, { ...changed, data });
      const done = await both(input, "a.nii");
      expect(done.slabs).toEqual(done.whole);
    }
  });

  it.each([
    ["native", undefined],
    ["RLE", rleLossless],
    ["JPEG-LS", jpegLsLossless],
  ])("for multi-frame DICOM, %s, with slope and padding", async (_, transferSyntax) => {
    const image = discs();
    const padded = image.data.map((v, i) => (i % 48 < 5 ? -2000 : v));
    const input = join(folderOf(), "a.dcm");
    const bytes = await multiFrame({
      image: { ...image, data: padded },
      ...(transferSyntax ? { transferSyntax } : {}),
      extra: [numberElement(0x00280120, "SS", -2000)],
    });
    writeFileSync(input, bytes);
    const done = await both(input, "a.dcm");
    expect(done.slabs).toEqual(done.whole);
    expect([...done.slabs.data.subarray(0, 5)]).toEqual(new Array(5).fill(-1001));
    const { dataSet: set, syntax } = parseDicom(readFileSync(done.out));
    const source = parseDicom(bytes);
    expect(syntax.uid).toBe(source.syntax.uid);
    expect(textOf(set, 0x00100010)).toBe(textOf(source.dataSet, 0x00100010));
    expect(textOf(set, 0x00082111)).toMatch(/median: radius=1, sigma=/);
    const nifti = await both(input, "a.nii");
    expect(nifti.slabs).toEqual(nifti.whole);
  });

  it("writes a fitted rescale where values leave the source's range", async () => {
    const input = join(folderOf(), "a.dcm");
    // Sixteen bits full to the brim, and a blend that overshoots.
    const image = discs();
    const data = image.data.map((v, i) => (i % 7 === 0 ? 32767 : i % 7 === 1 ? -32768 : v));
    writeFileSync(input, await multiFrame({ image: { ...image, data } }));
    const done = await both(input, "a.dcm", { method: "wiener" });
    expect(done.slabs).toEqual(done.whole);
  });

  it("keeps each frame's own slope while its values fit", async () => {
    const slopes = Array.from({ length: 32 }, (_, f) => (f % 2 ? 1 : 0.001));
    const bytes = await testObject({
      // The values of one frame have no place in the rescale of its neighbour.
      data: Uint16Array.from(discs().data, (v) => 30000 + 100 * v),
      rows: 48,
      columns: 48,
      frames: 32,
      without: [0x00200032, 0x00200037, 0x00281052, 0x00281053],
      extra: [
        sequenceElement(
          0x52009230,
          slopes.map((slope, f) =>
            itemOf([
              sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, [0, 0, 3 * f])])]),
              sequenceElement(0x00209116, [
                itemOf([decimalElement(0x00200037, [1, 0, 0, 0, 1, 0])]),
              ]),
              sequenceElement(0x00289145, [
                itemOf([decimalElement(0x00281052, 0), decimalElement(0x00281053, slope)]),
              ]),
            ]),
          ),
        ),
      ],
    });
    const input = join(folderOf(), "a.dcm");
    writeFileSync(input, bytes);
    const done = await both(input, "a.dcm", { ...median, planes: true });
    expect(done.slabs).toEqual(done.whole);
    const { stored } = (await openPath(done.out)).images[0]!;
    expect([...stored.planes!.slope]).toEqual(slopes);
  });

  it("for a series of slices in a folder, to DICOM and to a volume", async () => {
    const input = await seriesFolder();
    for (const name of ["out", "out.nii.gz"]) {
      const done = await both(input, name);
      expect(done.slabs).toEqual(done.whole);
      expect(done.reports[1].outputs.length).toBe(name === "out" ? 32 : 1);
    }
    const { out } = await both(input, "out");
    const uids = readdirSync(out).map((name) =>
      textOf(parseDicom(readFileSync(join(out, name))).dataSet, 0x0020000e),
    );
    expect(new Set(uids).size).toBe(1);
  });

  it("draws the asked slice", async () => {
    const input = join(folderOf(), "a.nii");
    await saveImage(input, discs());
    const figures = folderOf();
    for (const [name, memory] of [
      ["whole.svg", 4096],
      ["slabs.svg", 1],
    ] as const) {
      const output = join(figures, `${name}.nii`);
      const figure = join(figures, name);
      await denoiseFiles(input, output, { figure, memory, slice: 30, ...median });
    }
    const drawn = (name: string) => readFileSync(join(figures, name), "utf8");
    expect(drawn("slabs.svg")).toBe(drawn("whole.svg"));
  });

  it("says why a method needs the whole, and what to do", async () => {
    const input = join(folderOf(), "a.nii");
    await saveImage(input, discs());
    const output = join(folderOf(), "out.nii");
    const work = (options: DenoiseFilesOptions) =>
      denoiseFiles(input, output, { memory: 1, ...options });
    await expect(work({ method: "total-variation" })).rejects.toThrow(
      /found 73728 voxels .* \(it solves one problem for the whole volume\), wanted .*option memory 2, or option planes/,
    );
    await expect(work({ method: "gaussian" })).rejects.toThrow(/unless the parameter width is/);
    await expect(work({ method: "median", parameters: { radius: "9" } })).rejects.toThrow(
      /found a reach of 9 planes of 48 × 48 on each side/,
    );
    await expect(
      denoiseFiles(input, join(root, "o.mha"), { memory: 1, ...median }),
    ).rejects.toThrow(/slab by slab: found the format metaimage, wanted .nii/);
    expect(existsSync(output)).toBe(false);
  });
});

describe("interrupted slab by slab", () => {
  const inputs = async (): Promise<[string, string][]> => {
    const folder = folderOf();
    await saveImage(join(folder, "a.nii.gz"), discs());
    writeFileSync(join(folder, "a.dcm"), await multiFrame({}));
    const series = await seriesFolder();
    return [
      [join(folder, "a.nii.gz"), "out.nii.gz"],
      [join(folder, "a.dcm"), "out.dcm"],
      [series, "out"],
    ];
  };

  it("leaves nothing when the signal is raised between slabs", async () => {
    for (const [input, name] of await inputs()) {
      const folder = folderOf();
      const control = new AbortController();
      let last = 0;
      const work = denoiseFiles(input, join(folder, name), {
        memory: 1,
        ...median,
        signal: control.signal,
        onProgress({ label, done }) {
          if (label !== "denoising slabs") return;
          last = done;
          if (done >= 12) control.abort();
        },
      });
      await expect(work).rejects.toThrow(CancelledError);
      expect(last).toBe(12);
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  it("leaves nothing when the file ends in its middle, and names the place", async () => {
    const folder = folderOf();
    const output = join(folder, "out.nii");
    for (const name of ["a.nii", "a.nii.gz", "a.npy"]) {
      const input = join(folderOf(), name);
      await saveImage(input, discs());
      const size = readFileSync(input).length;
      truncateSync(input, Math.floor(size * 0.6));
      const error = await denoiseFiles(input, output, { memory: 1, ...median }).catch(
        (e: unknown) => e,
      );
      expect(error).toMatchObject({ kind: "truncated" });
      const { offset } = error as { offset: number };
      expect(offset).toBeGreaterThan(0.5 * 32 * 48 * 48 * (name === "a.nii.gz" ? 1 : 4) * 0.6);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuses a series with a slice cut short", async () => {
    const series = await seriesFolder();
    const cut = join(series, "20");
    truncateSync(cut, readFileSync(cut).length - 1000);
    const folder = folderOf();
    const work = denoiseFiles(series, join(folder, "out"), { memory: 1, ...median });
    await expect(work).rejects.toThrow(/damaged file 20 .*truncated/);
    expect(readdirSync(folder)).toEqual([]);
  });
});
