/** DICOM files of a folder as series, each one image to work on. */
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { looksLikeDicom } from "../dicom/parse.ts";
import { formatOfName, saveImage, writeWhole } from "../files/files.ts";
import { seriesFile } from "../files/files-series.ts";
import {
  groupSeries,
  readSeries,
  type Series,
  type SeriesFile,
  writeDerivedSeries,
} from "../files/series.ts";
import { makeFolder } from "./output-place.ts";
import { seriesSlabs } from "./slab-work.ts";
import {
  paddingOf,
  type ReadImage,
  type SavedImage,
  type SaveOptions,
  type WorkItem,
} from "./work.ts";

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
export async function seriesWork(
  folder: string,
  names: readonly string[],
): Promise<{ items: WorkItem[]; notes: string[] }> {
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
  return { items: chosen.map(seriesItem), notes };
}

function seriesItem(series: Series): WorkItem {
  return {
    name: series.files.length === 1 ? series.files[0]!.name : series.description || series.modality,
    series: true,
    async open(options): Promise<ReadImage> {
      const { image, stored, findings } = await readSeries(series, options);
      return {
        image,
        format: "dicom",
        notes: findings,
        ...(stored === undefined ? {} : paddingOf(stored)),
        save: (path, result, save) => saveSeries(series, path, { ...save, image: result }),
      };
    },
    openSlabs: (voxels) => seriesSlabs(series, voxels),
  };
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
    const { paths, lost } = await saveImage(path, image, { description: method });
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
    await makeFolder(dirname(target));
    await writeWhole([{ path: target, bytes: file.bytes }]);
    paths.push(target);
    for (const note of file.notes) lost.add(note);
  }
  return { paths, lost: [...lost] };
}
