/** One image in memory: estimate its noise, denoise it, blend it with the original, estimate again. */
import { InputError, RunError, throwIfAborted } from "../core/errors.ts";
import { type Image, layoutOf, makeImage, rangeOf, sliceOf, withData } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { ComponentKind } from "../core/stored.ts";
import type { DenoiseContext, Denoiser } from "../denoise/denoiser.ts";
import { findDenoiser, type MethodParameters } from "../denoise/find-denoiser.ts";
import { type DenoiserLevel, noiseFor, noiseMethodFor } from "../denoise/noise-level/level-for.ts";
import {
  judgedPlanes,
  noiseOfImage,
  type NoiseReading,
} from "../denoise/noise-level/noise-of-image.ts";
import type { MethodChoice } from "./choice/choose-method.ts";
import {
  type KeepOptions,
  type Look,
  type MethodForImage,
  openMethods,
} from "./choice/open-methods.ts";
import { colourParts } from "./colour-parts.ts";
import type { MethodOptions } from "./open-method.ts";
import { trainingWarning } from "./training-range.ts";

/** @typeParam Method the method, whose parameters are checked by the compiler */
export interface DenoiseOptions<Method extends string | Denoiser = string | Denoiser>
  extends WorkOptions,
    MethodOptions,
    KeepOptions {
  /**
   * A classical denoiser, a shipped model or a path to an .onnx file by name, a denoiser itself, or `auto`: by what
   * the image is and how noisy it is. Defaults to `auto`.
   */
  readonly method?: Method | undefined;
  readonly parameters?: MethodParameters<Method>;
  /** Noise standard deviation in the image's unit; estimated when absent. */
  readonly sigma?: number | undefined;
  /** Share of the denoised image in the result, 0 to 1. Defaults to 1. */
  readonly strength?: number | undefined;
  /** Each plane by itself, also where the method joins planes. */
  readonly planes?: boolean;
  /** Image of the same shape that guides the filter, for methods that take one. */
  readonly guide?: Image;
  /** What is looked for, one value for each pixel of a plane, for methods that keep its response. */
  readonly templates?: readonly ArrayLike<number>[];
  /**
   * One byte per voxel (per pixel of all channels together), 1 where it holds no measurement: such voxels are not
   * seen, and handed through.
   */
  readonly padding?: Uint8Array | undefined;
  /** What the channels of an image with a `c` axis are; by their number when absent. */
  readonly components?: ComponentKind | undefined;
}

/** What there is to say of a denoised image. */
export interface DenoisedFigures {
  /** The level that the denoiser worked with. */
  readonly level: DenoiserLevel;
  readonly noiseBefore: NoiseReading;
  /** Of the result, measured as `noiseBefore` was. */
  readonly noiseAfter: NoiseReading;
  /** Root mean square of (after − before), in the image's unit. */
  readonly rmsChange: number;
  readonly seconds: number;
}

export interface Denoised extends DenoisedFigures {
  readonly image: Image;
  /** What the method has to say of its result. */
  readonly notes: readonly string[];
  /** Name of the denoiser. */
  readonly method: string;
  /** Why that denoiser, where it was chosen by the image. */
  readonly choice?: MethodChoice;
}

/** Estimators need a neighbourhood; below this many pixels a side there is none worth the name. */
const smallestSide = 8;

/**
 * Denoises an image: a plane, a volume, or a series of either, grey or in colours.
 *
 * @throws InputError on channels that are no colours, images below 8 × 8 pixels, values that are not finite, images without
 *   any variation, or an unknown method; RunError when the method's result holds values that are not finite;
 *   CancelledError
 */
export async function denoise<const Method extends string | Denoiser = string>(
  image: Image,
  options: DenoiseOptions<Method> = {},
): Promise<Denoised> {
  checkDenoisable(image, options.padding);
  if (image.axes.includes("c")) return denoiseColours(image, options);
  const methods = await openMethods(options);
  try {
    const found = await methods.forImage(() => lookOf(image, { padding: options.padding }));
    const { denoiser, parameters, notes, choice } = found;
    const done = await denoiseBy(image, denoiser, { ...options, parameters });
    return {
      ...done,
      notes: [...notes, ...done.notes],
      ...(choice === undefined ? {} : { choice }),
    };
  } finally {
    await methods.dispose();
  }
}

