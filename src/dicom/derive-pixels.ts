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
import type { DicomImage } from "./read.ts";

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
  readonly signed: boolean;
  readonly transferSyntax: string;
  readonly notes: readonly string[];
  /** The source's per-frame rescale no longer holds. */
  readonly rescaled: boolean;
}

/**
 * The pixels of a derived object and the attributes that describe them.
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
  const range = finiteRange(image.data);
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
    const element = await encodePixels(inFileOrder(data, source), {
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
      signed: false,
      transferSyntax,
      notes,
      rescaled: false,
    };
  }
  if (layout.type !== "integer") {
    const transferSyntax = "1.2.840.10008.1.2.1";
    return {
      elements: [
        ...common,
        bytesElement(0x7fe00008, "OF", littleBytes(inFileOrder(image.data, source).slice())),
      ],
      signed: true,
      transferSyntax,
      notes: layout.type === "float64" ? ["64-bit floating point became 32-bit"] : [],
      rescaled: false,
    };
  }
  return greyPart(source, image, { range, common, options });
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
  const { layout, stored } = source;
  const perFrame = layout.rows * layout.columns;
  const frameRanges = stored.planes
    ? Array.from({ length: layout.frames }, (_, f) =>
        finiteRange(image.data.subarray(f * perFrame, (f + 1) * perFrame)),
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
  if (plan.padding !== undefined) {
    for (let i = 0; i < data.length; i++) {
      if (Number(stored.data[i]) === stored.padding) data[i] = plan.padding;
    }
  }
  const element = await encodePixels(inFileOrder(data, source), {
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
export interface GreySource extends Pick<DicomImage, "file" | "layout"> {
  readonly stored: Omit<Stored, "data" | "shape">;
}

/** How grey values are written as whole numbers. */
export interface GreyPlan {
  readonly by: Rescaling;
  /** The source's own rescaling, where it could be kept. */
  readonly kept: Rescaling | undefined;
  /** Stored value of padding, where the source has any. */
  readonly padding: number | undefined;
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
  const { padding } = stored;
  const by = kept ?? fittedRescaling(range, padding === undefined ? 0 : 1);
  const step = Math.abs(by.slope);
  if (!stored.planes || !kept)
    notes.push(`values are rounded to steps of ${Number(step.toPrecision(6))}`);
  const asked = options.transferSyntax ?? source.file.syntax.derivedAs;
  return {
    by,
    kept,
    padding: padding === undefined ? undefined : kept ? padding : 0,
    transferSyntax: codableSyntax(asked, by.bitsAllocated / 8, 1),
    notes,
  };
}

/** The attributes that describe grey pixels, without their size and without the pixels. */
export function greyAttributes(
  { file, layout, stored }: GreySource,
  { by, kept, padding, transferSyntax, notes }: GreyPlan,
  unit: IntensityUnit,
): PixelPart {
  const set = file.dataSet;
  const stated = set.elements.has(0x00281053) || set.elements.has(0x00281052);
  const grouped = set.elements.has(0x52009229) || set.elements.has(0x52009230);
  const needed = !kept || (stated && !stored.planes) || by.slope !== 1 || by.intercept !== 0;
  const rescale =
    needed && !(grouped && kept)
      ? [
          decimalElement(0x00281052, by.intercept),
          decimalElement(0x00281053, by.slope),
          ...(set.elements.has(0x00281054)
            ? []
            : [textElement(0x00281054, "LO", unit === "HU" ? "HU" : "US")]),
        ]
      : [];
  const photometric = layout.photometric === "MONOCHROME1" ? "MONOCHROME1" : "MONOCHROME2";
  return {
    elements: [
      ...pixelAttributes(photometric, 1, by),
      ...(padding === undefined
        ? []
        : [numberElement(0x00280120, by.signed ? "SS" : "US", padding)]),
      ...rescale,
    ],
    signed: by.signed,
    transferSyntax,
    notes,
    rescaled: !kept,
  };
}

/** The source's own rescaling where all values have a place in it, with more bits if that is what it takes. */
function keptRescaling(
  source: GreySource,
  of: { range: readonly [number, number]; ranges: readonly (readonly [number, number])[] },
  notes: string[],
): Rescaling | undefined {
  const { range, ranges } = of;
  const { layout, stored } = source;
  if (stored.type.endsWith("32") || stored.type.startsWith("float")) {
    notes.push("32-bit stored values became 16-bit ones with a fitted rescale");
    return undefined;
  }
  const bitsAllocated = stored.type.endsWith("8") ? 8 : 16;
  const signed = stored.type.startsWith("int");
  const slopes = stored.planes ? [...stored.planes.slope] : [stored.slope];
  const intercepts = stored.planes ? [...stored.planes.intercept] : [stored.intercept];
  const bits = layout.bitsAllocated === 1 ? 8 : (stored.bits ?? bitsAllocated);
  for (const [bitsStored, allocated] of [
    [bits, bitsAllocated],
    [16, 16],
  ] as const) {
    const by = {
      bitsStored,
      bitsAllocated: allocated,
      signed,
      slope: stored.slope,
      intercept: stored.intercept,
    } as const;
    const all = slopes.every((slope, f) =>
      fits(ranges[f] ?? range, { ...by, slope, intercept: intercepts[f]! }),
    );
    if (all) {
      if (bitsStored !== bits)
        notes.push(`stored values take ${bitsStored} bits, ${bits} in the source`);
      return by;
    }
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

/** Frames back in the order in which the file has them, where they were sorted by their places. */
function inFileOrder<Values extends SampleArray | Float32Array>(
  data: Values,
  source: DicomImage,
): Values {
  const order = source.frameOrder;
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
