/** Pixels of derived objects: rounded by the source's slope and intercept where they fit, by new ones where not. */
import { InputError } from "../core/errors.ts";
import type { Image, IntensityUnit } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stored } from "../core/stored.ts";
import { bytesElement, decimalElement, numberElement, textElement } from "./build.ts";
import type { DicomElement } from "./elements.ts";
import { codableSyntax, encodePixels, littleBytes, type SampleArray } from "./encode-pixels.ts";
import {
  finiteRange,
  fits,
  fittedRescaling,
  quantised,
  type Rescaling,
  storedRange,
} from "./quantise.ts";
import { withSlices } from "./mosaic.ts";
import { firstColour, paddingRanges } from "./padding.ts";
import type { DicomImage } from "./read.ts";
import { realWorldSequence } from "./real-world-values.ts";
import { explicitLittle } from "./transfer-syntax.ts";

/** How the pixels of a derived object are written. */
export interface DerivedPixelOptions extends WorkOptions {
  /** Transfer syntax UID; defaults to the source's own, or the lossless one of its family. */
  readonly transferSyntax?: string;
  /**
   * `source` keeps slope and intercept, rounding to the source's steps, and falls back to `fit` when
   * values do not fit; `fit` spreads the values over 16 bits. Defaults to `source`.
   */
  readonly rescale?: "source" | "fit";
}

/** Rows, columns and number of frames. */
export function sizeElements(size: {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
}): DicomElement[] {
  return [
    numberElement(0x00280010, "US", size.rows),
    numberElement(0x00280011, "US", size.columns),
    ...(size.frames > 1 ? [textElement(0x00280008, "IS", String(size.frames))] : []),
  ];
}

/** What a derived object says of its pixels. */
export interface PixelPart {
  readonly elements: readonly DicomElement[];
  /** Attributes of the source that are untrue of these pixels, also in functional groups. */
  readonly removed: readonly number[];
  readonly signed: boolean;
  readonly transferSyntax: string;
  readonly notes: readonly string[];
  /** The source's per-frame rescale no longer holds. */
  readonly rescaled: boolean;
}

/** Palettes, plain and segmented, with their UID. */
const paletteTags: readonly number[] = [
  0x00281101, 0x00281102, 0x00281103, 0x00281199, 0x00281201, 0x00281202, 0x00281203, 0x00281221,
  0x00281222, 0x00281223,
];
const pixelPresentation = 0x00089205;

/**
 * The pixels of a derived object and the attributes that describe them. What the source marks as no
 * measurement goes out as the source has it.
 *
 * @throws InputError when colours leave their range or the transfer syntax is not written
 */
export async function pixelPart(
  source: DicomImage,
  image: Image,
  options: DerivedPixelOptions,
): Promise<PixelPart> {
  const { layout } = source;
  const { rows, columns, frames } = layout;
  const asked = options.transferSyntax ?? source.file.syntax.derivedAs;
  const shape = { rows, columns, frames };
  const common = sizeElements(shape);
  const range = finiteRange(image.data, source.padded);
  if (source.stored.components === 3) {
    const wide = source.stored.type.endsWith("16") || range[1] > 255;
    const by: Rescaling = {
      slope: 1,
      intercept: 0,
      bitsStored: wide ? 16 : 8,
      bitsAllocated: wide ? 16 : 8,
      signed: false,
    };
    const data = quantised(interleavedRgb(image, source), by);
    const transferSyntax = codableSyntax(asked, data.BYTES_PER_ELEMENT, 3);
    if (!fits(range, by)) {
      throw new InputError(
        `Cannot write a derived DICOM object: found colours from ${range[0]} to ${range[1]}, wanted 0 to ${wide ? 65535 : 255}`,
      );
    }
    const notes: string[] = [];
    if (transferSyntax !== asked)
      notes.push(`colour is not written in ${asked}; explicit little endian was used`);
    const element = await encodePixels(asInFile(data, source), {
      ...shape,
      samples: 3,
      bitsStored: by.bitsStored,
      signed: false,
      transferSyntax,
      work: options,
    });
    return {
      elements: [
        ...common,
        ...pixelAttributes("RGB", 3, by),
        numberElement(0x00280006, "US", 0),
        element,
      ],
      removed: paletteTags,
      signed: false,
      transferSyntax,
      notes,
      rescaled: false,
    };
  }
  if (layout.type !== "integer") return floatPart(source, image, common);
  return greyPart(source, image, { range, common, options });
}

