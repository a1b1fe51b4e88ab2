/** Batches of patches cut from samples, whose noise is made stronger or weaker where asked for. */
import { type Stream, streamOf } from "../../core/random.ts";
import type { NamedArray } from "../../learn/tensor-file.ts";
import type { Batch, BatchSource, FieldName, ValidationSource } from "../batch.ts";
import {
  type Cut,
  type CutPlan,
  drawCut,
  holds,
  valuesIn,
  valuesOf,
  writeWindowed,
} from "./cut.ts";
import { noSignal } from "./image-classes.ts";
import type { LevelConfig } from "./description.ts";
import { rangesOfSamples } from "./sample-ranges.ts";
import { type NoisyField, noisesOf } from "./patch-noise.ts";
import { has, isNoisy, type PlaneField, type Sample } from "./sample.ts";

export interface CutOptions extends CutPlan {
  /** Whether planes of a stack are channels of a plane, or a volume's depth. */
  readonly form: "planes" | "stacks" | "volumes";
  /** Names of the classes that labels tell apart, in the order of the channels. */
  readonly classes: readonly string[];
  /** Names of the classes of whole images, in the order of a classifier's scores. */
  readonly imageClasses?: readonly string[];
  /** Noise level of each patch relative to its window; the samples' own where absent. */
  readonly level?: LevelConfig | undefined;
  /** Share of patches without noise. */
  readonly noiseless?: number;
  /** What makes such images, as DICOM writes it, where the description says it. */
  readonly modalities?: readonly string[] | undefined;
}

/** What is drawn from. */
export interface CutSamples {
  readonly samples: readonly Sample[];
  /** Images without noise of other objects; those of `samples` serve where there are none. */
  readonly others?: readonly Sample[];
}

/** Shapes of the fields that all samples can give. */
function shapesOf(
  { samples, others = [] }: CutSamples,
  {
    count,
    size,
    form,
    classes,
    imageClasses = [],
  }: Omit<CutOptions, "augment"> & { readonly count: number },
): BatchSource["shapes"] {
  const { side, depth } = size;
  const every = (has: (sample: Sample) => boolean) => samples.every(has);
  const all = (field: PlaneField) => every((sample) => has(sample, field));
  const space = form === "volumes" ? [depth, side, side] : [side, side];
  const image = [count, form === "stacks" ? depth : 1, ...space];
  const known = every(
    (sample) => sample.sigma !== undefined || (has(sample, "clean") && isNoisy(sample)),
  );
  return {
    ...(every(isNoisy) ? { noisy: image } : {}),
    ...(all("clean") ? { clean: image } : {}),
    ...(others.length > 0 || all("clean") ? { other: image } : {}),
    ...(every((sample) => has(sample, "again") || sample.noise !== undefined)
      ? { again: image }
      : {}),
    ...(known ? { sigma: [count, ...image.slice(1).map(() => 1)] } : {}),
    ...(all("labels") ? { labels: [count, classes.length, ...space] } : {}),
    ...(every(({ signal }) => signal !== undefined) ? { present: [count, 1] } : {}),
    ...(imageClasses.length > 0 && every(({ bears, signal }) => (bears ?? signal) !== undefined)
      ? { classes: [count, imageClasses.length] }
      : {}),
  };
}

/**
 * Batches cut from samples. Every patch has a stream of its own, named by seed, step, draw and place in the
 * batch; a field that is not asked for changes nothing in the others.
 */
export function cutBatches(
  from: CutSamples,
  {
    seed,
    count,
    modalities,
    ...options
  }: CutOptions & { readonly seed: number; readonly count: number },
): BatchSource {
  const root = streamOf(seed, "train", "cut");
  const shapes = shapesOf(from, { ...options, count });
  return {
    shapes,
    trainedOn: {
      ...rangesOfSamples(from.samples),
      ...(modalities === undefined ? {} : { modalities }),
    },
    draw: ({ step, draw, fields }) => {
      const stream = (n: number) => root.child(step, draw, n);
      return drawPatches(from, { ...options, shapes, count, fields, stream });
    },
  };
}

/** The group of a validation whose patches keep the noise that they have. */
export const ownNoise = "own noise";

/**
 * Fixed patches: one group for each noise level, or one with the noise as it is.
 *
 * @param options.sigmas noise levels relative to the window; none for the samples' own
 */
export function cutValidation(
  from: CutSamples,
  options: Omit<CutOptions, "level" | "noiseless"> & {
    readonly seed: number;
    readonly patches: number;
    readonly sigmas: readonly number[];
  },
): ValidationSource {
  const { seed, patches, sigmas, ...rest } = options;
  const root = streamOf(seed, "validation", "cut");
  const given = shapesOf(from, { ...rest, count: patches });
  return {
    groups: sigmas.length === 0 ? [ownNoise] : sigmas.map(String),
    count: patches,
    draw: (group, { start, count }) =>
      drawPatches(from, {
        ...rest,
        shapes: shapesOf(from, { ...rest, count }),
        ...(group === ownNoise ? {} : { level: Number(group) }),
        count,
        fields: Object.keys(given) as FieldName[],
        stream: (n) => root.child(start + n),
      }),
  };
}

interface PatchRequest extends CutOptions {
  readonly count: number;
  readonly shapes: BatchSource["shapes"];
  readonly fields: readonly FieldName[];
  /** The stream of each patch. */
  readonly stream: (n: number) => Stream;
}

