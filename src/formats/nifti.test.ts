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
import { nifti, niftiHeaderOf } from "./nifti.ts";
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
