import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type OracleAnswer, pythonWith, readByPython } from "../../test/oracle/python.ts";
import { sharedData } from "../../test/shared-data.ts";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { emptyArray, swapBytes, toFloat32, writeElements } from "../codecs/elements.ts";
import { openFile, saveImage } from "../files/files.ts";
import type { Stored, StoredType } from "../core/stored.ts";
import { nifti } from "./nifti.ts";
import { niftiHeaderOf } from "./nifti-new-header.ts";
import { niftiHeaderToBytes, parseNiftiHeader, qformAffine, quaternionOf } from "./nifti-header.ts";
import { affineOf, geometryOf, rasFromLps } from "./orientation.ts";

const python = pythonWith("nibabel");
const folder = mkdtempSync(join(tmpdir(), "dprime-nifti-"));
afterAll(() => rmSync(folder, { recursive: true }));

const hashOf = (stored: Stored) =>
  createHash("sha256").update(writeElements(stored.data)).digest("hex");

function expectSame(
  answer: OracleAnswer,
  read: Awaited<ReturnType<typeof openFile>>,
  path: string,
): void {
  const { image, stored } = read.images[0]!;
  expect(hashOf(stored), path).toBe(answer.sha256);
  const sizes = answer.shape.filter((n) => n > 1);
  expect(
    [...stored.shape].reverse().filter((n) => n > 1),
    path,
  ).toEqual(sizes);
  if (image.orientationKnown) {
    const ras = rasFromLps(affineOf(image));
    // Both sides compute in double precision from single-precision fields.
    const scale = 1e-5 * Math.max(1, ...answer.affine.flat().map(Math.abs));
    ras.forEach((v, i) =>
      expect(Math.abs(v - answer.affine[Math.floor(i / 4)]![i % 4]!), path).toBeLessThan(scale),
    );
  }
  if (answer.sum !== null && stored.kind === "scalar") {
    let sum = 0;
    for (const v of image.data) sum += Math.abs(v);
    // float32 rounding of each value.
    expect(Math.abs(sum - answer.sum), path).toBeLessThanOrEqual(
      1e-6 * Math.abs(answer.sum) + 1e-6,
    );
  }
}

const paths = [
  "4_mri/ct_pitch_oblique_phantom/CT_pitch.nii.gz",
  "4_mri/mango_nifti_variants/avg152T1_LR_nifti.nii",
  "4_mri/mango_nifti_variants/avg152T1_LR_nifti2.nii.gz",
  "4_mri/mango_nifti_variants/big.nii.gz",
  "4_mri/mango_nifti_variants/little.nii.gz",
  "4_mri/nibabel_nifti/anatomical.nii",
  "4_mri/nibabel_nifti/example4d.nii.gz",
  "4_mri/nibabel_nifti/functional.nii",
  "4_mri/nibabel_nifti/standard.nii.gz",
  "4_mri/niimath_types/aslU16.nii.gz",
  "4_mri/niimath_types/fa8.nii.gz",
  "4_mri/niimath_types/fmri32.nii.gz",
  "4_mri/dipy_dwi/S0_10slices.nii.gz",
  "4_mri/dipy_dwi/small_25.nii.gz",
  "4_mri/dipy_dwi/small_64D.nii",
  "4_mri/nifti_rs_datatypes/27_float64.nii",
  "4_mri/nifti_rs_datatypes/27_int8.nii",
  "4_mri/nifti_rs_datatypes/27_uint16.nii",
  "4_mri/nifti_rs_datatypes/complex_complex32.nii",
  "4_mri/nifti_rs_datatypes/minimal.hdr",
  "4_mri/nifti_rs_datatypes/rgb_3D.nii",
  "3_ct_seg/ts_trunk_3mm_int32/example_ct.nii.gz",
  "2_paired_dose/dipy_noisy_vs_ascm/ascm_out_test.nii.gz",
].map((name) => join(sharedData, name));