function drawPatches(from: CutSamples, request: PatchRequest): Batch {
  const { count, size, fields, shapes, stream } = request;
  const batch: Partial<Record<FieldName, NamedArray>> = {};
  for (const name of fields) {
    const shape = shapes[name]!;
    batch[name] = { shape, data: new Float32Array(shape.reduce((n, one) => n * one, 1)) };
  }
  const length = valuesIn(size);
  for (let n = 0; n < count; n++) {
    const own = stream(n);
    const cut = drawCut(from.samples, request, own);
    writeImages(cut, { batch, n, level: levelOf(request, own.child("level")), stream: own });
    writeFacts(cut, { batch, n, request });
    if (batch.other !== undefined) {
      // What holds no signal is cut anywhere.
      const [pool, plan] = from.others?.length
        ? [from.others, { ...request, centre: "anywhere" as const }]
        : [from.samples, request];
      const other = drawCut(pool, plan, own.child("other"));
      const place = { out: batch.other.data, offset: n * length };
      writeWindowed(valuesOf(other, "clean"), other.window, place);
    }
  }
  return batch;
}

/** Noise level of a patch; undefined for the noise that it has. */
function levelOf({ level, noiseless = 0 }: CutOptions, stream: Stream): number | undefined {
  if (stream.uniform() < noiseless) return 0;
  if (level === undefined || typeof level === "number") return level;
  const { from, to, scale } = level;
  const at = stream.uniform();
  return scale === "log" ? from * (to / from) ** at : from + (to - from) * at;
}

interface Place {
  readonly batch: Batch;
  readonly n: number;
}

/**
 * Writes the images of a patch. With clean values c and noise e = noisy − c of standard deviation s over the
 * patch, the noisy image of level σ is c + (σ/s) e: the noise keeps its texture and its place in the object. The
 * clean values are clipped where the window says so, the noise never is. Where nothing is known without noise the
 * noisy image is taken as it is.
 */
function writeImages(
  cut: Cut,
  { batch, n, level, stream }: Place & { level: number | undefined; stream: Stream },
): void {
  const { sigma } = cut.sample;
  const length = valuesIn(cut.size);
  const offset = n * length;
  const write = (name: FieldName, values: Float32Array) => {
    const out = batch[name]?.data;
    if (out !== undefined) writeWindowed(values, cut.window, { out, offset });
  };
  const scale = 1 / (cut.window.high - cut.window.low);
  if (!has(cut.sample, "clean")) {
    for (const name of ["noisy", "again"] as const) {
      if (batch[name] !== undefined) write(name, valuesOf(cut, name));
    }
    if (batch.sigma !== undefined) batch.sigma.data[n] = sigma! * scale;
    return;
  }
  const clean = valuesOf(cut, "clean");
  write("clean", clean);
  const wanted: NoisyField[] = [];
  if (batch.noisy !== undefined || batch.sigma !== undefined) wanted.push("noisy");
  if (batch.again !== undefined) wanted.push("again");
  if (wanted.length === 0) return;
  const windowed = new Float32Array(length);
  writeWindowed(clean, cut.window, { out: windowed, offset: 0 });
  for (const [name, noise] of noisesOf(cut, { clean, wanted, stream })) {
    const own = deviationOf(noise) * scale;
    // Noise that is not there cannot be made stronger.
    const factor = level === undefined ? 1 : own > 0 ? level / own : 0;
    const out = batch[name]?.data;
    for (let i = 0; out !== undefined && i < length; i++) {
      out[offset + i] = windowed[i]! + factor * scale * noise[i]!;
    }
    if (name === "noisy" && batch.sigma !== undefined) batch.sigma.data[n] = factor * own;
  }
}

/** Standard deviation about the mean. */
function deviationOf(values: Float32Array): number {
  let sum = 0;
  let square = 0;
  for (const v of values) {
    sum += v;
    square += v * v;
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(0, square / values.length - mean ** 2));
}

/**
 * Writes what else is known of a patch: classes of its pixels (of a stack's middle plane) and of the whole, presence of
 * the signal.
 */
function writeFacts(cut: Cut, { batch, n, request }: Place & { request: PatchRequest }): void {
  const { sample, size } = cut;
  const { form, imageClasses = [] } = request;
  if (batch.labels !== undefined) {
    const [, channels = 1] = batch.labels.shape;
    const all = valuesOf(cut, "labels");
    const area = size.side * size.side;
    const middle = Math.floor(size.depth / 2) * area;
    const values = form === "stacks" ? all.subarray(middle, middle + area) : all;
    for (let i = 0; i < values.length; i++) {
      const channel = sample.classOf![values[i]!] ?? 0;
      batch.labels.data[(n * channels + channel) * values.length + i] = 1;
    }
  }
  const { signal, bears = [] } = sample;
  const there = signal?.present === true && holds(cut, signal.place);
  if (batch.present !== undefined) batch.present.data[n] = there ? 1 : 0;
  if (batch.classes !== undefined) {
    const ofSignal = signal === undefined ? [] : [there ? signal.name : noSignal];
    for (const [k, name] of imageClasses.entries()) {
      const belongs = bears.includes(name) || ofSignal.includes(name);
      batch.classes.data[n * imageClasses.length + k] = belongs ? 1 : 0;
    }
  }
}
