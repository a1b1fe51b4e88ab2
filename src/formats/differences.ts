/**
 * What a file does not say any more that the image it was made from did: found by comparing what was read
 * with what is read back, so that nothing has to be listed by hand.
 */
import type { Geometry, Image } from "../core/image.ts";
import { layoutOf } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stored } from "../core/stored.ts";
import { giveTurn } from "../core/turns.ts";
import type { DecodedImage } from "./format.ts";

/** Headers hold geometry in single precision or in decimal text of some seven digits at least. */
const tolerance = 2e-6;

type Valued = Omit<DecodedImage, "notes">;

/** What is said of an image beside its values. */
export interface Described extends Pick<DecodedImage, "facts"> {
  readonly image: Omit<Image, "data">;
  readonly stored: Omit<Stored, "data">;
}

/** Values that changed. */
export interface ChangedValues {
  readonly count: number;
  readonly changed: number;
  /** Greatest change; NaN where a number became none. */
  readonly most: number;
}

/** Everything of `read` that `back` lacks or says differently, one phrase each; empty when nothing is. */
export async function differencesBetween(
  read: Valued,
  back: Valued,
  { signal }: Pick<WorkOptions, "signal"> = {},
): Promise<string[]> {
  const { length } = read.image.data;
  if (length !== back.image.data.length) {
    return [
      `values: ${length} (read back as ${back.image.data.length})`,
      ...differencesBesideValues(read, back),
    ];
  }
  return [
    ...inWords(await changedValues(read, back, { signal })),
    ...differencesBesideValues(read, back),
  ];
}

/** As `differencesBetween`, of all but the values. */
export function differencesBesideValues(read: Described, back: Described): string[] {
  const found = [...differentAxes(read, back), ...differentPlace(read.image, back.image)];
  const { image } = read;
  if (image.timeStep !== undefined && !near(image.timeStep, back.image.timeStep ?? NaN)) {
    found.push(`time between frames: ${image.timeStep} s`);
  }
  if (image.unit !== back.image.unit && image.unit !== "arbitrary") {
    found.push(`unit: ${image.unit}`);
  }
  for (const [name, value] of Object.entries(read.facts)) {
    if (back.facts[name] !== value) found.push(`${name}: ${value}`);
  }
  return found;
}

function near(a: number, b: number, scale = Math.abs(a)): boolean {
  return Math.abs(a - b) <= tolerance * scale;
}

function differentAxes({ image, stored }: Described, back: Described): string[] {
  const found: string[] = [];
  const sizes = (one: Omit<Image, "data">) =>
    Array.from(one.axes, (a, i) => `${a}${one.shape[i]}`).join(" ");
  if (sizes(image) !== sizes(back.image)) {
    found.push(`axes: ${sizes(image)} (read back as ${sizes(back.image)})`);
  }
  const { kind, bits, padding, paddingLimit } = stored;
  if (kind !== "scalar" && kind !== back.stored.kind) {
    found.push(`components: ${kind} (read back as ${back.stored.kind})`);
  }
  if (bits !== undefined && bits !== back.stored.bits) found.push(`significant bits: ${bits}`);
  const same = padding === back.stored.padding && paddingLimit === back.stored.paddingLimit;
  if (padding !== undefined && !same) {
    const range = paddingLimit === undefined ? "" : ` to ${paddingLimit}`;
    found.push(`which stored value means padding: ${padding}${range}`);
  }
  return found;
}

function differentPlace(image: Geometry, back: Geometry): string[] {
  const found: string[] = [];
  const round = (v: number) => Number(v.toPrecision(6));
  const list = (values: readonly number[]) => values.map(round).join(", ");
  const spacing = `${[...image.spacing].map(round).join(" × ")} mm (z, y, x)`;
  if (image.spacingKnown) {
    if (!back.spacingKnown || !image.spacing.every((s, i) => near(s, back.spacing[i]!))) {
      found.push(`spacing: ${spacing}`);
    }
  } else if (back.spacingKnown) {
    found.push("that the spacing is not known: it is read back as 1 mm");
  }
  if (image.orientationKnown) {
    const reach = Math.max(1, ...image.origin.map(Math.abs));
    const moved = !image.origin.every((v, i) => near(v, back.origin[i]!, reach));
    const turned = !image.direction.every((v, i) => near(v, back.direction[i]!, 1));
    if (!back.orientationKnown) {
      found.push(
        `orientation: origin ${list(image.origin)} mm, direction ${list(image.direction)}`,
      );
    } else {
      if (moved) found.push(`origin: ${list(image.origin)} mm`);
      if (turned) found.push(`direction: ${list(image.direction)}`);
    }
  } else if (back.orientationKnown) {
    found.push(
      "that the orientation is not known: it is read back as axial from the origin of the patient",
    );
  }
  return found;
}

/** The element at a planar index (channels before space) in full precision, unscaled when `raw`. */
function elementReader(stored: Stored, image: Image): (index: number) => number | bigint {
  const { data, components, slope, intercept, planes } = stored;
  const { nz, ny, nx } = layoutOf(image);
  const [plane, volume] = [ny * nx, nz * ny * nx];
  const plain = slope === 1 && intercept === 0 && planes === undefined;
  const at =
    components === 1
      ? (i: number) => i
      : (i: number) => {
          const block = Math.floor(i / volume);
          const [outer, c] = [Math.floor(block / components), block % components];
          return (outer * volume + (i % volume)) * components + c;
        };
  if (plain) return (i) => data[at(i)]!;
  if (planes === undefined) return (i) => slope * Number(data[at(i)]) + intercept;
  return (i) => {
    const p = Math.floor(i / plane);
    return planes.slope[p]! * Number(data[at(i)]) + planes.intercept[p]!;
  };
}

function isSame(a: number | bigint, b: number | bigint): boolean {
  if (a === b) return true;
  if (typeof a === typeof b) return Number.isNaN(a) && Number.isNaN(b);
  const [whole, real] = typeof a === "bigint" ? [a, b as number] : [b as bigint, a];
  return Number.isInteger(real) && BigInt(real) === whole;
}

/** Values compared between two turns of the event loop: some ten milliseconds. */
const perTurn = 2 ** 21;

/** How many values changed, by the elements of both in full precision. */
export async function changedValues(
  read: Pick<Valued, "image" | "stored">,
  back: Pick<Valued, "image" | "stored">,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ChangedValues> {
  const count = read.image.data.length;
  const [before, after] = [
    elementReader(read.stored, read.image),
    elementReader(back.stored, back.image),
  ];
  let changed = 0;
  let most = 0;
  for (let i = 0; i < count; i++) {
    if (i % perTurn === perTurn - 1) await giveTurn(signal, "comparing what was written");
    const [a, b] = [before(i), after(i)];
    if (isSame(a, b)) continue;
    changed++;
    const difference = Math.abs(Number(a) - Number(b));
    if (!(difference <= most) && !Number.isNaN(most)) most = difference;
  }
  return { count, changed, most };
}

/** The sum of what changed in two parts of an image. */
export function joinedChanges(a: ChangedValues, b: ChangedValues): ChangedValues {
  return {
    count: a.count + b.count,
    changed: a.changed + b.changed,
    most: a.most >= b.most || Number.isNaN(a.most) ? a.most : b.most,
  };
}

/** One phrase, or none where nothing changed. */
export function inWords({ count, changed, most }: ChangedValues): string[] {
  if (changed === 0) return [];
  const by = Number.isNaN(most) ? "" : `, by up to ${Number(most.toPrecision(3))}`;
  return [`precision: ${changed} of ${count} values differ${by}`];
}
