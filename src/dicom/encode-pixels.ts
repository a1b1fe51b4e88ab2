/** Stored samples to pixel data elements, in any transfer syntax that is written. */
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { bytesElement } from "./build.ts";
import { encodeFrame, type LosslessCodec, loadCodecs } from "./codecs.ts";
import type { DicomElement, Fragment } from "./elements.ts";
import { encodeRle } from "./rle.ts";
import { transferSyntaxOf, writableSyntaxes } from "./transfer-syntax.ts";

export type SampleArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

export interface SampleLayout {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samples: 1 | 3;
  readonly bitsStored: number;
  readonly signed: boolean;
}

/** Bytes of samples, little endian whatever the machine. */
export function littleBytes(data: ArrayBufferView & { BYTES_PER_ELEMENT: number }): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data.BYTES_PER_ELEMENT === 1 || new Uint8Array(Uint16Array.of(1).buffer)[0] === 1)
    return bytes;
  const out = bytes.slice();
  for (let at = 0; at < out.length; at += data.BYTES_PER_ELEMENT) {
    out.subarray(at, at + data.BYTES_PER_ELEMENT).reverse();
  }
  return out;
}

/** The syntax in which samples can be coded: the wanted one, or explicit little endian where it has no room for them. */
export function codableSyntax(wanted: string, bytesPerSample: number, samples: number): string {
  const syntax = transferSyntaxOf(wanted);
  if (!syntax || !writableSyntaxes.includes(wanted)) {
    throw new InputError(
      `Cannot write DICOM: found transfer syntax ${wanted}, wanted one of ${writableSyntaxes.join(", ")}`,
    );
  }
  // The codecs take one colour plane of 8 or 16 bits; RLE takes anything.
  const codes =
    syntax.codec === "none" || syntax.codec === "rle" || (bytesPerSample <= 2 && samples === 1);
  return codes ? wanted : "1.2.840.10008.1.2.1";
}

/**
 * The Pixel Data element.
 *
 * @param data samples of all frames, components side by side
 * @throws InputError when the syntax is not written or cannot hold the samples
 */
export async function encodePixels(
  data: SampleArray,
  options: SampleLayout & { transferSyntax: string; work?: WorkOptions },
): Promise<DicomElement> {
  const syntax = transferSyntaxOf(
    codableSyntax(options.transferSyntax, data.BYTES_PER_ELEMENT, options.samples),
  )!;
  if (syntax.uid !== options.transferSyntax) {
    throw new InputError(
      `Cannot write DICOM in ${options.transferSyntax}: found ${options.samples} samples of ${8 * data.BYTES_PER_ELEMENT} bits, wanted one of 8 or 16`,
    );
  }
  const tag = 0x7fe00010;
  const bytes = littleBytes(data);
  if (!syntax.encapsulated) {
    return bytesElement(tag, data.BYTES_PER_ELEMENT > 1 || !syntax.explicit ? "OW" : "OB", bytes);
  }
  if (syntax.codec !== "rle") await loadCodecs();
  const perFrame = bytes.length / options.frames;
  const fragments: Fragment[] = [];
  for (let f = 0; f < options.frames; f++) {
    throwIfAborted(options.work?.signal, "writing DICOM frames");
    const frame = bytes.subarray(f * perFrame, (f + 1) * perFrame);
    const coded =
      syntax.codec === "rle"
        ? encodeRle(frame, {
            columns: options.columns,
            samples: options.samples,
            bytesPerSample: data.BYTES_PER_ELEMENT,
          })
        : encodeFrame(frame, {
            codec: syntax.codec as LosslessCodec,
            rows: options.rows,
            columns: options.columns,
            samples: options.samples,
            bitsAllocated: 8 * data.BYTES_PER_ELEMENT,
            bitsStored: options.bitsStored,
            signed: options.signed,
          });
    fragments.push({ bytes: coded, offset: 0 });
  }
  return {
    tag,
    vr: "OB",
    value: new Uint8Array(0),
    offset: 0,
    undefinedLength: true,
    fragments: [offsetTable(fragments), ...fragments],
  };
}

/** A basic offset table for frames of one fragment each. */
export function offsetTable(fragments: readonly Fragment[]): Fragment {
  const table = new Uint8Array(4 * fragments.length);
  const view = new DataView(table.buffer);
  let at = 0;
  for (const [i, { bytes }] of fragments.entries()) {
    // A table of 32-bit offsets cannot reach further; readers then go by the fragments.
    if (at > 0xffffffff) return { bytes: new Uint8Array(0), offset: 0 };
    view.setUint32(4 * i, at, true);
    at += 8 + bytes.length + (bytes.length % 2);
  }
  return { bytes: table, offset: 0 };
}
