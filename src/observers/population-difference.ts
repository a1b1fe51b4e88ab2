/**
 * Difference of two channelised Hotelling observers' AUC in the population, on the same cases: Φ(d'/√2) of the
 * unbiased d' [wunderlich2015exact] of both arms, with the interval of the jackknife over groups of cases that belong
 * together (slices), or over cases:
 *
 *   var = Σ_s (n_s − 1)/n_s Σ_i (θ₍ᵢ₎ − θ̄_s)²,
 *
 * s being the classes where cases are left out one by one, and one stratum of all groups where groups are. A bootstrap
 * would draw cases twice, shrink the covariance and raise both d'.
 */
import { InputError } from "../core/errors.ts";
import { studentTQuantile } from "../math/distributions.ts";
import { normalCdf } from "../math/normal.ts";
import { unbiasedSquaredDetectability } from "../stats/detectability.ts";
import { type Interval, requireLevel } from "../stats/result.ts";
import type { Cases } from "./cases.ts";
import { type ChannelSet, channelOutputs } from "./channels/channel-set.ts";

export interface PopulationArm {
  readonly present: Cases;
  readonly absent: Cases;
}

export interface PopulationDifference {
  /** AUC of the first arm less that of the second. */
  readonly estimate: number;
  readonly standardError: number;
  readonly interval: Interval;
  /** Degrees of freedom of the interval. */
  readonly df: number;
}

/** From so many groups on they are left out instead of cases. */
const fewestGroups = 10;

/**
 * @param arms the same cases in the same order
 * @param options.groups name of the group of each case, present ones first
 * @throws InputError on arms of different cases
 */
export function populationDifference(
  set: ChannelSet,
  arms: readonly [PopulationArm, PopulationArm],
  options: {
    readonly level?: number;
    readonly groups?: { readonly present: readonly unknown[]; readonly absent: readonly unknown[] };
  } = {},
): PopulationDifference {
  const level = requireLevel(options.level);
  const [a, b] = arms;
  for (const what of ["present", "absent"] as const) {
    if (a[what].ids.join() !== b[what].ids.join()) {
      throw new InputError(
        `Cannot compare observers: found other signal-${what} cases in the second arm, wanted the same in the same order`,
      );
    }
  }
  const p = set.count;
  const outputs = arms.map(({ present, absent }) => ({
    present: channelOutputs(set, present),
    absent: channelOutputs(set, absent),
  }));
  const [m, n] = [a.present.count, a.absent.count];
  const difference = (keep: (k: number) => boolean): number => {
    const [first, second] = outputs.map(({ present, absent }) => {
      const square = unbiasedSquaredDetectability({
        present: rowsKept(present, p, keep),
        absent: rowsKept(absent, p, (k) => keep(m + k)),
        channels: p,
      });
      return normalCdf(Math.sqrt(Math.max(0, square) / 2));
    }) as [number, number];
    return first - second;
  };
  const estimate = difference(() => true);
  const { strata, df } = strataOf([m, n], options.groups);
  let variance = 0;
  for (const leftOut of strata) {
    const values = leftOut.map((gone) => difference((k) => !gone.has(k)));
    const mean = values.reduce((s, v) => s + v, 0) / values.length;
    const squares = values.reduce((s, v) => s + (v - mean) ** 2, 0);
    variance += ((values.length - 1) / values.length) * squares;
  }
  const standardError = Math.sqrt(variance);
  const half = studentTQuantile((1 + level) / 2, { df }) * standardError;
  return Object.freeze({
    estimate,
    standardError,
    interval: Object.freeze({ lower: estimate - half, upper: estimate + half, level }),
    df,
  });
}

function rowsKept(rows: Float64Array, p: number, keep: (row: number) => boolean): Float64Array {
  const count = rows.length / p;
  const kept: number[] = [];
  for (let r = 0; r < count; r++) if (keep(r)) kept.push(r);
  const out = new Float64Array(kept.length * p);
  kept.forEach((r, i) => out.set(rows.subarray(r * p, (r + 1) * p), i * p));
  return out;
}

/** Sets of cases that are left out together, by strata; present cases are numbered first. */
function strataOf(
  [m, n]: readonly [number, number],
  groups: { readonly present: readonly unknown[]; readonly absent: readonly unknown[] } | undefined,
): { readonly strata: readonly (readonly ReadonlySet<number>[])[]; readonly df: number } {
  const members = new Map<unknown, Set<number>>();
  [...(groups?.present ?? []), ...(groups?.absent ?? [])].forEach((group, k) => {
    members.set(group, (members.get(group) ?? new Set()).add(k));
  });
  if (members.size >= fewestGroups) {
    return { strata: [[...members.values()]], df: members.size - 1 };
  }
  const single = (from: number, count: number) =>
    Array.from({ length: count }, (_, k) => new Set([from + k]));
  return { strata: [single(0, m), single(m, n)], df: m + n - 2 };
}
