/** The main job on an image too large to be held: a few planes at a time, with one noise level for all. */
import { throwIfAborted } from "../core/errors.ts";
import { type Image, layoutOf, makeImage, sizeOf, sliceOf } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Slab, SlabSource } from "../files/files-slabs.ts";
import type { SlabWriter } from "../files/files-slab-writer.ts";
import { joinedPadding } from "../denoise/constant-padding.ts";
import type { DenoiseContext, Denoiser } from "../denoise/denoiser.ts";
import { type DenoiserLevel, noiseFor, noiseMethodFor } from "../denoise/noise-level/level-for.ts";
import { judgedPlanes, noiseOfPlanes } from "../denoise/noise-level/noise-of-image.ts";
import {
  blend,
  checkFinite,
  checkGrey,
  checkResult,
  type DenoisedFigures,
  type DenoiseOptions,
  nonFiniteIn,
  partOf,
} from "./denoise.ts";
import { foundPadding, type SlabInput } from "./input.ts";
import { readBack } from "./read-back.ts";
import type { SlabPlan } from "./plan-slabs.ts";
import { trainingWarning } from "./training-range.ts";

export interface DenoiseSlabsOptions extends Omit<DenoiseOptions, "method" | "padding" | "guide"> {
  readonly denoiser: Denoiser;
  readonly plan: SlabPlan;
  /** Plane to keep for a figure, from 0. */
  readonly shown?: number;
  /** The planes on which noise is judged, where they have been looked at. */
  readonly looked?: readonly LookedAt[] | undefined;
  /** One byte for each voxel of the source, 1 where it is left alone and not seen. */
  readonly outside?: Uint8Array | undefined;
  /** Opens the output when the noise level is known. */
  writer(level: DenoiserLevel): Promise<SlabWriter>;
}

export interface DenoisedSlabs extends DenoisedFigures {
  readonly paths: readonly string[];
  readonly lost: readonly string[];
  /** What a reader of the figures should know. */
  readonly notes: readonly string[];
  readonly before?: Image;
  readonly after?: Image;
}

/** One label for all of the work, so that the time left is reckoned over all slabs. */
const label = "denoising slabs";

/** Values read at a time where only looked at. */
const lookedAt = 2 ** 22;

/**
 * Denoises what the work's source holds. Figures and values are those of `denoise` on the whole,
 * where the method takes its noise level from `estimateNoise` or is given one.
 *
 * @throws InputError and CancelledError as `denoise`
 */
