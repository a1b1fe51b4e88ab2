/** Rows of parameter tables in one line each. */
import type { NumberParameter } from "./parameters.ts";

type Range = readonly [min: number, value: number | undefined, max: number];

/** A number with its range, meaning, and default where it has one. */
export function numberRow(unit: string, [min, value, max]: Range, about: string): NumberParameter {
  const row = { type: "number", unit, min, max, about } as const;
  return value === undefined ? row : { ...row, default: value };
}

/** A whole number with its range, meaning, and default where it has one. */
export function wholeRow(unit: string, range: Range, about: string): NumberParameter {
  return { ...numberRow(unit, range, about), type: "integer" };
}
