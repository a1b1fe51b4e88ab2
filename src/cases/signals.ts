/** Signals of a description, drawn on an object: which one, of which form and size, and where. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";
import { distanceTransform } from "../metrics/distance-transform.ts";
import { catalogue as signals } from "../phantoms/signals/catalogue.ts";
import type { Signal } from "../phantoms/signals/signal.ts";
import type { SignalDescription } from "./description.ts";
import { checkSpreads, drawSpreads, fixedValues } from "./spread.ts";

/** An object as a phantom drew it. */
export interface DrawnObject {
  readonly image: Image;
  readonly labels?: Image | undefined;
  /** Names of label values. */
  readonly names: Readonly<Record<number, string>>;
}

export interface PlacedSignal {
  readonly name: string;
  readonly parameters: ParameterValues;
  /** Where it is: voxel of the object, slowest axis first. */
  readonly centre: readonly number[];
  /** Where it is expected: as `centre`, without what the tolerance of its place added. */
  readonly expected: readonly number[];
  /** To be added to the object: one value per voxel, in its unit. */
  values(): Float32Array;
}

export interface SignalSource {
  /** Whether every case has the same signal: name, size and form. */
  readonly sameSignal: boolean;
  /** Whether it is at the same place in every case. */
  readonly samePlace: boolean;
  /** Places where it may be, in voxels, where the description lists them. */
  readonly places: readonly (readonly number[])[] | undefined;
  draw(object: DrawnObject, stream: Stream): PlacedSignal;
}

/**
 * Opens the signals of a description.
 *
 * @param form gives the stream, from its start, of the form that all cases share where they share one
 * @throws InputError on names that do not exist, options that no signal has or that are out of range
 */
export async function openSignals(
  description: SignalDescription,
  form: () => Stream,
): Promise<SignalSource> {
  const { name, options, centre, places, within, toleranceMm } = description;
  const names = Array.isArray(name) ? name : [name];
  const members: Signal[] = [];
  for (const one of names) {
    members.push(
      await openMember<Signal>(signals, one, `Cannot draw a signal: found no signal ${one}`),
    );
  }
  checkOptions(members, options);
  const given = [centre, places, within].filter((one) => one !== undefined).length;
  if (given > 1) {
    throw new InputError(
      `Cannot place a signal: found ${given} of centre, places and within, wanted at most one`,
    );
  }
  const fixed = members.length === 1 ? fixedValues(options) : undefined;
  const sameSignal = fixed !== undefined && description.form !== "drawn";
  const placer = placerOf(description);
  // Most cases of a fixed signal share its values too.
  let kept: { key: string; values: Float32Array } | undefined;
  return {
    sameSignal,
    samePlace: placer === undefined && toleranceMm === undefined,
    places,
    draw(object, stream) {
      const signal =
        members[members.length === 1 ? 0 : stream.child("name").integer(members.length)]!;
      const own = Object.fromEntries(
        Object.entries(options).filter(([key]) => Object.hasOwn(signal.parameters, key)),
      );
      const parameters = fixed ?? drawSpreads(stream.child("options"), own, signal.parameters);
      const shape = spatialShape(object.image);
      const given = placer?.(object, stream.child("place")) ?? centre;
      if (given !== undefined && given.length !== shape.length) {
        throw new InputError(
          `Cannot place a signal: found a place of ${given.length} numbers, wanted ${shape.length} for an object of shape ${shape.join("×")}`,
        );
      }
      const { spacing } = object.image;
      const expected = given ?? shape.map((n) => Math.floor(n / 2));
      const at =
        toleranceMm === undefined
          ? given
          : moved(expected, { spacing, toleranceMm, stream: stream.child("tolerance") });
      const grid = { shape, spacing, ...(at === undefined ? {} : { centre: at }) };
      return {
        name: signal.name,
        parameters,
        centre: at ?? expected,
        expected,
        values() {
          const key = JSON.stringify([shape, spacing, at]);
          if (sameSignal && kept?.key === key) return kept.values;
          const values = signal.render(
            grid,
            parameters,
            sameSignal ? form() : stream.child("form"),
          );
          if (sameSignal) kept = { key, values };
          return values;
        },
      };
    },
  };
}

