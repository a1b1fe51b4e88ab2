/** A DICOM object to one image. */
import { type Axes, type Image, type IntensityUnit, makeImage } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stored } from "../core/stored.ts";
import type { DataSet } from "./elements.ts";
import { itemsOf, numberOf, textOf } from "./elements.ts";
import { decodeFrames } from "./frames.ts";
import {
  type FrameGeometry,
  frameGeometry,
  functionalGroups,
  hasFunctionalGroups,
} from "./geometry.ts";
import { type DicomFile, parseDicom } from "./parse.ts";
import { type PixelLayout, pixelLayout } from "./pixels.ts";
import { lookupTable, type Samples, samplesOf } from "./samples.ts";

/** What `readDicom` gives; `file` carries all attributes and is the source of derived objects. */
export interface DicomImage {
  /** Values in `image.unit`: HU for CT, otherwise what the modality transform gives. */
  readonly image: Image;
  /** Samples as stored, with slope and intercept. */
  readonly stored: Stored;
  readonly file: DicomFile;
  /** Pixel description by the data set. */
  readonly layout: PixelLayout;
  /** Frame of the file at each place of `image` and `stored`; absent where that is the file's order. */
  readonly frameOrder?: readonly number[];
  /** What a reader should know, one sentence each. */
  readonly findings: readonly string[];
}

export interface DicomReadOptions extends WorkOptions {
  /** Most samples (voxels × colours). Defaults to 2^28. */
  readonly maxElements?: number;
  /** Unit when the file does not tell. */
  readonly unit?: IntensityUnit;
}

/**
 * Reads the image of a DICOM file, of any transfer syntax that can be decoded.
 *
 * MONOCHROME1 images keep their values; only a finding says that they are shown inverted.
 *
 * @throws FormatError with kind, byte offset and reason
 */
export async function readDicom(
  bytes: Uint8Array,
  options: DicomReadOptions = {},
): Promise<DicomImage> {
  return imageOf(parseDicom(bytes), options);
}

/** The image of a parsed file. @throws FormatError */
export async function imageOf(
  file: DicomFile,
  options: DicomReadOptions = {},
): Promise<DicomImage> {
  const set = file.dataSet;
  const { layout, findings } = pixelLayout(file, { maxElements: options.maxElements ?? 2 ** 28 });
  const frames = await decodeFrames(file, layout, options);
  const raw = samplesOf(frames, set);
  const geometry = frameGeometry(set, layout.frames);
  const { samples, rescale } = inOrder(modality(raw, set, layout), geometry.order);
  const image = assemble(samples, {
    layout,
    rescale,
    geometry,
    unit: unitOf(set, rescale) ?? options.unit ?? "arbitrary",
  });
  const padding = paddingOf(set, layout);
  const wide = samples.type.endsWith("32") && samples.type !== "float32" && beyondFloat(samples);
  const stored: Stored = {
    data: samples.data,
    type: samples.type,
    shape: image.shape.filter((_, i) => image.axes[i] !== "c"),
    components: samples.components,
    kind: samples.components === 3 ? "rgb" : "scalar",
    slope: rescale.slope[0]!,
    intercept: rescale.intercept[0]!,
    ...(rescale.varies ? { planes: { slope: rescale.slope, intercept: rescale.intercept } } : {}),
    bits: samples.bits,
    ...(padding === undefined ? {} : { padding }),
  };
  return {
    image,
    stored,
    file,
    layout,
    ...(geometry.order ? { frameOrder: geometry.order } : {}),
    findings: Object.freeze([
      ...file.findings,
      ...findings,
      ...frames.findings,
      ...raw.findings,
      ...rescale.findings,
      ...geometry.findings,
      ...(layout.photometric === "MONOCHROME1"
        ? [
            "the photometric interpretation is MONOCHROME1: low values are shown bright; the values are kept as they are",
          ]
        : []),
      ...(wide
        ? ["some stored values exceed 2^24 and are rounded in float32; the stored values are exact"]
        : []),
      ...(file.syntax.lossless && textOf(set, 0x00282110) !== "01"
        ? []
        : ["the image has been compressed with loss"]),
    ]),
  };
}

/** Frames, with what belongs to each, put in the order of their places. */
function inOrder(
  from: { samples: Samples; rescale: Rescale },
  order: readonly number[] | undefined,
): { samples: Samples; rescale: Rescale } {
  if (!order) return from;
  const { samples, rescale } = from;
  const { slope, intercept } = rescale;
  const data = samples.data.slice() as typeof samples.data;
  const size = data.length / order.length;
  for (const [place, frame] of order.entries()) {
    // One of the types stands for all: source and target are of the same.
    const values = samples.data.subarray(frame * size, (frame + 1) * size) as Uint16Array;
    (data as Uint16Array).set(values, place * size);
  }
  if (slope.length === 1) return { samples: { ...samples, data }, rescale };
  return {
    samples: { ...samples, data },
    rescale: {
      ...rescale,
      slope: Float64Array.from(order, (frame) => slope[frame]!),
      intercept: Float64Array.from(order, (frame) => intercept[frame]!),
    },
  };
}

function beyondFloat(samples: Samples): boolean {
  for (let i = 0; i < samples.data.length; i++) {
    if (Math.abs(samples.data[i]!) > 2 ** 24) return true;
  }
  return false;
}

export interface Rescale {
  readonly slope: Float64Array;
  readonly intercept: Float64Array;
  readonly varies: boolean;
  readonly stated: boolean;
  /** Rescale Type or Modality LUT Type. */
  readonly type: string | undefined;
  readonly findings: string[];
}

const transformation = 0x00289145;

