/** p values of a table adjusted for their number. */
import { holm } from "../stats/compare.ts";
import { benjaminiHochberg } from "../stats/multiplicity.ts";

export const adjustments = ["holm", "benjamini-hochberg"] as const;

export type Adjustment = (typeof adjustments)[number];

export function adjusted(pValues: readonly number[], by: Adjustment): number[] {
  return by === "holm" ? holm(pValues) : benjaminiHochberg(pValues);
}

/** As a column's title has it. */
export const adjustmentName = (by: Adjustment): string => (by === "holm" ? "Holm" : "BH");

/** As a sentence has it. */
export const adjustmentText = (by: Adjustment): string =>
  by === "holm" ? "Holm" : "Benjamini and Hochberg";

export const pText = (p: number): string => (p < 0.0001 ? "< 0.0001" : p.toFixed(4));
