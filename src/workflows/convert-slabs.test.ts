import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { testObject } from "../../test/dicom-objects.ts";
import { CancelledError } from "../core/errors.ts";
import { type Image, makeImage } from "../core/image.ts";
import type { Stored, StoredArray } from "../core/stored.ts";
import { decimalElement, itemOf, sequenceElement, textElement } from "../dicom/build.ts";
import { openSlabs } from "../files/files-slabs.ts";
import { encodeImage, formatByName, saveImage } from "../files/files.ts";
import { parseNiftiHeader, niftiHeaderToBytes } from "../formats/nifti-header.ts";
import { convert } from "./convert.ts";
import { convertSlabs, tooLargeToConvert } from "./convert-slabs.ts";

const root = mkdtempSync(join(tmpdir(), "dprime-convert-slabs-"));
afterAll(() => rmSync(root, { recursive: true }));

/** More than 65,536 voxels, which 1 MiB takes, in planes that no slab divides. */
const shape = [3, 11, 50, 47];
const count = shape.reduce((a, b) => a * b, 1);

const place = {
  axes: "tzyx",
  spacing: [3, 0.8, 0.7],
  origin: [3, -4, 5],
  direction: [0, 0, 1, 1, 0, 0, 0, 1, 0],
  timeStep: 2.5,
} as const;

function storedOf(data: StoredArray, scaling: Partial<Stored> = {}): Stored {
  const type = data.constructor.name.replace(/Big|Array/g, "").toLowerCase() as Stored["type"];
  return { data, type, shape, components: 1, kind: "scalar", slope: 1, intercept: 0, ...scaling };
}

function imageOf(stored: Stored, options: Parameters<typeof makeImage>[2] = place): Image {
  const { data, slope, intercept } = stored;
  const values = Float32Array.from(data as ArrayLike<number>, (v) => slope * Number(v) + intercept);
  return makeImage(values, shape, options);
}

const wave = (i: number) => Math.round(900 * Math.sin(i * 0.37) + i / 100);

const elements: Readonly<Record<string, Stored>> = {
  int16: storedOf(Int16Array.from({ length: count }, (_, i) => wave(i))),
  "scaled uint8": storedOf(
    Uint8Array.from({ length: count }, (_, i) => i * 7),
    { slope: 0.1, intercept: -3 },
  ),
  "scaled to whole numbers": storedOf(
    Int16Array.from({ length: count }, (_, i) => wave(i)),
    { slope: 2, intercept: -1024 },
  ),
  int32: storedOf(Int32Array.from({ length: count }, (_, i) => 2 ** 25 + wave(i))),
  float64: storedOf(Float64Array.from({ length: count }, (_, i) => wave(i) / 3)),
  "float32 with NaN": storedOf(
    Float32Array.from({ length: count }, (_, i) => (i % 101 === 0 ? NaN : wave(i) / 3)),
  ),
  int64: storedOf(BigInt64Array.from({ length: count }, (_, i) => 2n ** 53n + BigInt(i))),
};

const plainOf = (path: string) => {
  const bytes = readFileSync(path);
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
};

/** A NIfTI file with facts beyond its image, in the other byte order where that is asked for. */
async function niftiFile(name: string, stored: Stored): Promise<string> {
  const path = join(root, name);
  const written = await encodeImage(imageOf(stored), name, { stored });
  const bytes = written.files[0]!.bytes;
  const header = parseNiftiHeader(bytes);
  const head = niftiHeaderToBytes(
    {
      ...header,
      sformCode: 4,
      description: "made by hand",
      remaining: { ...header.remaining, timeOffset: 7, sliceCode: 3, sliceDuration: 0.2 },
    },
    [{ code: 6, content: new TextEncoder().encode("a comment behind the header") }],
  );
  const whole = new Uint8Array(head.length + bytes.length - header.voxOffset);
  whole.set(head);
  whole.set(bytes.subarray(header.voxOffset), head.length);
  writeFileSync(path, whole);
  return path;
}

