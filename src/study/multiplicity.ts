/** p values of a table adjusted for their number. */
import { holm } from "../stats/compare.ts";

export const adjustments = ["holm"] as const;

export type Adjustment = (typeof adjustments)[number];

export function adjusted(pValues: readonly number[], _by: Adjustment): number[] {
  return holm(pValues);
}

export const pText = (p: number): string => (p < 0.0001 ? "< 0.0001" : p.toFixed(4));
