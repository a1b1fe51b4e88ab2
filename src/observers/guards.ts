/**
 * What theory says no result can do [barrett2004foundations], checked on every result and reported by
 * name: a value that breaks a bound points at leaked images, a wrong covariance or too little training.
 */
import { aucOfDetectability, whiteNoiseDetectability } from "./detectability.ts";
import { areaDifference } from "./area.ts";
import type { Cases } from "./cases.ts";
import { sharedCases } from "./content-hash.ts";
import type { Finding, Known } from "./observer.ts";
import type { Placements } from "../stats/placements.ts";
import type { Estimate } from "../stats/result.ts";

/** A judged observer as the guards see it. */
export interface GuardedRow {
  readonly arm: string;
  readonly label: string;
  /** Registry name of the observer. */
  readonly observer: string;
  readonly ideal: boolean;
  readonly area: Estimate;
  readonly placements: Placements;
  /** AUC that the observer states in closed form for its own assumptions. */
  readonly statedAuc?: number;
}

/**
 * One-sided significance of a breach: with dozens of rows, chance alone should hardly ever print one.
 */
const alpha = 0.001;

function above(a: GuardedRow, b: GuardedRow, paired: boolean): number | null {
  const d = areaDifference(a.placements, b.placements, { paired, level: 1 - 2 * alpha });
  // An area without spread (classes that do not overlap) is compared by its exact interval.
  const clear = Number.isNaN(d.lower) ? a.area.interval.lower > b.area.interval.upper : d.lower > 0;
  return clear ? d.estimate : null;
}

/**
 * Findings about a table of results on one task.
 *
 * @param rows results; `reference` names the arm of untouched images
 * @param options.known for the white-noise bound: signal and noise level of the untouched images
 * @param options.paired whether arms hold the same cases
 */
export function guardRows(
  rows: readonly GuardedRow[],
  options: { reference: string; known?: Known; paired: boolean },
): Finding[] {
  const findings: Finding[] = [];
  const { reference, known, paired } = options;
  const ideals = rows.filter((r) => r.ideal && r.arm === reference);
  for (const row of rows) {
    const { lower, upper } = row.area.interval;
    for (const ideal of ideals) {
      if (row === ideal) continue;
      const gap = above(row, ideal, paired || row.arm === ideal.arm);
      if (gap !== null) {
        const processed = row.arm !== reference;
        findings.push({
          name: processed ? "data-processing" : "above-ideal",
          severity: "breach",
          reason: `${row.label} on ${row.arm} exceeds ${ideal.label} on ${reference} by ${gap.toFixed(3)} in AUC, and ${processed ? "no processing of an image can raise" : "no observer exceeds"} the ideal observer's`,
          remedy:
            "look for test images among the training images of denoiser or observer, or for an ideal observer whose assumptions the images do not meet",
        });
      }
    }
    if (known?.signal && known.sigma) {
      const bound = aucOfDetectability(whiteNoiseDetectability(known.signal, known.sigma));
      if (lower > bound) {
        findings.push({
          name: "white-noise-bound",
          severity: "breach",
          reason: `${row.label} on ${row.arm} has AUC ${row.area.estimate.toFixed(3)}, above Φ(‖s‖/(σ√2)) = ${bound.toFixed(3)} for the stated signal and white noise`,
          remedy: "check the stated signal and noise level, and look for leaked test images",
        });
      }
    }
    if (upper < 0.5) {
      findings.push({
        name: "below-chance",
        severity: "warning",
        reason: `${row.label} on ${row.arm} has AUC ${row.area.estimate.toFixed(3)}, below chance beyond its interval`,
        remedy:
          "check that the classes are not exchanged, and that training and test images come from one population",
      });
    }
    if (row.area.status !== "ok") {
      findings.push({
        name: row.area.status,
        severity: "warning",
        reason: `the AUC of ${row.label} on ${row.arm} has status ${row.area.status}`,
        remedy: row.area.remedy,
      });
    }
  }
  for (const cho of rows.filter((r) => r.observer === "cho")) {
    for (const ho of rows.filter((r) => /hotelling/.test(r.observer) && r.arm === cho.arm)) {
      const gap = above(cho, ho, true);
      if (gap !== null) {
        findings.push({
          name: "cho-above-hotelling",
          severity: "warning",
          reason: `${cho.label} exceeds ${ho.label} on ${cho.arm} by ${gap.toFixed(3)} in AUC, which the population values cannot do`,
          remedy:
            "the Hotelling observer has too few training images for its dimension: train on more, shrink more, or state a known noise part",
        });
      }
    }
  }
  return findings;
}

/** Finding about images that were both trained on and tested. */
export function guardOverlap(
  training: readonly Cases[],
  test: readonly Cases[],
  arm: string,
): Finding[] {
  const shared = training.flatMap((a) =>
    test.flatMap((b) => (a.size === b.size ? sharedCases(a, b) : [])),
  );
  const first = shared[0];
  return first
    ? [
        {
          name: "train-test-overlap",
          severity: "breach",
          reason: `${shared.length} images of ${arm} are among both training and test images (${first.a} is ${first.b})`,
          remedy:
            "take them out of one of the two sets; AUC values of observers that learned from them are too high",
        },
      ]
    : [];
}