describe("conversion a few planes at a time", () => {
  it.each(Object.keys(elements))("writes the file of the whole image, %s", async (name) => {
    const stored = elements[name]!;
    const nii = await niftiFile(`${name}.nii`, stored);
    const npy = join(root, `${name}.npy`);
    await saveImage(npy, imageOf(stored), { stored });
    for (const input of [nii, npy]) {
      for (const ending of [".nii", ".nii.gz", ".npy"]) {
        const [a, b] = [join(root, `whole${ending}`), join(root, `slabs${ending}`)];
        const whole = await convert(input, a, { force: true });
        const slabs = await convert(input, b, { force: true, memory: 1 });
        const what = `${input} to ${ending}`;
        expect(slabs.notes.at(-1), what).toBe("converted a few planes at a time");
        expect(plainOf(b).equals(plainOf(a)), what).toBe(true);
        const { paths: _, notes: _a, ...said } = whole;
        const { paths: _b, notes, ...saidOfSlabs } = slabs;
        expect(saidOfSlabs, what).toEqual(said);
        expect(notes.slice(0, -1), what).toEqual(whole.notes);
      }
    }
  });

  it("takes the type that is asked for, and refuses values outside it", async () => {
    const input = await niftiFile("typed.nii", elements["int16"]!);
    const [a, b] = [join(root, "typed-whole.npy"), join(root, "typed-slabs.npy")];
    const whole = await convert(input, a, { type: "float64" });
    const slabs = await convert(input, b, { type: "float64", memory: 1 });
    expect(readFileSync(b).equals(readFileSync(a))).toBe(true);
    expect(slabs.lost).toEqual(whole.lost);
    const before = readdirSync(root).sort();
    for (const memory of [1024, 1]) {
      await expect(
        convert(input, join(root, "never.nii"), { type: "uint8", memory }),
      ).rejects.toThrow(/Cannot .*uint8/);
    }
    expect(readdirSync(root).sort()).toEqual(before);
  });

  it("does so for DICOM, frame by frame and slice by slice", async () => {
    const frames = 9;
    const data = Int16Array.from({ length: frames * 20 * 16 }, (_, i) => wave(i) % 700);
    const scaled = (slopes: readonly number[]) =>
      testObject({
        data,
        rows: 20,
        columns: 16,
        frames,
        bitsStored: 12,
        without: [0x00200032, 0x00200037, 0x00281052, 0x00281053],
        extra: [
          sequenceElement(
            0x52009230,
            // Frames stand in the file from the top down.
            slopes.map((slope, f) =>
              itemOf([
                sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, [0, 0, -3 * f])])]),
                sequenceElement(0x00209116, [
                  itemOf([decimalElement(0x00200037, [1, 0, 0, 0, 1, 0])]),
                ]),
                sequenceElement(0x00289145, [
                  itemOf([decimalElement(0x00281052, -5), decimalElement(0x00281053, slope)]),
                ]),
              ]),
            ),
          ),
        ],
      });
    const same = join(root, "same.dcm");
    writeFileSync(same, await scaled(Array<number>(frames).fill(0.5)));
    const own = join(root, "own.dcm");
    writeFileSync(own, await scaled(Array.from({ length: frames }, (_, f) => 1 + f / 4)));
    const slices = (name: string, slopeOf: (k: number) => string) => async () => {
      const folder = join(root, name);
      mkdirSync(folder);
      for (let k = 0; k < frames; k++) {
        const extra = [
          textElement(0x00080018, "UI", `2.25.9${k}`),
          textElement(0x00200013, "IS", String(k + 1)),
          decimalElement(0x00200032, [-100, -90.5, 2.5 * k]),
          textElement(0x00281052, "DS", "-1024"),
          textElement(0x00281053, "DS", slopeOf(k)),
        ];
        const part = data.slice(k * 320, k * 320 + 320);
        const slice = await testObject({ data: part, rows: 20, columns: 16, extra });
        writeFileSync(join(folder, `${k}.dcm`), slice);
      }
      return folder;
    };
    const inputs = [
      same,
      own,
      await slices("alike", () => "2")(),
      await slices("unlike", (k) => String(1 + k / 8))(),
    ];
    for (const input of inputs) {
      for (const ending of [".nii", ".npy"]) {
        const [a, b] = [join(root, `dicom-whole${ending}`), join(root, `dicom-slabs${ending}`)];
        const whole = await convert(input, a, { force: true });
        const target = await formatByName(ending === ".npy" ? "npy" : "nifti");
        const reopen = () => openSlabs(input);
        const slabs = await convertSlabs(b, await reopen(), { target, reopen, slabVoxels: 640 });
        const what = `${input} to ${ending}`;
        expect(slabs, what).toEqual({ type: whole.stored, lost: whole.lost });
        expect(plainOf(b).equals(plainOf(a)), what).toBe(true);
      }
    }
  });

  it("refuses other formats with the memory that they would take", async () => {
    const image = { ...makeImage(new Float32Array(1), [1, 1]), axes: "zyx" as const };
    const source = { ...(await openSlabs(join(root, "int16.npy"))), image };
    const large = { ...source, image: { ...image, shape: [1024, 1024, 1024] } };
    const target = await formatByName("metaimage");
    expect(tooLargeToConvert("a.nii", { source: large, target }).message).toBe(
      "Cannot convert a.nii to MetaImage: found 1073741824 voxels, which take 16.0 GiB of memory at once, wanted at most 268435456 voxels, or an output of .nii, .nii.gz or .npy, which is written a few planes at a time",
    );
    await source.close();
  });

  it("leaves nothing behind when it is stopped or the input is cut", async () => {
    const input = await niftiFile("stopped.nii", elements["int16"]!);
    const before = readdirSync(root).sort();
    const stop = new AbortController();
    const options = { memory: 1, signal: stop.signal, onProgress: () => stop.abort() };
    await expect(convert(input, join(root, "new", "never.nii.gz"), options)).rejects.toThrow(
      CancelledError,
    );
    const packed = join(root, "cut.nii.gz");
    await convert(input, packed);
    writeFileSync(packed, readFileSync(packed).subarray(0, 30_000));
    await expect(convert(packed, join(root, "never.npy"), { memory: 1 })).rejects.toMatchObject({
      kind: "truncated",
    });
    expect(readdirSync(root).sort()).toEqual([...before, "cut.nii.gz"].sort());
  });
});
