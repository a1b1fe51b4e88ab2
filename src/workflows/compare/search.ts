/** Signals that are searched for: a scanning observer on wider regions in which the signal lies anywhere. */
import type { Image } from "../../core/image.ts";
import { casesOfRows } from "../../observers/cases.ts";
import { observeArms } from "../../observers/observe.ts";
import { scanning } from "../../observers/scanning.ts";
import type { Figure } from "./judge.ts";
import type { Case } from "./places.ts";

export interface SearchFigures {
  /** Area under the localisation ROC curve. */
  readonly localisation: Figure;
  /** Less that without denoising at the same dose. */
  readonly gain: Figure;
}

export interface SearchArm {
  readonly name: string;
  /** Wider regions of all cases, in their order. */
  readonly regions: readonly Float32Array[];
}

/** Fewest cases of each class; half of them train the observer. */
export const fewestSearched = 20;

/**
 * Figures by arm's name; the first arm is the one without denoising.
 *
 * @param options.wide side of the wider regions, `side` that of the observer's patch
 */
export async function searchFigures(
  arms: readonly SearchArm[],
  cases: readonly Case[],
  options: {
    readonly wide: number;
    readonly side: number;
    readonly diameterMm: number;
    readonly spacing: Image["spacing"];
    readonly unit: Image["unit"];
    readonly level: number;
    readonly seed: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<ReadonlyMap<string, SearchFigures>> {
  const { wide, side, diameterMm, spacing, unit, level, seed, signal } = options;
  const present = cases.filter((c) => c.present);
  const half = Math.floor(wide / 2);
  const places = Float64Array.from(
    present.flatMap((c) => [c.column - c.area!.column + half, c.row - c.area!.row + half]),
  );
  const rowsOf = (regions: readonly Float32Array[], wanted: boolean) => {
    const own = cases
      .map((c, i) => ({ c, region: regions[i]! }))
      .filter(({ c }) => c.present === wanted);
    const data = new Float32Array(own.length * wide * wide);
    own.forEach(({ region }, i) => data.set(region, i * wide * wide));
    return casesOfRows(data, { shape: [wide, wide], spacing, unit, ids: own.map(({ c }) => c.id) });
  };
  const radius = diameterMm / 2 / Math.min(spacing[1], spacing[2]);
  const observed = await observeArms(
    arms.map(({ name, regions }) => ({
      name,
      present: rowsOf(regions, true),
      absent: rowsOf(regions, false),
      places,
    })),
    [{ observer: scanning, parameters: { template: "cho", side } }],
    {
      known: { radius },
      protocol: { kind: "hold-out", trainFraction: 0.5 },
      tolerancePx: Math.max(2, radius),
      level,
      seed,
      ...(signal ? { signal } : {}),
    },
  );
  const figures = new Map<string, SearchFigures>();
  const nothing: Figure = { estimate: NaN, lower: NaN, upper: NaN };
  for (const { name } of arms) {
    const row = observed.rows.find((r) => r.arm === name);
    const found = row?.localisation;
    const gain = observed.searchDifferences.find(
      (d) => d.arm === name && d.area === "localisation",
    );
    figures.set(name, {
      localisation: found
        ? {
            estimate: found.estimate,
            lower: found.interval.lower,
            upper: found.interval.upper,
          }
        : nothing,
      gain:
        name === arms[0]!.name
          ? { estimate: 0, lower: 0, upper: 0 }
          : gain
            ? { estimate: gain.estimate, lower: gain.lower, upper: gain.upper }
            : nothing,
    });
  }
  return figures;
}
