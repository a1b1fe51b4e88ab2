/** The image pixel module: what the pixels are, held against the bytes that are there. */
import type { DataSet, DicomElement } from "./elements.ts";
import { numberOf, textOf } from "./elements.ts";
import { dicomError } from "./failure.ts";
import type { DicomFile } from "./parse.ts";

const pixelDataTag = 0x7fe00010;
const floatPixelDataTag = 0x7fe00008;
const doublePixelDataTag = 0x7fe00009;

export type Photometric =
  | "MONOCHROME1"
  | "MONOCHROME2"
  | "PALETTE COLOR"
  | "RGB"
  | "YBR_FULL"
  | "YBR_FULL_422"
  | "YBR_RCT"
  | "YBR_ICT";

const photometrics: readonly string[] = [
  "MONOCHROME1",
  "MONOCHROME2",
  "PALETTE COLOR",
  "RGB",
  "YBR_FULL",
  "YBR_FULL_422",
  "YBR_RCT",
  "YBR_ICT",
];

export interface PixelLayout {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samples: 1 | 3;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** Colour planes one after the other instead of interleaved. */
  readonly planar: boolean;
  readonly photometric: Photometric;
  readonly type: "integer" | "float32" | "float64";
  readonly element: DicomElement;
}

/** Samples of one frame. */
export function samplesPerFrame(layout: PixelLayout): number {
  return layout.rows * layout.columns * layout.samples;
}

function whole(
  set: DataSet,
  tag: number,
  wanted: { name: string; min: number; max: number; at: number; default?: number },
): number {
  // A few writers store these as UN or OW; they are always unsigned shorts.
  const vr = set.elements.get(tag)?.vr;
  const value =
    numberOf(
      set,
      tag,
      vr === "IS" || vr === "DS" || vr === "UL" ? undefined : tag === 0x00280008 ? "IS" : "US",
    ) ?? (set.elements.has(tag) && set.elements.get(tag)!.value.length > 0 ? NaN : wanted.default);
  if (value === undefined || !Number.isInteger(value) || value < wanted.min || value > wanted.max) {
    throw dicomError(
      "corrupt",
      set.elements.get(tag)?.offset ?? wanted.at,
      `Cannot read DICOM pixels: found ${wanted.name} ${value ?? "missing"}, wanted a whole number from ${wanted.min} to ${wanted.max}`,
    );
  }
  return value;
}

export interface LayoutOptions {
  /** Most samples (voxels × colours) that are read. */
  readonly maxElements: number;
}

/**
 * Layout of the pixels of a data set.
 *
 * @throws FormatError when there are none, or attributes are missing, contradict each other or the data
 */