/** Floating-point pixels in the precision of the source, taken back to what it stores. */
function floatPart(source: DicomImage, image: Image, common: readonly DicomElement[]): PixelPart {
  const { layout, stored, padded } = source;
  const double = layout.type === "float64";
  const data = double ? Float64Array.from(image.data) : image.data.slice();
  const perFrame = data.length / layout.frames;
  const { planes } = stored;
  for (let i = 0; i < data.length; i++) {
    const frame = planes ? Math.floor(i / perFrame) : 0;
    const slope = planes?.slope[frame] ?? stored.slope;
    const intercept = planes?.intercept[frame] ?? stored.intercept;
    if (padded?.[i] === 1) data[i] = Number(stored.data[i]);
    else if (slope !== 1 || intercept !== 0) data[i] = (data[i]! - intercept) / slope;
  }
  return {
    elements: [...common, floatPixels(asInFile(data, source))],
    removed: [],
    signed: true,
    transferSyntax: explicitLittle,
    notes: [],
    rescaled: false,
  };
}

/** Float or Double Float Pixel Data. */
export function floatPixels(data: Float32Array | Float64Array): DicomElement {
  return data instanceof Float64Array
    ? bytesElement(0x7fe00009, "OD", littleBytes(data))
    : bytesElement(0x7fe00008, "OF", littleBytes(data));
}

async function greyPart(
  source: DicomImage,
  image: Image,
  parts: {
    range: [number, number];
    common: readonly DicomElement[];
    options: DerivedPixelOptions;
  },
): Promise<PixelPart> {
  const { range, common, options } = parts;
  const { layout, stored, padded } = source;
  const perFrame = layout.rows * layout.columns;
  const frameRanges = stored.planes
    ? Array.from({ length: layout.frames }, (_, f) =>
        finiteRange(
          image.data.subarray(f * perFrame, (f + 1) * perFrame),
          padded?.subarray(f * perFrame, (f + 1) * perFrame),
        ),
      )
    : undefined;
  const plan = greyPlan(source, range, { ...options, ...(frameRanges ? { frameRanges } : {}) });
  const { kept, by, transferSyntax } = plan;
  let data: SampleArray;
  if (stored.planes && kept) {
    data = quantised(image.data, kept);
    for (let f = 0; f < layout.frames; f++) {
      const frame = image.data.subarray(f * perFrame, (f + 1) * perFrame);
      const own = {
        ...kept,
        slope: stored.planes.slope[f]!,
        intercept: stored.planes.intercept[f]!,
      };
      data.set(quantised(frame, own), f * perFrame);
    }
  } else data = quantised(image.data, by);
  if (padded) {
    for (let i = 0; i < data.length; i++) {
      if (padded[i] === 1) data[i] = kept ? Number(stored.data[i]) : plan.padding;
    }
  }
  const element = await encodePixels(asInFile(data, source, by), {
    rows: layout.rows,
    columns: layout.columns,
    frames: layout.frames,
    samples: 1,
    bitsStored: by.bitsStored,
    signed: by.signed,
    transferSyntax,
    work: options,
  });
  const part = greyAttributes(source, plan, image.unit);
  return { ...part, elements: [...common, ...part.elements, element] };
}

/** What is known of an object's pixels without having them. */
export interface GreySource extends Pick<DicomImage, "file" | "layout" | "scaledBy"> {
  readonly stored: Omit<Stored, "data" | "shape">;
}

/** How grey values are written as whole numbers. */
export interface GreyPlan {
  readonly by: Rescaling;
  /** The source's own rescaling, where it could be kept. */
  readonly kept: Rescaling | undefined;
  /** Stored value of padding where the rescaling is a new one. */
  readonly padding: number;
  readonly transferSyntax: string;
  readonly notes: readonly string[];
}

export interface GreyPlanOptions extends DerivedPixelOptions {
  /** Range of each frame, where frames have rescalings of their own; `range` stands for all without it. */
  readonly frameRanges?: readonly (readonly [number, number])[];
}

