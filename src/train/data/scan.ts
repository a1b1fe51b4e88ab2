/**
 * Scans of a training: an object imaged once, with its noisy image, the same without noise, and the object's
 * classes on the grid of the image. A pure function of its task, so that any worker may draw it.
 */
import { sha256 } from "../../core/checksum.ts";
import { type Image, layoutOf } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { type CaseDescription, type CaseSource, openCases } from "../../cases/index.ts";
import type { WorkerFunction } from "../../parallel/map-in-workers.ts";

/**
 * Grows with every change of what a scan holds or of the numbers that phantoms, signals, noise models and
 * acquisitions draw: kept scans of an earlier version are drawn anew. `scan.test.ts` notices such a change.
 */
export const scanVersion = 2;

export interface ScanTask {
  readonly description: CaseDescription;
  readonly seed: number;
  readonly role: "train" | "validation";
  /** Which scan of the description, from 0. */
  readonly number: number;
  /** Share of the scans with the description's signal. */
  readonly present: number;
  /** Whether a second image of the same object, imaged alike, with other noise is wanted. */
  readonly again: boolean;
}

/** Values are row-major over `shape`. */
export interface Scan {
  /** Planes, rows, columns. */
  readonly shape: readonly [number, number, number];
  readonly noisy?: Float32Array;
  readonly clean?: Float32Array;
  readonly again?: Float32Array;
  readonly labels?: Float32Array;
  /** Names of the values of `labels`. */
  readonly names: Readonly<Record<number, string>>;
  readonly signal?: {
    readonly present: boolean;
    readonly place: readonly [number, number, number];
    /** Where it is expected; absent where that is `place`. */
    readonly expected?: readonly [number, number, number];
  };
  readonly unit: Image["unit"];
  readonly spacing: Image["spacing"];
  /** What was drawn for this scan alone. */
  readonly drawn: Readonly<Record<string, unknown>>;
}

/** JSON with sorted names, so that the same description always reads the same. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/**
 * Name of a scan: a hash over all that its numbers depend on. Neither how many scans are wanted nor where the
 * source stands among others is part of it, so that descriptions share their scans.
 */
export const scanKey = (task: ScanTask): string => sha256(canonical({ ...task, scanVersion }));

/** Sources of the last descriptions: opening one draws an object. */
const opened = new Map<string, Promise<CaseSource>>();

export async function drawScan(
  task: ScanTask,
): Promise<Scan & Required<Pick<Scan, "noisy" | "clean">>> {
  const { description, seed, role, number, present, again } = task;
  const name = sha256(canonical({ description, present }));
  const key = `${name} ${seed}`;
  if (!opened.has(key)) opened.set(key, openCases(description, { seed }));
  const cases = await opened.get(key)!;
  const stream = streamOf(seed, role, "scan", name, number);
  const holds = cases.signals !== undefined && stream.child("present").uniform() < present;
  const drawn = await cases.draw(stream, { present: holds });
  const { noisy, reference, labels, object, place, expected } = drawn;
  const { nz, ny, nx } = layoutOf(noisy);
  const second = again
    ? (await cases.draw(stream, { present: holds, noise: "again" })).noisy.data
    : undefined;
  return {
    shape: [nz, ny, nx],
    noisy: noisy.data,
    clean: reference.data,
    ...(second === undefined ? {} : { again: second }),
    ...(labels === undefined ? {} : { labels: labelsOn(noisy, labels, object) }),
    names: cases.labels,
    ...(place === undefined || expected === undefined
      ? {}
      : { signal: { present: holds, ...placesOf(place, expected) } }),
    unit: noisy.unit,
    spacing: noisy.spacing,
    drawn: drawn.drawn,
  };
}

/** A place in an image as plane, row and column. */
const placeOf = (place: readonly number[]): readonly [number, number, number] => {
  const [x = 0, y = 0, z = 0] = [...place].reverse();
  return [z, y, x];
};

/** Where a signal is and, where that differs, where it is expected. */
export function placesOf(
  place: readonly number[],
  expected: readonly number[],
): Omit<NonNullable<Scan["signal"]>, "present"> {
  const same = place.every((at, axis) => at === expected[axis]);
  return { place: placeOf(place), ...(same ? {} : { expected: placeOf(expected) }) };
}

/** Classes of an object at the voxels of its image: those of the nearest voxel, 0 outside the object. */
function labelsOn(image: Image, labels: Image, object: Image): Float32Array {
  const to = layoutOf(image);
  const from = layoutOf(object);
  const at = [0, 1, 2].map((axis) => nearestVoxels(image, object, axis));
  const [sizes, [z, y, x]] = [[from.nz, from.ny, from.nx], at as [Step, Step, Step]];
  const out = new Float32Array(to.nz * to.ny * to.nx);
  let n = 0;
  for (let k = 0; k < to.nz; k++) {
    for (let j = 0; j < to.ny; j++) {
      for (let i = 0; i < to.nx; i++, n++) {
        const [kk, jj, ii] = [z(k), y(j), x(i)];
        const inside = kk >= 0 && jj >= 0 && ii >= 0 && kk < sizes[0]! && jj < sizes[1]!;
        if (inside && ii < sizes[2]!) out[n] = labels.data[(kk * from.ny + jj) * from.nx + ii]!;
      }
    }
  }
  return out;
}

type Step = (index: number) => number;

/** Voxel of the object nearest to one of the image along an axis `z, y, x`; acquisitions do not turn. */
function nearestVoxels(image: Image, object: Image, axis: number): Step {
  const column = 2 - axis;
  let shift = 0;
  for (let r = 0; r < 3; r++) {
    shift += object.direction[3 * r + column]! * (image.origin[r]! - object.origin[r]!);
  }
  const [step, pitch] = [image.spacing[axis]!, object.spacing[axis]!];
  return (index) => Math.round((shift + index * step) / pitch);
}

export const drawScanWork: WorkerFunction<ScanTask, Scan> = {
  module: import.meta.url,
  name: "drawScan",
  run: drawScan,
};
