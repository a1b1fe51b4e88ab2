/**
 * Which elements a writer puts into its file: the stored ones where the format can hold them, the
 * values otherwise, in a type that keeps them; what cannot be kept is said.
 */
import { InputError } from "../core/errors.ts";
import { type Image, type ImageTemplate, sizeOf } from "../core/image.ts";
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

/** Whether a format keeps components of a kind and type as planes of the `c` axis, not side by side. */
export type IsPlanar = (kind: ComponentKind, type: StoredType) => boolean;

/**
 * @param isPlanar defaults to never: components that came side by side are written so
 * @throws InputError when no element type of the format holds the values, or axes or components do not fit
 */
export function elementsToWrite(
  image: Image,
  options: WriteOptions & { isPlanar?: IsPlanar },
  format: Pick<Format, "title" | "holds">,
): Elements {
  const { holds, title } = format;
  const { stored, isPlanar = () => false } = options;
  const lost = [...lossesOf(image, holds, title)];
  if (stored !== undefined) checkStored(image, stored);
  if (!holds.axes.includes(image.axes)) {
    throw new InputError(
      `Cannot write an image with axes "${image.axes}" as ${title}: found no place for them, wanted ${holds.axes.join(", ")}`,
    );
  }
  const kind = heldKind(image, options, format);
  if (stored !== undefined && isHeld(stored, options, holds)) {
    const { type, slope, intercept } = stored;
    if (stored.padding !== undefined) lost.push("which stored value means padding");
    const planar = stored.components > 1 && isPlanar(kind, type);
    return {
      data: planar ? planarElements(stored, image) : stored.data,
      type,
      components: planar ? 1 : stored.components,
      kind,
      slope,
      intercept,
      lost,
    };
  }
  const values = stored === undefined ? image.data : valuesOf(stored, image);
  const type = options.type ?? chooseType(values, stored, holds, title);
  if (!holds.types.includes(type)) {
    throw new InputError(
      `Cannot write ${type} elements as ${title}: wanted one of ${holds.types.join(", ")}`,
    );
  }
  if (stored !== undefined && !isExact(values, type)) {
    lost.push(`precision of ${stored.type} values beyond ${type}`);
  }
  const { components } = stored ?? { components: 1 };
  const planar = stored !== undefined && components > 1 && isPlanar(kind, type);
  const data = fromFloat(values, type);
  return {
    data: planar ? planarElements({ ...stored, data }, image) : data,
    type,
    components: planar ? 1 : components,
    kind,
    slope: 1,
    intercept: 0,
    lost,
  };
}

const kindNames: Readonly<Record<ComponentKind, string>> = {
  scalar: "scalars",
  complex: "complex numbers",
  rgb: "colours (RGB)",
  rgba: "colours (RGBA)",
  "grey-alpha": "grey values with opacity",
  vector: "vectors",
};

/**
 * What the format will call the components. Whatever is no colour may become a vector, and never a colour.
 *
 * @throws InputError when the format has no word for it
 */
function heldKind(
  image: Image,
  options: WriteOptions,
  { holds, title }: Pick<Format, "title" | "holds">,
): ComponentKind {
  const at = image.axes.indexOf("c");
  if (at < 0) return "scalar";
  const said = options.kind ?? options.stored?.kind ?? "vector";
  const kind = said === "scalar" ? "vector" : said;
  if (holds.kinds.includes(kind)) return kind;
  if (holds.kinds.includes("vector")) return "vector";
  const wanted = holds.kinds.map((k) => kindNames[k]).join(" or ");
  throw new InputError(
    `Cannot write ${kindNames[kind]} of ${image.shape[at]} components as ${title}: found no place for them, wanted ${wanted}; choose NIfTI, NRRD or MetaImage`,
  );
}

/** Interleaved elements with their components as planes of the `c` axis. */
function planarElements(stored: Stored, image: Image): StoredArray {
  const { data, components } = stored;
  const volume = sizeOf(stored.shape.slice(image.axes.includes("z") ? -3 : -2));
  const out = data.slice();
  for (let i = 0; i < data.length; i++) {
    const voxel = Math.floor(i / components);
    const block = Math.floor(voxel / volume);
    out[(block * components + (i % components)) * volume + (voxel % volume)] = data[i]!;
  }
  return out;
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

/** Whether a format takes elements as they are. */
export function isHeld(
  stored: Omit<Stored, "data">,
  options: Pick<WriteOptions, "type">,
  holds: Holding,
): boolean {
  if (options.type !== undefined && options.type !== stored.type) return false;
  if (!holds.types.includes(stored.type)) return false;
  const plain = stored.slope === 1 && stored.intercept === 0;
  return stored.planes === undefined && (holds.scaling || plain);
}

/** Scaled values in float64, in the order of the stored elements. */
export function valuesOf(stored: Stored, image: Pick<ImageTemplate, "shape">): Float64Array {
  const { data, components, slope, intercept, planes } = stored;
  const out = new Float64Array(data.length);
  const plane = sizeOf(image.shape.slice(-2)) * components;
  for (let i = 0; i < data.length; i++) {
    const p = Math.floor(i / plane);
    out[i] = (planes?.slope[p] ?? slope) * Number(data[i]) + (planes?.intercept[p] ?? intercept);
  }
  return out;
}

/** Whether every value is a number of the type. */
export function isExact(values: ArrayLike<number>, type: StoredType): boolean {
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
  return firstExact((type) => isExact(values, type), holds, title);
}

/**
 * The smallest type of a format that is exact, else its widest floating type.
 *
 * @throws InputError when it has neither
 */
export function firstExact(
  isExactIn: (type: StoredType) => boolean,
  holds: Holding,
  title: string,
): StoredType {
  for (const type of allTypes) {
    if (holds.types.includes(type) && isExactIn(type)) return type;
  }
  for (const type of ["float64", "float32"] as const) {
    if (holds.types.includes(type)) return type;
  }
  throw new InputError(
    `Cannot write these values as ${title}: found fractions or values outside ${holds.types.join(", ")}, wanted whole numbers in range; scale to a display window first or choose a format with float32`,
  );
}

/** What an image has that a format cannot hold, one plain sentence each. */
export function lossesOf(image: ImageTemplate, holds: Holding, title: string): string[] {
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
