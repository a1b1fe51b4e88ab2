/** DICOM files of a folder as series, each one image to work on. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { looksLikeDicom } from "../dicom/parse.ts";
import { formatOfName, saveImage } from "../files/files.ts";
import { seriesFile } from "../files/files-series.ts";
import {
  groupSeries,
  readSeries,
  type Series,
  type SeriesFile,
  writeDerivedSeries,
} from "../files/series.ts";
import { seriesSlabs } from "./input-slabs.ts";
import {
  type InputImage,
  type InputOptions,
  paddingOf,
  type ReadImage,
  type SavedImage,
  type SaveOptions,
} from "./input.ts";
import { withParents, writeFiles } from "./output.ts";

/** Whether a file starts as DICOM does; its name says nothing, for scanners leave the ending out. */
export async function isDicomFile(path: string): Promise<boolean> {
  const handle = await open(path).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(65_536), 0, 65_536, 0);
    return looksLikeDicom(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

/**
 * @param names DICOM files in the folder
 * @throws InputError when a file is damaged: a series with a hole would pass for a whole one
 */
export async function seriesInputs(
  folder: string,
  names: readonly string[],
  options: InputOptions,
): Promise<{ images: InputImage[]; notes: string[] }> {
  const files: SeriesFile[] = [];
  for (const name of names) {
    // Pixels stay on the disk until a slice is wanted.
    const file = await seriesFile(folder, name);
    if (file !== undefined) files.push(file);
  }
  const { series, refused, findings } = groupSeries(files);
  const damaged = refused.find(({ kind }) => kind === "truncated" || kind === "corrupt");
  if (damaged !== undefined) {
    throw new InputError(
      `Cannot work on ${folder}: found the damaged file ${damaged.name} (${damaged.reason}), wanted every slice whole`,
    );
  }
  const images = series.filter(({ kind }) => kind !== "localizer");
  const chosen = images.length > 0 ? images : series;
  const notes = [
    ...findings,
    ...refused.map(({ name, reason }) => `${name} is left out: ${reason}`),
    ...(chosen.length < series.length ? ["localizer images are left out"] : []),
    ...chosen
      .filter(({ duplicates }) => duplicates.length > 0)
      .map((one) => `${one.duplicates.length} slices at places already taken are left out`),
  ];
  if (chosen.length === 0) {
    throw new InputError(
      `Cannot work on ${folder}: found DICOM files without images, wanted images`,
    );
  }
  return { images: chosen.map((one) => seriesInput(one, options)), notes };
}

function seriesInput(series: Series, { unit }: InputOptions): InputImage {
  return {
    name: series.files.length === 1 ? series.files[0]!.name : series.description || series.modality,
    series: true,
    async open(options): Promise<ReadImage> {
      const { image, stored, findings } = await readSeries(series, { ...options, unit });
      return {
        image,
        format: "dicom",
        notes: findings,
        ...(stored === undefined ? {} : paddingOf(stored)),
        checkSave: (path) => checkVolume(path, image),
        save: (path, result, save) => saveSeries(series, path, { ...save, image: result }),
      };
    },
    openSlabs: (voxels) => seriesSlabs(series, { voxels, unit }),
  };
}

/** @throws InputError when the path names a format that holds no volume of floating-point values */
async function checkVolume(path: string, { axes }: Image): Promise<void> {
  const format = await formatOfName(path);
  if (format === undefined || format.name === "dicom") return;
  const { title, holds } = format;
  const cannot =
    format.write === undefined
      ? "which is only read"
      : !holds.axes.includes(axes)
        ? `which does not hold axes "${axes}"`
        : !holds.types.includes("float32")
          ? `which holds ${holds.types.join(", ")} alone`
          : undefined;
  if (cannot !== undefined) {
    throw new InputError(
      `Cannot write ${path}: found ${title}, ${cannot}, wanted a folder or a format of volumes such as .nii.gz`,
    );
  }
}

/** Into a folder as derived objects, or as a volume into one file of another format. */
async function saveSeries(
  series: Series,
  path: string,
  options: SaveOptions & { image: Image },
): Promise<SavedImage> {
  const { image, method, parameters, signal, onProgress } = options;
  const format = await formatOfName(path);
  if (format !== undefined && format.name !== "dicom") {
    const { paths, lost } = await withParents(path, () =>
      saveImage(path, image, { description: method }),
    );
    return { paths, lost };
  }
  const paths: string[] = [];
  const lost = new Set<string>();
  for await (const file of writeDerivedSeries(series, image, {
    method,
    parameters,
    signal,
    onProgress,
  })) {
    const target = join(path, file.name);
    await writeFiles([{ path: target, bytes: file.bytes }]);
    paths.push(target);
    for (const note of file.notes) lost.add(note);
  }
  return { paths, lost: [...lost] };
}
