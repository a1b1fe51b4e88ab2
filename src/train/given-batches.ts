/** Batches of patches cut from images that are given with their noise. */
import { streamOf } from "../core/random.ts";
import type { Batch, BatchSource, FieldName, ValidationSource } from "./batch.ts";
import { checkPlanes, drawPatch, type PlaneSource } from "./patches.ts";
import { rangeOf, rangesOf } from "./training-range.ts";

/** Images of one place in each field, but for `other`: the same sources, planes and windows in the same order. */
export interface GivenSources {
  readonly noisy: readonly PlaneSource[];
  readonly clean?: readonly PlaneSource[];
  readonly again?: readonly PlaneSource[];
  /** Images of other objects, of any number. */
  readonly other?: readonly PlaneSource[];
  /** Standard deviation of the noise of each plane of each source, in windows. */
  readonly sigma: readonly (readonly number[])[];
  /** Number of the class of each plane of each source, 0 being that without a signal. */
  readonly classes?: readonly (readonly number[])[];
}

/** Scores that tell so many classes apart: of two classes one, is it the second. */
const scoresFor = (classes: number): number => (classes <= 2 ? 1 : classes);

const classesIn = ({ classes = [] }: GivenSources): number =>
  1 + classes.flat().reduce((most, k) => Math.max(most, k), 0);

interface PatchesOptions {
  readonly seed: number;
  readonly count: number;
  /** Side of the square patches in pixels. */
  readonly side: number;
  /** Name of the stream of patch `n`. */
  readonly path: (n: number) => readonly (string | number)[];
}

const aligned = ["noisy", "clean", "again"] as const;

function drawPatches(sources: GivenSources, { seed, count, side, path }: PatchesOptions): Batch {
  const area = side * side;
  const shape = [count, 1, side, side];
  const batch: Partial<Record<FieldName, { shape: number[]; data: Float32Array }>> = {};
  for (const name of [...aligned, "other"] as const) {
    if (sources[name]) batch[name] = { shape, data: new Float32Array(count * area) };
  }
  const level = new Float32Array(count);
  const scores = scoresFor(classesIn(sources));
  const present = new Float32Array(count);
  const classes = new Float32Array(count * scores);
  for (let n = 0; n < count; n++) {
    const offset = n * area;
    // Streams of one name choose the same place every time.
    const stream = () => streamOf(seed, ...path(n));
    for (const name of aligned) {
      if (!sources[name]) continue;
      const patch = drawPatch(
        sources[name],
        { side, stream: stream() },
        {
          out: batch[name]!.data,
          offset,
        },
      );
      level[n] = sources.sigma[patch.source]![patch.plane]!;
      const own = sources.classes?.[patch.source]?.[patch.plane];
      if (own === undefined) continue;
      present[n] = own > 0 ? 1 : 0;
      if (scores === 1) classes[n] = present[n]!;
      else classes[n * scores + own] = 1;
    }
    if (sources.other) {
      const own = stream().child("other");
      drawPatch(sources.other, { side, stream: own }, { out: batch.other!.data, offset });
    }
  }
  return {
    ...batch,
    sigma: { shape: [count, 1, 1, 1], data: level },
    ...(sources.classes === undefined
      ? {}
      : {
          present: { shape: [count, 1], data: present },
          classes: { shape: [count, scores], data: classes },
        }),
  };
}

/**
 * Batches of the fields that the sources have, `sigma`, and `present` and `classes` where planes have classes.
 *
 * @throws InputError when an image cannot hold a patch
 */
export function givenBatches(
  sources: GivenSources,
  options: Omit<PatchesOptions, "path">,
): BatchSource {
  const { count, side } = options;
  const names = ([...aligned, "other"] as const).filter((name) => sources[name]);
  for (const name of names) checkPlanes(sources[name]!, side);
  const shape = [count, 1, side, side];
  return {
    shapes: {
      ...Object.fromEntries(names.map((name) => [name, shape])),
      sigma: [count, 1, 1, 1],
      ...(sources.classes === undefined
        ? {}
        : { present: [count, 1], classes: [count, scoresFor(classesIn(sources))] }),
    },
    trainedOn: { noise: rangeOf(sources.sigma.flat()), ...rangesOf(sources.noisy) },
    draw: ({ step, draw }) =>
      drawPatches(sources, { ...options, path: (n) => ["pair", step, draw, n] }),
  };
}

/**
 * As many fixed patches as there are planes, in one group.
 *
 * @throws InputError when an image cannot hold a patch
 */
export function givenValidation(
  sources: GivenSources,
  options: Omit<PatchesOptions, "path" | "count">,
): ValidationSource {
  checkPlanes(sources.noisy, options.side);
  return {
    groups: ["validation"],
    count: sources.sigma.flat().length,
    draw: (_, { start, count }) =>
      drawPatches(sources, { ...options, count, path: (n) => ["validation pair", start + n] }),
  };
}
