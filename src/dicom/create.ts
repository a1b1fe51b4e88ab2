/** New DICOM objects from images that have no DICOM source: CT slices for HU, secondary captures otherwise. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf, sliceOf } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stored } from "../core/stored.ts";
import {
  bytesElement,
  dateTime,
  decimalElement,
  elementMap,
  itemOf,
  numberElement,
  sequenceElement,
  textElement,
} from "./build.ts";
import type { WrittenDicom } from "./derive.ts";
import type { DicomElement } from "./elements.ts";
import { codableSyntax, encodePixels, littleBytes, type SampleArray } from "./encode-pixels.ts";
import { finiteRange, fits, fittedRescaling, quantised, type Rescaling } from "./quantise.ts";
import { serialiseDicom } from "./serialise.ts";
import { explicitLittle } from "./transfer-syntax.ts";
import { newUid } from "./uid.ts";

export interface CreateOptions extends WorkOptions {
  /** Defaults to empty, which the standard allows. */
  readonly patientName?: string;
  readonly patientId?: string;
  readonly seriesDescription?: string;
  readonly studyDescription?: string;
  /** UIDs shared by the slices of one series; new ones when absent. */
  readonly studyUid?: string;
  readonly seriesUid?: string;
  readonly frameOfReferenceUid?: string;
  /** UID of this one object; a new one when absent. */
  readonly sopInstanceUid?: string;
  /** Defaults to 1. */
  readonly seriesNumber?: number;
  readonly instanceNumber?: number;
  /** Display window in the image's unit; defaults to the range of the values. */
  readonly window?: { readonly centre: number; readonly width: number };
  /** Marks simulated data (Synthetic Data, 0008,001C). */
  readonly synthetic?: boolean;
  /** How the image was made, for the derivation description. */
  readonly description?: string;
  readonly version?: string;
  readonly transferSyntax?: string;
  /** Samples to write in place of the rounded values. */
  readonly stored?: Pick<
    Stored,
    "data" | "type" | "components" | "slope" | "intercept" | "bits" | "padding" | "paddingLimit"
  >;
  readonly date?: Date;
}

const ctStorage = "1.2.840.10008.5.1.4.1.1.2";
const captureStorage = "1.2.840.10008.5.1.4.1.1.7";
const greyBytesStorage = "1.2.840.10008.5.1.4.1.1.7.2";
const greyWordsStorage = "1.2.840.10008.5.1.4.1.1.7.3";
const colourStorage = "1.2.840.10008.5.1.4.1.1.7.4";
const parametricMapStorage = "1.2.840.10008.5.1.4.1.1.30";

interface Samples {
  readonly elements: readonly DicomElement[];
  readonly signed: boolean;
  readonly components: number;
  readonly bitsAllocated: number;
  readonly float: boolean;
  readonly transferSyntax: string;
  readonly notes: readonly string[];
}

/**
 * A new DICOM object: one file for one slice, or a multi-frame one for a volume or series. A `yx`
 * image in HU becomes a CT image, rounded to whole HU where they fit 16 bits.
 *
 * @throws InputError when the image's axes or values have no place in DICOM
 */
export async function writeNewDicom(
  image: Image,
  options: CreateOptions = {},
): Promise<WrittenDicom> {
  const axes = image.axes;
  const colour = axes.includes("c");
  const leading = axes.slice(0, -2).replace("c", "");
  if (colour && image.shape[axes.indexOf("c")] !== 3) {
    throw new InputError(
      `Cannot write DICOM: found ${image.shape[axes.indexOf("c")]} channels, wanted 3 (RGB)`,
    );
  }
  const [rows, columns] = image.shape.slice(-2) as [number, number];
  if (rows > 65535 || columns > 65535) {
    throw new InputError(
      `Cannot write DICOM: found ${rows} × ${columns}, wanted at most 65535 rows and columns`,
    );
  }
  const frames = image.data.length / (rows * columns * (colour ? 3 : 1));
  const samples = await samplesPart(image, { rows, columns, frames, colour }, options);
  const ct = !samples.float && image.unit === "HU" && frames === 1 && !colour;
  const sopClassUid = samples.float
    ? parametricMapStorage
    : ct
      ? ctStorage
      : colour
        ? frames > 1
          ? colourStorage
          : captureStorage
        : frames > 1
          ? samples.bitsAllocated === 8
            ? greyBytesStorage
            : greyWordsStorage
          : captureStorage;
  const sopInstanceUid = options.sopInstanceUid ?? newUid();
  const seriesUid = options.seriesUid ?? newUid();
  const place = geometry(image, { frames, leading, ct });
  const elements = [
    ...identity(image, {
      ...options,
      seriesUid,
      sopClassUid,
      sopInstanceUid,
      modality: ct || image.unit === "HU" ? "CT" : "OT",
    }),
    ...place.elements,
    ...(ct ? [textElement(0x00180060, "DS", ""), textElement(0x00200012, "IS", "")] : []),
    numberElement(0x00280010, "US", rows),
    numberElement(0x00280011, "US", columns),
    ...(frames > 1 ? [textElement(0x00280008, "IS", String(frames))] : []),
    ...window(image, options, colour),
    ...samples.elements,
  ];
  const bytes = serialiseDicom(elementMap(elements), {
    encoding: { explicit: true, littleEndian: true },
    transferSyntax: samples.transferSyntax,
    sopClassUid,
    sopInstanceUid,
    signedPixels: samples.signed,
  });
  return {
    bytes,
    sopInstanceUid,
    seriesUid,
    transferSyntax: samples.transferSyntax,
    notes: [...place.notes, ...samples.notes],
  };
}

