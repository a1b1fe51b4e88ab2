/**
 * Signal families for tasks in which the signal is known statistically (SKS): size, contrast, shape
 * and place are drawn anew for each case, from finite lists or ranges.
 */
import { InputError } from "../../core/errors.ts";
import type { ParameterValues } from "../../core/parameters.ts";
import type { Stream } from "../../core/random.ts";
import type { Signal, SignalGrid } from "./signal.ts";

/** One value for all, a list to choose from with equal chance, or a range to draw from evenly. */
export type Spread =
  | number
  | string
  | { readonly oneOf: readonly (number | string)[] }
  | { readonly from: number; readonly to: number };

export interface SignalFamily {
  /** Signals to choose from with equal chance. */
  readonly signals: readonly Signal[];
  readonly parameters?: Readonly<Record<string, Spread>>;
  /** Centres to choose from with equal chance, in pixels along the axes; the grid's centre when absent. */
  readonly places?: readonly (readonly number[])[];
}

export interface FamilyMember {
  readonly signal: string;
  readonly parameters: ParameterValues;
  readonly centre: readonly number[] | undefined;
  readonly values: Float32Array;
}

function drawSpread(stream: Stream, spread: Spread): number | string {
  if (typeof spread !== "object") return spread;
  if ("oneOf" in spread) {
    if (spread.oneOf.length === 0) {
      throw new InputError(
        "Cannot draw a signal: found an empty list of values, wanted at least one",
      );
    }
    return spread.oneOf[stream.integer(spread.oneOf.length)]!;
  }
  return spread.from + (spread.to - spread.from) * stream.uniform();
}

/** Draws one signal of the family on the grid. Parameters that a chosen signal does not have are left out. */
export function drawSignal(
  family: SignalFamily,
  grid: SignalGrid,
  { stream }: { stream: Stream },
): FamilyMember {
  const signal = family.signals[stream.integer(family.signals.length)]!;
  const drawn = Object.entries(family.parameters ?? {}).map(
    ([name, spread]) => [name, drawSpread(stream, spread)] as const,
  );
  const parameters = Object.fromEntries(
    drawn.filter(([name]) => Object.hasOwn(signal.parameters, name)),
  );
  const { places } = family;
  const centre = places ? places[stream.integer(places.length)]! : grid.centre;
  const values = signal.render({ ...grid, centre }, parameters, stream.child("form"));
  return { signal: signal.name, parameters, centre, values };
}
