/** The remark by which a comment field keeps what its format has no field for. */
import type { ImageTemplate } from "../core/image.ts";
import { type ComponentKind, componentKinds } from "../core/stored.ts";
import { isPositive } from "./units-of-measure.ts";

const remark = /\bdprime unit=(\S+) axes=(\S+)(?: spacing=(\S+))?(?: time=(\S+))?(?: kind=(\S+))?/;

/**
 * The note in a comment field that keeps what a format has no field for: unit and axes, with
 * `spacing` the spacing in mm along z, y, x and with `time` the seconds between frames when they are
 * known, and that it is not known where a place in
 * the patient has to be written with one.
 */
export function remarkOf(
  image: ImageTemplate,
  options: {
    spacing?: boolean;
    time?: boolean;
    kind?: ComponentKind;
    description?: string | undefined;
  } = {},
): string {
  const parts = [`dprime unit=${image.unit} axes=${image.axes}`];
  if (options.spacing && image.spacingKnown) parts.push(`spacing=${image.spacing.join(",")}`);
  if (image.orientationKnown && !image.spacingKnown) parts.push("spacing=unknown");
  if (options.time && image.timeStep !== undefined) parts.push(`time=${image.timeStep}`);
  if (options.kind !== undefined) parts.push(`kind=${options.kind}`);
  if (options.description) parts.push(options.description);
  return parts.join(" ");
}

const units = ["HU", "1/mm", "normalised", "arbitrary"] as const;

/** Unit, axes, spacing, time step and kind of components from such a note; empty for comments of others. */
export function parseRemark(text: string): {
  unit?: (typeof units)[number];
  axes?: string;
  spacing?: [number, number, number];
  spacingKnown?: false;
  timeStep?: number;
  kind?: ComponentKind;
} {
  const found = remark.exec(text);
  if (found === null) return {};
  const unit = units.find((u) => u === found[1]);
  const kind = componentKinds.find((k) => k === found[5]);
  const spacing = found[3]?.split(",").map(Number) ?? [];
  return {
    ...(unit === undefined ? {} : { unit }),
    axes: found[2]!,
    ...(spacing.length === 3 && spacing.every(isPositive)
      ? { spacing: spacing as [number, number, number] }
      : {}),
    ...(found[3] === "unknown" ? { spacingKnown: false } : {}),
    ...(kind === undefined ? {} : { kind }),
    ...(isPositive(Number(found[4])) ? { timeStep: Number(found[4]) } : {}),
  };
}

const componentCounts: Readonly<Partial<Record<ComponentKind, number>>> = {
  complex: 2,
  "grey-alpha": 2,
  rgb: 3,
  rgba: 4,
};

/** A kind where the number of components is one that it can have, else `vector` (one: as it is). */
export function fittingKind(kind: ComponentKind, components: number): ComponentKind {
  const wanted = componentCounts[kind];
  return wanted === undefined || wanted === components ? kind : "vector";
}

/** What was done and what the source's comment said, as one comment; undefined when both are silent. */
export function joinedTexts(
  description: string | undefined,
  before: string | undefined,
): string | undefined {
  const text = [description, before].filter((t) => t !== undefined && t !== "").join("; ");
  return text === "" ? undefined : text.replace(/[\r\n]+/g, " ");
}

/** A comment without such a remark: what its author wrote. */
export function textBehindRemark(text: string): string {
  return text.replace(remark, "").trim();
}