/**
 * One file for each slice of a volume, with shared study, series and frame of reference.
 *
 * @param image axes `yx` or `zyx`
 */
export async function writeNewSeries(
  image: Image,
  options: CreateOptions = {},
): Promise<readonly WrittenDicom[]> {
  if (image.axes !== "yx" && image.axes !== "zyx") {
    throw new InputError(`Cannot write a DICOM series: found axes ${image.axes}, wanted yx or zyx`);
  }
  // One UID cannot name several slices.
  const { sopInstanceUid: _one, ...rest } = options;
  const shared = {
    ...rest,
    studyUid: options.studyUid ?? newUid(),
    seriesUid: options.seriesUid ?? newUid(),
    frameOfReferenceUid: options.frameOfReferenceUid ?? newUid(),
  };
  const written: WrittenDicom[] = [];
  for (let k = 0; k < layoutOf(image).nz; k++) {
    const slice = image.axes === "yx" ? image : sliceOf(image, k);
    written.push(
      await writeNewDicom(slice, { ...shared, instanceNumber: (options.instanceNumber ?? 1) + k }),
    );
  }
  return written;
}

function identity(
  image: Image,
  options: CreateOptions & {
    seriesUid: string;
    sopClassUid: string;
    sopInstanceUid: string;
    modality: string;
  },
): DicomElement[] {
  const { date, time } = dateTime(options.date ?? new Date());
  const utf8 = ["ISO_IR 192"];
  const text = (tag: number, vr: string, value: string | readonly string[]) =>
    textElement(tag, vr, value, utf8);
  const capture = options.sopClassUid.startsWith(captureStorage);
  return [
    text(0x00080005, "CS", "ISO_IR 192"),
    text(
      0x00080008,
      "CS",
      options.sopClassUid === parametricMapStorage
        ? ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
        : ["DERIVED", "SECONDARY", ...(options.modality === "CT" ? ["AXIAL"] : [])],
    ),
    text(0x00080012, "DA", date),
    text(0x00080013, "TM", time),
    text(0x00080016, "UI", options.sopClassUid),
    text(0x00080018, "UI", options.sopInstanceUid),
    ...(options.synthetic ? [text(0x0008001c, "CS", "YES")] : []),
    text(0x00080020, "DA", date),
    text(0x00080023, "DA", date),
    text(0x00080030, "TM", time),
    text(0x00080033, "TM", time),
    text(0x00080050, "SH", ""),
    text(0x00080060, "CS", options.modality),
    ...(capture ? [text(0x00080064, "CS", "WSD")] : []),
    text(0x00080070, "LO", "dprime"),
    text(0x00080090, "PN", ""),
    ...(options.studyDescription ? [text(0x00081030, "LO", options.studyDescription)] : []),
    ...(options.seriesDescription ? [text(0x0008103e, "LO", options.seriesDescription)] : []),
    ...(options.description ? [text(0x00082111, "ST", options.description)] : []),
    text(0x00100010, "PN", options.patientName ?? ""),
    text(0x00100020, "LO", options.patientId ?? ""),
    text(0x00100030, "DA", ""),
    text(0x00100040, "CS", ""),
    text(0x00185100, "CS", ""),
    text(0x00181020, "LO", options.version ?? "dprime"),
    text(0x0020000d, "UI", options.studyUid ?? newUid()),
    text(0x0020000e, "UI", options.seriesUid),
    text(0x00200010, "SH", ""),
    text(0x00200011, "IS", String(options.seriesNumber ?? 1)),
    text(0x00200013, "IS", String(options.instanceNumber ?? 1)),
    text(0x00200020, "CS", ""),
    text(0x00200060, "CS", ""),
    text(0x00201040, "LO", ""),
    ...(image.orientationKnown
      ? [text(0x00200052, "UI", options.frameOfReferenceUid ?? newUid())]
      : []),
  ];
}