export async function denoiseSlabs(
  work: SlabInput,
  options: DenoiseSlabsOptions,
): Promise<DenoisedSlabs> {
  const started = performance.now();
  const { source } = work;
  const { image, planes } = source;
  const { denoiser, plan } = options;
  const judged = judgedPlanes(planes);
  const looked = options.looked ?? (await lookAt(work, options));
  const seen = looked.map(({ plane }) => plane);
  await source.close();
  const paddings = looked.map(({ padding }) => padding);
  const { noise, level, sigma } = noiseFor(seen, denoiser, {
    given: options.sigma,
    parameters: options.parameters,
    paddings,
  });
  const notes = new Set([slabNote(plan, image)]);
  const warning = trainingWarning(denoiser, seen, { ...noise, sigma: level.sigma });
  if (warning !== undefined) notes.add(warning);
  if (level !== noise && level.method !== "given" && level.method !== "none" && level.sigma > 0) {
    notes.add(
      `the method's own noise level, ${Number(level.sigma.toPrecision(4))}, is estimated on ${seen.length} of ${planes} planes`,
    );
  }
  const after = new Map<number, Image>();
  let before: Image | undefined;
  const { strength } = options;
  let squares = 0;
  const writer = await options.writer(level);
  try {
    await eachSlab(
      work,
      { ...options, sigma, note: (text) => notes.add(text) },
      async (slab, denoised, from) => {
        const { data, padded } = slab;
        const blended = blend(data, denoised, { strength, padding: padded, squares });
        const { data: values } = blended;
        ({ squares } = blended);
        const count = slab.shape[0]!;
        const plane = (of: Float32Array, k: number) =>
          sliceOf(makeImage(of, slab.shape, { ...slab, axes: "zyx" }), k - from);
        for (const k of new Set([...judged, options.shown ?? -1])) {
          if (k < from || k >= from + count) continue;
          after.set(k, plane(values, k));
          if (k === options.shown) before = plane(data, k);
        }
        await writer.write(values, padded);
      },
    );
    const { paths, lost } = await writer.finish();
    const shown = options.shown === undefined ? undefined : after.get(options.shown);
    return {
      level,
      noiseBefore: noise,
      noiseAfter: noiseOfPlanes(
        (await readBack(paths, judged, image)) ?? judged.map((k) => after.get(k)!),
        { method: noiseMethodFor(denoiser), paddings },
      ),
      rmsChange: Math.sqrt(squares / sizeOf(image.shape)),
      seconds: (performance.now() - started) / 1000,
      paths,
      lost,
      notes: [...notes],
      ...(before && shown ? { before, after: shown } : {}),
    };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

function slabNote({ depth, halo, boundMiB }: SlabPlan, image: SlabSource["image"]): string {
  const { nz } = layoutOf(image);
  const how = depth >= nz ? `${nz} planes` : `${depth} planes`;
  const beside = halo > 0 ? ` and ${halo} on each side` : "";
  return `too large to be held as a whole: denoised ${how}${beside} at a time, in about ${boundMiB} MiB`;
}

export interface LookedAt {
  readonly plane: Image;
  readonly padding: Uint8Array | undefined;
}

/**
 * The planes on which noise is judged; every value is looked at where some may be no finite number.
 *
 * @throws InputError for colours, small planes and values that are no finite numbers
 */
export async function lookAt(
  work: SlabInput,
  { signal, onProgress, outside }: WorkOptions & Pick<DenoiseSlabsOptions, "outside">,
): Promise<LookedAt[]> {
  const { source } = work;
  checkGrey(source.image);
  const judged = judgedPlanes(source.planes);
  const { ny, nx } = layoutOf(source.image);
  const found: LookedAt[] = [];
  const size = ny * nx;
  const floating = source.type.startsWith("float");
  const step = floating ? Math.max(1, Math.floor(lookedAt / (ny * nx))) : 1;
  let nonFinite = 0;
  for (let from = 0; from < source.planes; from += step) {
    const count = Math.min(step, source.planes - from);
    const wanted = judged.filter((k) => k >= from && k < from + count);
    if (!floating && wanted.length === 0) continue;
    throwIfAborted(signal, "estimating the noise");
    const slab = withPadding(await source.read(from, count), { from, outside });
    if (floating) nonFinite += nonFiniteIn(slab.data, slab.padded);
    for (const k of wanted) {
      const padding = slab.padded?.slice((k - from) * size, (k - from + 1) * size);
      found.push({ plane: sliceOf(slab, k - from), padding });
    }
    onProgress?.({ done: from + count, total: source.planes, label: "estimating the noise" });
  }
  checkFinite(nonFinite, sizeOf(source.image.shape));
  return found;
}

/** The slab with the padding that is found in it, and what a mask leaves out, marked as what its file declares. */
function withPadding(
  slab: Slab,
  { from, outside }: { readonly from: number } & Pick<DenoiseSlabsOptions, "outside">,
): Slab {
  const size = sizeOf(slab.shape.slice(-2));
  const masked = outside?.subarray(from * size, from * size + slab.data.length);
  const padded = joinedPadding(foundPadding(slab, slab.padded), masked);
  return padded ? { ...slab, padded } : slab;
}

/** Reads, denoises and hands on slab after slab; none crosses from one member of a series to the next. */
async function eachSlab(
  work: SlabInput,
  options: DenoiseSlabsOptions & Pick<DenoiseContext, "note">,
  done: (slab: Slab, denoised: Float32Array, from: number) => Promise<void>,
): Promise<void> {
  const source = await work.reopen();
  const { plan, signal, onProgress } = options;
  const { blocks, nz, ny, nx } = layoutOf(source.image);
  const size = ny * nx;
  try {
    for (let block = 0; block < blocks; block++) {
      // Where all planes are at hand they are the sample themselves.
      const sample = plan.depth < nz ? once(() => sampleOf(work, block, signal)) : undefined;
      for (let z = 0; z < nz; z += plan.depth) {
        throwIfAborted(signal, "denoising");
        const to = Math.min(nz, z + plan.depth);
        const [low, high] = [Math.max(0, z - plan.halo), Math.min(nz, to + plan.halo)];
        const from = block * nz + low;
        const wide = withPadding(await source.read(from, high - low), { ...options, from });
        const first = block * nz + z;
        const denoised = await denoiseSlab(wide, {
          ...options,
          ...(sample ? { sample } : {}),
          onProgress: (part) =>
            onProgress?.({
              label,
              done: first + Math.floor((to - z) * Math.min(1, part.done / part.total)),
              total: source.planes,
            }),
        });
        const cut = <T extends Float32Array | Uint8Array>(values: T) =>
          values.subarray((z - low) * size, (to - low) * size) as T;
        const shape = [to - z, ny, nx];
        const { padded } = wide;
        const kept = { ...wide, shape, data: cut(wide.data) };
        await done(padded ? { ...kept, padded: cut(padded) } : kept, cut(denoised), first);
        onProgress?.({ done: block * nz + to, total: source.planes, label });
      }
    }
  } finally {
    await source.close();
  }
}

async function denoiseSlab(
  wide: Slab,
  options: DenoiseSlabsOptions & Pick<DenoiseContext, "note" | "sample">,
): Promise<Float32Array> {
  const { denoiser, parameters, sigma, threads, templates, planes = false } = options;
  const { sample, signal, onProgress, note } = options;
  const context = { sigma, threads, templates, signal, note };
  const { nz, ny, nx } = layoutOf(wide);
  const { padded } = wide;
  if (!planes && nz > 1) {
    const image = partOf(wide, wide.data, [nz, ny, nx]);
    const given = padded ? { ...context, padding: padded } : context;
    const result = await denoiser.denoise(image, parameters, { ...given, sample, onProgress });
    checkResult(result, denoiser, padded);
    return result.data;
  }
  const out = new Float32Array(wide.data.length);
  for (let k = 0; k < nz; k++) {
    throwIfAborted(signal, "denoising");
    const plane = partOf(wide, wide.data.slice(k * ny * nx, (k + 1) * ny * nx), [ny, nx]);
    const padding = padded?.slice(k * ny * nx, (k + 1) * ny * nx);
    const marked = padding ? { ...context, padding } : context;
    const given = planes ? marked : { ...marked, sample };
    const result = await denoiser.denoise(plane, parameters, given);
    checkResult(result, denoiser, padding);
    out.set(result.data, k * ny * nx);
    onProgress?.({ done: k + 1, total: nz, label: "denoising planes" });
  }
  return out;
}

/** Values of one member of a series at regular distances, more than enough for a scale. */
async function sampleOf(
  work: SlabInput,
  block: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const source = await work.reopen();
  try {
    const { nz, ny, nx } = layoutOf(source.image);
    const size = ny * nx;
    const step = Math.max(1, Math.floor((nz * size) / 20_000));
    const sample = new Float32Array(Math.ceil((nz * size) / step));
    let next = 0;
    for (let z = 0; z < nz; z++) {
      if (next * step >= (z + 1) * size) continue;
      throwIfAborted(signal, "reading a sample");
      const { data } = await source.read(block * nz + z, 1);
      for (; next * step < (z + 1) * size; next++) sample[next] = data[next * step - z * size]!;
    }
    return sample;
  } finally {
    await source.close();
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
