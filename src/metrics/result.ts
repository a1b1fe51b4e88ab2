/** Puts the values of slices or labels together into a metric's result. */
import type { MetricCount, MetricCurve, MetricResult, MetricSettings } from "./metric.ts";
import type { Plane, Prepared } from "./planes.ts";
import type { Undefinedness } from "./undefinedness.ts";

interface ResultOptions {
  readonly unit: string;
  readonly settings: MetricSettings;
  readonly undefinedness: Undefinedness;
  readonly parts?: Readonly<Record<string, number>>;
  readonly curves?: Readonly<Record<string, MetricCurve>>;
  readonly count?: MetricCount;
}

/** A value, or the status that there is none when the value is NaN. */
export function resultOf(value: number, options: ResultOptions): MetricResult {
  const { unit, settings, undefinedness, parts, curves, count } = options;
  if (Number.isNaN(value)) return { status: "undefined", ...undefinedness, settings };
  return {
    status: "ok",
    value,
    unit,
    settings,
    ...(count ? { count } : {}),
    ...(parts ? { parts } : {}),
    ...(curves ? { curves } : {}),
  };
}

/** Arithmetic mean; NaN of none, and as soon as one value is NaN. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/**
 * Mean over those of named parts that have a value. The result says how many those are, in its count and in the
 * order of averaging; it is undefined when none has.
 *
 * @param values NaN where a part has no value
 */
export function meanOverParts(
  values: ReadonlyMap<string, number>,
  options: Omit<ResultOptions, "count"> & { readonly what: MetricCount["what"] },
): MetricResult {
  const { what, settings, ...rest } = options;
  const without = [...values].filter(([, v]) => Number.isNaN(v)).map(([name]) => name);
  const counted = [...values.values()].filter((v) => !Number.isNaN(v));
  const left = `mean over ${counted.length} of ${values.size} ${what}, the others have no value`;
  return resultOf(meanOf(counted), {
    ...rest,
    settings:
      without.length === 0
        ? settings
        : { ...settings, averaging: settings.averaging.replace(/mean over .*$/, left) },
    ...(values.size > 1
      ? { count: { what, of: values.size, counted: counted.length, without } }
      : {}),
  });
}

/**
 * A value for each plane, then their mean over the planes that have one.
 *
 * @param options.value of one plane; NaN where it has none
 */
export function meanOverPlanes(
  { planes, settings, noRange }: Prepared,
  options: Omit<ResultOptions, "settings" | "count"> & {
    readonly value: (plane: Plane) => number;
  },
): MetricResult {
  const { value, ...rest } = options;
  if (noRange) return { status: "undefined", ...noRange, settings };
  const values = new Map(planes.map((p) => [`slice ${p.index}`, value(p)]));
  return meanOverParts(values, { ...rest, settings, what: "slices" });
}
