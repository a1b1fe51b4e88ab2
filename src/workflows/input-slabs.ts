/** Large files and series as images of which a few planes are in memory at a time. */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import { type IntensityUnit, makeImage, placeOf, sizeOf, sliceOf } from "../core/image.ts";
import { modalityOf } from "../dicom/read.ts";
import { newUid } from "../dicom/uid.ts";
import {
  openDerivedWriter,
  openVolumeWriter,
  slabFormats,
  type SlabWriter,
} from "../files/files-slab-writer.ts";
import { openSlabs, type SlabSource, withUnit } from "../files/files-slabs.ts";
import { formatOfName, makeFolders } from "../files/files.ts";
import { openSeriesSlabs, partOfSeries } from "../files/series-slabs.ts";
import { type Series, writeDerivedSeries } from "../files/series.ts";
import type { SaveOptions, SlabInput } from "./input.ts";
import { writeFiles } from "./output.ts";

/** No file packs voxels into fewer bytes than this, and still holds an image worth the name. */
const mostPerByte = 256;

/** Node reads no larger file at once. */
const longestRead = 2 ** 31 - 1;

interface SlabChoice {
  /** Smaller images are not worth it. */
  readonly voxels: number;
  readonly unit: IntensityUnit | undefined;
}

/** See `InputImage.openSlabs`. */
export async function fileSlabs(
  path: string,
  { voxels, unit }: SlabChoice,
): Promise<SlabInput | undefined> {
  const { size } = await stat(path);
  if (size * mostPerByte < voxels) return undefined;
  // Whatever cannot be read so is read whole, and said to be bad there if it is.
  const source = await openSlabs(path, { unit }).catch((error: unknown) => {
    if (error instanceof InputError) return undefined;
    throw error;
  });
  if (source === undefined) return undefined;
  if (source.planes < 2 || (sizeOf(source.image.shape) <= voxels && size <= longestRead)) {
    await source.close();
    return undefined;
  }
  return {
    source,
    modality: source.frames === undefined ? undefined : modalityOf(source.frames),
    reopen: () => openSlabs(path, { unit }),
    async writer(target, options) {
      await makeFolders(dirname(target));
      const named = (await formatOfName(target))?.name ?? source.format;
      return named === "dicom" && source.frames !== undefined
        ? openDerivedWriter(target, source.frames, options)
        : volumeWriter(target, source, { ...options, named });
    },
  };
}

/** See `InputImage.openSlabs`. */
export async function seriesSlabs(
  series: Series,
  { voxels, unit }: SlabChoice,
): Promise<SlabInput | undefined> {
  if (series.files.length < 2) return undefined;
  const opened = await openSeriesSlabs(series).catch((error: unknown) => {
    if (error instanceof InputError) return undefined;
    throw error;
  });
  if (opened === undefined || sizeOf(opened.image.shape) <= voxels) return undefined;
  const source = withUnit(opened, unit);
  return {
    source,
    modality: series.modality || undefined,
    reopen: () => Promise.resolve(source),
    async writer(target, options) {
      const named = (await formatOfName(target))?.name ?? "dicom";
      return named === "dicom"
        ? derivedWriter(target, { series, source, options })
        : volumeWriter(target, source, { ...options, named });
    },
  };
}

async function volumeWriter(
  path: string,
  { image }: SlabSource,
  options: SaveOptions & { named: string },
): Promise<SlabWriter> {
  const { named, method, parameters } = options;
  const format = slabFormats.find((one) => one === named);
  if (format === undefined) {
    throw new InputError(
      `Cannot write ${path} slab by slab: found the format ${named}, wanted .nii, .nii.gz or .npy, or DICOM from DICOM`,
    );
  }
  const values = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return openVolumeWriter(path, image, {
    format,
    description: `${method}, ${values.join(", ")}`,
  });
}

/** Derived objects in a folder, each written as soon as its plane is there. */
function derivedWriter(
  folder: string,
  work: { series: Series; source: SlabSource; options: SaveOptions },
): SlabWriter {
  const { series, source, options } = work;
  const { image } = source;
  const seriesUid = newUid();
  const size = sizeOf(image.shape.slice(-2));
  const paths: string[] = [];
  const lost = new Set<string>();
  return {
    async write(values) {
      const count = values.length / size;
      const part = partOfSeries(series, paths.length, count);
      const slab = makeImage(values, [count, ...image.shape.slice(-2)], planeOf(image));
      const { onProgress: _, ...rest } = options;
      const given = count === 1 ? sliceOf(slab, 0) : slab;
      for await (const file of writeDerivedSeries(part, given, { ...rest, seriesUid })) {
        throwIfAborted(options.signal, "writing a DICOM series");
        const target = join(folder, file.name);
        await writeFiles([{ path: target, bytes: file.bytes }]);
        paths.push(target);
        for (const note of file.notes) lost.add(note);
      }
    },
    finish() {
      if (paths.length !== series.files.length) {
        throw new InputError(
          `Cannot write ${folder}: found ${paths.length} slices, wanted ${series.files.length}`,
        );
      }
      return Promise.resolve({ paths, lost: [...lost] });
    },
    // The folder that they are written into becomes the output as a whole, or goes.
    abandon: () => Promise.resolve(),
  };
}

/** Geometry and unit of an image, for planes of it. */
function planeOf(image: SlabSource["image"]) {
  return { ...placeOf(image), unit: image.unit };
}