export function pixelLayout(
  file: DicomFile,
  options: LayoutOptions,
): { layout: PixelLayout; findings: string[] } {
  const set = file.dataSet;
  const { elements } = set;
  const findings: string[] = [];
  const element =
    elements.get(pixelDataTag) ??
    elements.get(floatPixelDataTag) ??
    elements.get(doublePixelDataTag);
  if (!element) {
    const modality = textOf(set, 0x00080060) ?? textOf(file.meta, 0x00020002) ?? "of unknown kind";
    throw dicomError(
      "mismatch",
      0,
      `Cannot read a DICOM image: found an object without pixel data (${modality}), wanted an image`,
    );
  }
  const at = element.offset;
  const type =
    element.tag === pixelDataTag
      ? "integer"
      : element.tag === floatPixelDataTag
        ? "float32"
        : "float64";
  const rows = whole(set, 0x00280010, { name: "Rows", min: 1, max: 65535, at });
  const columns = whole(set, 0x00280011, { name: "Columns", min: 1, max: 65535, at });
  const frames =
    whole(set, 0x00280008, { name: "Number of Frames", min: 0, max: 2 ** 31, at, default: 1 }) || 1;
  const samples = whole(set, 0x00280002, {
    name: "Samples per Pixel",
    min: 1,
    max: 3,
    at,
    default: 1,
  });
  const bitsAllocated =
    type === "float32"
      ? 32
      : type === "float64"
        ? 64
        : whole(set, 0x00280100, { name: "Bits Allocated", min: 1, max: 64, at });
  const bitsStored =
    type === "integer"
      ? whole(set, 0x00280101, {
          name: "Bits Stored",
          min: 1,
          max: bitsAllocated,
          at,
          default: bitsAllocated,
        })
      : bitsAllocated;
  const highBit =
    type === "integer"
      ? whole(set, 0x00280102, {
          name: "High Bit",
          min: bitsStored - 1,
          max: bitsAllocated - 1,
          at,
          default: bitsStored - 1,
        })
      : bitsAllocated - 1;
  const signed =
    type !== "integer" ||
    whole(set, 0x00280103, { name: "Pixel Representation", min: 0, max: 1, at, default: 0 }) === 1;
  if (
    samples === 2 ||
    ![1, 8, 16, 32, 64].includes(bitsAllocated) ||
    (type === "integer" && bitsAllocated === 64)
  ) {
    throw dicomError(
      "unsupported",
      at,
      `Cannot read DICOM pixels: found ${samples} samples of ${bitsAllocated} bits allocated, wanted 1 or 3 samples of 1, 8, 16 or 32 bits`,
    );
  }
  const photometric = photometricOf(set, samples, at, findings);
  if (samples === 1 && !/^(MONOCHROME[12]|PALETTE COLOR)$/.test(photometric)) {
    throw dicomError(
      "corrupt",
      at,
      `Cannot read DICOM pixels: found one sample per pixel with ${photometric}, wanted a monochrome or palette image`,
    );
  }
  const planar =
    samples === 3 &&
    whole(set, 0x00280006, { name: "Planar Configuration", min: 0, max: 1, at, default: 0 }) === 1;
  const total = rows * columns * samples * frames;
  if (total > options.maxElements) {
    throw dicomError(
      "too-large",
      at,
      `Cannot read DICOM pixels: found ${frames} frames of ${rows} × ${columns} × ${samples}, wanted at most ${options.maxElements} samples`,
    );
  }
  const layout: PixelLayout = {
    rows,
    columns,
    frames,
    samples: samples === 3 ? 3 : 1,
    bitsAllocated,
    bitsStored,
    highBit,
    signed,
    planar,
    photometric,
    type,
    element,
  };
  return { layout, findings };
}

function photometricOf(set: DataSet, samples: number, at: number, findings: string[]): Photometric {
  const text = textOf(set, 0x00280004);
  if (text === undefined) {
    findings.push(
      `the photometric interpretation is missing and taken as ${samples === 3 ? "RGB" : "MONOCHROME2"}`,
    );
    return samples === 3 ? "RGB" : "MONOCHROME2";
  }
  const name = text.toUpperCase().replace(/\s+/g, " ");
  if (!photometrics.includes(name)) {
    throw dicomError(
      "unsupported",
      set.elements.get(0x00280004)?.offset ?? at,
      `Cannot read DICOM pixels: found photometric interpretation ${JSON.stringify(text)}, wanted one of ${photometrics.join(", ")}`,
    );
  }
  if (samples === 3 && /^(MONOCHROME|PALETTE)/.test(name)) {
    throw dicomError(
      "corrupt",
      at,
      `Cannot read DICOM pixels: found three samples per pixel with ${name}, wanted a colour image`,
    );
  }
  return name as Photometric;
}

/** Bytes of all frames when they are not compressed. */
export function nativeBytes(layout: PixelLayout): number {
  const pixels = layout.rows * layout.columns * layout.frames;
  if (layout.bitsAllocated === 1) return Math.ceil((pixels * layout.samples) / 8);
  if (isSubsampled(layout)) return 4 * pairsInRow(layout) * layout.rows * layout.frames;
  return (pixels * layout.samples * layout.bitsAllocated) / 8;
}

/**
 * Pairs of pixels that share their chroma in a row. The standard wants an even number of columns; a row
 * of an odd number ends with half a pair.
 */
export function pairsInRow({ columns }: Pick<PixelLayout, "columns">): number {
  return Math.ceil(columns / 2);
}

/** Whether native pixels share their chroma in pairs: Y Y Cb Cr. */
export function isSubsampled(layout: PixelLayout): boolean {
  return (
    layout.photometric === "YBR_FULL_422" && layout.samples === 3 && layout.bitsAllocated === 8
  );
}
