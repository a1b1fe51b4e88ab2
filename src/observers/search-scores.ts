/** Scores with utilities of a judged arm: whether a place was found, how good an estimate is. */
import { utilitiesOf, type UtilityScores } from "../stats/localisation.ts";
import type { Judged } from "./protocol.ts";

/** Areas that a search and an estimation task have besides the AUC. */
export type SearchArea = "localisation" | "estimation";

export interface SearchOptions {
  /** Numbers in a place: 2 or 3. */
  readonly dimensions: number;
  /** Distance in pixels within which a place counts as found. */
  readonly tolerance: number;
  /** True value of the signal's parameter for each case with signal. */
  readonly parameters?: Float64Array;
  /** Utility of an estimate given the true value; 1 within a tenth of the true values' range by default. */
  readonly utility?: (estimate: number, truth: number) => number;
}

/** Those that the observer's answers and the known truths allow. */
export function searchScores(
  judged: Judged,
  options: SearchOptions,
): Readonly<Partial<Record<SearchArea, UtilityScores>>> {
  const { places, truth, estimates, present, absent, chosen } = judged;
  const { dimensions: d, tolerance, parameters, utility } = options;
  const found: Partial<Record<SearchArea, UtilityScores>> = {};
  if (places && truth) {
    const located = Array.from(present, (_, i) => {
      let sum = 0;
      for (let a = 0; a < d; a++) sum += (places[i * d + a]! - truth[i * d + a]!) ** 2;
      return Math.sqrt(sum) <= tolerance;
    });
    found.localisation = utilitiesOf({ present, absent, located });
  }
  if (estimates && parameters) {
    const range = Math.max(...parameters) - Math.min(...parameters);
    const within = (estimate: number, value: number) =>
      Math.abs(estimate - value) <= range / 10 + 1e-12 ? 1 : 0;
    const worth = utility ?? within;
    const utilities = Array.from(present, (_, i) => worth(estimates[i]!, parameters[chosen[i]!]!));
    found.estimation = { present, absent, utilities };
  }
  return found;
}
