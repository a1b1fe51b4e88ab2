/** A goal beside what was measured. */
export interface GoalRow {
  readonly goal: string;
  readonly measured: string;
  readonly wanted: string;
  readonly met: "yes" | "no" | "–";
}

export const metIf = (met: boolean): GoalRow["met"] => (met ? "yes" : "no");

/** Mean and half of its 95 % interval (normal; for a dozen values a tenth too narrow). */
export function meanOf(values: readonly number[]): { mean: number; half: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const square = values.reduce((a, v) => a + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, half: 1.96 * Math.sqrt(square / values.length) };
}