describe("reading", () => {
  it.skipIf(python === undefined || !existsSync(sharedData))(
    "agrees with nibabel on elements, scaling and affine, oblique ones included",
    async () => {
      const answers = readByPython(python!, paths);
      expect(answers).toHaveLength(paths.length);
      for (const [i, path] of paths.entries()) {
        expectSame(answers[i]!, await openFile(path), path);
      }
    },
    120_000,
  );

  it("takes both byte orders to the same image", async () => {
    const image = makeImage(
      Float32Array.from({ length: 24 }, (_, i) => i * 1.5 - 7),
      [2, 3, 4],
      {
        spacing: [3, 2, 1],
        origin: [5, -6, 7],
      },
    );
    const { files } = await nifti.write!(image, { fileName: "a.nii" });
    const little = files[0]!.bytes;
    const header = parseNiftiHeader(little);
    const turned = niftiHeaderToBytes({ ...header, littleEndian: false });
    const big = little.slice();
    big.set(turned);
    const body = big.slice(352);
    swapBytes(body, 4);
    big.set(body, 352);
    const a = (await nifti.read(little)).images[0]!;
    const b = (await nifti.read(big)).images[0]!;
    expect(b.image.data).toEqual(a.image.data);
    expect(b.image.origin).toEqual(a.image.origin);
    expect(b.image.direction).toEqual(a.image.direction);
  });

  it("prefers the sform, falls back to the qform, then to unknown", async () => {
    const image = makeImage(new Float32Array(8), [2, 2, 2], {
      spacing: [3, 2, 1],
      origin: [1, 2, 3],
    });
    const base = niftiHeaderOf(image, { type: "float32", kind: "scalar", slope: 1, intercept: 0 });
    const file = (change: object) => {
      const bytes = new Uint8Array(352 + 32);
      bytes.set(niftiHeaderToBytes({ ...base, ...change }));
      return nifti.read(bytes);
    };
    const moved = base.sform.map((v, i) => (i === 3 ? v - 10 : v));
    const both = (await file({ sform: moved })).images[0]!;
    expect(both.image.origin[0]).toBeCloseTo(11, 5);
    expect(both.notes.join()).toMatch(/sform and qform disagree/);
    const onlyQ = (await file({ sformCode: 0, sform: moved })).images[0]!;
    expect(onlyQ.image.origin[0]).toBeCloseTo(1, 5);
    expect(onlyQ.image.spacing).toEqual([3, 2, 1]);
    const flat = (await file({ sform: new Array<number>(12).fill(0) })).images[0]!;
    expect(flat.image.origin[0]).toBeCloseTo(1, 5);
    expect(flat.notes.join()).toMatch(/sform \(code 1\) does not span space/);
    const none = (await file({ sformCode: 0, qformCode: 0 })).images[0]!;
    expect(none.image.orientationKnown).toBe(false);
    expect(none.image.spacingKnown).toBe(true);
    expect(none.image.spacing).toEqual([3, 2, 1]);
  });

  it("passes over a scaling of zero and refuses one that is infinite", async () => {
    const image = makeImage(Float32Array.of(1, 2, 3, 4), [2, 2]);
    const base = niftiHeaderOf(image, { type: "float32", kind: "scalar", slope: 0, intercept: 5 });
    const bytes = new Uint8Array(352 + 16);
    bytes.set(niftiHeaderToBytes(base));
    bytes.set(new Uint8Array(image.data.slice().buffer), 352);
    expect([...(await nifti.read(bytes)).images[0]!.image.data]).toEqual([1, 2, 3, 4]);
    bytes.set(niftiHeaderToBytes({ ...base, slope: Infinity }));
    await expect(nifti.read(bytes)).rejects.toThrow(/slope Infinity.*byte 112/);
  });

  it("refuses a header that claims more than the file can hold, before allocating", async () => {
    const image = makeImage(new Float32Array(4), [2, 2]);
    const { files } = await nifti.write!(image, { fileName: "a.nii.gz" });
    const plain = niftiHeaderToBytes({
      ...niftiHeaderOf(image, { type: "float32", kind: "scalar", slope: 1, intercept: 0 }),
      dim: [30000, 3000, 1, 1, 1, 1, 1],
    });
    const { deflateGzip } = await import("../codecs/inflate.ts");
    await expect(nifti.read(deflateGzip(plain))).rejects.toMatchObject({ kind: "truncated" });
    expect(files[0]!.bytes.length).toBeLessThan(600);
    await expect(nifti.read(deflateGzip(plain), { maxElements: 100 })).rejects.toMatchObject({
      kind: "too-large",
    });
  });
});

