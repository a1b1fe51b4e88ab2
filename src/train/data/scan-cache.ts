/**
 * Scans kept on disk, a file each, named by all that decides their numbers: drawn once by worker threads, read
 * ever after. A file appears whole or not at all, and one that is damaged is drawn anew.
 */
import { dirname, join } from "node:path";
import { FormatError, throwIfAborted } from "../../core/errors.ts";
import type { WorkOptions } from "../../core/progress.ts";
import { bytesOf, exists, makeFolders, writeWhole } from "../../files/files-disk.ts";
import { decodeTensors, encodeTensors, type NamedArray } from "../../learn/tensor-file.ts";
import { mapInWorkers, type WorkerFunction } from "../../parallel/map-in-workers.ts";
import { drawInserted, insertedKey, type InsertTask } from "./inserted.ts";
import { drawScan, type Scan, scanKey, type ScanTask } from "./scan.ts";

export interface ScanOptions extends WorkOptions {
  /** Folder where scans are kept; they are drawn for this once when absent. */
  readonly cache?: string | undefined;
  /** Worker threads; the scans never depend on it. Defaults to 1. */
  readonly threads?: number | undefined;
}

export interface Scans {
  /** In the order of the tasks. */
  readonly scans: readonly Scan[];
  /** How many were drawn now, and not read. */
  readonly drawn: number;
  /** Kept files that were damaged, and were drawn anew. */
  readonly damaged: readonly string[];
}

const arrayNames = ["noisy", "clean", "again", "labels"] as const;

/** A scan as the bytes of a file that any reader of safetensors opens. */
export function encodeScan(scan: Scan, key: string): Uint8Array {
  const { shape, noisy: _n, clean: _c, again: _a, labels: _l, ...rest } = scan;
  const arrays: Record<string, NamedArray> = {};
  for (const name of arrayNames) {
    const data = scan[name];
    if (data !== undefined) arrays[name] = { shape, data };
  }
  return encodeTensors({ arrays, metadata: { dprime: "scan", key, scan: JSON.stringify(rest) } });
}

/** @throws FormatError on bytes that are damaged, or of another scan */
export function decodeScan(bytes: Uint8Array, key: string): Scan {
  const { arrays, metadata } = decodeTensors(bytes, { own: true });
  const first = arrays["clean"] ?? arrays["noisy"];
  if (metadata["key"] !== key || first === undefined) {
    throw new FormatError("Cannot read a scan: found a file of another scan", {
      format: "safetensors",
      kind: "corrupt",
      offset: 8,
    });
  }
  const rest = JSON.parse(metadata["scan"] ?? "{}") as Omit<Scan, (typeof arrayNames)[number]>;
  const [nz = 1, ny = 1, nx = 1] = first.shape;
  const data = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, array.data]),
  );
  return { ...rest, ...data, shape: [nz, ny, nx] };
}

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
 * Scans of some tasks, those that are kept read and the others drawn.
 *
 * @throws InputError on a description that cannot be drawn or a folder that cannot be written to; RunError when
 *   the disk fails or is full; CancelledError, with the scans that are finished kept
 */
export async function openScans(
  tasks: readonly AnyScanTask[],
  { cache, threads = 1, signal, onProgress }: ScanOptions = {},
): Promise<Scans> {
  const scans = new Array<Scan>(tasks.length);
  const damaged: string[] = [];
  const missing: { readonly index: number; readonly work: KeepTask }[] = [];
  for (const [index, scan] of tasks.entries()) {
    throwIfAborted(signal, "reading scans");
    const key = keyOf(scan);
    const path = cache === undefined ? undefined : scanPath(cache, key);
    if (path !== undefined && (await exists(path))) {
      try {
        scans[index] = decodeScan(await bytesOf(path), key);
        continue;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        damaged.push(path);
      }
    }
    if (path !== undefined) await makeFolders(dirname(path));
    missing.push({ index, work: { scan, path } });
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
        scans[missing[n]!.index] = scan;
      },
    },
  );
  return { scans, drawn: missing.length, damaged };
}
