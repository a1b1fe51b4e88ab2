/**
 * Compressed frames by the WebAssembly module of dcmjs-codecs. Its traps are met here, once: it fills
 * truncated streams in silence (`codestream.ts` looks first), it says that colours from separate scans of
 * JPEG-LS are interleaved (they are not), it is left in an undefined state after a trap (it is made anew),
 * and its memory never shrinks (made anew after large frames).
 */
import { messageOf } from "../core/errors.ts";
import {
  type CodecModule,
  type ModuleCodec,
  type ModuleFrame,
  openCodecModule,
} from "./codec-module.ts";
import { type CodestreamHeader, jpeg2000Header, jpegHeader } from "./codestream.ts";
import { dicomError } from "./failure.ts";
import type { PixelLayout } from "./pixels.ts";
import type { PixelCodec } from "./transfer-syntax.ts";

let open: CodecModule | undefined;
/** Frames above this many bytes cost a fresh module afterwards. */
const largeFrame = 64 * 2 ** 20;

/** Loads the codecs; must have been awaited before `encodeFrame`. */
export async function loadCodecs(): Promise<void> {
  open ??= await openCodecModule();
}

/** Gives the codecs' memory back when a frame was large or a call failed. */
async function renew(): Promise<void> {
  open = await openCodecModule();
}

type Compression = Exclude<PixelCodec, "none" | "deflate" | "rle">;

const moduleNames: Readonly<Record<Compression, ModuleCodec>> = {
  jpeg: "Jpeg",
  "jpeg-ls": "JpegLs",
  "jpeg-2000": "Jpeg2000",
  htj2k: "HtJpeg2000",
  "jpeg-xl": "JpegXl",
};

function headerOf(
  bytes: Uint8Array,
  codec: Compression,
  offset: number,
): CodestreamHeader | undefined {
  if (codec === "jpeg" || codec === "jpeg-ls") return jpegHeader(bytes, offset);
  if (codec === "jpeg-2000" || codec === "htj2k") return jpeg2000Header(bytes, offset);
  return undefined;
}

export interface DecodedFrame {
  /** Little-endian samples of `bitsAllocated` bits. */
  readonly bytes: Uint8Array;
  readonly planar: boolean;
  /** Bits and sign by the code stream, which the data set may contradict; undefined when not looked at. */
  readonly header: CodestreamHeader | undefined;
}

/**
 * Decodes one frame to little-endian samples of the layout's allocated bits.
 *
 * @throws FormatError when the stream is damaged, cut or of another size than the data set says
 */
export async function decodeFrame(
  bytes: Uint8Array,
  options: { codec: Compression; layout: PixelLayout; offset: number },
): Promise<DecodedFrame> {
  const { codec, layout, offset } = options;
  const header = headerOf(bytes, codec, offset);
  if (
    header &&
    (header.rows !== layout.rows ||
      header.columns !== layout.columns ||
      header.components !== layout.samples)
  ) {
    throw dicomError(
      "mismatch",
      offset,
      `Cannot decode a DICOM frame: found ${header.rows} × ${header.columns} × ${header.components} in the code stream, wanted ${layout.rows} × ${layout.columns} × ${layout.samples}`,
    );
  }
  if (header && (header.precision > layout.bitsAllocated || layout.bitsAllocated > 16)) {
    throw dicomError(
      "mismatch",
      offset,
      `Cannot decode a DICOM frame: found ${header.precision} bits in the code stream and ${layout.bitsAllocated} allocated, wanted room for them in 8 or 16`,
    );
  }
  await loadCodecs();
  const start = header?.start ?? 0;
  const bits = header && header.precision <= 8 ? 8 : layout.bitsAllocated;
  const frame: ModuleFrame = {
    columns: layout.columns,
    rows: layout.rows,
    bitsAllocated: bits,
    bitsStored: Math.min(layout.bitsStored, bits),
    samples: layout.samples,
    signed: layout.signed,
    photometric: layout.photometric,
  };
  // The module's own conversion is libjpeg's, which other readers use too.
  const toRgb = codec === "jpeg" && layout.photometric.startsWith("YBR_FULL");
  const wanted = layout.rows * layout.columns * layout.samples;
  try {
    const input = { bytes: bytes.subarray(start), toRgb };
    const { bytes: out, planar: stated } = open!.decode(moduleNames[codec], frame, input);
    // The decoder of JPEG-LS leaves components as their scans have them, and does not say so.
    const planar =
      stated || (codec === "jpeg-ls" && layout.samples > 1 && header?.separateScans === true);
    if (out.length === (wanted * layout.bitsAllocated) / 8) return { bytes: out, planar, header };
    if (out.length === wanted && layout.bitsAllocated === 16) {
      return { bytes: widened(out, layout.signed && header?.signed === true), planar, header };
    }
    throw new Error(`${out.length} bytes for ${wanted} samples of ${layout.bitsAllocated} bits`);
  } catch (error) {
    await renew();
    throw dicomError(
      "corrupt",
      offset,
      `Cannot decode a DICOM frame (${codec}): found ${messageOf(error).trim()}, wanted a sound code stream`,
      error,
    );
  } finally {
    if (wanted * 2 > largeFrame) await renew();
  }
}

function widened(bytes: Uint8Array, signed: boolean): Uint8Array {
  const source = signed ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
  const out = new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const value = source[i]!;
    out[2 * i] = value & 0xff;
    out[2 * i + 1] = (value >> 8) & 0xff;
  }
  return out;
}

export type LosslessCodec = "jpeg" | "jpeg-ls" | "jpeg-2000" | "htj2k";

/** Codes one frame of interleaved little-endian samples without loss. Await `loadCodecs` first. */
export function encodeFrame(
  bytes: Uint8Array,
  options: {
    codec: LosslessCodec;
    rows: number;
    columns: number;
    samples: number;
    bitsAllocated: number;
    bitsStored: number;
    signed: boolean;
  },
): Uint8Array {
  const frame: ModuleFrame = {
    ...options,
    photometric: options.samples === 3 ? "RGB" : "MONOCHROME2",
  };
  const out = open!.encode(moduleNames[options.codec], frame, bytes);
  if (out.length === 0) throw new Error(`the ${options.codec} encoder returned nothing`);
  return out;
}