/** Slope and intercept of every frame, or the modality lookup table applied. */
export function modality(
  samples: Samples,
  set: DataSet,
  layout: PixelLayout,
): { samples: Samples; rescale: Rescale } {
  const lut = itemsOf(set, 0x00283000)[0];
  const unity = {
    slope: new Float64Array([1]),
    intercept: new Float64Array([0]),
    varies: false,
    stated: false,
    type: undefined,
    findings: [],
  };
  if (samples.components !== 1) return { samples, rescale: unity };
  if (
    lut &&
    !set.elements.has(0x00281053) &&
    samples.type !== "float32" &&
    samples.type !== "float64"
  ) {
    const table = lookupTable(lut, {
      descriptor: 0x00283002,
      data: 0x00283006,
      signed: layout.signed,
      offset: layout.element.offset,
    });
    const last = table.values.length - 1;
    const data = new Uint16Array(samples.data.length);
    for (let i = 0; i < data.length; i++) {
      data[i] = table.values[Math.max(0, Math.min(last, samples.data[i]! - table.first))]!;
    }
    return {
      samples: { ...samples, data, type: "uint16", bits: Math.min(16, table.bits || 16) },
      rescale: {
        ...unity,
        stated: true,
        type: textOf(lut, 0x00283004),
        findings: ["the modality lookup table has been applied; the stored values are its output"],
      },
    };
  }
  return { samples, rescale: rescaleOf(set, layout.frames) };
}

function rescaleOf(set: DataSet, frames: number): Rescale {
  const findings: string[] = [];
  const perFrame = hasFunctionalGroups(set);
  const groups = perFrame ? functionalGroups(set, frames, transformation) : [];
  const count = perFrame ? frames : 1;
  const slope = new Float64Array(count).fill(1);
  const intercept = new Float64Array(count);
  let type = textOf(set, 0x00281054);
  let stated = set.elements.has(0x00281053) || set.elements.has(0x00281052);
  for (let frame = 0; frame < count; frame++) {
    const from = groups[frame] ?? set;
    if (from !== set) {
      stated = true;
      type ??= textOf(from, 0x00281054);
    }
    const m = numberOf(from, 0x00281053);
    const b = numberOf(from, 0x00281052);
    // A slope of zero would erase the image; such files mean "no rescaling".
    if (m === 0) findings.push("a rescale slope of 0 is ignored");
    slope[frame] = m === undefined || m === 0 ? 1 : m;
    intercept[frame] = b ?? 0;
  }
  const varies = slope.some((m) => m !== slope[0]) || intercept.some((b) => b !== intercept[0]);
  return { slope, intercept, varies, stated, type, findings };
}

const ctStorage = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.2(\.|$)/;

/** Unit that the file states or implies. */
export function unitOf(set: DataSet, rescale: Rescale): IntensityUnit | undefined {
  if (rescale.type?.toUpperCase() === "HU") return "HU";
  const ct = textOf(set, 0x00080060) === "CT" || ctStorage.test(textOf(set, 0x00080016) ?? "");
  if (!ct || !rescale.stated) return undefined;
  return rescale.type === undefined || rescale.type === "" ? "HU" : undefined;
}

/** Pixel Padding Value, read with the sign of the pixels. */
function paddingOf(set: DataSet, layout: PixelLayout): number | undefined {
  return numberOf(set, 0x00280120, layout.signed ? "SS" : "US");
}

/** Samples as an image, by how the frames stand. */
export function assemble(
  samples: Samples,
  parts: {
    layout: PixelLayout;
    rescale: Rescale;
    geometry: Omit<FrameGeometry, "findings">;
    unit: IntensityUnit;
  },
): Image {
  const { layout, rescale, geometry, unit } = parts;
  const { rows, columns, frames } = layout;
  const pixels = rows * columns;
  const { arrangement, slices } = geometry;
  const lead: [string, number][] =
    arrangement === "plane"
      ? []
      : arrangement === "volume"
        ? [["z", frames]]
        : arrangement === "series"
          ? [["t", frames]]
          : [
              ["t", frames / slices],
              ["z", slices],
            ];
  const colour = samples.components === 3;
  if (colour) {
    // The order of axes is t, c, z, y, x.
    const at = lead.findIndex(([axis]) => axis === "z");
    lead.splice(at === -1 ? lead.length : at, 0, ["c", 3]);
  }
  const axes = [...lead.map(([axis]) => axis), "y", "x"].join("") as Axes;
  const shape = [...lead.map(([, size]) => size), rows, columns];
  const data = new Float32Array(samples.data.length);
  if (colour) {
    const perBlock =
      arrangement === "volume" || arrangement === "volumes" ? slices * pixels : pixels;
    const blocks = samples.data.length / 3 / perBlock;
    for (let b = 0; b < blocks; b++) {
      for (let c = 0; c < 3; c++) {
        const to = (3 * b + c) * perBlock;
        const from = 3 * b * perBlock + c;
        for (let i = 0; i < perBlock; i++) data[to + i] = samples.data[from + 3 * i]!;
      }
    }
  } else {
    // One array type in the loop below: a loop over whichever type is stored runs several times slower.
    const exact = !samples.type.endsWith("32") && samples.type !== "float64";
    const values = exact ? data : samples.data;
    if (exact) data.set(samples.data);
    const single = rescale.slope.length === 1;
    for (let f = 0; f < frames; f++) {
      const m = rescale.slope[single ? 0 : f]!;
      const b = rescale.intercept[single ? 0 : f]!;
      if (exact && m === 1 && b === 0) continue;
      const start = f * pixels;
      for (let i = start; i < start + pixels; i++) data[i] = m * values[i]! + b;
    }
  }
  return makeImage(data, shape, { ...geometry.geometry, axes, unit });
}
