/**
 * Scans kept on disk, a file each, named by all that decides their numbers: drawn once by worker threads, read
 * ever after. A file appears whole or not at all, and one that is damaged is drawn anew.
 */
import { dirname, join } from "node:path";
import { FormatError, throwIfAborted } from "../../core/errors.ts";
import type { WorkOptions } from "../../core/progress.ts";
import { bytesOf, exists, makeFolders, writeWhole } from "../../files/files-disk.ts";
import { mapInWorkers, type WorkerFunction } from "../../parallel/map-in-workers.ts";
import type { KeptScan } from "./sample.ts";
import { drawInserted, insertedKey, type InsertTask } from "./inserted.ts";
import { drawScan, type Scan, scanKey, type ScanTask } from "./scan.ts";
import { decodeScan, encodeScan } from "./scan-file.ts";

export interface ScanOptions extends WorkOptions {
  /** Folder where scans are kept; they are drawn for this once when absent. */
  readonly cache?: string | undefined;
  /** Worker threads; the scans never depend on it. Defaults to 1. */
  readonly threads?: number | undefined;
}

export interface ScanCounts {
  /** How many were drawn now, and not read. */
  readonly drawn: number;
  /** Kept files that were damaged, and were drawn anew. */
  readonly damaged: readonly string[];
}

/** Takes each scan as soon as it is there, in any order, with its place on the disk if it is kept. */
export type TakeScan = (scan: Scan, index: number, kept: KeptScan | undefined) => void;

/** Phantoms that are imaged, or images that something is put into. */
export type AnyScanTask = ScanTask | InsertTask;

const keyOf = (task: AnyScanTask): string => ("images" in task ? insertedKey(task) : scanKey(task));

interface KeepTask {
  readonly scan: AnyScanTask;
  /** Where to keep it, unless it is not kept. */
  readonly path: string | undefined;
}

/**
 * Draws a scan and keeps it: what worker threads do, so that a scan is on disk before the next begins.
 *
 * @worker
 */
export async function keepScan({ scan: task, path }: KeepTask): Promise<Scan> {
  const scan = await ("images" in task ? drawInserted(task) : drawScan(task));
  if (path !== undefined) {
    await writeWhole([{ path, bytes: encodeScan(scan, keyOf(task)) }]);
  }
  return scan;
}

const keepScanWork: WorkerFunction<KeepTask, Scan> = {
  module: import.meta.url,
  name: "keepScan",
  run: keepScan,
};

/** Path of a scan's file in the folder of the cache. */
export const scanPath = (folder: string, key: string): string =>
  join(folder, key.slice(0, 2), `${key}.safetensors`);

/**
 * Scans of some tasks, those that are kept read and the others drawn. None is held here once it was taken.
 *
 * @throws InputError on a description that cannot be drawn or a folder that cannot be written to; RunError when
 *   the disk fails or is full; CancelledError, with the scans that are finished kept
 */
export async function openScans(
  tasks: readonly AnyScanTask[],
  { cache, threads = 1, signal, onProgress }: ScanOptions,
  take: TakeScan,
): Promise<ScanCounts> {
  const damaged: string[] = [];
  const missing: { readonly index: number; readonly work: KeepTask; readonly key: string }[] = [];
  for (const [index, scan] of tasks.entries()) {
    throwIfAborted(signal, "reading scans");
    const key = keyOf(scan);
    const path = cache === undefined ? undefined : scanPath(cache, key);
    if (path !== undefined && (await exists(path))) {
      try {
        take(decodeScan(await bytesOf(path), key), index, { path, key });
        continue;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        damaged.push(path);
      }
    }
    if (path !== undefined) await makeFolders(dirname(path));
    missing.push({ index, work: { scan, path }, key });
  }
  await mapInWorkers(
    keepScanWork,
    missing.map(({ work }) => work),
    {
      threads,
      label: "drawing scans",
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
      onResult: (scan, n) => {
        const { index, work, key } = missing[n]!;
        take(scan, index, work.path === undefined ? undefined : { path: work.path, key });
      },
    },
  );
  return { drawn: missing.length, damaged };
}
