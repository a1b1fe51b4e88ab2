import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { csaBytes, type CsaTag } from "../../test/csa-bytes.ts";
import { testObject } from "../../test/dicom-objects.ts";
import { pythonWith } from "../../test/oracle/python.ts";
import { withData } from "../core/image.ts";
import { bytesElement, decimalElement, numberElement, textElement } from "./build.ts";
import { csaHeader, csaNumbers } from "./csa-header.ts";
import { writeDerivedDicom } from "./derive.ts";
import type { DicomElement } from "./elements.ts";
import { readDicom } from "./read.ts";

const tags = (slices: number, normal?: readonly number[]): CsaTag[] => [
  { name: "EchoLinePosition", vr: "IS", values: [] },
  { name: "AcquisitionMatrixText", vr: "SH", values: ["4p*3"] },
  { name: "NumberOfImagesInMosaic", vr: "US", values: [String(slices)] },
  { name: "MosaicRefAcqTimes", vr: "FD", values: ["0.0", "12.5", "25.0"] },
  ...(normal
    ? [{ name: "SliceNormalVector", vr: "FD", values: normal.map((v) => v.toFixed(8)) }]
    : []),
];

describe("csaHeader", () => {
  it.each([1, 2] as const)("reads version %i", (version) => {
    const header = csaHeader(csaBytes(tags(9, [0, -1, 0]), version))!;
    expect(csaNumbers(header, "NumberOfImagesInMosaic")).toEqual([9]);
    expect(csaNumbers(header, "SliceNormalVector")).toEqual([0, -1, 0]);
    expect(csaNumbers(header, "MosaicRefAcqTimes")).toEqual([0, 12.5, 25]);
    expect(csaNumbers(header, "Absent")).toEqual([]);
  });

  it("reads nothing from other bytes, whole or cut", () => {
    expect(csaHeader(new Uint8Array(0))).toBeUndefined();
    expect(csaHeader(new TextEncoder().encode("SV10 is only a beginning"))).toBeUndefined();
    const whole = csaBytes(tags(9, [0, 0, 1]), 2);
    for (let length = 0; length < whole.length - 8; length += 7) {
      expect(csaHeader(whole.subarray(0, length))).toBeUndefined();
    }
  });
});

/** Slices of 3 × 4 pixels in a mosaic of 2 × 2 or 3 × 3 tiles; slice k holds 100 k + the pixel's number. */
const [rows, columns] = [3, 4];
function plane(slices: number): { data: Uint16Array; across: number } {
  const across = Math.ceil(Math.sqrt(slices));
  const data = new Uint16Array(across * across * rows * columns);
  for (let k = 0; k < slices; k++) {
    for (let i = 0; i < rows * columns; i++) {
      const row = Math.floor(k / across) * rows + Math.floor(i / columns);
      data[row * across * columns + (k % across) * columns + (i % columns)] = 100 * k + i;
    }
  }
  return { data, across };
}

const c = Math.cos(0.3);
const s = Math.sin(0.3);
const orientation = [1, 0, 0, 0, c, s];
const normal = [0, -s, c];

function mosaic(slices: number, extra: readonly DicomElement[], without: number[] = []) {
  const { data, across } = plane(slices);
  return testObject({
    data,
    rows: across * rows,
    columns: across * columns,
    bitsStored: 12,
    extra: [
      textElement(0x00080008, "CS", ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]),
      textElement(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4"),
      textElement(0x00080060, "CS", "MR"),
      textElement(0x00080070, "LO", "SIEMENS"),
      decimalElement(0x00200037, orientation),
      decimalElement(0x00200032, [-20, 30, 5]),
      decimalElement(0x00280030, [1.5, 2]),
      ...extra,
    ],
    without,
  });
}

const csa = (slices: number, direction?: readonly number[], version: 1 | 2 = 2) => [
  textElement(0x00290010, "LO", "SIEMENS CSA HEADER"),
  bytesElement(0x00291010, "OB", csaBytes(tags(slices, direction), version)),
];
const between = decimalElement(0x00180088, 3.3);

