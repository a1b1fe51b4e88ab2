/**
 * Which elements a writer puts into its file: the stored ones where the format can hold them, the
 * values otherwise, in a type that keeps them; what cannot be kept is said.
 */
import { InputError } from "../core/errors.ts";
import { type Image, sizeOf } from "../core/image.ts";
import { allTypes, fromFloat, integerRange } from "../codecs/elements.ts";
import type { ComponentKind, Stored, StoredArray, StoredType } from "../core/stored.ts";
import type { Format, Holding, WriteOptions } from "./format.ts";

/** Elements ready for a file, in the image's order (`components` interleaved when above one). */
export interface Elements {
  readonly data: StoredArray;
  readonly type: StoredType;
  readonly components: number;
  readonly kind: Stored["kind"];
  readonly slope: number;
  readonly intercept: number;
  readonly lost: readonly string[];
}

/**
 * @param layout.planarKinds kinds whose components the format keeps as planes of the `c` axis
 * @throws InputError when no element type of the format holds the values, or the axes do not fit
 */
export function elementsToWrite(
  image: Image,
  options: WriteOptions,
  format: Pick<Format, "title" | "holds">,
  layout: { planarKinds?: readonly ComponentKind[] } = {},
): Elements {
  const { holds } = format;
  const lost = [...lossesOf(image, holds, format.title)];
  if (options.stored !== undefined) checkStored(image, options.stored);
  const stored = planarStored(options.stored, image, layout.planarKinds ?? []);
  if (!holds.axes.includes(image.axes)) {
    throw new InputError(
      `Cannot write an image with axes "${image.axes}" as ${format.title}: found no place for them, wanted ${holds.axes.join(", ")}`,
    );
  }
  if (stored !== undefined && isHeld(stored, options, holds)) {
    const { data, type, components, kind, slope, intercept } = stored;
    if (stored.padding !== undefined) lost.push("which stored value means padding");
    return { data, type, components, kind, slope, intercept, lost };
  }
  const interleaved =
    stored !== undefined && stored.components > 1 && holds.kinds.includes(stored.kind)
      ? stored.components
      : 1;
  const values =
    stored === undefined ? image.data : valuesOf(stored, image, { interleaved: interleaved > 1 });
  const type = options.type ?? chooseType(values, stored, holds, format.title);
  if (!holds.types.includes(type)) {
    throw new InputError(
      `Cannot write ${type} elements as ${format.title}: wanted one of ${holds.types.join(", ")}`,
    );
  }
  if (stored !== undefined && !isExact(values, type)) {
    lost.push(`precision of ${stored.type} values beyond ${type}`);
  }
  return {
    data: fromFloat(values, type),
    type,
    components: interleaved,
    kind: interleaved > 1 ? stored!.kind : "scalar",
    slope: 1,
    intercept: 0,
    lost,
  };
}

/** Stored elements with their components moved to planes where the format wants them so. */
function planarStored(
  stored: Stored | undefined,
  image: Image,
  kinds: readonly ComponentKind[],
): Stored | undefined {
  if (stored === undefined || stored.components === 1 || !kinds.includes(stored.kind))
    return stored;
  const { data, components } = stored;
  const volume = sizeOf(stored.shape.slice(image.axes.includes("z") ? -3 : -2));
  const out = data.slice();
  for (let i = 0; i < data.length; i++) {
    const voxel = Math.floor(i / components);
    const block = Math.floor(voxel / volume);
    out[(block * components + (i % components)) * volume + (voxel % volume)] = data[i]!;
  }
  return { ...stored, data: out, shape: image.shape, components: 1, kind: "vector" };
}

function checkStored(image: Image, stored: Stored): void {
  if (stored.data.length !== image.data.length) {
    throw new InputError(
      `Cannot write stored elements: found ${stored.data.length}, wanted ${image.data.length} as the image has values`,
    );
  }
  if (sizeOf(stored.shape) * stored.components !== stored.data.length) {
    throw new InputError(
      `Cannot write stored elements: found shape [${stored.shape.join(", ")}] with ${stored.components} components, wanted ${stored.data.length} elements`,
    );
  }
}

function isHeld(stored: Stored, options: WriteOptions, holds: Holding): boolean {
  if (options.type !== undefined && options.type !== stored.type) return false;
  if (!holds.types.includes(stored.type) || !holds.kinds.includes(stored.kind)) return false;
  const plain = stored.slope === 1 && stored.intercept === 0;
  return stored.planes === undefined && (holds.scaling || plain);
}

