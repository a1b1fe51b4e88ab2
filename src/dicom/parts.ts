/** The images of an object whose frames make no single regular volume. */
import { type Axes, type Image, makeImage } from "../core/image.ts";
import type { Stored } from "../core/stored.ts";
import { type FramePart, scatteredNote } from "./geometry.ts";
import type { DicomImage } from "./read.ts";
import {
  evenGrid,
  type GapTreatment,
  refuseUneven,
  resampledNote,
  resampledSlices,
  slicesOfGrid,
} from "./resample.ts";

/** One image of an object. */
export interface ObjectImage {
  /** Which part it is; empty where it is all of the object. */
  readonly part: string;
  readonly image: Image;
  readonly stored: Stored;
  /** 1 for each value of `image` that is no measurement; absent where all are. */
  readonly padded?: Uint8Array;
  readonly findings: readonly string[];
}

/**
 * What an object holds: one image, or one for each part where its frames stand in different orientations or
 * with gaps between them.
 *
 * @throws InputError for gaps that are to be refused
 */
export function imagesOf(object: DicomImage, gaps: GapTreatment = "split"): ObjectImage[] {
  const { image, stored, padded, parts, uneven, findings } = object;
  const whole = { part: "", image, stored, ...(padded ? { padded } : {}), findings };
  // Colours stand between the frames of a volume, and are only looked at.
  if (!parts || image.axes.includes("c")) return [whole];
  if (uneven && gaps === "refuse") refuseUneven("a DICOM object", findings);
  if (uneven && gaps === "resample") return [resampledObject(object)];
  return parts.map((part, i) => partImage(object, part, `part ${i + 1} of ${parts.length}`));
}

const axesOf: Readonly<Record<FramePart["arrangement"], Axes>> = {
  plane: "yx",
  volume: "zyx",
  series: "tyx",
  volumes: "tzyx",
};

function partImage(object: DicomImage, part: FramePart, name: string): ObjectImage {
  const { image, stored, padded, findings } = object;
  const { frames, slices, arrangement } = part;
  const [rows, columns] = image.shape.slice(-2) as [number, number];
  const size = rows * columns;
  const take = <T extends Stored["data"]>(source: T): T => {
    const out = source.slice(0, frames.length * size) as T;
    for (const [place, frame] of frames.entries()) {
      // One of the types stands for all: source and target are of the same.
      const values = source.subarray(frame * size, (frame + 1) * size) as Uint16Array;
      (out as Uint16Array).set(values, place * size);
    }
    return out;
  };
  const count = frames.length;
  const lead = {
    plane: [],
    volume: [count],
    series: [count],
    volumes: [count / slices, slices],
  }[arrangement];
  const shape = [...lead, rows, columns];
  const { planes, ...rest } = stored;
  const scaling = planes && {
    slope: Float64Array.from(frames, (frame) => planes.slope[frame]!),
    intercept: Float64Array.from(frames, (frame) => planes.intercept[frame]!),
  };
  return {
    part: name,
    image: makeImage(take(image.data), shape, {
      ...part.geometry,
      axes: axesOf[arrangement],
      unit: image.unit,
    }),
    stored: {
      ...rest,
      data: take(stored.data),
      shape,
      ...(scaling
        ? { planes: scaling, slope: scaling.slope[0]!, intercept: scaling.intercept[0]! }
        : {}),
    },
    ...(padded ? { padded: take(padded) } : {}),
    findings: [
      ...findings.filter((finding) => finding !== scatteredNote),
      `${name} of an object whose frames make no single volume`,
      ...part.findings,
    ],
  };
}

function resampledObject(object: DicomImage): ObjectImage {
  const { image, padded, findings, uneven } = object;
  const { frames, volumes, along, usualStep, geometry } = uneven!;
  const grid = evenGrid(along, usualStep);
  const ordered = partImage(object, { ...wholePart, frames, geometry }, "");
  const slices = { data: ordered.image.data, ...(padded ? { padded: ordered.padded! } : {}) };
  const done = resampledSlices(slices, grid, volumes);
  const shape = [...(volumes > 1 ? [volumes] : []), grid.planes, ...image.shape.slice(-2)];
  const resampled = makeImage(done.data, shape, {
    ...geometry,
    spacing: [grid.step, geometry.spacing[1], geometry.spacing[2]],
    axes: volumes > 1 ? "tzyx" : "zyx",
    unit: image.unit,
  });
  return {
    part: "",
    image: resampled,
    stored: {
      data: done.data,
      type: "float32",
      shape,
      components: 1,
      kind: "scalar",
      slope: 1,
      intercept: 0,
    },
    ...(done.padded ? { padded: done.padded } : {}),
    findings: [...findings.filter((one) => one !== scatteredNote), resampledNote(grid)],
  };
}

const wholePart = { arrangement: "series", slices: 1, findings: [] } as const;

/**
 * The frames of an object from its resampled volume, in the order of the file.
 *
 * @throws InputError when some frame lies between two planes of the volume
 */
export function framesOfResampled(object: DicomImage, resampled: Image): Image {
  const { frames, volumes, along, usualStep } = object.uneven!;
  const data = slicesOfGrid(resampled.data, evenGrid(along, usualStep), volumes);
  const size = data.length / frames.length;
  const out = new Float32Array(data.length);
  for (const [place, frame] of frames.entries()) {
    out.set(data.subarray(place * size, (place + 1) * size), frame * size);
  }
  return makeImage(out, object.image.shape, { ...object.image, axes: object.image.axes });
}
