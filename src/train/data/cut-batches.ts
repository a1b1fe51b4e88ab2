/** Batches of patches cut from samples that have noise of their own, made stronger or weaker where asked for. */
import { type Stream, streamOf } from "../../core/random.ts";
import type { NamedArray } from "../../learn/tensor-file.ts";
import type { Batch, BatchSource, FieldName, ValidationSource } from "../batch.ts";
import { type Cut, drawCut, type Foreground, valuesOf, writeWindowed } from "./cut.ts";
import type { LevelConfig } from "./description.ts";
import type { PlaneField, Sample } from "./sample.ts";

export interface CutOptions {
  /** Side of the square patches in pixels. */
  readonly side: number;
  /** Names of the classes that labels tell apart, in the order of the channels. */
  readonly classes: readonly string[];
  readonly foreground?: Foreground | undefined;
  /** Noise level of each patch relative to its window; the samples' own where absent. */
  readonly level?: LevelConfig | undefined;
  /** Share of patches without noise. */
  readonly noiseless?: number;
}

/** Shapes of the fields that all samples can give. */
export function shapesOf(
  samples: readonly Sample[],
  { count, side, classes }: Pick<CutOptions, "side" | "classes"> & { readonly count: number },
): BatchSource["shapes"] {
  const all = (...fields: PlaneField[]) =>
    samples.every(({ planes }) => fields.every((field) => planes[field] !== undefined));
  const image = [count, 1, side, side];
  const signals = samples.every(({ signal }) => signal !== undefined);
  return {
    ...(all("noisy") ? { noisy: image } : {}),
    ...(all("clean") ? { clean: image, other: image } : {}),
    ...(all("again") ? { again: image } : {}),
    ...(all("noisy", "clean") ? { sigma: [count, 1, 1, 1] } : {}),
    ...(all("labels") ? { labels: [count, classes.length, side, side] } : {}),
    ...(signals ? { present: [count, 1] } : {}),
  };
}

/**
 * Batches cut from samples. Every patch has a stream of its own, named by seed, step, draw and place in the
 * batch; a field that is not asked for changes nothing in the others.
 */
export function cutBatches(
  samples: readonly Sample[],
  { seed, count, ...options }: CutOptions & { readonly seed: number; readonly count: number },
): BatchSource {
  const root = streamOf(seed, "train", "cut");
  return {
    shapes: shapesOf(samples, { ...options, count }),
    draw: ({ step, draw, fields }) =>
      drawPatches(samples, { ...options, count, fields, stream: (n) => root.child(step, draw, n) }),
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
  samples: readonly Sample[],
  options: Omit<CutOptions, "level" | "noiseless"> & {
    readonly seed: number;
    readonly patches: number;
    readonly sigmas: readonly number[];
  },
): ValidationSource {
  const { seed, patches, sigmas, ...rest } = options;
  const root = streamOf(seed, "validation", "cut");
  const given = shapesOf(samples, { ...rest, count: patches });
  return {
    groups: sigmas.length === 0 ? [ownNoise] : sigmas.map(String),
    count: patches,
    draw: (group, { start, count }) =>
      drawPatches(samples, {
        ...rest,
        ...(group === ownNoise ? {} : { level: Number(group) }),
        count,
        fields: Object.keys(given) as FieldName[],
        stream: (n) => root.child(start + n),
      }),
  };
}

interface PatchRequest extends CutOptions {
  readonly count: number;
  readonly fields: readonly FieldName[];
  /** The stream of each patch. */
  readonly stream: (n: number) => Stream;
}

function drawPatches(samples: readonly Sample[], request: PatchRequest): Batch {
  const { count, side, fields, foreground, stream } = request;
  const shapes = shapesOf(samples, request);
  const batch: Partial<Record<FieldName, NamedArray>> = {};
  for (const name of fields) {
    const shape = shapes[name]!;
    batch[name] = { shape, data: new Float32Array(shape.reduce((n, size) => n * size, 1)) };
  }
  for (let n = 0; n < count; n++) {
    const own = stream(n);
    const cut = drawCut(samples, { side, stream: own, foreground });
    writeImages(cut, { batch, n, level: levelOf(request, own.child("level")), side });
    writeFacts(cut, { batch, n, side });
    if (batch.other !== undefined) {
      const other = drawCut(samples, { side, stream: own.child("other"), foreground });
      const place = { out: batch.other.data, offset: n * side * side };
      writeWindowed(valuesOf(other, side, "clean"), other.window, place);
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
  readonly side: number;
}

/**
 * Writes the images of a patch. With clean values c and noise e = noisy − c of standard deviation s over the
 * patch, the noisy image of level σ is c + (σ/s) e: the noise keeps its texture and its place in the object. The
 * clean values are clipped where the window says so, the noise never is.
 */
function writeImages(cut: Cut, { batch, n, side, level }: Place & { level: number | undefined }) {
  const { planes } = cut.sample;
  const area = side * side;
  const offset = n * area;
  const write = (name: FieldName, values: Float32Array) => {
    const out = batch[name]?.data;
    if (out !== undefined) writeWindowed(values, cut.window, { out, offset });
  };
  if (planes.clean === undefined) {
    for (const name of ["noisy", "again"] as const) {
      if (planes[name] !== undefined) write(name, valuesOf(cut, side, name));
    }
    return;
  }
  const clean = valuesOf(cut, side, "clean");
  write("clean", clean);
  const windowed = new Float32Array(area);
  writeWindowed(clean, cut.window, { out: windowed, offset: 0 });
  const scale = 1 / (cut.window.high - cut.window.low);
  for (const name of ["noisy", "again"] as const) {
    const wanted = batch[name] !== undefined || (name === "noisy" && batch.sigma !== undefined);
    if (planes[name] === undefined || !wanted) continue;
    const noise = valuesOf(cut, side, name).map((value, i) => value - clean[i]!);
    const own = deviationOf(noise) * scale;
    // Noise that is not there cannot be made stronger.
    const factor = level === undefined ? 1 : own > 0 ? level / own : 0;
    const out = batch[name]?.data;
    for (let i = 0; out !== undefined && i < area; i++) {
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

/** Writes what else is known of a patch: classes of its pixels, and whether it holds the signal. */
function writeFacts(cut: Cut, { batch, n, side }: Place): void {
  const area = side * side;
  const { sample } = cut;
  if (batch.labels !== undefined) {
    const [, channels = 1] = batch.labels.shape;
    const values = valuesOf(cut, side, "labels");
    for (let i = 0; i < area; i++) {
      const channel = sample.classOf![values[i]!] ?? 0;
      batch.labels.data[(n * channels + channel) * area + i] = 1;
    }
  }
  if (batch.present !== undefined) {
    const { present, place } = sample.signal!;
    const [z, y, x] = place.map(Math.round) as [number, number, number];
    const inside =
      z === cut.plane % sample.depth &&
      y >= cut.top &&
      y < cut.top + side &&
      x >= cut.left &&
      x < cut.left + side;
    batch.present.data[n] = present && inside ? 1 : 0;
  }
}