/** As grey, or luminance and two differences one after the other; see `colourParts`. */
async function denoiseColours(image: Image, options: DenoiseOptions): Promise<Denoised> {
  const { components, padding, guide, templates = [], onProgress, ...rest } = options;
  if (guide !== undefined || templates.length > 0) {
    throw new InputError(
      `Cannot denoise a colour image with a ${guide === undefined ? "template" : "guide"}: found ${image.shape[image.axes.indexOf("c")]} channels, wanted one grey channel`,
    );
  }
  const { channels, parts, left, notes, join } = colourParts(image, { kind: components, padding });
  const masked = left.includes(1) ? left : undefined;
  const methods = await openMethods(options);
  try {
    const found = await methods.forImage(() => lookOf(parts[0]!, { padding: masked }));
    const done: Denoised[] = [];
    for (const [k, part] of parts.entries()) {
      const { denoiser, parameters } = k === 0 ? found : await additive(found);
      done.push(
        await denoise(part, {
          ...rest,
          method: denoiser,
          parameters,
          keep: undefined,
          padding: masked,
          onProgress: ({ done: at, total, label }) =>
            onProgress?.({ done: (k + at / total) / parts.length, total: 1, label }),
        }),
      );
    }
    const result = join(done.map((one) => one.image.data));
    let squares = 0;
    for (let i = 0; i < image.data.length; i++) squares += (result.data[i]! - image.data[i]!) ** 2;
    const { choice } = found;
    return {
      ...done[0]!,
      image: result,
      rmsChange: Math.sqrt(squares / (channels * parts[0]!.data.length)),
      seconds: done.reduce((sum, one) => sum + one.seconds, 0),
      notes: [...new Set([...notes, ...found.notes, ...done.flatMap((one) => one.notes)])],
      ...(choice === undefined ? {} : { choice }),
    };
  } finally {
    await methods.dispose();
  }
}

/** Differences of colours are signed and their noise is additive, whatever the noise of the luminance is. */
async function additive({ denoiser, parameters }: MethodForImage): Promise<MethodForImage> {
  if (denoiser.noise === "gaussian" || denoiser.noise === "any") {
    return { denoiser, parameters, notes: [] };
  }
  return { denoiser: await findDenoiser("non-local-means"), parameters: {}, notes: [] };
}

/** The planes by which a method is chosen. */
export function lookOf(
  image: Image,
  {
    padding,
    code,
  }: { readonly padding?: Uint8Array | undefined; readonly code?: string | undefined },
): Look {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const size = ny * nx;
  const judged = judgedPlanes(blocks * nz);
  return {
    planes: judged.map((k) => sliceOf(image, k)),
    paddings: judged.map((k) => padding?.subarray(k * size, (k + 1) * size)),
    code,
    large: false,
  };
}

async function denoiseBy(
  image: Image,
  denoiser: Denoiser,
  options: DenoiseOptions,
): Promise<Denoised> {
  const started = performance.now();
  const { padding } = options;
  const { planes, paddings } = lookOf(image, { padding });
  const { noise, level, sigma } = noiseFor(planes, denoiser, {
    given: options.sigma,
    parameters: options.parameters,
    paddings,
  });
  const warning = trainingWarning(denoiser, planes, { ...noise, sigma: level.sigma });
  const notes: string[] = warning === undefined ? [] : [warning];
  const denoised = await denoiseBlocks(image, denoiser, {
    ...options,
    sigma,
    note: (text) => notes.push(text),
  });
  checkResult(denoised, denoiser, padding);
  const { data, squares } = blend(image.data, denoised.data, options);
  const result = withData(image, data);
  return {
    image: result,
    method: denoiser.name,
    level,
    noiseBefore: noise,
    noiseAfter: noiseOfImage(result, { method: noiseMethodFor(denoiser), padding }),
    rmsChange: Math.sqrt(squares / data.length),
    seconds: (performance.now() - started) / 1000,
    notes: [...new Set(notes)],
  };
}

/**
 * The original and its denoised values mixed by `strength`, and the sum of the squared changes.
 *
 * @param options.squares that of the parts before, so that parts add up as the whole does
 */
export function blend(
  before: Float32Array,
  denoised: Float32Array,
  options: Pick<DenoiseOptions, "strength" | "padding"> & { readonly squares?: number },
): { readonly data: Float32Array; readonly squares: number } {
  const { strength = 1, padding } = options;
  let { squares = 0 } = options;
  if (!(strength >= 0 && strength <= 1)) {
    throw new InputError(`Cannot denoise: found strength ${strength}, wanted a number from 0 to 1`);
  }
  const data = new Float32Array(before.length);
  for (let i = 0; i < data.length; i++) {
    const change = padding?.[i] === 1 ? 0 : strength * (denoised[i]! - before[i]!);
    data[i] = before[i]! + change;
    squares += change * change;
  }
  return { data, squares };
}

