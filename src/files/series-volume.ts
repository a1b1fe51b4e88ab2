/** A series to one image: its slices are read, in threads where that pays, and put together. */
import { FormatError, InputError, throwIfAborted } from "../core/errors.ts";
import {
  type Axes,
  type Image,
  type IntensityUnit,
  makeImage,
  makeTemplate,
  placeOf,
} from "../core/image.ts";
import type { Progress } from "../core/progress.ts";
import { defaultThreads, mapInWorkers } from "../parallel/index.ts";
import { dicomError } from "../dicom/failure.ts";
import { parseDicom } from "../dicom/parse.ts";
import { type DicomImage, type DicomReadOptions, readDicom } from "../dicom/read.ts";
import type { Stored, StoredArray } from "../core/stored.ts";
import { temporalResolution } from "../dicom/time-step.ts";
import { imagesOf } from "../dicom/parts.ts";
import { type GapTreatment, resampledNote, resampledSlices } from "../dicom/resample.ts";
import type { Series, SeriesFile } from "./series-grouping.ts";

/** A series read as one image. */
export interface SeriesImage {
  /** Axes `zyx`, or `tzyx` for volumes in time; those of the object for one file. */
  readonly image: Image;
  /** Absent when the slices are stored in different types, or interpolated. */
  readonly stored?: Stored;
  /** 1 for each value of `image` that is no measurement; absent where all are. */
  readonly padded?: Uint8Array;
  readonly findings: readonly string[];
}

export interface SeriesReadOptions extends DicomReadOptions {
  /** What is done about a multi-frame object with gaps; of files that was settled when they were grouped. */
  readonly gaps?: GapTreatment;
  /** Threads that decode compressed slices. Defaults to the cores of the machine where that pays. */
  readonly threads?: number;
}

/**
 * Reads a series as one image: slices as a volume, mosaics of slices as volumes in time.
 *
 * @throws FormatError naming the file that is bad; InputError when the slices have different sizes
 */
export async function readSeries(
  series: Series,
  options: SeriesReadOptions = {},
): Promise<SeriesImage> {
  const [only] = series.files;
  if (!only) throw new InputError("Cannot read a series: found no files, wanted at least one");
  if (series.files.length === 1) {
    const { image, stored, padded, findings } = await readNamed(only, options);
    return {
      image,
      stored,
      ...(padded ? { padded } : {}),
      findings: [...series.findings, ...findings],
    };
  }
  const volume = new VolumeUnderWay(series, options.maxElements ?? 2 ** 28);
  const threads = options.threads ?? usefulThreads(only.bytes, series.files.length);
  if (threads > 1) {
    const { signal, onProgress } = options;
    const total = series.files.length;
    // Files that can be read when they are wanted are in memory a few at a time.
    const most = series.files.some((file) => file.load) ? slicesForThread * threads : total;
    for (let from = 0; from < total; from += most) {
      const files = series.files.slice(from, from + most);
      await mapInWorkers(
        { module: import.meta.url, name: "readSliceWork", run: readSliceWork },
        await Promise.all(files.map((file) => taskOf(file, options))),
        {
          threads,
          label: "reading slices",
          // The first one shows whether the volume has room before all are decoded.
          onResult: (slice) => volume.add(slice),
          ...(signal ? { signal } : {}),
          ...(onProgress
            ? {
                onProgress: ({ done, label }: Progress) =>
                  onProgress({ done: from + done, total, label }),
              }
            : {}),
        },
      );
    }
  } else {
    for (const [k, file] of series.files.entries()) {
      throwIfAborted(options.signal, "reading a DICOM series");
      volume.add(await readSliceWork(await taskOf(file, options)));
      options.onProgress?.({ done: k + 1, total: series.files.length, label: "reading slices" });
    }
  }
  return volume.finish();
}

/**
 * The images of a series: one, but for a single object whose frames make no single volume.
 *
 * @throws as `readSeries`; InputError for gaps that are to be refused
 */
export async function readSeriesImages(
  series: Series,
  options: SeriesReadOptions = {},
): Promise<readonly (SeriesImage & { readonly part: string })[]> {
  const [only] = series.files;
  if (only === undefined || series.files.length > 1) {
    return [{ ...(await readSeries(series, options)), part: "" }];
  }
  return imagesOf(await readNamed(only, options), options.gaps).map((one) => ({
    ...one,
    findings: [...series.findings, ...one.findings],
  }));
}

