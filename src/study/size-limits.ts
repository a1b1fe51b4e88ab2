/** Studies that are too large: for keeping in order, for a machine's memory, for a disk. */
import { statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import { InputError } from "../core/errors.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { GraphPiece } from "./piece-graph.ts";

/** Every piece costs a row, a message and a hundred microseconds of bookkeeping. */
const mostPieces = 200_000;

/** @throws InputError with an estimate, when a study would be in too many pieces */
export function checkPieces({ description, scene, methods }: OpenedStudy): void {
  const { cases, methods: entries } = description;
  const parts = (total: number) => Math.ceil(total / cases.chunk) * scene.classes.length;
  const roles = parts(cases.test) + parts(cases.observerTraining);
  // Each chunk is drawn once and goes through every entry; answers are one a method and observer.
  const pieces =
    roles * (1 + Object.keys(entries).length) +
    Object.keys(methods).length * Object.keys(description.observers).length;
  if (pieces <= mostPieces) return;
  throw new InputError(
    `Cannot plan ${description.name}: found about ${pieces.toLocaleString("en")} pieces of work, wanted at most ${mostPieces.toLocaleString("en")}; make them larger by cases.chunk (now ${cases.chunk}), or use fewer cases`,
  );
}

/** Bytes that this process may use. */
export function machineMemory(): number {
  // Inside a container the machine's own memory says nothing; 0 or a huge number where there is no limit.
  const constrained = process.constrainedMemory?.() ?? 0;
  const total = totalmem();
  return constrained > 0 && constrained < total ? constrained : total;
}

/**
 * Checks unfinished pieces against the machine and the disk of the store.
 *
 * @throws InputError with an estimate and what would help
 */
export async function checkMachine(
  pieces: Iterable<GraphPiece>,
  options: { readonly label: string; readonly place: string; readonly memory?: number },
): Promise<void> {
  const { label, place, memory = machineMemory() } = options;
  let stored = 0;
  for (const piece of pieces) {
    stored += piece.stored;
    if (piece.memory <= memory) continue;
    throw new InputError(
      `Cannot run ${label}: found that "${piece.label}" has to hold at least ${bytesText(piece.memory)} at once, wanted at most the ${bytesText(memory)} of this machine; use smaller images, fewer of them, or another kind of entry`,
    );
  }
  const free = await freeBytes(place);
  if (free === undefined || stored <= free) return;
  throw new InputError(
    `Cannot run ${label}: found that its results take about ${bytesText(stored)}, wanted at most the ${bytesText(free)} that are free at ${place}; use fewer cases or methods, or another place for option store`,
  );
}

/** Bytes free where a store lies; undefined where nothing says it. */
async function freeBytes(place: string): Promise<number | undefined> {
  if (/^[a-z]+:\/\//.test(place)) return undefined;
  const found = await statfs(dirname(place)).catch(() => undefined);
  return found === undefined ? undefined : found.bavail * found.bsize;
}

/** `1.5 GB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes || 1) / 3)));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
