/**
 * Derived objects: an image made from another, as the standard wants it described [nema2024ps33]
 * (C.7.6.1.1.3 and C.12.1.1.5). Patient, study, geometry and private attributes stay byte for byte.
 */
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import type { WorkOptions } from "../../core/progress.ts";
import {
  bytesElement,
  codeElement,
  dateTime,
  decimalElement,
  elementMap,
  itemOf,
  numberElement,
  sequenceElement,
  textElement,
} from "./build.ts";
import type { DicomElement, DataSet } from "./elements.ts";
import { numberOf, textOf, textsOf } from "./elements.ts";
import { codableSyntax, encodePixels, littleBytes, type SampleArray } from "./encode-pixels.ts";
import { mapItems } from "./items.ts";
import {
  finiteRange,
  fits,
  fittedRescaling,
  quantised,
  type Rescaling,
  storedRange,
} from "./quantise.ts";
import type { DicomImage } from "./read.ts";
import { serialiseDicom } from "./serialise.ts";
import { newUid } from "./uid.ts";

export interface DeriveOptions extends WorkOptions {
  /** What was done, such as `drunet-light`; goes into series description and derivation description. */
  readonly method: string;
  /** Its parameters, written as `name=value`. */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** Version of the software. */
  readonly version?: string;
  /** One UID for all slices of a series; a new one when absent. */
  readonly seriesUid?: string;
  /** Defaults to the source's description and the method. */
  readonly seriesDescription?: string;
  /** Defaults to the source's number plus 1000. */
  readonly seriesNumber?: number;
  /** Transfer syntax UID; defaults to the source's own, or the lossless one of its family. */
  readonly transferSyntax?: string;
  /**
   * `source` keeps slope and intercept, rounding to the source's steps, and falls back to `fit` when
   * values do not fit; `fit` spreads the values over 16 bits. Defaults to `source`.
   */
  readonly rescale?: "source" | "fit";
  /** Moment of creation; defaults to now. */
  readonly date?: Date;
}

export interface WrittenDicom {
  readonly bytes: Uint8Array;
  readonly sopInstanceUid: string;
  readonly seriesUid: string;
  readonly transferSyntax: string;
  /** What the source had and this object does not, and what was rounded, one sentence each. */
  readonly notes: readonly string[];
}

// Attributes that describe the source's pixels and are untrue, or cannot be checked, for new ones.
const dropped: ReadonlyMap<number, string | undefined> = new Map<number, string | undefined>([
  [0x00280106, undefined],
  [0x00280107, undefined],
  [0x00280108, undefined],
  [0x00280109, undefined],
  [0x00283000, undefined],
  [0x7fe00001, undefined],
  [0x7fe00002, undefined],
  [0x7fe00003, undefined],
  [0x7fe00008, undefined],
  [0x7fe00009, undefined],
  [0x7fe00010, undefined],
  [0x00880200, "the icon image"],
  [0xfffafffa, "the digital signature"],
  [0x4ffe0001, "the message authentication code"],
  [0xfffcfffc, undefined],
  [0x00281101, undefined],
  [0x00281102, undefined],
  [0x00281103, undefined],
  [0x00281199, undefined],
  [0x00281201, undefined],
  [0x00281202, undefined],
  [0x00281203, undefined],
]);

interface PixelPart {
  readonly elements: readonly DicomElement[];
  readonly signed: boolean;
  readonly transferSyntax: string;
  readonly notes: readonly string[];
  /** The source's per-frame rescale no longer holds. */
  readonly rescaled: boolean;
}

/**
 * A derived DICOM object: the source with other values.
 *
 * @param source object as read by `readDicom`
 * @param image values in the unit of `source.image`, of the same shape
 * @throws InputError when shapes differ, values are not finite or the transfer syntax is not written
 */