/** A thread costs about as much to start as a dozen slices of JPEG 2000 cost to decode. */
function usefulThreads(bytes: Uint8Array, count: number): number {
  const { codec } = parseDicom(bytes, { stopAt: 0x00080000 }).syntax;
  const slow = codec === "jpeg-2000" || codec === "htj2k" || codec === "jpeg-xl";
  const least = slow ? 16 : codec === "jpeg" || codec === "jpeg-ls" ? 48 : Infinity;
  return count < least ? 1 : Math.min(defaultThreads(), Math.floor((2 * count) / least));
}

/** One slice as a task for a thread. */
export interface SliceTask {
  readonly file: SeriesFile;
  readonly maxElements?: number;
  readonly unit?: IntensityUnit;
}

/** A slice as it comes back: its values are left out where the stored ones give them. */
export interface SlicePart {
  readonly name: string;
  readonly image: Omit<Image, "data">;
  readonly values?: Float32Array;
  readonly stored: Stored;
  readonly padded?: Uint8Array;
  readonly findings: readonly string[];
}

/** Slices read at a time for each thread where files are read when they are wanted. */
const slicesForThread = 16;

/** The bytes of a whole file of a series. */
export async function wholeFile(file: SeriesFile): Promise<Uint8Array> {
  return file.load ? file.load() : file.bytes;
}

async function taskOf(file: SeriesFile, options: DicomReadOptions): Promise<SliceTask> {
  const bytes = await wholeFile(file);
  // A view takes its whole buffer along to another thread.
  const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
  return {
    file: { name: file.name, bytes: own },
    ...(options.maxElements === undefined ? {} : { maxElements: options.maxElements }),
    ...(options.unit === undefined ? {} : { unit: options.unit }),
  };
}

/**
 * Reads one slice; a pure function of its task, as worker threads want it.
 *
 * @worker
 */
export async function readSliceWork(task: SliceTask): Promise<SlicePart> {
  const { file, ...options } = task;
  const { image, stored, padded, findings } = await readNamed(file, options);
  const { data, ...rest } = image;
  const small = stored.components === 1 && stored.planes === undefined && /8|16/.test(stored.type);
  return {
    name: file.name,
    image: rest,
    ...(small ? {} : { values: data }),
    stored,
    ...(padded ? { padded } : {}),
    findings,
  };
}

/** Slices put together one after the other. */
class VolumeUnderWay {
  readonly #series: Series;
  readonly #maxElements: number;
  readonly #notes = new Map<string, number>();
  readonly #slope: Float64Array;
  readonly #intercept: Float64Array;
  #k = 0;
  #first: SlicePart | undefined;
  #data = new Float32Array(0);
  #stored: StoredArray | undefined;
  #padded: Uint8Array | undefined;

  constructor(series: Series, maxElements: number) {
    this.#series = series;
    this.#maxElements = maxElements;
    this.#slope = new Float64Array(series.files.length);
    this.#intercept = new Float64Array(series.files.length);
  }

