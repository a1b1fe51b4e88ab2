/**
 * Compressed frames by dcmjs-codecs (WebAssembly). Traps of that library that are met here, once:
 * it fills truncated streams in silence (`codestream.ts` looks first), it says that colours from
 * separate scans of JPEG-LS are interleaved (they are not), it is left in an undefined state after a
 * trap (it is released and made anew), its memory never shrinks (released after large frames), it
 * prints to the console (silenced), and its loading pulls in dcmjs (so only when first needed).
 */
import { messageOf } from "../core/errors.ts";
import { type CodestreamHeader, jpeg2000Header, jpegHeader } from "./codestream.ts";
import { dicomError } from "./failure.ts";
import type { PixelLayout } from "./pixels.ts";
import type { PixelCodec } from "./transfer-syntax.ts";

type Library = typeof import("dcmjs-codecs");
type Context = InstanceType<Library["Context"]>;

let library: Library | undefined;
/** Frames above this many bytes cost a fresh module afterwards. */
const largeFrame = 64 * 2 ** 20;

/** Loads the codecs; must have been awaited before `decodeFrame` and `encodeFrame`. */
export async function loadCodecs(): Promise<void> {
  if (!library) {
    const module = (await import("dcmjs-codecs")) as Library & { default?: Library };
    library = module.default ?? module;
    library.log.setLevel("silent", false);
  }
  if (!library.NativeCodecs.isInitialized()) await library.NativeCodecs.initializeAsync();
}

/** Gives the codecs' memory back when a frame was large or a call failed. */
async function renew(): Promise<void> {
  library?.NativeCodecs.release();
  await loadCodecs();
}

type Compression = Exclude<PixelCodec, "none" | "deflate" | "rle">;

function decoderOf(codec: Compression, toRgb: boolean): (context: Context) => Context {
  const { NativeCodecs } = library!;
  switch (codec) {
    case "jpeg":
      return (context) => NativeCodecs.decodeJpeg(context, { convertColorspaceToRgb: toRgb });
    case "jpeg-ls":
      return (context) => NativeCodecs.decodeJpegLs(context);
    case "jpeg-2000":
      return (context) => NativeCodecs.decodeJpeg2000(context);
    case "htj2k":
      return (context) => NativeCodecs.decodeHtJpeg2000(context);
    case "jpeg-xl":
      return (context) => NativeCodecs.decodeJpegXl(context);
  }
}

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
  // The library's own conversion is libjpeg's, which other readers use too.
  const decode = decoderOf(codec, layout.photometric.startsWith("YBR_FULL"));
  const start = header?.start ?? 0;
  const bits = header && header.precision <= 8 ? 8 : layout.bitsAllocated;
  const context = new library!.Context({
    width: layout.columns,
    height: layout.rows,
    bitsAllocated: bits,
    bitsStored: Math.min(layout.bitsStored, bits),
    samplesPerPixel: layout.samples,
    pixelRepresentation: layout.signed ? 1 : 0,
    planarConfiguration: 0,
    photometricInterpretation: layout.photometric,
    encodedBuffer: bytes.subarray(start),
  });
  const wanted = layout.rows * layout.columns * layout.samples;
  try {
    const result = decode(context);
    const out = result.getDecodedBuffer() ?? new Uint8Array(0);
    // The decoder of JPEG-LS leaves components as their scans have them, and does not say so.
    const planar =
      result.getPlanarConfiguration() === 1 ||
      (codec === "jpeg-ls" && layout.samples > 1 && header?.separateScans === true);
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
  const { NativeCodecs, Context } = library!;
  const context = new Context({
    width: options.columns,
    height: options.rows,
    bitsAllocated: options.bitsAllocated,
    bitsStored: options.bitsStored,
    samplesPerPixel: options.samples,
    pixelRepresentation: options.signed ? 1 : 0,
    planarConfiguration: 0,
    photometricInterpretation: options.samples === 3 ? "RGB" : "MONOCHROME2",
    decodedBuffer: bytes,
  });
  const coded =
    options.codec === "jpeg"
      ? NativeCodecs.encodeJpeg(context, { lossy: false, predictor: 1 })
      : options.codec === "jpeg-ls"
        ? NativeCodecs.encodeJpegLs(context, { lossy: false })
        : options.codec === "jpeg-2000"
          ? NativeCodecs.encodeJpeg2000(context, { lossy: false })
          : NativeCodecs.encodeHtJpeg2000(context, { lossy: false });
  const out = coded.getEncodedBuffer();
  if (!out || out.length === 0) throw new Error(`the ${options.codec} encoder returned nothing`);
  return out;
}
