/** Rows of parameter tables in one line each. */
import type { NumberParameter } from "./parameters.ts";

type Range<D> = readonly [min: number, value: D, max: number];

/** A row with a default where one was given. */
type Row<D> = D extends number ? NumberParameter & { readonly default: number } : NumberParameter;

/** A number with its range, meaning, and default where it has one. */
export function numberRow<D extends number | undefined>(
  unit: string,
  [min, value, max]: Range<D>,
  about: string,
): Row<D> {
  const row = { type: "number", unit, min, max, about } as const;
  // A condition on D is not narrowed by the value.
  return (value === undefined ? row : { ...row, default: value }) as Row<D>;
}

/** A whole number with its range, meaning, and default where it has one. */
export function wholeRow<D extends number | undefined>(
  unit: string,
  range: Range<D>,
  about: string,
): Row<D> {
  return { ...numberRow(unit, range, about), type: "integer" };
}