  add(slice: SlicePart): void {
    const count = this.#series.files.length;
    const k = this.#k++;
    const { stored } = slice;
    const size = stored.data.length;
    if (!this.#first) {
      if (size * count > this.#maxElements) {
        throw dicomError(
          "too-large",
          0,
          `Cannot read a series: found ${count} slices of ${size} values, wanted at most ${this.#maxElements}`,
        );
      }
      this.#first = slice;
      this.#data = new Float32Array(size * count);
      this.#stored = new (stored.data.constructor as new (n: number) => StoredArray)(size * count);
    }
    const { image } = this.#first;
    if (slice.image.axes !== image.axes || slice.image.shape.join() !== image.shape.join()) {
      throw new InputError(
        `Cannot read a series: found ${slice.image.axes} [${slice.image.shape.join(", ")}] in ${slice.name}, wanted ${image.axes} [${image.shape.join(", ")}]`,
      );
    }
    if (slice.values) this.#data.set(slice.values, k * size);
    else {
      const part = this.#data.subarray(k * size, (k + 1) * size);
      part.set(stored.data as Int16Array);
      const { slope, intercept } = stored;
      if (slope !== 1 || intercept !== 0) {
        for (let i = 0; i < size; i++) part[i] = slope * part[i]! + intercept;
      }
    }
    if (slice.padded) {
      this.#padded ??= new Uint8Array(size * count);
      this.#padded.set(slice.padded, k * size);
    }
    this.#slope[k] = stored.slope;
    this.#intercept[k] = stored.intercept;
    const alike =
      stored.type === this.#first.stored.type && stored.padding === this.#first.stored.padding;
    if (alike && this.#stored)
      (this.#stored as Int32Array).set(stored.data as Int32Array, k * size);
    else this.#stored = undefined;
    for (const finding of slice.findings)
      this.#notes.set(finding, (this.#notes.get(finding) ?? 0) + 1);
  }

  finish(): SeriesImage {
    const series = this.#series;
    const count = series.files.length;
    const first = this.#first!;
    const { grid, volumes } = series;
    const slices = { data: this.#data, ...(this.#padded ? { padded: this.#padded } : {}) };
    const { data, padded } = grid ? resampledSlices(slices, grid, volumes) : slices;
    const { image, rearranged } = arranged(series, first.image, data);
    const findings = [
      ...series.findings,
      ...(grid ? [resampledNote(grid)] : []),
      ...[...this.#notes].map(([text, n]) =>
        n === count ? text : `${text} (${n} of ${count} slices)`,
      ),
    ];
    // Of colours there is no padding.
    const measured = padded && !rearranged ? { padded } : {};
    if (!this.#stored || rearranged || grid) return { image, ...measured, findings };
    const [slope, intercept] = [this.#slope, this.#intercept];
    const varies = slope.some((m) => m !== slope[0]) || intercept.some((b) => b !== intercept[0]);
    return {
      image,
      stored: {
        ...first.stored,
        data: this.#stored,
        shape: image.shape.filter((_, i) => image.axes[i] !== "c"),
        ...(varies ? { planes: { slope, intercept } } : {}),
      },
      ...measured,
      findings,
    };
  }
}

async function readNamed(file: SeriesFile, options: DicomReadOptions): Promise<DicomImage> {
  try {
    const { onProgress: _, ...rest } = options;
    return await readDicom(await wholeFile(file), rest);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw dicomError(
      error.kind,
      error.offset,
      `Cannot read ${file.name} of a series: ${error.message}`,
      error,
    );
  }
}

/** Whether every file of a series is at the same place, so that files that are volumes follow in time. */
function isTimeOfVolumes({ files, volumes, stacking }: Series): boolean {
  return stacking === undefined && volumes === files.length;
}

/** What the slices of a series are together, by the first of them. */
export function seriesGeometry(series: Series, first: Omit<Image, "data">): Omit<Image, "data"> {
  const colour = first.axes === "cyx";
  if (first.axes === "zyx" && isTimeOfVolumes(series)) {
    return makeTemplate([series.files.length, ...first.shape], {
      ...placeOf(first),
      axes: "tzyx",
      unit: first.unit,
    });
  }
  if (first.axes !== "yx" && !colour) {
    throw new InputError(
      `Cannot read a series: found slices with axes ${first.axes}, wanted yx or cyx`,
    );
  }
  const { stacking, volumes } = series;
  const d = first.direction;
  const z = stacking?.direction ?? [d[2]!, d[5]!, d[8]!];
  const shape = [
    ...(volumes > 1 ? [volumes] : []),
    ...(colour ? [3] : []),
    series.grid?.planes ?? series.files.length / volumes,
    ...first.shape.slice(-2),
  ];
  return makeTemplate(shape, {
    ...placeOf(first),
    axes: `${volumes > 1 ? "t" : ""}${colour ? "c" : ""}zyx` as Axes,
    unit: first.unit,
    timeStep: volumes > 1 ? timeStepOf(series) : undefined,
    spacing: [stacking?.step ?? first.spacing[0], first.spacing[1], first.spacing[2]],
    direction: [d[0]!, d[1]!, z[0]!, d[3]!, d[4]!, z[1]!, d[6]!, d[7]!, z[2]!],
  });
}

/** Seconds from one volume to the next, where the first file says them. */
function timeStepOf({ files, volumes }: Series): number | undefined {
  return temporalResolution(parseDicom(files[0]!.bytes, { stopAt: 0x7fe00000 }).dataSet, volumes);
}

/** Slices, one after the other in `data`, as a volume. */
function arranged(
  series: Series,
  first: Omit<Image, "data">,
  data: Float32Array,
): { image: Image; rearranged: boolean } {
  const volume = seriesGeometry(series, first);
  const colour = first.axes === "cyx";
  const [perVolume, ny, nx] = volume.shape.slice(-3) as [number, number, number];
  let values = data;
  if (colour) {
    values = new Float32Array(data.length);
    const plane = ny * nx;
    for (let t = 0; t < series.volumes; t++) {
      for (let k = 0; k < perVolume; k++) {
        for (let c = 0; c < 3; c++) {
          const from = ((t * perVolume + k) * 3 + c) * plane;
          values.set(data.subarray(from, from + plane), ((t * 3 + c) * perVolume + k) * plane);
        }
      }
    }
  }
  return { image: makeImage(values, volume.shape, volume), rearranged: colour };
}