/** A place drawn evenly from the disk or ball of a radius about another. */
function moved(
  place: readonly number[],
  {
    spacing,
    toleranceMm,
    stream,
  }: { spacing: Image["spacing"]; toleranceMm: number; stream: Stream },
): readonly number[] {
  for (;;) {
    const step = place.map(() => 2 * stream.uniform() - 1);
    if (step.reduce((sum, v) => sum + v * v, 0) > 1) continue;
    const pitch = spacing.slice(3 - place.length);
    return place.map((at, axis) => at + (toleranceMm * step[axis]!) / pitch[axis]!);
  }
}

/** Every option must belong to a signal, and be in range for those that have it. */
function checkOptions(members: readonly Signal[], options: SignalDescription["options"]): void {
  for (const { name, parameters } of members) {
    const own = Object.entries(options).filter(
      // With one signal a misspelt option is its own; of several each takes what it has.
      ([key]) => members.length === 1 || Object.hasOwn(parameters, key),
    );
    checkSpreads(`signal ${name}`, parameters, Object.fromEntries(own));
  }
  for (const key of Object.keys(options)) {
    if (members.some(({ parameters }) => Object.hasOwn(parameters, key))) continue;
    const known = [...new Set(members.flatMap(({ parameters }) => Object.keys(parameters)))];
    throw new InputError(
      `Cannot set parameter ${key} of signals ${members.map((m) => m.name).join(", ")}: found no such parameter, wanted one of ${known.join(", ")}`,
    );
  }
}

/** Sizes of an object's spatial axes. */
export function spatialShape(image: Pick<Image, "axes" | "shape">): number[] {
  const { nz, ny, nx, volumetric } = layoutOf(image);
  return volumetric ? [nz, ny, nx] : [ny, nx];
}

/** An object that holds no place for the signal; the next one may. */
export class NoPlaceError extends InputError {}

type Placer = (object: DrawnObject, stream: Stream) => readonly number[];

function placerOf({ places, within }: SignalDescription): Placer | undefined {
  if (places !== undefined) return (_, stream) => places[stream.integer(places.length)]!;
  if (within === undefined) return undefined;
  return (object, stream) => {
    const inside = voxelsWithin(object, within);
    if (inside.length === 0) {
      throw new NoPlaceError(
        `Cannot place a signal: found no voxel of ${within.label} at least ${within.marginMm} mm inside, wanted one in every object; use a smaller margin, or an option of the object that keeps the class in view`,
      );
    }
    const index = inside[stream.integer(inside.length)]!;
    const shape = spatialShape(object.image);
    let rest = index;
    return shape
      .map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
      .map((stride) => {
        const place = Math.floor(rest / stride);
        rest -= place * stride;
        return place;
      });
  };
}

/** Voxels of a class that lie at least a margin from any other. */
function voxelsWithin(
  { image, labels, names }: DrawnObject,
  { label, marginMm }: NonNullable<SignalDescription["within"]>,
): number[] {
  if (labels === undefined) {
    throw new InputError(
      `Cannot place a signal within ${label}: found an object without classes, wanted one with labels`,
    );
  }
  const value =
    typeof label === "number"
      ? label
      : Number(Object.keys(names).find((key) => names[Number(key)] === label) ?? Number.NaN);
  if (!Object.hasOwn(names, value)) {
    throw new InputError(
      `Cannot place a signal within ${label}: found no such class, wanted one of ${Object.values(names).join(", ")}`,
    );
  }
  const { nz, ny, nx } = layoutOf(image);
  const outside = Float32Array.from(labels.data, (v) => (v === value ? 0 : 1));
  const far =
    marginMm === 0
      ? undefined
      : distanceTransform(outside, { shape: [nz, ny, nx], spacing: labels.spacing });
  const inside: number[] = [];
  outside.forEach((other, i) => {
    if (other === 0 && (far === undefined || far[i]! >= marginMm)) inside.push(i);
  });
  return inside;
}
