/** Series of DICOM files: grouped, read as volumes, and written as derived objects. */
import { throwIfAborted } from "../core/errors.ts";
import { type Image, makeImage, sizeOf, sliceOf } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { type DeriveOptions, writeDerivedDicom } from "../dicom/derive.ts";
import { readDicom } from "../dicom/read.ts";
import { type EvenGrid, slicesOfGrid } from "../dicom/resample.ts";
import { newUid } from "../dicom/uid.ts";
import type { Series } from "./series-grouping.ts";
import { wholeFile } from "./series-volume.ts";

export {
  groupSeries,
  type Series,
  type SeriesFile,
  type SeriesGrouping,
  type SeriesKind,
} from "./series-grouping.ts";
export {
  readSeries,
  readSeriesImages,
  type SeriesImage,
} from "./series-volume.ts";

export interface DerivedFile {
  /** Name of the source file. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly notes: readonly string[];
}

/**
 * Derived objects of a series, slice by slice under one new series UID. Sources are read again one at a
 * time, so that no more than one of them is in memory.
 *
 * @param image as `readSeries` gave it, with other values
 */
export async function* writeDerivedSeries(
  series: Series,
  image: Image,
  options: DeriveOptions & WorkOptions,
): AsyncGenerator<DerivedFile> {
  const seriesUid = options.seriesUid ?? newUid();
  const slices = series.grid ? onPlaces(image, series, series.grid) : image;
  for (const [k, file] of series.files.entries()) {
    throwIfAborted(options.signal, "writing a DICOM series");
    const source = await readDicom(
      await wholeFile(file),
      options.signal ? { signal: options.signal } : {},
    );
    const slice = series.files.length === 1 ? slices : planeOf(slices, source.image, k);
    const written = await writeDerivedDicom(source, slice, { ...options, seriesUid });
    yield { name: file.name, bytes: written.bytes, notes: written.notes };
    options.onProgress?.({ done: k + 1, total: series.files.length, label: "writing slices" });
  }
}

/** The slices of a resampled volume at the places of the files. */
function onPlaces(image: Image, { volumes }: Series, grid: EvenGrid): Image {
  const shape = image.shape.map((size, i) => (image.axes[i] === "z" ? grid.at.length : size));
  return makeImage(slicesOfGrid(image.data, grid, volumes), shape, { ...image, axes: image.axes });
}

/** The k-th file's part of a series image, in the axes of the file. */
function planeOf(image: Image, source: Image, k: number): Image {
  if (source.axes === "yx") return sliceOf(image, k);
  if (source.axes === "zyx") {
    const size = sizeOf(source.shape);
    const data = image.data.slice(k * size, (k + 1) * size);
    return makeImage(data, source.shape, { ...source, axes: "zyx" });
  }
  const [nz, ny, nx] = image.shape.slice(-3) as [number, number, number];
  const plane = ny * nx;
  const t = Math.floor(k / nz);
  const data = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    const from = ((t * 3 + c) * nz + (k % nz)) * plane;
    data.set(image.data.subarray(from, from + plane), c * plane);
  }
  return makeImage(data, source.shape, { ...source, axes: source.axes });
}
