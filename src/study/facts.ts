/** What is known about a task before any method is run: its images' form, noise level and signal. */
import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { type Image, makeImage, sizeOf } from "../core/image.ts";

export const frameSchema = z.object({
  axes: z.enum(["yx", "zyx"]),
  shape: z.array(z.int().positive()).min(2).max(3),
  /** mm along z, y, x; absent where nothing says it. */
  spacing: z.tuple([z.number(), z.number(), z.number()]).optional(),
  unit: z.enum(["HU", "1/mm", "normalised", "arbitrary"]),
});

/** Form of the images of a study: the same for all of them. */
export type Frame = z.output<typeof frameSchema>;

export function frameOf({ axes, shape, spacing, spacingKnown, unit }: Image): Frame {
  return frameSchema.parse({ axes, shape, unit, ...(spacingKnown ? { spacing } : {}) });
}

/**
 * @throws InputError when images have another form than the first of a study: observers and distances in mm
 *   would compare what cannot be compared
 */
export function requireFrame(found: Frame, wanted: Frame): void {
  const text = ({ shape, spacing, unit }: Frame) =>
    `${shape.join(" × ")} voxels${spacing === undefined ? "" : ` of ${spacing.map((mm) => Number(mm.toPrecision(4))).join(" × ")} mm`} in ${unit}`;
  if (text(found) === text(wanted) && found.axes === wanted.axes) return;
  throw new InputError(
    `Cannot use the task: found an image of ${text(found)} beside one of ${text(wanted)}, wanted one form for all cases; objects whose field of view fits the drawn body have a parameter that fixes it, such as fovMm`,
  );
}

/** An image of a frame from a row of numbers; kept, not copied. */
export function imageIn(frame: Frame, data: Float32Array): Image {
  const { axes, shape, spacing, unit } = frame;
  return makeImage(data, shape, { axes, unit, ...(spacing === undefined ? {} : { spacing }) });
}

interface Shaped {
  readonly shape: readonly number[];
}

/** Values of one image. */
export const voxelsOf = ({ shape }: Shaped): number => sizeOf(shape);

/** Sizes of a plane, and how many of them an image has. */
export function sidesOf({ shape }: Shaped): { nz: number; ny: number; nx: number } {
  const [nx = 1, ny = 1, nz = 1] = [...shape].reverse();
  return { nz, ny, nx };
}

export const factsSchema = z.object({
  frame: frameSchema,
  /** Standard deviation of the noise, mean over a few cases where they differ. */
  sigma: z.number().nonnegative(),
  /** Whether every image is its object plus white Gaussian noise of that level. */
  white: z.boolean(),
  classes: z.array(z.string()).min(1),
  /** Names of label values. */
  labels: z.record(z.string(), z.string()),
  /**
   * Where the signal is: the same for all cases; told to observers, case by case; to be searched for; or there
   * is none.
   */
  place: z.enum(["same", "told", "search", "none"]),
  /** Voxel of a signal at the same place in all cases, slowest axis first. */
  centre: z.array(z.number()).optional(),
  toleranceMm: z.number().positive().optional(),
  candidates: z.array(z.array(z.number())).optional(),
  /** Pairs of images that the mean signal is a mean over; 0 where it is exact, absent without one. */
  signalPairs: z.int().nonnegative().optional(),
});

export type FactsValues = z.output<typeof factsSchema>;

export interface TaskFacts extends FactsValues {
  /** Mean signal in the images, one value per voxel, where the task has one at one place. */
  readonly signal?: Float64Array;
  /** Power spectrum of the background, where theory gives it. */
  readonly spectrum?: Float64Array;
}
