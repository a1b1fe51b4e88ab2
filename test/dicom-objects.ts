/** DICOM files made for tests, with any pixel description, straight from elements. */
import {
  bytesElement,
  decimalElement,
  elementMap,
  numberElement,
  textElement,
} from "../src/dicom/build.ts";
import type { DicomElement } from "../src/dicom/elements.ts";
import { encodePixels, type SampleArray } from "../src/dicom/encode-pixels.ts";
import { serialiseDicom } from "../src/dicom/serialise.ts";
import { explicitLittle, transferSyntaxOf } from "../src/dicom/transfer-syntax.ts";

export interface TestObject {
  readonly data: SampleArray;
  readonly rows: number;
  readonly columns: number;
  readonly frames?: number;
  readonly samples?: 1 | 3;
  readonly bitsStored?: number;
  readonly photometric?: string;
  readonly transferSyntax?: string;
  /** Transfer syntax that the file names, where its pixels are given among the extra elements. */
  readonly declaredSyntax?: string;
  /** Elements besides the usual ones, or in place of them. */
  readonly extra?: readonly DicomElement[];
  readonly without?: readonly number[];
}

export const testUids = {
  sopClass: "1.2.840.10008.5.1.4.1.1.2",
  instance: "2.25.101",
  series: "2.25.102",
  study: "2.25.103",
  frame: "2.25.104",
};

/** A CT object with a private block, a name in Latin-1 and a nested sequence. */
export async function testObject(options: TestObject): Promise<Uint8Array> {
  const { data, rows, columns, frames = 1, samples = 1 } = options;
  const transferSyntax = options.transferSyntax ?? explicitLittle;
  const bits = 8 * data.BYTES_PER_ELEMENT;
  const bitsStored = options.bitsStored ?? bits;
  const signed = data.constructor.name.startsWith("Int");
  const pixels = await encodePixels(data, {
    rows,
    columns,
    frames,
    samples,
    bitsStored,
    signed,
    transferSyntax,
  });
  const elements = elementMap([
    textElement(0x00080005, "CS", "ISO_IR 100"),
    textElement(0x00080008, "CS", ["ORIGINAL", "PRIMARY", "AXIAL"]),
    textElement(0x00080016, "UI", testUids.sopClass),
    textElement(0x00080018, "UI", testUids.instance),
    textElement(0x00080060, "CS", "CT"),
    textElement(0x0008103e, "LO", "Abdomen"),
    textElement(0x00090010, "LO", "MAKER 1.0"),
    bytesElement(0x00091001, "OB", Uint8Array.of(1, 2, 3, 4, 250, 0)),
    bytesElement(0x00091002, "UN", Uint8Array.of(9, 8, 7, 6)),
    bytesElement(0x00100010, "PN", Uint8Array.of(0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72)),
    textElement(0x0020000d, "UI", testUids.study),
    textElement(0x0020000e, "UI", testUids.series),
    textElement(0x00200011, "IS", "3"),
    textElement(0x00200013, "IS", "7"),
    decimalElement(0x00200032, [-100, -90.5, 12.25]),
    decimalElement(0x00200037, [1, 0, 0, 0, 1, 0]),
    textElement(0x00200052, "UI", testUids.frame),
    decimalElement(0x00180050, 2.5),
    numberElement(0x00280002, "US", samples),
    textElement(0x00280004, "CS", options.photometric ?? (samples === 3 ? "RGB" : "MONOCHROME2")),
    ...(samples === 3 ? [numberElement(0x00280006, "US", 0)] : []),
    ...(frames > 1 ? [textElement(0x00280008, "IS", String(frames))] : []),
    numberElement(0x00280010, "US", rows),
    numberElement(0x00280011, "US", columns),
    decimalElement(0x00280030, [0.75, 0.5]),
    numberElement(0x00280100, "US", bits),
    numberElement(0x00280101, "US", bitsStored),
    numberElement(0x00280102, "US", bitsStored - 1),
    numberElement(0x00280103, "US", signed ? 1 : 0),
    pixels,
    ...(options.extra ?? []),
  ]);
  for (const tag of options.without ?? []) elements.delete(tag);
  const syntax = transferSyntaxOf(transferSyntax)!;
  return serialiseDicom(elements, {
    encoding: { explicit: syntax.explicit, littleEndian: true },
    transferSyntax: options.declaredSyntax ?? transferSyntax,
    sopClassUid: testUids.sopClass,
    sopInstanceUid: testUids.instance,
    signedPixels: signed,
  });
}

/** Smooth values with some noise, inside the range of `bits`. */
export function testValues(count: number, bits: number, signed: boolean): SampleArray {
  const low = signed ? -(2 ** (bits - 1)) : 0;
  const span = 2 ** bits;
  const make = (i: number) =>
    low + Math.floor(((Math.sin(i / 7) + 1) / 2) * (span - 8)) + ((i * 2654435761) >>> 29);
  if (bits <= 8)
    return signed
      ? Int8Array.from({ length: count }, (_, i) => make(i))
      : Uint8Array.from({ length: count }, (_, i) => make(i));
  if (bits <= 16)
    return signed
      ? Int16Array.from({ length: count }, (_, i) => make(i))
      : Uint16Array.from({ length: count }, (_, i) => make(i));
  return signed
    ? Int32Array.from({ length: count }, (_, i) => make(i))
    : Uint32Array.from({ length: count }, (_, i) => make(i));
}