export async function writeDerivedDicom(
  source: DicomImage,
  image: Image,
  options: DeriveOptions,
): Promise<WrittenDicom> {
  const set = source.file.dataSet;
  if (image.shape.join() !== source.image.shape.join() || image.axes !== source.image.axes) {
    throw new InputError(
      `Cannot write a derived DICOM object: found ${image.axes} [${image.shape.join(", ")}], wanted ${source.image.axes} [${source.image.shape.join(", ")}] as in the source`,
    );
  }
  if (set.elements.has(0x3004000e)) {
    throw new InputError("Cannot write a derived DICOM object: found a dose grid, wanted an image");
  }
  const pixels = await pixelPart(source, image, options);
  const sopClassUid = textOf(set, 0x00080016) ?? textOf(source.file.meta, 0x00020002);
  if (!sopClassUid) {
    throw new InputError(
      "Cannot write a derived DICOM object: found no SOP Class UID in the source, wanted one",
    );
  }
  const sopInstanceUid = newUid();
  const seriesUid = options.seriesUid ?? newUid();
  const notes = [...pixels.notes];
  const elements = new Map<number, DicomElement>();
  const overlaysInPixels: number[] = [];
  for (const [tag, element] of set.elements) {
    if (dropped.has(tag)) {
      const said = dropped.get(tag);
      if (said) notes.push(`${said} is left out`);
      continue;
    }
    // Overlays in spare bits of the pixels have one bit less than the pixels allocated to them.
    if ((tag & 0xff01ffff) >>> 0 === 0x60000100 && (numberOf(set, tag, "US") ?? 1) > 1) {
      overlaysInPixels.push(tag >>> 16);
    }
    elements.set(tag, element);
  }
  for (const group of overlaysInPixels) {
    notes.push(`the overlay ${group.toString(16)} in the spare bits of the pixels is left out`);
    for (const tag of elements.keys()) if (tag >>> 16 === group) elements.delete(tag);
  }
  const put = (element: DicomElement) => elements.set(element.tag, element);
  functionalGroups(elements, set, pixels).forEach(put);
  for (const element of description(source, { ...options, sopClassUid, sopInstanceUid, seriesUid }))
    put(element);
  pixels.elements.forEach(put);
  const bytes = serialiseDicom(elementMap([...elements.values()]), {
    encoding: set.encoding,
    transferSyntax: pixels.transferSyntax,
    sopClassUid,
    sopInstanceUid,
    signedPixels: pixels.signed,
  });
  return { bytes, sopInstanceUid, seriesUid, transferSyntax: pixels.transferSyntax, notes };
}

/** Identity and history of the derived object. */
function description(
  source: DicomImage,
  options: DeriveOptions & { sopClassUid: string; sopInstanceUid: string; seriesUid: string },
): DicomElement[] {
  const set = source.file.dataSet;
  const text = (tag: number, vr: string, value: string | readonly string[]) =>
    textElement(tag, vr, value, set.characterSets);
  const { date, time } = dateTime(options.date ?? new Date());
  const version = options.version ?? "dprime";
  const parameters = Object.entries(options.parameters ?? {}).map(
    ([name, value]) => `${name}=${value}`,
  );
  const derivation = `Denoised by dprime, method ${options.method}${parameters.length > 0 ? `: ${parameters.join(", ")}` : ""}. For research, not for diagnosis`;
  const previous = textOf(set, 0x00082111);
  const type = textsOf(set, 0x00080008);
  const seriesNumber =
    options.seriesNumber ?? Math.min(2147483647, (numberOf(set, 0x00200011) ?? 0) + 1000);
  const sourceUid = textOf(set, 0x00080018) ?? textOf(source.file.meta, 0x00020003);
  const elements = [
    text(0x00080008, "CS", ["DERIVED", "SECONDARY", ...type.slice(2)]),
    text(0x00080012, "DA", date),
    text(0x00080013, "TM", time),
    text(0x00080016, "UI", options.sopClassUid),
    text(0x00080018, "UI", options.sopInstanceUid),
    seriesDescription(set, options),
    text(0x00082111, "ST", `${derivation}${previous ? `. Before: ${previous}` : ""}`),
    text(0x0020000e, "UI", options.seriesUid),
    text(0x00200011, "IS", String(seriesNumber)),
  ];
  if (sourceUid) {
    elements.push(
      sequenceElement(0x00082112, [
        itemOf([
          text(0x00081150, "UI", options.sopClassUid),
          text(0x00081155, "UI", sourceUid),
          codeElement(0x0040a170, {
            value: "121322",
            scheme: "DCM",
            meaning: "Source image for image processing operation",
          }),
        ]),
      ]),
    );
  }
  const earlier = set.elements.get(0x0018a001);
  const contribution = itemOf([
    text(0x00080070, "LO", "dprime"),
    text(0x00081090, "LO", "dprime"),
    text(0x00181020, "LO", version),
    text(0x0018a002, "DT", `${date}${time}`),
    text(0x0018a003, "ST", derivation),
    codeElement(0x0040a170, { value: "109102", scheme: "DCM", meaning: "Processing Equipment" }),
  ]);
  // Items of the source keep their own encoding; the new one is brought to it by the writer.
  elements.push(appendedItem(earlier, contribution, set));
  if (!source.file.syntax.lossless && textOf(set, 0x00282110) === undefined) {
    elements.push(text(0x00282110, "CS", "01"));
  }
  return elements;
}

function appendedItem(
  earlier: DicomElement | undefined,
  item: ReturnType<typeof itemOf>,
  set: DataSet,
): DicomElement {
  const encoding = earlier?.encoding ?? set.encoding;
  // Values of the earlier items are in the source's encoding: each says so itself from here on.
  const old = (earlier?.items ?? []).map((one) => ({
    ...one,
    elements: new Map(
      [...one.elements].map(([tag, element]) => [tag, { encoding, ...element }] as const),
    ),
  }));
  return sequenceElement(0x0018a001, [...old, item]);
}

