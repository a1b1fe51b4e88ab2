/** A series of DICOM slices as one volume, of which a few slices are in memory at a time. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf, makeImage, placeOf } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { headerFact } from "../formats/dicom.ts";
import type { Slab, SlabSource } from "./slab-source.ts";
import type { Series } from "./series-grouping.ts";
import { readSeries, seriesGeometry } from "./series-volume.ts";

/** The slices `from` to `from + count` of a series as a series of their own. */
export function partOfSeries(series: Series, from: number, count: number): Series {
  return { ...series, files: series.files.slice(from, from + count), volumes: 1, findings: [] };
}

/**
 * Opens a series of grey slices; only the first is read.
 *
 * @throws FormatError naming the file that is bad; InputError for colours or fewer than two files
 */
export async function openSeriesSlabs(
  series: Series,
  options: WorkOptions = {},
): Promise<SlabSource> {
  if (series.files.length < 2) {
    throw new InputError(
      `Cannot read a series slice by slice: found ${series.files.length} files, wanted two or more`,
    );
  }
  const { signal } = options;
  const part = (from: number, count: number) =>
    readSeries(partOfSeries(series, from, count), signal === undefined ? {} : { signal });
  if (series.grid !== undefined) {
    throw new InputError(
      "Cannot read a series slice by slice: found slices to interpolate between, wanted even steps",
    );
  }
  const first = await part(0, 1);
  if (first.image.axes === "zyx") {
    throw new InputError("Cannot read a series slice by slice: found mosaics, wanted slices");
  }
  const image = seriesGeometry(series, first.image);
  if (first.stored === undefined || image.axes.includes("c")) {
    throw new InputError("Cannot read a series slice by slice: found colours, wanted grey values");
  }
  const { nz, ny, nx } = layoutOf(image);
  const planes = series.files.length;
  return Object.freeze({
    path: series.description,
    format: "dicom",
    image,
    type: first.stored.type,
    slope: first.stored.slope,
    intercept: first.stored.intercept,
    planes,
    facts: headerFact(series.uid),
    findings: [...series.findings, ...first.findings],
    async read(from: number, count: number): Promise<Slab> {
      if (!Number.isInteger(from) || from < 0 || count < 1 || from + count > planes) {
        throw new InputError(
          `Cannot read slices ${from} to ${from + count - 1}: found ${planes} slices`,
        );
      }
      const { image: read, padded, stored } = await part(from, count);
      if (read.data.length !== count * ny * nx) {
        throw new InputError(
          `Cannot read a series: found slices of another size from ${series.files[from]!.name} on, wanted ${nx} × ${ny}`,
        );
      }
      return {
        ...placedSlab(image, { from: from % nz, data: read.data, shape: [count, ny, nx] }),
        ...(padded ? { padded } : {}),
        ...(stored ? { stored: { ...stored, shape: [count, ny, nx] } } : {}),
      };
    },
    close: () => Promise.resolve(),
  });
}

/** Planes of a volume as a volume that lies where they lie. */
export function placedSlab(
  whole: Omit<Image, "data">,
  slab: { from: number; data: Float32Array; shape: readonly number[] },
): Image {
  const step = slab.from * whole.spacing[0];
  const origin = [0, 1, 2].map((r) => whole.origin[r]! + whole.direction[3 * r + 2]! * step);
  return makeImage(slab.data, slab.shape, {
    ...placeOf(whole),
    origin: origin as [number, number, number],
    unit: whole.unit,
  });
}
