/** Scores of two classes, and the checks that every estimate makes first. */
import { InputError } from "../core/errors.ts";
import type { Status } from "./result.ts";

/** Test statistics of an observer; larger means more confident that the signal is present. */
export interface Scores {
  readonly present: ArrayLike<number>;
  readonly absent: ArrayLike<number>;
  /** Names of the cases, where arms are to be compared case by case. */
  readonly presentIds?: readonly string[];
  readonly absentIds?: readonly string[];
}

function allFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false;
  return true;
}

/**
 * What is wrong with the scores before any is looked at closely: `not-finite`, `too-few-cases` or `ok`.
 *
 * @throws InputError when ids are given and their number differs from that of the scores
 */
export function conditionOf(scores: Scores): Status {
  for (const [values, ids, what] of [
    [scores.present, scores.presentIds, "present"],
    [scores.absent, scores.absentIds, "absent"],
  ] as const) {
    if (ids && ids.length !== values.length) {
      throw new InputError(
        `Cannot read scores: found ${ids.length} case names for ${values.length} signal-${what} scores, wanted one each`,
      );
    }
  }
  if (!allFinite(scores.present) || !allFinite(scores.absent)) return "not-finite";
  return scores.present.length < 2 || scores.absent.length < 2 ? "too-few-cases" : "ok";
}

/** Throws unless both arms scored the same cases in the same order (by name, or at least by number). */
export function requirePaired(a: Scores, b: Scores): void {
  for (const what of ["present", "absent"] as const) {
    if (a[what].length !== b[what].length) {
      throw new InputError(
        `Cannot compare arms case by case: found ${a[what].length} and ${b[what].length} signal-${what} cases, wanted the same cases`,
      );
    }
    const ids = [a[`${what}Ids`], b[`${what}Ids`]] as const;
    if (!ids[0] || !ids[1]) continue;
    const at = ids[0].findIndex((id, i) => id !== ids[1]![i]);
    if (at >= 0) {
      throw new InputError(
        `Cannot compare arms case by case: found case "${ids[0][at]}" against "${ids[1][at]}" at signal-${what} position ${at}, wanted the same cases in the same order`,
      );
    }
  }
}
