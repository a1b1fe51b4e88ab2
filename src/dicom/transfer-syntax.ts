/** Transfer syntaxes: how a data set and its pixels are encoded [nema2024ps35]. */

/** How one frame of encapsulated pixel data is compressed. */
export type PixelCodec =
  | "none"
  | "deflate"
  | "rle"
  | "jpeg"
  | "jpeg-ls"
  | "jpeg-2000"
  | "htj2k"
  | "jpeg-xl";

export interface TransferSyntax {
  readonly uid: string;
  readonly title: string;
  readonly explicit: boolean;
  readonly littleEndian: boolean;
  readonly deflated: boolean;
  readonly encapsulated: boolean;
  /** Absent when this package cannot decode the pixels. */
  readonly codec?: PixelCodec;
  /** Whether compression lost nothing by definition of the syntax. */
  readonly lossless: boolean;
  /** Syntax in which a derived object of a source in this one is written unless told otherwise. */
  readonly derivedAs: string;
}

export const implicitLittle = "1.2.840.10008.1.2";
export const explicitLittle = "1.2.840.10008.1.2.1";
export const explicitBig = "1.2.840.10008.1.2.2";
export const deflatedLittle = "1.2.840.10008.1.2.1.99";
export const rleLossless = "1.2.840.10008.1.2.5";
export const jpegLossless = "1.2.840.10008.1.2.4.70";
export const jpegLsLossless = "1.2.840.10008.1.2.4.80";
export const jpeg2000Lossless = "1.2.840.10008.1.2.4.90";
export const htj2kLossless = "1.2.840.10008.1.2.4.201";

const plain = (uid: string, title: string, changes: Partial<TransferSyntax> = {}) => ({
  uid,
  title,
  explicit: true,
  littleEndian: true,
  deflated: false,
  encapsulated: false,
  codec: "none" as const,
  lossless: true,
  derivedAs: explicitLittle,
  ...changes,
});

const packed = (
  uid: string,
  title: string,
  codec: PixelCodec | undefined,
  lossless: boolean,
  derivedAs: string,
): TransferSyntax => ({
  uid,
  title,
  explicit: true,
  littleEndian: true,
  deflated: false,
  encapsulated: true,
  ...(codec ? { codec } : {}),
  lossless,
  derivedAs,
});

const j = "1.2.840.10008.1.2.4.";

/** Every syntax that is known by name, readable or not. */
const transferSyntaxes: readonly TransferSyntax[] = [
  plain(implicitLittle, "Implicit VR Little Endian", {
    explicit: false,
    derivedAs: implicitLittle,
  }),
  plain(explicitLittle, "Explicit VR Little Endian"),
  plain(explicitBig, "Explicit VR Big Endian", { littleEndian: false }),
  plain(deflatedLittle, "Deflated Explicit VR Little Endian", {
    deflated: true,
    derivedAs: deflatedLittle,
  }),
  packed("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed", "none", true, explicitLittle),
  packed(
    "1.2.840.10008.1.2.8.1",
    "Deflated Image Frame Compression",
    "deflate",
    true,
    explicitLittle,
  ),
  packed(rleLossless, "RLE Lossless", "rle", true, rleLossless),
  packed(`${j}50`, "JPEG Baseline (process 1)", "jpeg", false, jpegLossless),
  packed(`${j}51`, "JPEG Extended (processes 2, 4)", "jpeg", false, jpegLossless),
  packed(`${j}53`, "JPEG Spectral Selection (processes 6, 8)", "jpeg", false, jpegLossless),
  packed(`${j}55`, "JPEG Full Progression (processes 10, 12)", "jpeg", false, jpegLossless),
  packed(`${j}57`, "JPEG Lossless (process 14)", "jpeg", true, jpegLossless),
  packed(jpegLossless, "JPEG Lossless (process 14, selection value 1)", "jpeg", true, jpegLossless),
  packed(jpegLsLossless, "JPEG-LS Lossless", "jpeg-ls", true, jpegLsLossless),
  packed(`${j}81`, "JPEG-LS Near-Lossless", "jpeg-ls", false, jpegLsLossless),
  packed(jpeg2000Lossless, "JPEG 2000 Lossless", "jpeg-2000", true, jpeg2000Lossless),
  packed(`${j}91`, "JPEG 2000", "jpeg-2000", false, jpeg2000Lossless),
  packed(`${j}92`, "JPEG 2000 Part 2 Lossless", undefined, true, jpeg2000Lossless),
  packed(`${j}93`, "JPEG 2000 Part 2", undefined, false, jpeg2000Lossless),
  packed(htj2kLossless, "High-Throughput JPEG 2000 Lossless", "htj2k", true, htj2kLossless),
  packed(`${j}202`, "High-Throughput JPEG 2000 RPCL Lossless", "htj2k", true, htj2kLossless),
  packed(`${j}203`, "High-Throughput JPEG 2000", "htj2k", false, htj2kLossless),
  packed(`${j}110`, "JPEG XL Lossless", "jpeg-xl", true, explicitLittle),
  packed(`${j}111`, "JPEG XL JPEG Recompression", "jpeg-xl", false, explicitLittle),
  packed(`${j}112`, "JPEG XL", "jpeg-xl", false, explicitLittle),
  packed(`${j}100`, "MPEG-2 Main Profile", undefined, false, explicitLittle),
  packed(`${j}101`, "MPEG-2 High Profile", undefined, false, explicitLittle),
  packed(`${j}102`, "MPEG-4 AVC High Profile", undefined, false, explicitLittle),
  packed(`${j}103`, "MPEG-4 AVC BD-compatible", undefined, false, explicitLittle),
  packed(`${j}107`, "HEVC Main Profile", undefined, false, explicitLittle),
  packed(`${j}108`, "HEVC Main 10 Profile", undefined, false, explicitLittle),
];

/** The syntax of a UID; undefined when unknown. */
export function transferSyntaxOf(uid: string): TransferSyntax | undefined {
  return transferSyntaxes.find((syntax) => syntax.uid === uid);
}

/** Syntaxes in which this package writes. */
export const writableSyntaxes: readonly string[] = [
  implicitLittle,
  explicitLittle,
  deflatedLittle,
  rleLossless,
  jpegLossless,
  jpegLsLossless,
  jpeg2000Lossless,
  htj2kLossless,
];
