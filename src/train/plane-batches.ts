/** Batches of patches cut from planes, with white Gaussian noise of a drawn level. */
import { streamOf } from "../core/random.ts";
import { usualTraining } from "../denoise/trained-on.ts";
import { rangesOf } from "./training-range.ts";
import type { Batch, BatchSource, FieldName, ValidationSource } from "./batch.ts";
import type { TrainingConfig } from "./config.ts";
import { drawInThread, hasThreads, sharedFloats } from "./draw-in-thread.ts";
import { checkPlanes, drawPatch, type PlaneSource } from "./patches.ts";

export interface PlaneBatchOptions {
  readonly seed: number;
  /** Images of a batch. */
  readonly count: number;
  /** Side of the square patches in pixels. */
  readonly side: number;
  /** Range of the noise's standard deviation, drawn uniformly, relative to the window. */
  readonly noise: { readonly low: number; readonly high: number };
}

/**
 * Batches from planes: `noisy`, `clean`, `sigma`, and on demand `again` and `other`. Every patch has a stream
 * of its own, named by seed, step, draw and place in the batch.
 *
 * @throws InputError when a plane cannot hold a patch
 */
export function planeBatches(
  sources: readonly PlaneSource[],
  { seed, count, side, noise }: PlaneBatchOptions,
): BatchSource {
  checkPlanes(sources, side);
  const root = streamOf(seed, "train");
  const image = [count, 1, side, side];
  const area = side * side;
  return {
    shapes: { noisy: image, clean: image, again: image, other: image, sigma: [count, 1, 1, 1] },
    trainedOn: { noise, grain: usualTraining.grain, ...rangesOf(sources) },
    draw({ step, draw, fields }) {
      const block = () => ({ shape: image, data: new Float32Array(count * area) });
      const [clean, noisy] = [block(), block()];
      const again = fields.includes("again") ? block() : undefined;
      const other = fields.includes("other") ? block() : undefined;
      const sigma = new Float32Array(count);
      for (let n = 0; n < count; n++) {
        const path = draw === 0 ? [step, n] : [step, n, "draw", draw];
        const own = root.child("patch", ...path);
        const offset = n * area;
        drawPatch(sources, { side, stream: own }, { out: clean.data, offset });
        sigma[n] = noise.low + (noise.high - noise.low) * own.uniform();
        const level = sigma[n]!;
        for (let i = offset; i < offset + area; i++) {
          noisy.data[i] = clean.data[i]! + level * own.normal();
        }
        if (again !== undefined) {
          const second = own.child("again");
          for (let i = offset; i < offset + area; i++) {
            again.data[i] = clean.data[i]! + level * second.normal();
          }
        }
        if (other !== undefined) {
          drawPatch(sources, { side, stream: own.child("other") }, { out: other.data, offset });
        }
      }
      const all: Batch = {
        noisy,
        clean,
        sigma: { shape: [count, 1, 1, 1], data: sigma },
        ...(again === undefined ? {} : { again }),
        ...(other === undefined ? {} : { other }),
      };
      return Object.fromEntries(
        Object.entries(all).filter(([name]) => fields.includes(name as FieldName)),
      );
    },
  };
}

/** Fixed patches at fixed noise levels, one group for each level. */
export function planeValidation(
  sources: readonly PlaneSource[],
  options: {
    readonly seed: number;
    readonly patches: number;
    readonly side: number;
    readonly sigmas: readonly number[];
  },
): ValidationSource {
  const { seed, patches, side, sigmas } = options;
  const stream = streamOf(seed, "validation");
  const area = side * side;
  return {
    groups: sigmas.map(String),
    count: patches,
    draw(group, { start, count }) {
      const level = Number(group);
      const shape = [count, 1, side, side];
      const clean = new Float32Array(count * area);
      const noisy = new Float32Array(count * area);
      for (let n = 0; n < count; n++) {
        const own = stream.child("patch", start + n);
        drawPatch(sources, { side, stream: own }, { out: clean, offset: n * area });
        const noise = own.child("noise");
        for (let i = n * area; i < (n + 1) * area; i++) {
          noisy[i] = clean[i]! + level * noise.normal();
        }
      }
      return {
        noisy: { shape, data: noisy },
        clean: { shape, data: clean },
        sigma: { shape: [count, 1, 1, 1], data: new Float32Array(count).fill(level) },
      };
    },
  };
}

/** What a thread needs to draw the same batches. */
interface PlaneTask {
  readonly sources: readonly PlaneSource[];
  readonly options: PlaneBatchOptions;
}

/**
 * What the thread opens.
 *
 * @worker
 */
export const openPlaneBatches = ({ sources, options }: PlaneTask): BatchSource =>
  planeBatches(sources, options);

/** `planeBatches` in a thread of its own. */
function planesInThread(sources: readonly PlaneSource[], options: PlaneBatchOptions): BatchSource {
  const shared = sources.map(({ planes, ...source }) => ({
    ...source,
    planes: planes.map((plane) => ({ ...plane, data: sharedFloats(plane.data) })),
  }));
  return drawInThread(planeBatches(sources, options), {
    module: import.meta.url,
    name: "openPlaneBatches",
    given: { sources: shared, options } satisfies PlaneTask,
  });
}

/**
 * Batches and validation images of a description, from planes that are given.
 * With `inThread`, patches are cut in a thread of its own, which the source's `dispose` ends; false by default.
 */
export function planeData(
  config: TrainingConfig,
  planes: {
    readonly sources: readonly PlaneSource[];
    readonly validation?: readonly PlaneSource[];
  },
  { inThread = false }: { readonly inThread?: boolean } = {},
): { data: BatchSource; validation?: ValidationSource } {
  const { seed, batch, patch, noise = { low: 0, high: 0 }, validation } = config;
  const open = inThread && hasThreads() ? planesInThread : planeBatches;
  return {
    data: open(planes.sources, { seed, count: batch, side: patch, noise }),
    ...(validation === undefined
      ? {}
      : {
          validation: planeValidation(planes.validation ?? [], {
            seed,
            side: patch,
            patches: validation.patches,
            sigmas: validation.sigmas,
          }),
        }),
  };
}