/** Settles rescaling and transfer syntax for values of a range. */
export function greyPlan(
  source: GreySource,
  range: readonly [number, number],
  options: GreyPlanOptions,
): GreyPlan {
  const { stored } = source;
  const notes: string[] = [];
  const ranges = options.frameRanges ?? [range];
  const kept =
    options.rescale === "fit" ? undefined : keptRescaling(source, { range, ranges }, notes);
  // The first stored value is left to padding.
  const by = kept ?? fittedRescaling(range, isPadded(source) ? 1 : 0);
  const step = Math.abs(by.slope);
  if (!stored.planes || !kept)
    notes.push(`values are rounded to steps of ${Number(step.toPrecision(6))}`);
  const asked = options.transferSyntax ?? source.file.syntax.derivedAs;
  return {
    by,
    kept,
    padding: 0,
    transferSyntax: codableSyntax(asked, by.bitsAllocated / 8, 1),
    notes,
  };
}

/** Whether the source says of some stored values that they are no measurements. */
function isPadded({ file, layout }: GreySource): boolean {
  return paddingRanges(file.dataSet, layout).length > 0;
}

/** The attributes that describe grey pixels, without their size and without the pixels. */
export function greyAttributes(
  source: GreySource,
  { by, kept, transferSyntax, notes }: GreyPlan,
  unit: IntensityUnit,
): PixelPart {
  const { file, layout, stored, scaledBy } = source;
  const set = file.dataSet;
  const stated = set.elements.has(0x00281053) || set.elements.has(0x00281052);
  const grouped = set.elements.has(0x52009229) || set.elements.has(0x52009230);
  const plain = by.slope === 1 && by.intercept === 0;
  // The mapping of real world values stands beside the pixels and still holds.
  const needed = kept
    ? (stated && !stored.planes) || scaledBy === "table" || (!plain && scaledBy === "rescale")
    : true;
  const type = set.elements.has(0x00281054)
    ? []
    : [textElement(0x00281054, "LO", unit === "HU" ? "HU" : "US")];
  const rescale =
    needed && !(grouped && kept)
      ? [decimalElement(0x00281052, by.intercept), decimalElement(0x00281053, by.slope), ...type]
      : [];
  const vr = by.signed ? "SS" : "US";
  const padding = !kept
    ? isPadded(source)
      ? [numberElement(0x00280120, vr, 0)]
      : []
    : [
        ...(stored.padding === undefined ? [] : [numberElement(0x00280120, vr, stored.padding)]),
        ...(stored.paddingLimit === undefined
          ? []
          : [numberElement(0x00280121, vr, stored.paddingLimit)]),
      ];
  const palettes = !kept && set.elements.has(0x00281101);
  const photometric = layout.photometric === "MONOCHROME1" ? "MONOCHROME1" : "MONOCHROME2";
  return {
    elements: [
      ...pixelAttributes(photometric, 1, by),
      ...padding,
      ...rescale,
      ...(palettes ? [textElement(pixelPresentation, "CS", "MONOCHROME")] : []),
    ],
    removed: [
      0x00280120,
      0x00280121,
      ...(kept ? [] : [realWorldSequence]),
      ...(palettes ? paletteTags : []),
    ],
    signed: by.signed,
    transferSyntax,
    notes: [
      ...notes,
      ...(palettes
        ? ["the supplemental palette is left out: it speaks of the old stored values"]
        : []),
      ...(!kept && scaledBy === "real world values"
        ? ["the real world value mapping became a rescale"]
        : []),
    ],
    rescaled: !kept,
  };
}

/**
 * The source's own rescaling where all values have a place in it, with more bits if that is what it takes.
 * Unsigned values stay so: what falls below the least of them is set to it, as the scanner did. So do
 * the bytes of pictures, at both ends.
 */
