/**
 * From images to the planes that metrics work on: checks, window, clip policy and data range in one
 * place, so that every metric states them in the same way.
 */
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { layoutOf, rangeOf } from "../core/image.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { MetricContext, MetricSettings } from "./metric.ts";
import { checkRegion, regionSlice } from "./region.ts";
import type { Undefinedness } from "./undefinedness.ts";

/** One plane of an image, with the same plane of the reference and of the mask. */
export interface Plane {
  readonly values: Float64Array;
  /** Same size as `values`; empty when there is no reference. */
  readonly reference: Float64Array;
  /** 1 where voxels count, or null when all of them do. */
  readonly mask: Uint8Array | null;
  readonly ny: number;
  readonly nx: number;
  /** Number of the plane in the image. */
  readonly index: number;
}

export interface Prepared {
  readonly planes: readonly Plane[];
  /** NaN where the metric needs one and there is none. */
  readonly dataRange: number;
  /** Why there is no data range, when the metric needs one. */
  readonly noRange?: Undefinedness;
  readonly settings: MetricSettings;
}

/** @throws InputError when values of the image are not finite */
export function checkFinite(image: Image, what: string): void {
  const { nonFinite } = rangeOf(image.data);
  if (nonFinite > 0) {
    throw new InputError(
      `Cannot measure ${what}: found ${nonFinite} values that are not finite, wanted none`,
    );
  }
}

/** @throws InputError when two images differ in sizes, unit or (both known) spacing, or hold values that are not finite */
export function checkPair(image: Image, reference: Image, metric: string): void {
  const a = image.shape.join("×");
  const b = reference.shape.join("×");
  if (a !== b || image.axes !== reference.axes) {
    throw new InputError(
      `Cannot measure ${metric}: found an image of ${a} (${image.axes}) and a reference of ${b} (${reference.axes}), wanted equal sizes`,
    );
  }
  if (image.unit !== reference.unit) {
    throw new InputError(
      `Cannot measure ${metric}: found an image in ${image.unit} and a reference in ${reference.unit}, wanted one unit`,
    );
  }
  const apart = image.spacing.some((s, i) => Math.abs(s - reference.spacing[i]!) > 1e-4 * s);
  if (image.spacingKnown && reference.spacingKnown && apart) {
    throw new InputError(
      `Cannot measure ${metric}: found spacings ${image.spacing.join(", ")} and ${reference.spacing.join(", ")} mm, wanted equal spacing`,
    );
  }
  checkFinite(image, metric);
  checkFinite(reference, `${metric} against the reference`);
}

function rangeFor(
  image: Image,
  context: MetricContext,
): { dataRange: number; from: MetricSettings["dataRangeFrom"] } {
  const { dataRange, window, reference } = context;
  if (dataRange !== undefined) {
    if (!(dataRange > 0) || !Number.isFinite(dataRange)) {
      throw new InputError(`Cannot use data range ${dataRange}: wanted a finite number above 0`);
    }
    return { dataRange, from: "given" };
  }
  if (window) return { dataRange: window.high - window.low, from: "window" };
  if (image.unit === "normalised") return { dataRange: 1, from: "unit" };
  const { min, max } = rangeOf((reference ?? image).data);
  return { dataRange: max > min ? max - min : NaN, from: "reference" };
}

export interface PrepareOptions {
  /** Metric's name, for messages. */
  readonly metric: string;
  readonly variant: ParameterValues;
  /** `pair`: the reference is needed. */
  readonly reads: "pair" | "image";
  /** Whether the metric uses the data range at all. */
  readonly usesRange: boolean;
  /** Smallest side in pixels. */
  readonly smallest?: number;
  /** Text of the averaging order for more than one plane. */
  readonly averaging?: string;
}

/**
 * Checks an image and its context, applies window and clip policy, and cuts planes.
 *
 * @throws InputError naming what was found and wanted
 */
export function prepare(image: Image, context: MetricContext, options: PrepareOptions): Prepared {
  const { metric, variant } = options;
  const { window, reference, mask } = context;
  if (options.reads === "pair") {
    if (!reference)
      throw new InputError(`Cannot measure ${metric}: found no reference image, wanted one`);
    checkPair(image, reference, metric);
  } else {
    checkFinite(image, metric);
    if (reference) checkPair(image, reference, metric);
  }
  if (window && !(window.high > window.low)) {
    throw new InputError(
      `Cannot use window ${window.low} to ${window.high}: wanted a lower end below the upper one`,
    );
  }
  if (context.clip === "window" && !window) {
    throw new InputError("Cannot clip to the window: found no window, wanted one");
  }
  if (mask) checkRegion(mask, image);
  const { blocks, nz, ny, nx } = layoutOf(image);
  const smallest = options.smallest ?? 1;
  if (Math.min(ny, nx) < smallest) {
    throw new InputError(
      `Cannot measure ${metric}: found planes of ${ny}×${nx} pixels, wanted at least ${smallest}×${smallest}`,
    );
  }
  const clip = context.clip ?? (window ? "window" : "none");
  const cut = (data: Float32Array, p: number): Float64Array => {
    const out = Float64Array.from(data.subarray(p * ny * nx, (p + 1) * ny * nx));
    if (clip === "window" && window) {
      for (let i = 0; i < out.length; i++)
        out[i] = Math.min(window.high, Math.max(window.low, out[i]!));
    }
    return out;
  };
  const planes: Plane[] = [];
  for (let p = 0; p < blocks * nz; p++) {
    const inside = mask ? regionSlice(mask, p % nz) : null;
    if (mask && inside === null) continue;
    planes.push({
      values: cut(image.data, p),
      reference: reference ? cut(reference.data, p) : new Float64Array(0),
      mask: inside,
      ny,
      nx,
      index: p,
    });
  }
  const range = rangeFor(image, context);
  const settings: MetricSettings = Object.freeze({
    window: window ?? null,
    clip,
    dataRange: options.usesRange && range.dataRange > 0 ? range.dataRange : null,
    dataRangeFrom: options.usesRange ? range.from : "not used",
    mask: mask ? { name: mask.name, voxels: mask.voxels } : null,
    averaging:
      planes.length === 1
        ? "one plane"
        : (options.averaging ?? `per slice, then mean over ${planes.length} slices`),
    variant,
  });
  return {
    planes,
    dataRange: range.dataRange,
    settings,
    ...(options.usesRange && Number.isNaN(range.dataRange)
      ? {
          noRange: {
            cause: "the reference is constant, so that its extent gives no data range",
            remedy: "give the data range or a window",
          },
        }
      : {}),
  };
}

/** Mean of the map's values at the centres that the mask counts; NaN when it counts none. */
export function meanOverMask(map: ArrayLike<number>, mask: ArrayLike<number> | null): number {
  let sum = 0;
  let n = 0;
  for (let i = 0; i < map.length; i++) {
    if (mask && mask[i] === 0) continue;
    sum += map[i]!;
    n++;
  }
  return sum / n;
}

/** The part of a mask that a "valid" filter of the given radius keeps; null stays null. */
export function cropMask(
  mask: Uint8Array | null,
  size: { ny: number; nx: number; before: number; after: number },
): Uint8Array | null {
  if (!mask) return null;
  const { ny, nx, before, after } = size;
  const h = ny - before - after;
  const w = nx - before - after;
  const out = new Uint8Array(h * w);
  for (let j = 0; j < h; j++) {
    for (let i = 0; i < w; i++) out[j * w + i] = mask[(j + before) * nx + i + before]!;
  }
  return out;
}
