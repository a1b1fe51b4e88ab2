/**
 * Against dcmtk and gdcm: what this package writes they decode to the same bits, and what they compress it
 * reads to the same bits. Skipped with a line where they are not installed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { testObject, testValues } from "../../test/dicom-objects.ts";
import { haveSharedData, sharedData } from "../../test/shared-data.ts";
import { makeImage } from "../core/image.ts";
import { itemOf, sequenceElement, textElement } from "./build.ts";
import { writeNewDicom, writeNewSeries } from "./create.ts";
import { writeDerivedDicom } from "./derive.ts";
import { textsOf } from "./elements.ts";
import { littleBytes, type SampleArray } from "./encode-pixels.ts";
import { parseDicom } from "./parse.ts";
import { readDicom } from "./read.ts";
import {
  deflatedLittle,
  explicitLittle,
  htj2kLossless,
  implicitLittle,
  jpegLossless,
  jpegLsLossless,
  rleLossless,
  writableSyntaxes,
} from "./transfer-syntax.ts";

function has(tool: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${tool}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const dcmtk = has("dcmdump") && has("dcmdjpeg") && has("dcmdjpls") && has("dcmdrle");
const gdcm = has("gdcmconv") && has("gdcmraw");
if (!dcmtk) process.stderr.write("dicom/tools: skipped what needs dcmtk (Debian: dcmtk)\n");
if (!gdcm) process.stderr.write("dicom/tools: skipped what needs gdcm (Debian: libgdcm-tools)\n");

const data = sharedData;
if (!haveSharedData)
  process.stderr.write(`dicom/tools: skipped real files, no image collection at ${data}\n`);

const folder = mkdtempSync(join(tmpdir(), "dprime-dicom-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const run = (tool: string, args: readonly string[]) =>
  execFileSync(tool, args, { stdio: ["ignore", "pipe", "pipe"] });

/** Pixel bytes of an uncompressed file as dcmtk finds them. */
function dcmtkPixels(path: string): Uint8Array {
  const raw = mkdtempSync(join(folder, "raw-"));
  run("dcmdump", ["-q", "+W", raw, path]);
  const [file] = readdirSync(raw).filter((name) => name.endsWith(".raw"));
  return readFileSync(join(raw, file!));
}

/** Pixel bytes of any file as gdcm decodes them. */
function gdcmPixels(path: string): Uint8Array {
  run("gdcmconv", ["--raw", path, at("plain.dcm")]);
  run("gdcmraw", ["-i", at("plain.dcm"), "-o", at("plain.raw")]);
  return readFileSync(at("plain.raw"));
}

const dcmtkDecoder: Readonly<Record<string, string>> = {
  [jpegLossless]: "dcmdjpeg",
  [jpegLsLossless]: "dcmdjpls",
  [rleLossless]: "dcmdrle",
  [deflatedLittle]: "dcmconv",
  [implicitLittle]: "dcmconv",
  [explicitLittle]: "dcmconv",
};

/** Bits stored, sign and frames. */
const depths = [
  [8, false, 1],
  [10, false, 1],
  [12, false, 3],
  [12, true, 1],
  [16, false, 1],
  [16, true, 3],
] as const;

function same(found: Uint8Array, data: SampleArray): boolean {
  const wanted = littleBytes(data);
  return Buffer.compare(found.subarray(0, wanted.length), wanted) === 0;
}

// HTJ2K is younger than the versions of both tools in Debian 12: nothing independent reads it there.
const checkable = writableSyntaxes.filter((uid) => uid !== htj2kLossless);