/** Scaled values in float64, in the image's planar order or interleaved as stored. */
function valuesOf(stored: Stored, image: Image, options: { interleaved: boolean }): Float64Array {
  const { data, components, slope, intercept, planes } = stored;
  const out = new Float64Array(data.length);
  const plane = sizeOf(stored.shape.slice(-2)) * components;
  const volume = sizeOf(stored.shape.slice(image.axes.includes("z") ? -3 : -2));
  for (let i = 0; i < data.length; i++) {
    const p = Math.floor(i / plane);
    const value =
      (planes?.slope[p] ?? slope) * Number(data[i]) + (planes?.intercept[p] ?? intercept);
    if (components === 1 || options.interleaved) out[i] = value;
    else {
      const voxel = Math.floor(i / components);
      const block = Math.floor(voxel / volume);
      out[(block * components + (i % components)) * volume + (voxel % volume)] = value;
    }
  }
  return out;
}

/** Whether every value is a number of the type. */
function isExact(values: ArrayLike<number>, type: StoredType): boolean {
  if (type === "float64") return true;
  const range = integerRange(type);
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (range === undefined) {
      if (Math.fround(v) !== v && !Number.isNaN(v)) return false;
    } else if (!Number.isInteger(v) || v < range.min || v > range.max) return false;
  }
  return true;
}

/**
 * The type for values that cannot be written as stored: without stored elements float32 (what an
 * image is made of); with them the smallest that is exact, else the widest floating type.
 */
function chooseType(
  values: ArrayLike<number>,
  stored: Stored | undefined,
  holds: Holding,
  title: string,
): StoredType {
  if (stored === undefined && holds.types.includes("float32")) return "float32";
  for (const type of allTypes) {
    if (holds.types.includes(type) && isExact(values, type)) return type;
  }
  for (const type of ["float64", "float32"] as const) {
    if (holds.types.includes(type)) return type;
  }
  throw new InputError(
    `Cannot write these values as ${title}: found fractions or values outside ${holds.types.join(", ")}, wanted whole numbers in range; scale to a display window first or choose a format with float32`,
  );
}

/** What an image has that a format cannot hold, one plain sentence each. */
export function lossesOf(image: Image, holds: Holding, title: string): string[] {
  const lost: string[] = [];
  const { geometry } = holds;
  if (image.spacingKnown && image.orientationKnown && geometry === "none") {
    lost.push(`${title} holds no spacing, origin or direction`);
  } else if (image.spacingKnown && geometry === "none") {
    lost.push(`${title} holds no spacing`);
  } else if (image.orientationKnown && geometry !== "full") {
    lost.push(`${title} holds no origin or direction, only spacing`);
  }
  if (image.timeStep !== undefined && !holds.timeStep) {
    lost.push(`${title} does not say that ${image.timeStep} s lie between frames`);
  }
  if (!holds.unit && image.unit !== "arbitrary") {
    lost.push(`${title} does not say that the unit is ${image.unit}`);
  }
  return lost;
}

const remark = /\bdprime unit=(\S+) axes=(\S+)(?: spacing=(\S+))?(?: time=(\S+))?/;

/**
 * The note in a comment field that keeps what a format has no field for: unit and axes, with
 * `spacing` the spacing in mm along z, y, x and with `time` the seconds between frames when they are
 * known, and that it is not known where a place in
 * the patient has to be written with one.
 */
export function remarkOf(
  image: Image,
  options: { spacing?: boolean; time?: boolean; description?: string | undefined } = {},
): string {
  const parts = [`dprime unit=${image.unit} axes=${image.axes}`];
  if (options.spacing && image.spacingKnown) parts.push(`spacing=${image.spacing.join(",")}`);
  if (image.orientationKnown && !image.spacingKnown) parts.push("spacing=unknown");
  if (options.time && image.timeStep !== undefined) parts.push(`time=${image.timeStep}`);
  if (options.description) parts.push(options.description);
  return parts.join(" ");
}

const units = ["HU", "1/mm", "normalised", "arbitrary"] as const;

/** Unit, axes, spacing and time step from such a note; empty for comments of others. */
export function parseRemark(text: string): {
  unit?: (typeof units)[number];
  axes?: string;
  spacing?: [number, number, number];
  spacingKnown?: false;
  timeStep?: number;
} {
  const found = remark.exec(text);
  if (found === null) return {};
  const unit = units.find((u) => u === found[1]);
  const spacing = found[3]?.split(",").map(Number) ?? [];
  return {
    ...(unit === undefined ? {} : { unit }),
    axes: found[2]!,
    ...(spacing.length === 3 && spacing.every(isPositive)
      ? { spacing: spacing as [number, number, number] }
      : {}),
    ...(found[3] === "unknown" ? { spacingKnown: false } : {}),
    ...(isPositive(Number(found[4])) ? { timeStep: Number(found[4]) } : {}),
  };
}

/** Whether a number can be a spacing or a time step. */
export function isPositive(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value > 0;
}