function window(image: Image, options: CreateOptions, colour: boolean): DicomElement[] {
  if (colour) return [];
  const [min, max] = finiteRange(image.data);
  const { centre, width } = options.window ?? {
    centre: (min + max) / 2,
    width: Math.max(max - min, 1),
  };
  return [decimalElement(0x00281050, centre), decimalElement(0x00281051, width)];
}

/**
 * Pitch and place as far as they are known. CT images and stacks of slices must say both: what is not
 * known is then written as 1 mm, or as axial from the origin.
 */
function geometry(
  image: Image,
  { frames, leading, ct }: { frames: number; leading: string; ct: boolean },
): { elements: DicomElement[]; notes: string[] } {
  const must = ct || leading.includes("z");
  const placed = image.orientationKnown || must;
  const measured = image.spacingKnown || must;
  const notes = [
    ...(measured && !image.spacingKnown
      ? ["the spacing is not known; the file says 1 mm, because such objects must say one"]
      : []),
    ...(placed && !image.orientationKnown
      ? [
          "how the image lies in the patient is not known; the file says axial from the origin, because such objects must say it",
        ]
      : []),
  ];
  const d = image.direction;
  const column = (c: number) => [d[c]!, d[3 + c]!, d[6 + c]!] as const;
  const [step, row, columnPitch] = image.spacing;
  const orientation = decimalElement(0x00200037, [...column(0), ...column(1)]);
  const position = (k: number) =>
    decimalElement(
      0x00200032,
      image.origin.map((at, r) => at + k * step * column(2)[r]!),
    );
  const spacing = decimalElement(0x00280030, [row, columnPitch]);
  const thickness = decimalElement(0x00180050, step);
  if (frames === 1) {
    const elements = [
      ...(placed ? [orientation, position(0)] : []),
      ...(measured ? [spacing, thickness] : []),
    ];
    return { elements, notes };
  }
  const between = decimalElement(0x00180088, step);
  const slices = leading.endsWith("z") ? image.shape[image.axes.indexOf("z")]! : 1;
  const frameItems = Array.from({ length: frames }, (_, f) =>
    itemOf([
      sequenceElement(0x00209113, [itemOf([position(leading.includes("z") ? f % slices : 0)])]),
    ]),
  );
  const shared = [
    ...(placed ? [sequenceElement(0x00209116, [itemOf([orientation])])] : []),
    ...(measured ? [sequenceElement(0x00289110, [itemOf([spacing, thickness, between])])] : []),
  ];
  const elements = [
    ...(shared.length > 0 ? [sequenceElement(0x52009229, [itemOf(shared)])] : []),
    ...(placed ? [sequenceElement(0x52009230, frameItems)] : []),
  ];
  return { elements, notes };
}