function seriesDescription(set: DataSet, options: DeriveOptions): DicomElement {
  const vr = "LO";
  if (options.seriesDescription !== undefined) {
    return textElement(0x0008103e, vr, options.seriesDescription, set.characterSets);
  }
  // The source's own bytes, whatever their character set, with ours behind them.
  const addition = new TextEncoder().encode(
    `dprime ${options.method}`.replace(/[^\x20-\x7e]/g, "?").slice(0, 40),
  );
  const own = set.elements.get(0x0008103e)?.value ?? new Uint8Array(0);
  let end = own.length;
  while (end > 0 && (own[end - 1] === 0x20 || own[end - 1] === 0)) end--;
  // Cutting inside a multi-byte character would spoil it, so a long description gives way as a whole.
  if (end === 0 || end + 1 + addition.length > 64) return bytesElement(0x0008103e, vr, addition);
  const bytes = new Uint8Array(end + 1 + addition.length);
  bytes.set(own.subarray(0, end));
  bytes[end] = 0x20;
  bytes.set(addition, end + 1);
  return bytesElement(0x0008103e, vr, bytes);
}

/** Functional groups with frame types DERIVED and, where it changed, without their rescale. */
function functionalGroups(
  elements: ReadonlyMap<number, DicomElement>,
  set: DataSet,
  pixels: PixelPart,
): DicomElement[] {
  const changed: DicomElement[] = [];
  for (const tag of [0x52009229, 0x52009230]) {
    const element = elements.get(tag);
    if (!element?.items) continue;
    changed.push(
      mapItems(element, set.encoding, (inner) => {
        if (inner.tag === 0x00089007) {
          const values = new TextDecoder("latin1").decode(inner.value).trimEnd().split("\\");
          return textElement(inner.tag, "CS", ["DERIVED", "SECONDARY", ...values.slice(2)]);
        }
        return pixels.rescaled && inner.tag === 0x00289145 ? undefined : inner;
      }),
    );
  }
  return changed;
}

async function pixelPart(
  source: DicomImage,
  image: Image,
  options: DeriveOptions,
): Promise<PixelPart> {
  const { layout } = source;
  const { rows, columns, frames } = layout;
  const asked = options.transferSyntax ?? source.file.syntax.derivedAs;
  const shape = { rows, columns, frames };
  const common = [
    numberElement(0x00280010, "US", rows),
    numberElement(0x00280011, "US", columns),
    ...(frames > 1 ? [textElement(0x00280008, "IS", String(frames))] : []),
  ];
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
    const element = await encodePixels(data, {
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
      elements: [...common, bytesElement(0x7fe00008, "OF", littleBytes(image.data.slice()))],
      signed: true,
      transferSyntax,
      notes: layout.type === "float64" ? ["64-bit floating point became 32-bit"] : [],
      rescaled: false,
    };
  }
  return greyPart(source, image, { range, asked, common, options });
}

async function greyPart(
  source: DicomImage,
  image: Image,
  parts: {
    range: [number, number];
    asked: string;
    common: readonly DicomElement[];
    options: DeriveOptions;
  },
): Promise<PixelPart> {
  const { range, asked, common, options } = parts;
  const { layout, stored } = source;
  const notes: string[] = [];
  const kept = options.rescale === "fit" ? undefined : keptRescaling(source, range, notes);
  const { padding } = stored;
  const by = kept ?? fittedRescaling(range, padding === undefined ? 0 : 1);
  let data: SampleArray;
  if (stored.planes && kept) {
    const perFrame = layout.rows * layout.columns;
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
  const paddingNow = padding === undefined ? undefined : kept ? padding : 0;
  if (padding !== undefined && paddingNow !== undefined) {
    for (let i = 0; i < data.length; i++) {
      if (Number(stored.data[i]) === padding) data[i] = paddingNow;
    }
  }
  const step = Math.abs(by.slope);
  if (!stored.planes || !kept)
    notes.push(`values are rounded to steps of ${Number(step.toPrecision(6))}`);
  const transferSyntax = codableSyntax(asked, data.BYTES_PER_ELEMENT, 1);
  const element = await encodePixels(data, {
    rows: layout.rows,
    columns: layout.columns,
    frames: layout.frames,
    samples: 1,
    bitsStored: by.bitsStored,
    signed: by.signed,
    transferSyntax,
    work: options,
  });
  const set = source.file.dataSet;
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
            : [textElement(0x00281054, "LO", image.unit === "HU" ? "HU" : "US")]),
        ]
      : [];
  const photometric = layout.photometric === "MONOCHROME1" ? "MONOCHROME1" : "MONOCHROME2";
  return {
    elements: [
      ...common,
      ...pixelAttributes(photometric, 1, by),
      ...(paddingNow === undefined
        ? []
        : [numberElement(0x00280120, by.signed ? "SS" : "US", paddingNow)]),
      ...rescale,
      element,
    ],
    signed: by.signed,
    transferSyntax,
    notes,
    rescaled: !kept,
  };
}

/** The source's own rescaling where all values have a place in it, with more bits if that is what it takes. */
function keptRescaling(
  source: DicomImage,
  range: [number, number],
  notes: string[],
): Rescaling | undefined {
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
      fits(range, { ...by, slope, intercept: intercepts[f]! }),
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
