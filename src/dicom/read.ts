/** A DICOM object to one image. */
import { type Axes, type Image, type IntensityUnit, makeImage } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stored } from "../core/stored.ts";
import { frameTime } from "./time-step.ts";
import { textOf } from "./elements.ts";
import { decodeFrames } from "./frames.ts";
import {
  type FrameGeometry,
  frameGeometry,
  type FramePart,
  type UnevenFrames,
} from "./geometry.ts";
import { type Meant, modality, type Rescale, type ScaledBy, unitOf } from "./modality.ts";
import { type Mosaic, slicesOf } from "./mosaic.ts";
import { declaredPadding } from "./padding.ts";
import { type DicomFile, parseDicom } from "./parse.ts";
import { type PixelLayout, pixelLayout } from "./pixels.ts";
import { type Samples, samplesOf } from "./samples.ts";

/** What `readDicom` gives; `file` carries all attributes and is the source of derived objects. */
export interface DicomImage {
  /** Values in `image.unit`: HU for CT, otherwise what the modality transform gives. */
  readonly image: Image;
  /** Samples as stored, with slope and intercept. */
  readonly stored: Stored;
  readonly file: DicomFile;
  /** Pixel description by the data set. */
  readonly layout: PixelLayout;
  /** Which attributes say what the stored values mean. */
  readonly scaledBy: ScaledBy;
  /** 1 for each value of `image` that is no measurement; absent where all are. */
  readonly padded?: Uint8Array;
  /** Frame of the file at each place of `image` and `stored`; absent where that is the file's order. */
  readonly frameOrder?: readonly number[];
  /** For a plane that holds the slices of a volume side by side: where they are, and all of its samples. */
  readonly mosaic?: Mosaic & { readonly samples: Samples["data"] };
  /** Where frames stand in different places that make no regular volume: what they make in parts. */
  readonly parts?: readonly FramePart[];
  /** The same frames, where they are parallel and only their distances are uneven. */
  readonly uneven?: UnevenFrames;
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

/** Code of what made the image, such as CT; undefined where the file lacks it. */
export function modalityOf({ file }: Pick<DicomImage, "file">): string | undefined {
  return textOf(file.dataSet, 0x00080060);
}

/** The image of a parsed file. @throws FormatError */
async function imageOf(file: DicomFile, options: DicomReadOptions = {}): Promise<DicomImage> {
  const set = file.dataSet;
  const { layout, findings } = pixelLayout(file, { maxElements: options.maxElements ?? 2 ** 28 });
  const frames = await decodeFrames(file, layout, options);
  const raw = samplesOf(frames, set);
  const geometry = frameGeometry(set, { ...layout, offset: layout.element.offset });
  const { mosaic } = geometry;
  const meant = modality(raw, set, layout);
  const { samples, rescale, padded } = inOrder(meant, geometry);
  const image = assemble(samples, {
    layout: mosaic
      ? { ...layout, rows: mosaic.rows, columns: mosaic.columns, frames: mosaic.slices }
      : layout,
    rescale,
    geometry,
    unit: unitOf(set, rescale) ?? options.unit ?? "arbitrary",
    timeStep: geometry.arrangement === "series" ? frameTime(set) : undefined,
  });
  // The output of a lookup table is not what padding is declared in.
  const padding = rescale.by === "table" ? undefined : declaredPadding(set, layout);
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
    ...(padding === undefined ? {} : { padding: padding.value }),
    ...(padding?.limit === undefined ? {} : { paddingLimit: padding.limit }),
  };
  return {
    image,
    stored,
    file,
    layout,
    scaledBy: rescale.by,
    ...(padded ? { padded } : {}),
    ...(geometry.order ? { frameOrder: geometry.order } : {}),
    ...(mosaic ? { mosaic: { ...mosaic, samples: meant.samples.data } } : {}),
    ...(geometry.parts ? { parts: geometry.parts } : {}),
    ...(geometry.uneven ? { uneven: geometry.uneven } : {}),
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

/** Frames or the slices of a mosaic, with what belongs to each, put in the order of their places. */
function inOrder(from: Meant, { order, mosaic }: FrameGeometry): Meant {
  const { samples, rescale, padded } = from;
  if (mosaic) {
    return {
      samples: { ...samples, data: slicesOf(samples.data, mosaic) },
      rescale,
      ...(padded ? { padded: slicesOf(padded, mosaic) } : {}),
    };
  }
  if (!order) return from;
  const { slope, intercept } = rescale;
  const placed = <T extends Samples["data"] | Uint8Array>(source: T): T => {
    const out = source.slice() as T;
    const size = out.length / order.length;
    for (const [place, frame] of order.entries()) {
      // One of the types stands for all: source and target are of the same.
      const values = source.subarray(frame * size, (frame + 1) * size) as Uint16Array;
      (out as Uint16Array).set(values, place * size);
    }
    return out;
  };
  const ordered = {
    samples: { ...samples, data: placed(samples.data) },
    ...(padded ? { padded: placed(padded) } : {}),
  };
  if (slope.length === 1) return { ...ordered, rescale };
  return {
    ...ordered,
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

/** Samples as an image, by how the frames stand. */
export function assemble(
  samples: Samples,
  parts: {
    layout: PixelLayout;
    rescale: Rescale;
    geometry: Omit<FrameGeometry, "findings">;
    unit: IntensityUnit;
    timeStep?: number | undefined;
  },
): Image {
  const { layout, rescale, geometry, unit, timeStep } = parts;
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
  return makeImage(data, shape, { ...geometry.geometry, axes, unit, timeStep });
}
