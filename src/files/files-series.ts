/** DICOM files of a folder for sorting into series: their pixels stay on the disk. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { FormatError, InputError } from "../core/errors.ts";
import { looksLikeDicom } from "../dicom/parse.ts";
import { withoutPixels } from "../dicom/stream.ts";
import { bytesOf, reasonOf, walkFolder } from "./files-disk.ts";
import { groupSeries, type Series, type SeriesFile } from "./series-grouping.ts";

/** Of a file that is no DICOM object no more is read. */
const firstPiece = 2 ** 16;

/**
 * One file of a folder, with its header alone in memory where that is enough.
 *
 * @returns undefined when the file does not start as DICOM does
 * @throws InputError when it cannot be read
 */
export async function seriesFile(root: string, name: string): Promise<SeriesFile | undefined> {
  const path = join(root, name);
  const handle = await open(path).catch((error: unknown) => {
    throw new InputError(`Cannot open ${path}: ${reasonOf(error)}`, { cause: error });
  });
  try {
    const { size } = await handle.stat();
    const first = new Uint8Array(Math.min(size, firstPiece));
    await handle.read(first, 0, first.length, 0);
    if (!looksLikeDicom(first)) return undefined;
    if (size === first.length) return { name, bytes: first };
    const header = await withoutPixels({
      size,
      async read(at, length) {
        if (at + length <= first.length) return first.subarray(at, at + length);
        const out = new Uint8Array(length);
        const { bytesRead } = await handle.read(out, 0, length, at);
        if (bytesRead < length) {
          throw new FormatError(
            `Cannot read ${path}: found ${at + bytesRead} bytes, wanted ${at + length}`,
            { format: "dicom", kind: "truncated", offset: at + bytesRead },
          );
        }
        return out;
      },
    });
    return header === undefined
      ? { name, bytes: await bytesOf(path) }
      : { name, bytes: header, load: () => bytesOf(path) };
  } finally {
    await handle.close();
  }
}

/**
 * The one series of images in a folder.
 *
 * @throws InputError when there is none, more than one, or a file is damaged
 */
export async function openFolderSeries(path: string): Promise<Series> {
  const files: SeriesFile[] = [];
  for (const name of await walkFolder(path)) {
    const file = await seriesFile(path, name);
    if (file !== undefined) files.push(file);
  }
  const { series, refused } = groupSeries(files);
  const damaged = refused.find(({ kind }) => kind === "truncated" || kind === "corrupt");
  const images = series.filter((one) => one.kind !== "localizer" && one.noImage === undefined);
  const [only] = images;
  if (only === undefined || images.length > 1 || damaged !== undefined) {
    throw new InputError(
      `Cannot read ${path} slice by slice: found ${damaged === undefined ? `${images.length} ${images.some(({ part }) => part) ? "series or parts of one, which has gaps" : "series"}` : `the damaged file ${damaged.name} (${damaged.reason})`}, wanted one whole series`,
    );
  }
  return only;
}