describe("what is written", () => {
  it.skipIf(!dcmtk).each(checkable.filter((uid) => uid in dcmtkDecoder))(
    "%s decodes to the same bits in dcmtk",
    async (transferSyntax) => {
      for (const [bits, signed, frames] of depths) {
        const values = testValues(37 * 41 * frames, bits, signed);
        const bytes = await testObject({
          data: values,
          rows: 37,
          columns: 41,
          frames,
          bitsStored: bits,
          transferSyntax,
        });
        writeFileSync(at("a.dcm"), bytes);
        const decoder = dcmtkDecoder[transferSyntax]!;
        run(decoder, [...(decoder === "dcmconv" ? ["+te"] : []), at("a.dcm"), at("b.dcm")]);
        expect(same(dcmtkPixels(at("b.dcm")), values), `${bits} ${signed} ${frames}`).toBe(true);
      }
    },
  );

  it.skipIf(!gdcm).each(checkable)(
    "%s decodes to the same bits in gdcm",
    async (transferSyntax) => {
      for (const [bits, signed, frames] of depths) {
        const values = testValues(37 * 42 * frames, bits, signed);
        writeFileSync(
          at("a.dcm"),
          await testObject({
            data: values,
            rows: 37,
            columns: 42,
            frames,
            bitsStored: bits,
            transferSyntax,
          }),
        );
        expect(same(gdcmPixels(at("a.dcm")), values), `${bits} ${signed} ${frames}`).toBe(true);
      }
    },
  );

  it.skipIf(!dcmtk)("passes dcmtk's reader without a complaint", async () => {
    const volume = makeImage(
      Float32Array.from({ length: 3 * 16 * 16 }, (_, i) => i - 300),
      [3, 16, 16],
      { unit: "HU" },
    );
    const colour = makeImage(new Float32Array(3 * 16 * 16).fill(7), [3, 16, 16], { axes: "cyx" });
    const objects = [
      (await writeNewSeries(volume))[1]!,
      await writeNewDicom(volume),
      await writeNewDicom(colour),
    ];
    for (const { bytes } of objects) {
      writeFileSync(at("c.dcm"), bytes);
      // -E: any error is fatal; warnings go to the standard error that must stay empty.
      const text = execFileSync("dcmdump", ["-E", at("c.dcm")], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      expect(text).not.toMatch(/error|warning/i);
    }
  });

  it.skipIf(!gdcm || !existsSync(data))(
    "derived objects of real files decode to the same bits in gdcm",
    async () => {
      const files = [
        "1_ct_dicom/bad_sequence_ct/bad_sequence.dcm",
        "1_ct_dicom/ct2_toshiba_j2k/CT2_J2KR.dcm",
        "1_ct_dicom/j2k_pixelrep_mismatch/J2K_pixelrep_mismatch.dcm",
        "1_ct_dicom/pancreas_un_vr_j2k/explicit_VR-UN.dcm",
        "1_ct_dicom/lungmask_min_tags/lungmask_0.dcm",
        "2_paired_dose/mr_repeat_snr_Siemens/tra_250_2meas_1.IMA",
        "2_paired_dose/mr_repeat_snr_GE/IM-0003-0001.dcm",
        "4_mri/pydicom_mr_small/MR_small_bigendian.dcm",
        "4_mri/pydicom_mr_small/MR_small_RLE.dcm",
        "5_projection_us_retina/suyash_pet/pet_1.dcm",
        "5_projection_us_retina/pydicom_us_nm_ot/JPGExtended.dcm",
        "5_projection_us_retina/pydicom_us_nm_ot/examples_rgb_color.dcm",
        "6_phantoms/catphan_xvi/uniformity.dcm",
        "7_malformed/dicom_other/invalid-vr-length-test.dcm",
      ];
      for (const file of files) {
        const source = await readDicom(readFileSync(join(data, file)));
        const written = await writeDerivedDicom(source, source.image, { method: "identity" });
        writeFileSync(at("d.dcm"), written.bytes);
        expect(same(gdcmPixels(at("d.dcm")), source.stored.data as SampleArray), file).toBe(true);
      }
    },
  );
});

describe("what they write", () => {
  const read = async (name: string) =>
    (await readDicom(readFileSync(at(name)))).stored.data as SampleArray;

  it.skipIf(!dcmtk)(
    "JPEG lossless with every predictor, JPEG-LS and RLE of dcmtk read to the same bits",
    async () => {
      for (const [bits, signed] of [
        [8, false],
        [12, false],
        [16, true],
      ] as const) {
        const values = testValues(61 * 53, bits, signed);
        writeFileSync(
          at("a.dcm"),
          await testObject({ data: values, rows: 61, columns: 53, bitsStored: bits }),
        );
        for (const predictor of [1, 2, 3, 4, 5, 6, 7]) {
          run("dcmcjpeg", ["+el", "+sv", String(predictor), at("a.dcm"), at("b.dcm")]);
          expect(await read("b.dcm"), `predictor ${predictor}, ${bits} bits`).toEqual(values);
        }
        run("dcmcjpls", [at("a.dcm"), at("b.dcm")]);
        expect(await read("b.dcm")).toEqual(values);
        run("dcmcrle", [at("a.dcm"), at("b.dcm")]);
        expect(await read("b.dcm")).toEqual(values);
      }
    },
  );

  it.skipIf(!dcmtk)(
    "colours of dcmtk read to the same bits however their samples are interleaved",
    async () => {
      const values = testValues(3 * 36 * 40, 8, false);
      const colours = {
        data: values,
        rows: 36,
        columns: 40,
        samples: 3,
        photometric: "RGB",
      } as const;
      writeFileSync(at("a.dcm"), await testObject(colours));
      // By sample, by line, and each colour in a scan of its own.
      for (const option of ["+is", "+il", "+in"]) {
        run("dcmcjpls", [option, at("a.dcm"), at("b.dcm")]);
        expect(await read("b.dcm"), option).toEqual(values);
      }
      run("dcmcjpeg", ["+el", at("a.dcm"), at("b.dcm")]);
      expect(await read("b.dcm")).toEqual(values);
      run("dcmcrle", [at("a.dcm"), at("b.dcm")]);
      expect(await read("b.dcm")).toEqual(values);
    },
  );

  it.skipIf(!dcmtk)("near-lossless frames of dcmtk read as dcmtk reads them", async () => {
    // Odd streams among these are made even with a byte of rubbish.
    const values = testValues(9 * 37 * 41, 8, false);
    writeFileSync(
      at("a.dcm"),
      await testObject({ data: values, rows: 37, columns: 41, frames: 9 }),
    );
    run("dcmcjpls", ["+en", "+md", "3", at("a.dcm"), at("b.dcm")]);
    run("dcmdjpls", [at("b.dcm"), at("c.dcm")]);
    const found = await read("b.dcm");
    expect(same(dcmtkPixels(at("c.dcm")).subarray(0, found.length), found)).toBe(true);
  });

  it.skipIf(!dcmtk)("lossy JPEG of dcmtk decodes as dcmtk decodes it", async () => {
    for (const [bits, option] of [
      [8, "+eb"],
      [12, "+ee"],
      [12, "+es"],
      [12, "+ep"],
    ] as const) {
      const values = testValues(64 * 48, bits, false);
      writeFileSync(
        at("a.dcm"),
        await testObject({ data: values, rows: 64, columns: 48, bitsStored: bits }),
      );
      run("dcmcjpeg", [option, at("a.dcm"), at("b.dcm")]);
      run("dcmdjpeg", [at("b.dcm"), at("c.dcm")]);
      expect(same(dcmtkPixels(at("c.dcm")), await read("b.dcm")), option).toBe(true);
    }
  });

  it.skipIf(!gdcm)(
    "JPEG 2000, JPEG-LS and RLE of gdcm read to the same bits, single and multi-frame",
    async () => {
      for (const [bits, signed] of [
        [8, false],
        [12, false],
        [16, true],
      ] as const) {
        for (const frames of [1, 3]) {
          const values = testValues(48 * 40 * frames, bits, signed);
          writeFileSync(
            at("a.dcm"),
            await testObject({ data: values, rows: 48, columns: 40, frames, bitsStored: bits }),
          );
          for (const option of ["--j2k", "--jpegls", "--rle", "--jpeg", "--implicit"]) {
            run("gdcmconv", [option, at("a.dcm"), at("b.dcm")]);
            expect(await read("b.dcm"), `${option} ${bits} bits, ${frames} frames`).toEqual(values);
          }
        }
      }
    },
  );
});

const dciodvfy = has("dciodvfy");
if (!dciodvfy)
  process.stderr.write("dicom/tools: skipped what needs dciodvfy (Debian: dicom3tools)\n");

describe.skipIf(!dciodvfy)("derived objects by dciodvfy", () => {
  /** Errors of an object, sorted; those of the made-up source are no fault of ours. */
  const errorsOf = (bytes: Uint8Array): string[] => {
    writeFileSync(at("verified.dcm"), bytes);
    const { stderr } = spawnSync("dciodvfy", [at("verified.dcm")], { encoding: "utf8" });
    return stderr.split("\n").filter((line) => line.startsWith("Error"));
  };
  const ct = "1.2.840.10008.5.1.4.1.1.2";
  const grouped = sequenceElement(0x52009229, [
    itemOf([
      sequenceElement(0x00289145, [
        itemOf([
          textElement(0x00281052, "DS", "0"),
          textElement(0x00281053, "DS", "1"),
          textElement(0x00281054, "LO", "HU"),
        ]),
      ]),
      sequenceElement(0x00189329, [
        itemOf([textElement(0x00089007, "CS", ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])]),
      ]),
    ]),
  ]);
  it.each([
    ["CT", ct, "CT", [], ["DERIVED", "SECONDARY"]],
    ["MR", "1.2.840.10008.5.1.4.1.1.4", "MR", [], ["DERIVED", "SECONDARY"]],
    ["US", "1.2.840.10008.5.1.4.1.1.6.1", "US", [], ["DERIVED", "SECONDARY"]],
    ["DX", "1.2.840.10008.5.1.4.1.1.1.1", "DX", [], ["DERIVED", "SECONDARY"]],
    ["MG", "1.2.840.10008.5.1.4.1.1.1.2", "MG", [], ["DERIVED", "SECONDARY"]],
    ["PET", "1.2.840.10008.5.1.4.1.1.128", "PT", [], ["DERIVED", "PRIMARY"]],
    ["NM", "1.2.840.10008.5.1.4.1.1.20", "NM", [], ["DERIVED", "PRIMARY"]],
    ["enhanced CT", `${ct}.1`, "CT", [grouped], ["DERIVED", "PRIMARY"]],
    ["enhanced MR", "1.2.840.10008.5.1.4.1.1.4.1", "MR", [grouped], ["DERIVED", "PRIMARY"]],
  ])("of %s have no fault that the source has not", async (_, sop, modality, extra, type) => {
    const frames = extra.length > 0 ? 2 : 1;
    const bytes = await testObject({
      data: testValues(64 * frames, 12, false),
      rows: 8,
      columns: 8,
      frames,
      bitsStored: 12,
      extra: [
        textElement(0x00080016, "UI", sop),
        textElement(0x00080060, "CS", modality),
        textElement(0x00080008, "CS", ["ORIGINAL", "PRIMARY", "AXIAL"]),
        ...extra,
      ],
    });
    const source = await readDicom(bytes);
    const written = await writeDerivedDicom(source, source.image, { method: "x" });
    const before = new Set(errorsOf(bytes));
    expect(errorsOf(written.bytes).filter((one) => !before.has(one))).toEqual([]);
    const { dataSet } = parseDicom(written.bytes);
    expect(textsOf(dataSet, 0x00080008).slice(0, 2)).toEqual(type);
  });

  it("and new CT images and captures have none", async () => {
    const image = makeImage(
      Float32Array.from({ length: 64 }, (_, i) => i),
      [8, 8],
      {
        unit: "HU",
        spacing: [1, 1, 1],
        origin: [0, 0, 0],
      },
    );
    expect(errorsOf((await writeNewDicom(image)).bytes)).toEqual([]);
    const capture = { ...image, unit: "arbitrary" as const };
    expect(errorsOf((await writeNewDicom(capture)).bytes)).toEqual([]);
  });
});