describe("writing", () => {
  const types: StoredType[] = [
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float32",
    "float64",
  ];

  it.skipIf(python === undefined)(
    "is read back by nibabel bit for bit, with the same affine",
    async () => {
      const stream = streamOf(3, "nifti");
      const written: string[] = [];
      for (const [i, type] of types.entries()) {
        const shape = [3, 4, 5];
        const elements = emptyArray(type, 60);
        for (let k = 0; k < 60; k++) {
          const value = Math.round(stream.uniform() * 120);
          if (elements instanceof BigInt64Array || elements instanceof BigUint64Array)
            elements[k] = BigInt(value);
          else elements[k] = type.startsWith("float") ? value / 7 : value;
        }
        const stored: Stored = {
          data: elements,
          type,
          shape,
          components: 1,
          kind: "scalar",
          slope: i % 2 ? 0.25 : 1,
          intercept: i % 2 ? -3 : 0,
        };
        const [a, b] = [stream.uniform() * 6, stream.uniform() * 3];
        const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
        const image = makeImage(toFloat32(stored, "zyx"), shape, {
          spacing: [2.5, 0.7, 1.3],
          origin: [10 * i, -20, 33],
          direction: [ca, -sa * cb, sa * sb, sa, ca * cb, -ca * sb, 0, sb, cb],
        });
        const ending = [".nii", ".nii.gz", ".hdr", ".hdr.gz"][i % 4]!;
        const path = join(folder, `${type}${ending}`);
        await saveImage(path, image, { stored });
        written.push(path);
      }
      const answers = readByPython(python!, written);
      for (const [i, path] of written.entries())
        expectSame(answers[i]!, await openFile(path), path);
      // The stored type itself, not a widened one.
      expect(answers.map((a) => a.dtype.replace(/[<|]/, ""))).toEqual([
        "i1",
        "u1",
        "i2",
        "u2",
        "i4",
        "u4",
        "i8",
        "u8",
        "f4",
        "f8",
      ]);
    },
  );

  it("becomes NIfTI-2 where a size passes 32767 and says what single precision loses", async () => {
    const long = makeImage(new Float32Array(40000), [1, 40000]);
    const { files } = await nifti.write!(long, { fileName: "long.nii" });
    expect(parseNiftiHeader(files[0]!.bytes).version).toBe(2);
    expect((await nifti.read(files[0]!.bytes)).images[0]!.image.shape).toEqual([1, 40000]);
    const stored: Stored = {
      data: Int16Array.of(1, 2, 3, 4),
      type: "int16",
      shape: [2, 2],
      components: 1,
      kind: "scalar",
      slope: 0.1,
      intercept: 0,
    };
    const { lost } = await nifti.write!(makeImage(toFloat32(stored, "yx"), [2, 2]), {
      fileName: "a.nii",
      stored,
    });
    expect(lost.join()).toMatch(/slope 0.1 .* single precision/);
  });

  it("writes the same bytes twice", async () => {
    const image = makeImage(
      Float32Array.from({ length: 100 }, (_, i) => i),
      [10, 10],
    );
    const once = await nifti.write!(image, { fileName: "a.nii.gz" });
    const twice = await nifti.write!(image, { fileName: "a.nii.gz" });
    expect(Buffer.compare(once.files[0]!.bytes, twice.files[0]!.bytes)).toBe(0);
  });
});

