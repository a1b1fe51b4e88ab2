/**
 * Scans in memory, as many as a number of bytes allows. Those that were used least recently go, and are read again from
 * the disk when a patch is cut from them.
 */
import { readFileSync } from "node:fs";
import { FormatError, messageOf, RunError } from "../../core/errors.ts";
import { type KeptScan, type PlaneField, planeFields, type Sample } from "./sample.ts";
import { decodeScan } from "./scan-file.ts";
import type { Scan } from "./scan.ts";

type Arrays = Pick<Scan, PlaneField>;

export interface ScanMemory {
  /**
   * @throws RunError when the file is gone or damaged since it was looked at first
   */
  arraysOf(kept: KeptScan): Arrays;
  /** Bytes held now. */
  bytes(): number;
  /** Files read so far. */
  reads(): number;
}

/** Bytes of scans held at a time where nothing else is said: 1 GiB. */
export const usualMemory = 2 ** 30;

export const bytesOfScan = (scan: Arrays): number =>
  planeFields.reduce((sum, name) => sum + (scan[name]?.byteLength ?? 0), 0);

export function scanMemory(most: number): ScanMemory {
  /** The order of a map is that of insertion: the first was used least recently. */
  const held = new Map<string, Arrays>();
  let bytes = 0;
  let reads = 0;
  return {
    arraysOf(kept) {
      const found = held.get(kept.key);
      if (found !== undefined) {
        held.delete(kept.key);
        held.set(kept.key, found);
        return found;
      }
      const scan = readKept(kept);
      reads++;
      bytes += bytesOfScan(scan);
      for (const [key, old] of held) {
        if (bytes <= most) break;
        held.delete(key);
        bytes -= bytesOfScan(old);
      }
      held.set(kept.key, scan);
      return scan;
    },
    bytes: () => bytes,
    reads: () => reads,
  };
}

function readKept({ path, key }: KeptScan): Scan {
  try {
    return decodeScan(new Uint8Array(readFileSync(path)), key);
  } catch (cause) {
    const reason = cause instanceof FormatError ? "found it damaged" : messageOf(cause);
    throw new RunError(
      `Cannot go on with the scan ${path}: ${reason}, wanted it as it was when the training began; start again to draw it anew, or go on from the last checkpoint`,
      { cause },
    );
  }
}

/** Planes of a kept scan by field, read when they are asked for. */
export function keptPlanes(
  kept: KeptScan,
  { fields, area, memory }: { fields: readonly PlaneField[]; area: number; memory: ScanMemory },
): Sample["planes"] {
  const planes = {};
  for (const field of fields) {
    Object.defineProperty(planes, field, {
      enumerable: true,
      get: () => planesOfData(memory.arraysOf(kept)[field]!, area),
    });
  }
  return planes;
}

/** Values plane by plane, not copied. */
export const planesOfData = (data: Float32Array, area: number): Float32Array[] =>
  Array.from({ length: data.length / area }, (_, k) => data.subarray(k * area, (k + 1) * area));