describe("Siemens mosaics", () => {
  it.each([
    [9, normal, 2],
    [7, normal, 2],
    [4, normal.map((v) => -v), 1],
    [2, normal, 1],
  ] as const)("of %i slices along %j are volumes", async (slices, direction, version) => {
    const bytes = await mosaic(slices, [...csa(slices, direction, version), between]);
    const { image, stored, findings } = await readDicom(bytes);
    expect(image).toMatchObject({ axes: "zyx", shape: [slices, rows, columns] });
    expect(image.spacing).toEqual([3.3, 1.5, 2]);
    direction.forEach((v, i) => expect(image.direction[3 * i + 2]).toBeCloseTo(v, 6));
    for (let k = 0; k < slices; k++) {
      const slice = image.data.subarray(k * rows * columns, (k + 1) * rows * columns);
      expect([...slice]).toEqual(Array.from({ length: rows * columns }, (_, i) => 100 * k + i));
    }
    expect(stored.data.length).toBe(image.data.length);
    expect(findings.join()).toContain(`read as ${slices} slices of 4 × 3`);
    // Tiles share the centre of the plane whose position the file states.
    const across = Math.ceil(Math.sqrt(slices));
    const off = [((across - 1) * columns * 2) / 2, ((across - 1) * rows * 1.5) / 2] as const;
    [-20 + off[0], 30 + off[1] * c, 5 + off[1] * s].forEach((v, i) =>
      expect(image.origin[i]).toBeCloseTo(v, 6),
    );
  });

  it("keep their tiles, and what is in none, in derived objects", async () => {
    const source = await readDicom(await mosaic(7, [...csa(7, normal), between]));
    const changed = withData(
      source.image,
      source.image.data.map((v) => v + 1),
    );
    const { bytes } = await writeDerivedDicom(source, changed, { method: "one more" });
    const back = await readDicom(bytes);
    expect(back.image).toEqual(changed);
    const own = back.mosaic!.samples;
    const expected = plane(7).data.map((v, i) => {
      const [row, column] = [Math.floor(i / 12), i % 12];
      return Math.floor(row / 3) * 3 + Math.floor(column / 4) < 7 ? v + 1 : v;
    });
    expect([...own]).toEqual([...expected]);
  });

  it("count their slices by the short private element too, and take the thickness with a note", async () => {
    const number = [
      textElement(0x00190010, "LO", "SIEMENS MR HEADER"),
      numberElement(0x0019100a, "US", 4),
    ];
    const header = [
      textElement(0x00290010, "LO", "SIEMENS CSA HEADER"),
      bytesElement(
        0x00291010,
        "OB",
        csaBytes(
          tags(4, normal).filter(({ name }) => !name.startsWith("Number")),
          2,
        ),
      ),
    ];
    const { image, findings } = await readDicom(await mosaic(4, [...number, ...header]));
    expect(image.shape).toEqual([4, rows, columns]);
    expect(image.spacing[0]).toBe(2.5);
    expect(findings.join()).toContain("thickness is taken");
  });

  it("take the distance of the protocol's slices where none is stated", async () => {
    const protocol = [
      "sSliceArray.lSize = 4",
      ...[0, 1, 2, 3].map((k) => `sSliceArray.asSlice[${k}].sPosition.dTra = ${-3.75 * k}`),
    ].join("\n");
    const series = bytesElement(
      0x00291020,
      "OB",
      csaBytes([{ name: "MrPhoenixProtocol", vr: "UN", values: [protocol] }], 2),
    );
    const { image } = await readDicom(await mosaic(4, [...csa(4, normal), series]));
    expect(image.spacing[0]).toBeCloseTo(3.75, 9);
  });

  it.each([
    ["no number of slices", [], /no number of slices/],
    ["no direction", [...csa(4), between], /no direction from slice to slice/],
    ["slices along no normal", [...csa(4, [0, 0.6, 0.8]), between], /along their normal/],
    ["no size that tiles divide", csa(17, normal), /5 tiles divide/],
  ])("are refused with %s", async (_, extra, message) => {
    await expect(readDicom(await mosaic(4, extra))).rejects.toMatchObject({
      kind: "unsupported",
      message: expect.stringMatching(message),
    });
  });

  it("are not what other planes are", async () => {
    const { image } = await readDicom(
      await mosaic(4, [
        textElement(0x00080008, "CS", ["ORIGINAL", "PRIMARY", "M"]),
        textElement(0x00080070, "LO", "OTHER"),
      ]),
    );
    expect(image.axes).toBe("yx");
  });
});

const python = pythonWith("nibabel");
describe.skipIf(python === undefined)("Siemens mosaics by nibabel", () => {
  const folder = mkdtempSync(join(tmpdir(), "dprime-mosaic-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([1, 2] as const)("lie where it puts them (CSA version %i)", async (version) => {
    const path = join(folder, "mosaic.dcm");
    const bytes = await mosaic(7, [...csa(7, normal, version), between]);
    writeFileSync(path, bytes);
    const script = [
      "import sys, json, nibabel.nicom.dicomwrappers as w",
      "one = w.wrapper_from_file(sys.argv[1])",
      "print(json.dumps([one.affine.tolist(), one.get_data().transpose(2, 0, 1).ravel().tolist()]))",
    ].join("\n");
    const out = execFileSync(python!, ["-W", "ignore", "-c", script, path], { encoding: "utf8" });
    const [affine, values] = JSON.parse(out) as [number[][], number[]];
    const { image } = await readDicom(bytes);
    expect([...image.data]).toEqual(values);
    // Its indices run along rows of the array first, then along columns, then slices.
    const [sz, sy, sx] = image.spacing;
    const column = (i: number, pitch: number) =>
      [0, 1, 2].map((r) => image.direction[3 * r + i]! * pitch);
    for (const [j, wanted] of [column(1, sy), column(0, sx), column(2, sz), image.origin].entries())
      for (let r = 0; r < 3; r++) expect(affine[r]![j]).toBeCloseTo(wanted[r]!, 5);
  });
});
