/** DICOM files of a folder as series, each one image to work on. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { looksLikeDicom } from "../dicom/parse.ts";
import { newUid } from "../dicom/uid.ts";
import { formatOfName, saveImage, skippedText } from "../files/files.ts";
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
  const { gaps } = options;
  const { series, refused, findings } = groupSeries(files, gaps === undefined ? {} : { gaps });
  const damaged = refused.find(({ kind }) => kind === "truncated" || kind === "corrupt");
  if (damaged !== undefined) {
    throw new InputError(
      `Cannot work on ${folder}: found the damaged file ${damaged.name} (${damaged.reason}), wanted every slice whole`,
    );
  }
  const filterable = series.filter(({ noImage }) => noImage === undefined);
  const images = filterable.filter(({ kind }) => kind !== "localizer");
  const chosen = images.length > 0 ? images : filterable;
  const notes = [
    ...findings,
    ...refused.map(skippedText),
    ...(chosen.length < filterable.length
      ? [skippedText({ name: "localizer images", reason: "found other images beside them" })]
      : []),
    ...series
      .filter(({ noImage }) => noImage !== undefined)
      .map(({ noImage, files: left }) =>
        skippedText({ name: left[0]!.name, reason: `found ${noImage}` }),
      ),
    ...chosen
      .filter(({ duplicates }) => duplicates.length > 0)
      .map((one) =>
        skippedText({
          name: `${one.duplicates.length} slices`,
          reason: "found their places taken",
        }),
      ),
  ];
  if (chosen.length === 0) {
    throw new InputError(
      `Cannot work on ${folder}: found DICOM files without images${series.length > 0 ? ` (${[...new Set(series.map(({ noImage }) => noImage))].join(", ")})` : ""}, wanted images`,
    );
  }
  // All that comes from one series goes into one new one.
  const seriesUids = new Map(chosen.map(({ uid }) => [uid, newUid()] as const));
  return {
    images: chosen.map((one) => seriesInput(one, seriesUids.get(one.uid)!, options)),
    notes,
  };
}

function seriesInput(series: Series, seriesUid: string, { unit }: InputOptions): InputImage {
  const described = [series.description || series.modality, series.part].filter(Boolean).join(", ");
  return {
    name: series.files.length === 1 ? series.files[0]!.name : described,
    series: true,
    async open(options): Promise<ReadImage> {
      const { image, padded, findings } = await readSeries(series, { ...options, unit });
      const { padding, notes } = paddingOf(image, padded);
      return {
        image,
        format: "dicom",
        notes: [...findings, ...notes],
        ...(padding ? { padding } : {}),
        ...(series.modality === "" ? {} : { modality: series.modality }),
        checkSave: (path) => checkVolume(path, image),
        save: (path, result, save) =>
          saveSeries(series, path, { ...save, image: result, seriesUid }),
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
  options: SaveOptions & { image: Image; seriesUid: string },
): Promise<SavedImage> {
  const { image, seriesUid, method, parameters, signal, onProgress } = options;
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
    seriesUid,
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