async function samplesPart(
  image: Image,
  shape: { rows: number; columns: number; frames: number; colour: boolean },
  options: CreateOptions,
): Promise<Samples> {
  const { colour, ...size } = shape;
  const asked = options.transferSyntax ?? explicitLittle;
  const { stored } = options;
  if (stored && (stored.type === "float32" || stored.type === "float64")) {
    const double = stored.type === "float64";
    return {
      elements: [
        numberElement(0x00280002, "US", 1),
        textElement(0x00280004, "CS", "MONOCHROME2"),
        numberElement(0x00280100, "US", double ? 64 : 32),
        // Without a rescale nothing would say that the values are HU.
        ...(stored.slope === 1 && stored.intercept === 0 && image.unit !== "HU"
          ? []
          : [
              decimalElement(0x00281052, stored.intercept),
              decimalElement(0x00281053, stored.slope),
              ...(image.unit === "HU" ? [textElement(0x00281054, "LO", "HU")] : []),
            ]),
        bytesElement(
          double ? 0x7fe00009 : 0x7fe00008,
          double ? "OD" : "OF",
          littleBytes(stored.data as Float32Array),
        ),
      ],
      signed: true,
      components: 1,
      bitsAllocated: double ? 64 : 32,
      float: true,
      transferSyntax: explicitLittle,
      notes: [],
    };
  }
  const notes: string[] = [];
  const { data, by } = stored
    ? { data: stored.data as SampleArray, by: storedRescaling(stored) }
    : chosen(image, colour, notes);
  const components = colour ? 3 : 1;
  const transferSyntax = codableSyntax(asked, data.BYTES_PER_ELEMENT, components);
  if (transferSyntax !== asked)
    notes.push(`these samples are not written in ${asked}; explicit little endian was used`);
  const element = await encodePixels(data, {
    ...size,
    samples: components,
    bitsStored: by.bitsStored,
    signed: by.signed,
    transferSyntax,
    work: options,
  });
  const bitsAllocated = 8 * data.BYTES_PER_ELEMENT;
  const rescale = image.unit === "HU" || by.slope !== 1 || by.intercept !== 0;
  return {
    elements: [
      numberElement(0x00280002, "US", components),
      textElement(0x00280004, "CS", colour ? "RGB" : "MONOCHROME2"),
      ...(colour ? [numberElement(0x00280006, "US", 0)] : []),
      numberElement(0x00280100, "US", bitsAllocated),
      numberElement(0x00280101, "US", by.bitsStored),
      numberElement(0x00280102, "US", by.bitsStored - 1),
      numberElement(0x00280103, "US", by.signed ? 1 : 0),
      ...(stored?.padding === undefined || bitsAllocated > 16
        ? []
        : [numberElement(0x00280120, by.signed ? "SS" : "US", stored.padding)]),
      ...(stored?.paddingLimit === undefined || bitsAllocated > 16
        ? []
        : [numberElement(0x00280121, by.signed ? "SS" : "US", stored.paddingLimit)]),
      ...(rescale
        ? [
            decimalElement(0x00281052, by.intercept),
            decimalElement(0x00281053, by.slope),
            textElement(0x00281054, "LO", image.unit === "HU" ? "HU" : "US"),
          ]
        : []),
      element,
    ],
    signed: by.signed,
    components,
    bitsAllocated,
    float: false,
    transferSyntax,
    notes,
  };
}

function storedRescaling(
  stored: NonNullable<CreateOptions["stored"]>,
): Omit<Rescaling, "bitsAllocated"> {
  if (stored.type.endsWith("64")) {
    throw new InputError(
      `Cannot write DICOM: found ${stored.type} samples, wanted at most 32 bits`,
    );
  }
  const bitsStored = stored.bits ?? Number(/\d+$/.exec(stored.type)![0]);
  return {
    slope: stored.slope,
    intercept: stored.intercept,
    bitsStored,
    signed: stored.type.startsWith("int"),
  };
}

/** Rescaling for float values: whole numbers where they fit, 16 fitted bits otherwise. */
function chosen(
  image: Image,
  colour: boolean,
  notes: string[],
): { data: SampleArray; by: Rescaling } {
  const range = finiteRange(image.data);
  if (colour) {
    const wide = range[1] > 255;
    const by: Rescaling = {
      slope: 1,
      intercept: 0,
      bitsStored: wide ? 16 : 8,
      bitsAllocated: wide ? 16 : 8,
      signed: false,
    };
    if (!fits(range, by))
      throw new InputError(
        `Cannot write DICOM: found colours from ${range[0]} to ${range[1]}, wanted 0 to 65535`,
      );
    return { data: quantised(rgbSamples(image), by), by };
  }
  const whole: Rescaling = {
    slope: 1,
    intercept: 0,
    bitsStored: 16,
    bitsAllocated: 16,
    signed: true,
  };
  const hounsfield = { ...whole, intercept: -1024, signed: false };
  if (image.unit === "HU") {
    for (const by of [hounsfield, whole]) {
      if (!fits(range, by)) continue;
      notes.push("values are rounded to whole HU");
      return { data: quantised(image.data, by), by };
    }
  } else if (fits(range, whole) && image.data.every(Number.isInteger)) {
    return { data: quantised(image.data, whole), by: whole };
  }
  const by = fittedRescaling(range);
  notes.push(`values are rounded to steps of ${Number(by.slope.toPrecision(6))}`);
  return { data: quantised(image.data, by), by };
}

/** Channel planes to pixels with their colours side by side. */
function rgbSamples(image: Image): Float32Array {
  const channel = image.axes.indexOf("c");
  const plane = image.shape.slice(channel + 1).reduce((product, size) => product * size, 1);
  const out = new Float32Array(image.data.length);
  for (let b = 0; b < image.data.length / (3 * plane); b++) {
    for (let c = 0; c < 3; c++) {
      const from = (3 * b + c) * plane;
      for (let i = 0; i < plane; i++) out[3 * (b * plane + i) + c] = image.data[from + i]!;
    }
  }
  return out;
}