function keptRescaling(
  source: GreySource,
  of: { range: readonly [number, number]; ranges: readonly (readonly [number, number])[] },
  notes: string[],
): Rescaling | undefined {
  const { range, ranges } = of;
  const { file, layout, stored } = source;
  if (stored.type.endsWith("32") || stored.type.startsWith("float")) {
    notes.push("32-bit stored values became 16-bit ones with a fitted rescale");
    return undefined;
  }
  const bitsAllocated = stored.type.endsWith("8") ? 8 : 16;
  const signed = stored.type.startsWith("int");
  const slopes = stored.planes ? [...stored.planes.slope] : [stored.slope];
  const intercepts = stored.planes ? [...stored.planes.intercept] : [stored.intercept];
  const bits = layout.bitsAllocated === 1 ? 8 : (stored.bits ?? bitsAllocated);
  const colours = firstColour(file.dataSet, layout);
  let least = Infinity;
  let greatest = -Infinity;
  for (const [f, slope] of slopes.entries()) {
    for (const value of ranges[f] ?? range) {
      const at = Math.round((value - intercepts[f]!) / slope);
      least = Math.min(least, at);
      greatest = Math.max(greatest, at);
    }
  }
  for (const [bitsStored, allocated] of [
    [bits, bitsAllocated],
    [16, 16],
  ] as const) {
    const [low, full] = storedRange(bitsStored, signed);
    const high = colours === undefined ? full : colours - 1;
    // Zero is no signal, or the values pass the least by little, as filters do beside an edge.
    const magnitude = intercepts.every((b) => b === 0);
    const clampsLow = !signed && (magnitude || least >= -(2 ** bits) / 16);
    const clampsHigh = colours !== undefined || (bitsAllocated === 8 && !signed);
    if ((least < low && !clampsLow) || (greatest > high && !clampsHigh)) continue;
    if (bitsStored !== bits)
      notes.push(`stored values take ${bitsStored} bits, ${bits} in the source`);
    if (least < low)
      notes.push(
        `stored values down to ${least} are set to ${low}, the least that the source's unsigned values hold`,
      );
    if (greatest > high)
      notes.push(
        `stored values up to ${greatest} are set to ${high}, the greatest that the source's values hold`,
      );
    const { slope, intercept } = stored;
    return { bitsStored, bitsAllocated: allocated, signed, slope, intercept, low, high };
  }
  const [low, high] = storedRange(16, signed);
  notes.push(
    `values from ${range[0]} to ${range[1]} do not fit stored values from ${low} to ${high}: the rescale was fitted anew`,
  );
  return undefined;
}

function pixelAttributes(photometric: string, samples: number, by: Rescaling): DicomElement[] {
  return [
    numberElement(0x00280002, "US", samples),
    textElement(0x00280004, "CS", photometric),
    numberElement(0x00280100, "US", by.bitsAllocated),
    numberElement(0x00280101, "US", by.bitsStored),
    numberElement(0x00280102, "US", by.bitsStored - 1),
    numberElement(0x00280103, "US", by.signed ? 1 : 0),
  ];
}

/**
 * Samples as the file has them: frames in their order, where they were sorted by their places, and the
 * slices of a mosaic in their plane.
 *
 * @param by how a mosaic's unused tiles are stored
 */
function asInFile<Values extends SampleArray | Float32Array | Float64Array>(
  data: Values,
  source: DicomImage,
  by?: Rescaling,
): Values {
  const { frameOrder: order, mosaic, stored } = source;
  if (mosaic) {
    const { samples } = mosaic;
    const same = !by || (by.slope === stored.slope && by.intercept === stored.intercept);
    const rest = same
      ? samples
      : quantised(
          Float32Array.from(samples, (v) => stored.slope * v + stored.intercept),
          by,
        );
    const like = data.constructor as new (of: ArrayLike<number>) => Values;
    return withSlices(new like(rest), data, mosaic);
  }
  if (!order) return data;
  const out = data.slice() as Values;
  const size = data.length / order.length;
  for (const [place, frame] of order.entries()) {
    out.set(data.subarray(place * size, (place + 1) * size), frame * size);
  }
  return out;
}

/** Channel planes to pixels with their colours side by side, frame after frame. */
function interleavedRgb(image: Image, source: DicomImage): Float32Array {
  const perFrame = source.layout.rows * source.layout.columns;
  const channel = image.axes.indexOf("c");
  const perBlock = image.shape.slice(channel + 1).reduce((product, size) => product * size, 1);
  const out = new Float32Array(image.data.length);
  const blocks = image.data.length / (3 * perBlock);
  for (let b = 0; b < blocks; b++) {
    for (let c = 0; c < 3; c++) {
      const from = (3 * b + c) * perBlock;
      for (let i = 0; i < perBlock; i++) out[3 * (b * perBlock + i) + c] = image.data[from + i]!;
    }
  }
  if (out.length !== 3 * perFrame * source.layout.frames) {
    throw new InputError(
      "Cannot write a derived DICOM object: found channels out of place, wanted RGB",
    );
  }
  return out;
}
