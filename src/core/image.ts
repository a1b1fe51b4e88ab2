/**
 * The image: a dense float32 array with named axes, geometry in millimetres and an intensity unit.
 * What a file did not say is marked as unknown and holds a neutral value.
 *
 * Arrays are row-major, the last axis runs fastest. Spatial axes stand in the order `z, y, x`; a
 * series axis `t` or a channel axis `c` stands before them. World coordinates are LPS, as in DICOM:
 * x to the patient's left, y to the back, z to the head. A voxel with spatial indices (k, j, i) along
 * (z, y, x) has its centre at
 *
 *   world = origin + D · (i·spacing_x, j·spacing_y, k·spacing_z),
 *
 * D being the 3×3 `direction`, whose columns are the unit vectors of the x, y and z index axes.
 */
import { InputError } from "./errors.ts";

/** `HU`: CT numbers; `1/mm`: linear attenuation; `normalised`: display window on [0, 1]. */
export type IntensityUnit = "HU" | "1/mm" | "normalised" | "arbitrary";

/** Axis names from the slowest to the fastest. */
export type Axes = "yx" | "zyx" | "tyx" | "tzyx" | "cyx" | "czyx" | "tcyx" | "tczyx";

export const allAxes: readonly Axes[] = [
  "yx",
  "zyx",
  "tyx",
  "tzyx",
  "cyx",
  "czyx",
  "tcyx",
  "tczyx",
];

export interface Geometry {
  /** Voxel pitch in mm along `z, y, x`; always three entries, a 2-D image has its slice thickness first. */
  readonly spacing: readonly [number, number, number];
  /** False when nothing said how far apart the voxels are; `spacing` is then 1 mm. */
  readonly spacingKnown: boolean;
  /** LPS position in mm of the centre of the first voxel, as (x, y, z). */
  readonly origin: readonly [number, number, number];
  /** Row-major 3×3 matrix; column 0, 1, 2 is the world direction of index axis x, y, z. */
  readonly direction: readonly number[];
  /**
   * Whether `origin` and `direction` say how the image lies in the patient or scanner. False when
   * nothing said so; they are then zero and the identity.
   */
  readonly orientationKnown: boolean;
}

/** An image without its values. */
export interface ImageTemplate extends Geometry {
  readonly axes: Axes;
  /** One size for each axis. */
  readonly shape: readonly number[];
  readonly unit: IntensityUnit;
  /** Seconds from one frame of `t` to the next; undefined when unknown or when there is no such axis. */
  readonly timeStep: number | undefined;
}

export interface Image extends ImageTemplate {
  /** Values, row-major, in `unit`. Treated as read-only by every function of this package. */
  readonly data: Float32Array;
}

/** Identity orientation: index axes along +x, +y, +z of LPS. */
export const identityDirection: readonly number[] = Object.freeze([1, 0, 0, 0, 1, 0, 0, 0, 1]);

export interface ImageOptions extends Partial<Geometry> {
  /** Seconds above zero; passed over when the axes have no `t`. */
  readonly timeStep?: number | undefined;
  /** Defaults to `yx` for two sizes and `zyx` for three; other ranks must name their axes. */
  readonly axes?: Axes;
  readonly unit?: IntensityUnit;
}

/**
 * Makes an image from values and sizes.
 *
 * @param data float32 values, row-major; kept, not copied
 * @param shape one positive whole size per axis
 * @param options spacing counts as known when it is given, orientation when origin or direction is,
 *   unless `spacingKnown` and `orientationKnown` say otherwise
 * @throws InputError when sizes, axes and the number of values disagree, or geometry is not finite
 */
export function makeImage(
  data: Float32Array,
  shape: readonly number[],
  options: ImageOptions = {},
): Image {
  const template = makeTemplate(shape, options);
  const wanted = sizeOf(shape);
  if (data.length !== wanted) {
    throw new InputError(
      `Cannot make an image: found ${data.length} values, wanted ${wanted} for shape [${shape.join(", ")}]`,
    );
  }
  return Object.freeze({ data, ...template });
}

/**
 * What an image is, without its values: for files that are read in parts.
 *
 * @throws InputError when sizes and axes disagree, or geometry is not finite
 */