describe("files of others", () => {
  const image = makeImage(
    Float32Array.from({ length: 240 }, (_, i) => i - 100),
    [5, 4, 3, 4],
    { axes: "tzyx" },
  );
  const scalar = { type: "int16", kind: "scalar", slope: 1, intercept: 0 } as const;
  const own = niftiHeaderOf(image, scalar);
  const sform = [-2, 0, 0, 10.5, 0, 2, 0, -3, 0, 0, 2.2, 7];
  const remaining = {
    dimInfo: 57,
    intent: [0, 0, 0] as const,
    sliceStart: 0,
    sliceEnd: 2,
    sliceCode: 3,
    sliceDuration: 80,
    timeOffset: 1500,
    calMin: -5,
    calMax: 200,
    auxFile: "none",
  };
  const comment = {
    code: 6,
    content: new TextEncoder().encode("hello extension\0\0\0\0\0\0\0\0\0"),
  };
  /** As FSL and AFNI write: milliseconds, template space, slice timing, an extension. */
  const theirs = (change: object = {}, extensions = [comment]) => {
    const head = niftiHeaderToBytes(
      {
        ...own,
        pixdim: [-1, 2, 2, 2.2, 2500, 1, 1, 1],
        xyztUnits: 2 + 16,
        description: "FSL5.0",
        qformCode: 1,
        sformCode: 4,
        quaternion: [0, 1, 0, 10.5, -3, 7],
        sform,
        remaining,
        ...change,
      },
      extensions,
    );
    const bytes = new Uint8Array(head.length + 480);
    bytes.set(head);
    bytes.set(writeElements(Int16Array.from(image.data)), head.length);
    return bytes;
  };
  const rewritten = async (bytes: Uint8Array) => {
    const { images, source } = await nifti.read(bytes);
    const { files } = await nifti.write!(images[0]!.image, {
      fileName: "b.nii",
      stored: images[0]!.stored,
      source,
    });
    return files[0]!.bytes;
  };

  it("are rewritten to the bit", async () => {
    for (const change of [
      {},
      { xyztUnits: 3 + 24, pixdim: [1, 2000, 2000, 2200, 2.5e6, 1, 1, 1] },
      { sformCode: 0, pixdim: [1, 2, 2, 2.2, 0.7, 1, 1, 1], xyztUnits: 10 },
      { sformCode: 0, qformCode: 0, sform: new Array<number>(12).fill(0) },
      { version: 2 as const, rank: 5, intentCode: 0 },
      { dim: [4, 3, 4, 1, 1, 5, 1], rank: 6, intentCode: 1007, intentName: "tensor" },
      { xyztUnits: 2 + 32, pixdim: [1, 2, 2, 2.2, 123.25, 1, 1, 1] },
      { xyztUnits: 0, pixdim: [1, 1, 1, 1, 1, 1, 1, 1], sformCode: 0, qformCode: 0 },
    ]) {
      for (const extensions of [[], [comment, { code: 4, content: comment.content }]]) {
        const bytes = theirs(change, extensions);
        expect(Buffer.compare(await rewritten(bytes), bytes), JSON.stringify(change)).toBe(0);
      }
    }
  });

  it("give their time step in seconds, whatever the unit", async () => {
    const step = async (pixdim4: number, unit: number) => {
      const { images } = await nifti.read(
        theirs({ pixdim: [1, 2, 2, 2.2, pixdim4, 1, 1, 1], xyztUnits: 2 + unit }),
      );
      return images[0]!.image.timeStep;
    };
    expect(await step(2.1, 8)).toBe(2.1);
    expect(await step(2100, 16)).toBe(2.1);
    expect(await step(2.1e6, 24)).toBe(2.1);
    // No unit: every tool takes seconds, but 1 is what writers put that know none.
    expect(await step(2.1, 0)).toBe(2.1);
    expect(await step(1, 0)).toBeUndefined();
    expect(await step(1, 8)).toBe(1);
    expect(await step(0, 8)).toBeUndefined();
    expect(await step(64, 32)).toBeUndefined();
  });

  it("say what they hold beyond their image", async () => {
    const { facts } = (await nifti.read(theirs())).images[0]!;
    expect(facts).toMatchObject({
      description: "FSL5.0",
      "coordinate system": "code 4, MNI 152 (sform)",
      "slice timing": "alternating, ascending, slices 0 to 2, 0.08 s each",
      "time of the first frame": "1.5 s",
      "encoding axes": "frequency x, phase y, slice z",
      "display range": "-5 to 200",
    });
    expect(facts["header extension 1"]).toMatch(/^comment, 24 bytes, checksum [0-9a-f]{8}$/);
    const plain = await nifti.write!(image, { fileName: "a.nii" });
    expect((await nifti.read(plain.files[0]!.bytes)).images[0]!.facts).toEqual({});
  });

  it("keep what a new image did not change, in its own units", async () => {
    const { images, source } = await nifti.read(theirs());
    const { image: read } = images[0]!;
    const moved = makeImage(
      read.data.map((v) => v / 3),
      read.shape,
      {
        ...read,
        origin: [1, 2, 3],
        timeStep: 3,
      },
    );
    const { files } = await nifti.write!(moved, {
      fileName: "b.nii",
      source,
      description: "median",
    });
    const header = parseNiftiHeader(files[0]!.bytes);
    expect([header.sformCode, header.qformCode, header.datatype]).toEqual([4, 1, 16]);
    expect(header.xyztUnits).toBe(2 + 8);
    expect(header.pixdim[4]).toBe(3);
    expect(header.remaining.timeOffset).toBe(1.5);
    expect(header.remaining.sliceDuration).toBeCloseTo(0.08, 6);
    expect(header.remaining.calMax).toBe(200);
    expect(header.description).toBe("dprime unit=arbitrary axes=tzyx median; FSL5.0");
    const back = (await nifti.read(files[0]!.bytes)).images[0]!.image;
    expect(back.origin).toEqual([1, 2, 3]);
    expect(back.timeStep).toBe(3);
    const shorter = makeImage(new Float32Array(24), [2, 3, 4], { ...read, axes: "zyx" });
    const cut = parseNiftiHeader(
      (await nifti.write!(shorter, { fileName: "c.nii", source })).files[0]!.bytes,
    );
    expect([cut.rank, cut.remaining.sliceCode, cut.remaining.sliceEnd]).toEqual([3, 0, 0]);
  });

  it("read a size of 0 as 1, as the library of the standard does, except the first", async () => {
    const sized = (at: number, size: number) => {
      const bytes = theirs();
      new DataView(bytes.buffer).setInt16(40 + 2 * at, size, true);
      return nifti.read(bytes);
    };
    expect((await sized(4, 0)).images[0]!.image).toMatchObject({
      axes: "zyx",
      shape: [4, 3, 4],
    });
    expect((await sized(4, -1)).images[0]!.image.shape).toEqual([4, 3, 4]);
    await expect(sized(1, 0)).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("keep a slice thickness of two dimensions and know a spacing of 1 by its unit", async () => {
    const plane = (change: object) => {
      const bytes = new Uint8Array(352 + 24);
      bytes.set(
        niftiHeaderToBytes({
          ...own,
          dim: [4, 3, 1, 1, 1, 1, 1],
          rank: 2,
          qformCode: 0,
          sformCode: 0,
          ...change,
        }),
      );
      return nifti.read(bytes);
    };
    const thick = (await plane({ pixdim: [1, 0.5, 0.5, 3, 0, 0, 0, 0] })).images[0]!.image;
    expect(thick.spacing).toEqual([3, 0.5, 0.5]);
    const one = (await plane({ pixdim: [1, 1, 1, 1, 0, 0, 0, 0], xyztUnits: 2 })).images[0]!.image;
    const none = (await plane({ pixdim: [1, 1, 1, 1, 0, 0, 0, 0], xyztUnits: 0 })).images[0]!.image;
    expect([one.spacingKnown, none.spacingKnown]).toEqual([true, false]);
  });
});

describe("quaternions", () => {
  it("give back every rotation, mirrored ones and half turns included", () => {
    const stream = streamOf(8, "quaternion");
    for (let n = 0; n < 300; n++) {
      const q = [0, 1, 2, 3].map(() => stream.normal());
      if (n < 4) q.forEach((_, i) => (q[i] = i === n ? 1 : 0));
      const length = Math.hypot(...q);
      const [a, b, c, d] = q.map((v) => v / length) as [number, number, number, number];
      const m = [
        1 - 2 * (c * c + d * d),
        2 * (b * c - a * d),
        2 * (b * d + a * c),
        2 * (b * c + a * d),
        1 - 2 * (b * b + d * d),
        2 * (c * d - a * b),
        2 * (b * d - a * c),
        2 * (c * d + a * b),
        1 - 2 * (b * b + c * c),
      ];
      const direction = n % 2 ? m.map((v, i) => (i % 3 === 2 ? -v : v)) : m;
      const { bcd, qfac } = quaternionOf(direction);
      const header = parseNiftiHeader(
        niftiHeaderToBytes({
          ...niftiHeaderOf(makeImage(new Float32Array(1), [1, 1, 1]), {
            type: "float32",
            kind: "scalar",
            slope: 1,
            intercept: 0,
          }),
          version: 2,
          voxOffset: 544,
          quaternion: [...bcd, 1, 2, 3],
          pixdim: [qfac, 1, 1, 1, 1, 1, 1, 1],
        }),
      );
      const back = geometryOf(qformAffine(header)!)!.direction;
      // Double precision throughout, but sqrt(1 − b² − c² − d²) loses half the digits near a half turn.
      back.forEach((v, i) => expect(Math.abs(v - direction[i]!)).toBeLessThan(1e-7));
    }
  });
});
