/** How many places and slices, and how long: from a pilot, before the work. */
import { casesForWidth, plannedVariance } from "../../stats/sample-size.ts";
import { normalFactor } from "../../stats/result.ts";
import type { Place } from "./places.ts";

export interface Plan {
  /** Places, half of them with the signal. */
  readonly cases: number;
  readonly slices: number;
  /** Places that the images have. */
  readonly available: number;
  /** AUC without denoising at full dose on the pilot's places. */
  readonly pilotAuc: number;
  /** Half-width of the AUC's interval that was asked for, and that the places give. */
  readonly wanted: number;
  readonly reached: number;
  /** What decided the number of places. */
  readonly by: "interval" | "images" | "time" | "given";
  /** Seconds that the work is expected to take, pilot and report not counted. */
  readonly seconds: number;
}

/** Between these an area can be planned for; nearer to 1 an interval shrinks without meaning. */
const [leastAuc, mostAuc] = [0.6, 0.95];
/** The interval of a trained observer is wider than that of given scores. */
const training = 1.15;

const halfWidthOf = (auc: number, cases: number, level: number): number => {
  const each = Math.max(2, cases / 2);
  const sizes = { present: each, absent: each };
  return normalFactor(level) * Math.sqrt(plannedVariance(auc, sizes) * training);
};

/**
 * Chooses whole slices, spread over those that have places, until the interval is as short as asked for, the time is
 * spent or the places are.
 *
 * @param options.secondsPerSlice of all methods and doses
 * @param options.count places asked for, in place of the interval
 */
export function planPlaces(
  places: readonly Place[],
  options: {
    readonly pilotAuc: number;
    readonly halfWidth: number;
    readonly level: number;
    readonly secondsPerSlice: number;
    readonly budget?: number | undefined;
    readonly count?: number | undefined;
    readonly leastStep: number;
  },
): { readonly plan: Plan; readonly chosen: readonly Place[] } {
  const { pilotAuc, halfWidth, level, secondsPerSlice, budget = Infinity, count } = options;
  const auc = Math.min(
    mostAuc,
    Math.max(leastAuc, Number.isFinite(pilotAuc) ? pilotAuc : leastAuc),
  );
  const wanted =
    count ?? Math.ceil(2 * casesForWidth(auc, { halfWidth, level }).present * training);
  const order = spreadOrder(
    [...new Set(places.map((p) => p.slice))].sort((a, b) => a - b),
    options.leastStep,
  );
  const chosen: Place[] = [];
  const slices = new Set<number>();
  let by: Plan["by"] = count === undefined ? "interval" : "given";
  for (const slice of order) {
    if (chosen.length >= wanted) break;
    if ((slices.size + 1) * secondsPerSlice > budget && chosen.length >= fewestPlaces) {
      by = "time";
      break;
    }
    slices.add(slice);
    chosen.push(...places.filter((p) => p.slice === slice));
  }
  if (chosen.length < wanted && by !== "time") by = "images";
  const sorted = chosen.sort((a, b) => a.slice - b.slice);
  return {
    plan: Object.freeze({
      cases: sorted.length,
      slices: slices.size,
      available: places.length,
      pilotAuc,
      wanted: halfWidth,
      reached: halfWidthOf(auc, sorted.length, level),
      by,
      seconds: secondsPerSlice * slices.size,
    }),
    chosen: sorted,
  };
}

/** Without so many places, half of them with the signal, no observer is trained. */
export const fewestPlaces = 24;

/** Slices so that any first few of them are spread over all, and none nearer to another than a step. */
function spreadOrder(slices: readonly number[], leastStep: number): number[] {
  const apart: number[] = [];
  for (const slice of slices) {
    if (apart.length === 0 || slice - apart.at(-1)! >= leastStep) apart.push(slice);
  }
  const order: number[] = [];
  const taken = new Set<number>();
  // The radical inverse of 1, 2, 3 … falls into the largest gap each time.
  for (let k = 1; order.length < apart.length && k < 64 * apart.length + 64; k++) {
    let [inverse, base] = [0, 0.5];
    for (let n = k; n > 0; n >>= 1, base /= 2) if (n & 1) inverse += base;
    const at = Math.floor(inverse * apart.length);
    if (!taken.has(at)) {
      taken.add(at);
      order.push(apart[at]!);
    }
  }
  for (const [at, slice] of apart.entries()) if (!taken.has(at)) order.push(slice);
  return order;
}
