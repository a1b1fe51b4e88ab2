/** Puts the values of planes together into a metric's result. */
import type { MetricCurve, MetricResult, MetricSettings } from "./metric.ts";

export interface Undefinedness {
  readonly cause: string;
  readonly remedy: string;
}

/** A value, or the status that there is none when the value is NaN. */
export function resultOf(
  value: number,
  options: {
    unit: string;
    settings: MetricSettings;
    undefinedness: Undefinedness;
    parts?: Readonly<Record<string, number>>;
    curves?: Readonly<Record<string, MetricCurve>>;
  },
): MetricResult {
  const { unit, settings, undefinedness, parts, curves } = options;
  if (Number.isNaN(value)) return { status: "undefined", ...undefinedness, settings };
  return {
    status: "ok",
    value,
    unit,
    settings,
    ...(parts ? { parts } : {}),
    ...(curves ? { curves } : {}),
  };
}

/** Arithmetic mean of the values of planes; NaN as soon as one is NaN. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