/** @throws RunError when a result holds values that are no finite numbers */
export function checkResult(denoised: Image, denoiser: Denoiser, padding?: Uint8Array): void {
  const nonFinite = nonFiniteIn(denoised.data, padding);
  if (nonFinite > 0) {
    throw new RunError(
      `Cannot denoise by ${denoiser.name}: found ${nonFinite} of ${denoised.data.length} values in its result that are no finite numbers, wanted none`,
    );
  }
}

/** @throws InputError saying what about the image cannot be denoised */
export function checkDenoisable(image: Image, padding?: Uint8Array): void {
  if (!image.axes.includes("c")) checkGrey(image);
  checkFinite(nonFiniteIn(image.data, padding), image.data.length);
}

/** How many measurements are no finite numbers; some files mark padding by such. */
export function nonFiniteIn(data: Float32Array, padding?: Uint8Array): number {
  const { nonFinite } = rangeOf(data);
  if (nonFinite === 0 || !padding) return nonFinite;
  let count = 0;
  for (let i = 0; i < data.length; i++) if (padding[i] !== 1 && !Number.isFinite(data[i]!)) count++;
  return count;
}

/** @throws InputError for colours, and for planes too small to tell noise from anything else */
export function checkGrey(image: Omit<Image, "data">): void {
  const { ny, nx } = layoutOf(image);
  if (image.axes.includes("c")) {
    throw new InputError(
      `Cannot denoise a colour image: found ${image.shape[image.axes.indexOf("c")]} channels, wanted one grey channel`,
    );
  }
  if (Math.min(ny, nx) < smallestSide) {
    throw new InputError(
      `Cannot denoise an image of ${nx} × ${ny} pixels: found a side below ${smallestSide}, wanted at least ${smallestSide} × ${smallestSide}`,
    );
  }
}

/** @throws InputError when some values are no finite numbers */
export function checkFinite(nonFinite: number, of: number): void {
  if (nonFinite > 0) {
    throw new InputError(
      `Cannot denoise the image: found ${nonFinite} of ${of} values that are no finite numbers, wanted none`,
    );
  }
}

/**
 * Denoisers take planes and volumes: frames of a series, and planes where asked, go one after another, unless the
 * method joins the members of a series. A guide of the image's shape goes along.
 */
async function denoiseBlocks(
  image: Image,
  denoiser: Denoiser,
  options: DenoiseOptions & Pick<DenoiseContext, "note">,
): Promise<Image> {
  const { parameters, sigma, threads, guide, templates, signal, onProgress, padding } = options;
  const context = { sigma, threads, templates, signal, note: options.note };
  const { blocks, nz, ny, nx, volumetric } = layoutOf(image);
  const { planes = false } = options;
  if (denoiser.joins === "series" && planes && nz > 1) {
    throw new InputError(
      `Cannot denoise by ${denoiser.name} plane by plane: found a method that joins the members of a series, wanted the whole volumes`,
    );
  }
  if (denoiser.joins === "series" || image.axes === "yx" || (image.axes === "zyx" && !planes)) {
    const given = { ...context, guide, ...(padding ? { padding } : {}) };
    return denoiser.denoise(image, parameters, { ...given, onProgress });
  }
  const depth = planes ? 1 : nz;
  const parts = (blocks * nz) / depth;
  const size = depth * ny * nx;
  const data = new Float32Array(image.data.length);
  for (let part = 0; part < parts; part++) {
    throwIfAborted(signal, "denoising");
    const values = image.data.slice(part * size, (part + 1) * size);
    const frame = partOf(image, values, volumetric && !planes ? [nz, ny, nx] : [ny, nx]);
    const marks = padding?.slice(part * size, (part + 1) * size);
    const like = guide && partOfGuide(guide, { image, part, size, frame });
    const given = {
      ...context,
      ...(like ? { guide: like } : {}),
      ...(marks ? { padding: marks } : {}),
    };
    const done = await denoiser.denoise(frame, parameters, given);
    data.set(done.data, part * size);
    onProgress?.({
      done: part + 1,
      total: parts,
      label: planes ? "denoising planes" : "denoising frames",
    });
  }
  return withData(image, data);
}

/** The part of a guide that goes with a part of the image; a guide of that part's own shape goes with all. */
function partOfGuide(
  guide: Image,
  { image, part, size, frame }: { image: Image; part: number; size: number; frame: Image },
): Image {
  if (guide.shape.join() !== image.shape.join()) return guide;
  return withData(frame, guide.data.slice(part * size, (part + 1) * size));
}

/** A part of an image as a method sees it: with its pitch and unit, and without its place. */
export function partOf(
  image: Omit<Image, "data">,
  data: Float32Array,
  shape: readonly number[],
): Image {
  const { spacing, unit } = image;
  return makeImage(data, shape, image.spacingKnown ? { spacing, unit } : { unit });
}
