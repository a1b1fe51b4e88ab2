/** Images of an archive as files of a folder, and files of a folder as objects of an archive. */
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { textOf } from "../dicom/elements.ts";
import { looksLikeDicom, parseDicom } from "../dicom/parse.ts";
import { bytesOf, makeFolders } from "../files/files-disk.ts";
import { writeWhole } from "../files/index.ts";
import {
  type DicomJson,
  dicomWebPlace,
  type DicomWebOptions,
  findObjects,
  getObjects,
  type OutgoingObject,
  storeObjects,
  type StoreReport,
  valueOf,
} from "../pacs/index.ts";

export interface PacsOptions extends WorkOptions {
  /** Bearer token; `DPRIME_DICOMWEB_TOKEN` of the environment when absent. */
  readonly token?: string | undefined;
  readonly client?: Pick<DicomWebOptions, "fetch" | "pause" | "retries">;
}

function clientOf({ token, client, signal, onProgress }: PacsOptions): DicomWebOptions {
  return {
    ...client,
    token: token ?? process.env.DPRIME_DICOMWEB_TOKEN,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
}

/** A study or a series as a search found it. */
export interface FoundRow {
  readonly study: string;
  readonly series: string;
  readonly modality: string;
  readonly date: string;
  readonly description: string;
  readonly objects: string;
}

export interface FindOptions extends PacsOptions {
  readonly level?: "studies" | "series" | undefined;
  /** Attribute keyword or tag to value. */
  readonly filters?: Readonly<Record<string, string>>;
  /** Most rows; 1000 by default. */
  readonly most?: number | undefined;
}

/**
 * Studies or series of an archive. Names of patients are not among the columns.
 *
 * @throws InputError on an address of another form
 */
export async function findInPacs(
  address: string,
  { level = "studies", filters = {}, most = 1000, ...options }: FindOptions = {},
): Promise<FoundRow[]> {
  const rows: FoundRow[] = [];
  const given = { ...clientOf(options), level, filters };
  for await (const row of findObjects(dicomWebPlace(address), given)) {
    rows.push(rowOf(row, level));
    if (rows.length >= most) break;
  }
  return rows;
}

function rowOf(row: DicomJson, level: "studies" | "series"): FoundRow {
  const series = level === "series";
  const modalities = row["00080061"]?.Value ?? [];
  return {
    study: valueOf(row, "0020000D"),
    series: valueOf(row, "0020000E"),
    modality: valueOf(row, "00080060") || modalities.join("/"),
    date: valueOf(row, "00080020"),
    description: valueOf(row, series ? "0008103E" : "00081030"),
    objects: valueOf(row, series ? "00201209" : "00201208"),
  };
}

/**
 * Gets a series or a study into a folder, a file for each object. A file that is there already with the same
 * bytes is fine, with other bytes it is left alone and named.
 *
 * @returns the paths
 */
export async function getFromPacs(
  address: string,
  folder: string,
  options: PacsOptions = {},
): Promise<string[]> {
  const place = dicomWebPlace(address);
  await makeFolders(folder);
  const paths: string[] = [];
  for await (const { uid, bytes } of getObjects(place, clientOf(options))) {
    const path = join(folder, `${uid}.dcm`);
    const there = await stat(path).catch(() => undefined);
    if (there !== undefined && sha256(await bytesOf(path)) !== sha256(bytes)) {
      throw new InputError(
        `Cannot write ${path}: found another file of this name, wanted none; name another folder`,
      );
    }
    if (there === undefined) await writeWhole([{ path, bytes }]);
    paths.push(path);
  }
  return paths;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/**
 * Stores the DICOM files of a path, which may be a folder with folders in it.
 *
 * @throws InputError where there is none; RunError where the archive refuses one
 */
export async function putToPacs(
  path: string,
  address: string,
  options: PacsOptions = {},
): Promise<StoreReport> {
  const place = dicomWebPlace(address);
  if (place.series !== undefined) {
    throw new InputError(
      `Cannot store in ${address}: found a series, wanted the archive or a study; objects name their own series`,
    );
  }
  const paths = await dicomPaths(path, options.signal);
  return storeObjects(place, objectsOf(paths), clientOf(options));
}

async function* objectsOf(paths: readonly string[]): AsyncGenerator<OutgoingObject> {
  for (const path of paths) {
    const bytes = await bytesOf(path);
    yield { ...identityOf(bytes, path), bytes };
  }
}

/** UIDs of an object. @throws InputError naming the file that has none */
function identityOf(
  bytes: Uint8Array,
  path: string,
): { study: string; series: string; uid: string } {
  // Everything asked for stands before the pixels.
  const { dataSet } = parseDicom(bytes, { stopAt: 0x7fe00000 });
  const [uid, study, series] = [0x00080018, 0x0020000d, 0x0020000e].map(
    (tag) => textOf(dataSet, tag) ?? "",
  ) as [string, string, string];
  if (uid === "" || study === "" || series === "") {
    throw new InputError(`Cannot store ${path}: found no UIDs of study, series and object in it`);
  }
  return { uid, study, series };
}

/** DICOM files of a path in the order of their names, whatever else lies there. */
async function dicomPaths(path: string, signal: AbortSignal | undefined): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new InputError(`Cannot open ${path}: found no such file or folder`);
  if (found.isFile()) return [path];
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const paths: string[] = [];
  for (const file of files.sort()) {
    throwIfAborted(signal, `reading ${path}`);
    if (looksLikeDicom(await bytesOf(file))) paths.push(file);
  }
  if (paths.length === 0) throw new InputError(`Cannot store ${path}: found no DICOM file in it`);
  return paths;
}
