/** Versions of the same images compared by a metric's values, image by image. */
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import type { MetricResult } from "../metrics/metric.ts";
import { compareValues, type ValueComparison } from "../stats/compare-values.ts";

/** What the metrics said of one version's images. */
export interface MeasuredVersion {
  readonly name: string;
  readonly rows: readonly {
    readonly image: string;
    /** Metric with its parameters, as it was asked for. */
    readonly label: string;
    readonly result: MetricResult;
  }[];
}

export interface MetricComparison extends ValueComparison {
  readonly label: string;
  readonly better: "higher" | "lower" | "neither";
}

/**
 * Every version against the first, metric by metric, paired by the images' names; p values are adjusted over the versions
 * of one metric. An image on which a metric has no finite value in one of the two is left out and counted.
 *
 * @param options.better which way each metric points, by its label
 * @throws InputError on one version alone, two of one name, or versions of different images
 */
export function compareMeasured(
  versions: readonly MeasuredVersion[],
  options: {
    readonly better: Readonly<Record<string, MetricComparison["better"]>>;
    readonly seed?: number;
    readonly level?: number;
  },
): MetricComparison[] {
  const [first] = versions;
  if (
    !first ||
    versions.length < 2 ||
    new Set(versions.map((v) => v.name)).size < versions.length
  ) {
    throw new InputError(
      `Cannot compare versions: found ${versions.map((v) => v.name).join(", ") || "none"}, wanted two or more of different names`,
    );
  }
  const labels = [...new Set(first.rows.map(({ label }) => label))];
  const images = [...new Set(first.rows.map(({ image }) => image))];
  const valuesOf = ({ name, rows }: MeasuredVersion, label: string): (number | null)[] => {
    const own = new Map(rows.filter((r) => r.label === label).map((r) => [r.image, r.result]));
    const lone = [...own.keys()].find((image) => !images.includes(image));
    const missing = images.find((image) => !own.has(image));
    if (lone !== undefined || missing !== undefined) {
      throw new InputError(
        `Cannot compare versions image by image: found ${lone === undefined ? `no ${missing}` : lone} in ${name}, wanted the images of ${first.name}`,
      );
    }
    return images.map((image) => {
      const result = own.get(image)!;
      return result.status === "ok" ? result.value : null;
    });
  };
  return labels.flatMap((label) =>
    compareValues(Object.fromEntries(versions.map((v) => [v.name, valuesOf(v, label)])), {
      reference: first.name,
      stream: streamOf(options.seed ?? 0, "compare", label),
      ...(options.level === undefined ? {} : { level: options.level }),
    }).map((one) => Object.freeze({ ...one, label, better: options.better[label] ?? "neither" })),
  );
}