export function makeTemplate(shape: readonly number[], options: ImageOptions = {}): ImageTemplate {
  const axes = options.axes ?? (shape.length === 2 ? "yx" : shape.length === 3 ? "zyx" : undefined);
  if (axes === undefined || axes.length !== shape.length) {
    throw new InputError(
      `Cannot make an image: found ${shape.length} sizes and axes "${axes ?? "none"}", wanted one size for each named axis`,
    );
  }
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 1) {
      throw new InputError(
        `Cannot make an image: found shape [${shape.join(", ")}], wanted positive whole sizes`,
      );
    }
  }
  const spacing = options.spacing ?? ([1, 1, 1] as const);
  const origin = options.origin ?? ([0, 0, 0] as const);
  const direction = options.direction ?? identityDirection;
  if (!spacing.every((s) => Number.isFinite(s) && s > 0)) {
    throw new InputError(
      `Cannot make an image: found spacing [${spacing.join(", ")}] mm, wanted finite positive numbers`,
    );
  }
  if (
    !origin.every(Number.isFinite) ||
    direction.length !== 9 ||
    !direction.every(Number.isFinite)
  ) {
    throw new InputError(
      "Cannot make an image: found origin or direction that is not finite, wanted 3 and 9 finite numbers",
    );
  }
  const { timeStep } = options;
  if (timeStep !== undefined && !(Number.isFinite(timeStep) && timeStep > 0)) {
    throw new InputError(
      `Cannot make an image: found a time step of ${timeStep} s, wanted a finite number above 0`,
    );
  }
  return Object.freeze({
    axes,
    shape: Object.freeze([...shape]),
    spacing,
    spacingKnown: options.spacingKnown ?? options.spacing !== undefined,
    origin,
    direction,
    orientationKnown:
      options.orientationKnown ?? (options.origin !== undefined || options.direction !== undefined),
    timeStep: axes.includes("t") ? timeStep : undefined,
    unit: options.unit ?? "arbitrary",
  });
}

/** The same image with other values (same number of them), geometry and unit kept unless told. */
export function withData(
  image: Image,
  data: Float32Array,
  changes: { unit?: IntensityUnit } = {},
): Image {
  if (data.length !== image.data.length) {
    throw new InputError(
      `Cannot replace the values of an image: found ${data.length}, wanted ${image.data.length}`,
    );
  }
  return Object.freeze({ ...image, data, unit: changes.unit ?? image.unit });
}

/** Where an image lies: its geometry alone. */
export function placeOf(image: Geometry): Geometry {
  const { spacing, spacingKnown, origin, direction, orientationKnown } = image;
  return { spacing, spacingKnown, origin, direction, orientationKnown };
}

/** Whether two geometries are the same to the last bit, and equally known. */
export function isSamePlace(a: Geometry, b: Geometry): boolean {
  const same = (u: readonly number[], v: readonly number[]) => u.every((x, i) => x === v[i]);
  return (
    a.spacingKnown === b.spacingKnown &&
    a.orientationKnown === b.orientationKnown &&
    same(a.spacing, b.spacing) &&
    same(a.origin, b.origin) &&
    same(a.direction, b.direction)
  );
}

/** Product of sizes. */
export function sizeOf(shape: readonly number[]): number {
  let n = 1;
  for (const size of shape) n *= size;
  return n;
}

/** Sizes of an image split into spatial (`z, y, x`) and the leading count of series and channels. */
export interface Layout {
  /** Number of independent spatial blocks (frames × channels). */
  readonly blocks: number;
  /** Depth, 1 for planar images. */
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
  /** Whether the image has a `z` axis. */
  readonly volumetric: boolean;
}

/** Says how an image's values are laid out in spatial blocks. */
export function layoutOf(image: Pick<Image, "axes" | "shape">): Layout {
  const volumetric = image.axes.includes("z");
  const spatial = volumetric ? 3 : 2;
  const leading = image.shape.slice(0, image.shape.length - spatial);
  const [nx = 1, ny = 1, nz = 1] = [...image.shape].reverse();
  return { blocks: sizeOf(leading), nz: volumetric ? nz : 1, ny, nx, volumetric };
}

/** One plane of a volume (or one block's plane), as a `yx` image with its own origin. */
export function sliceOf(image: Image, index: number): Image {
  const { blocks, nz, ny, nx } = layoutOf(image);
  if (!Number.isInteger(index) || index < 0 || index >= blocks * nz) {
    throw new InputError(
      `Cannot take slice ${index}: found ${blocks * nz} slices, wanted an index from 0 to ${blocks * nz - 1}`,
    );
  }
  const k = index % nz;
  const d = image.direction;
  const step = k * image.spacing[0];
  const origin = [0, 1, 2].map((r) => image.origin[r]! + d[3 * r + 2]! * step) as [
    number,
    number,
    number,
  ];
  return makeImage(image.data.slice(index * ny * nx, (index + 1) * ny * nx), [ny, nx], {
    ...placeOf(image),
    origin,
    unit: image.unit,
  });
}

/** Smallest and largest value, and how many values are not finite. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
  readonly nonFinite: number;
}

/** Range of the finite values; `min` and `max` are NaN when there is none. */
export function rangeOf(data: ArrayLike<number>): ValueRange {
  let min = Infinity;
  let max = -Infinity;
  let nonFinite = 0;
  for (let i = 0; i < data.length; i++) {
    const v = data[i]!;
    if (!Number.isFinite(v)) nonFinite++;
    else {
      if (v < min) min = v;
      if (v > max) max = v;
    }
  }
  return min > max ? { min: NaN, max: NaN, nonFinite } : { min, max, nonFinite };
}
