/**
 * Scores of several readers on several modalities: who scored which case. Readers may be people, or
 * training sets of one observer; modalities may be doses, kernels or denoisers. Any reader may have read any
 * subset of the cases in any modality.
 */
import { InputError } from "../core/errors.ts";

export interface ReaderScore {
  readonly reader: string;
  readonly modality: string;
  readonly caseId: string;
  readonly score: number;
}

export interface ReaderStudy {
  /** Truth of every case: true when the signal is present. */
  readonly truth: ReadonlyMap<string, boolean>;
  readonly scores: readonly ReaderScore[];
}

/** Scores of one modality: for each reader a row-major absent×present table of success and one of design. */
export interface ReaderTables {
  readonly modality: string;
  readonly readers: readonly string[];
  readonly presentIds: readonly string[];
  readonly absentIds: readonly string[];
  /** Per reader: score of each present case, NaN where it was not read. */
  readonly present: readonly Float64Array[];
  readonly absent: readonly Float64Array[];
}

/** Names of the modalities in order of appearance. */
export function modalitiesOf(study: ReaderStudy): string[] {
  return [...new Set(study.scores.map((s) => s.modality))];
}

/**
 * Lays one modality of a study out by reader and case.
 *
 * @param readers names and order of rows; all readers of the study by default
 * @throws InputError on an unknown case or modality, a score given twice, or a score that is not finite
 */
export function tablesOf(
  study: ReaderStudy,
  modality: string,
  readers: readonly string[] = [...new Set(study.scores.map((s) => s.reader))],
): ReaderTables {
  const presentIds: string[] = [];
  const absentIds: string[] = [];
  for (const [id, isPresent] of study.truth) (isPresent ? presentIds : absentIds).push(id);
  const index = new Map<string, number>();
  presentIds.forEach((id, i) => index.set(id, i));
  absentIds.forEach((id, i) => index.set(id, i));
  const row = new Map(readers.map((r, i) => [r, i]));
  const present = readers.map(() => new Float64Array(presentIds.length).fill(NaN));
  const absent = readers.map(() => new Float64Array(absentIds.length).fill(NaN));
  let found = 0;
  for (const { reader, modality: m, caseId, score } of study.scores) {
    if (m !== modality) continue;
    const truth = study.truth.get(caseId);
    if (truth === undefined) {
      throw new InputError(
        `Cannot lay out a reader study: found a score for case "${caseId}" whose truth is not given, wanted a truth for every case`,
      );
    }
    if (!Number.isFinite(score)) {
      throw new InputError(
        `Cannot lay out a reader study: found score ${score} of reader "${reader}" for case "${caseId}", wanted a finite number (leave unread cases out)`,
      );
    }
    found++;
    const r = row.get(reader);
    if (r === undefined) continue;
    const table = (truth ? present : absent)[r]!;
    const at = index.get(caseId)!;
    if (!Number.isNaN(table[at]!)) {
      throw new InputError(
        `Cannot lay out a reader study: found two scores of reader "${reader}" for case "${caseId}" in modality "${modality}", wanted one`,
      );
    }
    table[at] = score;
  }
  if (found === 0) {
    throw new InputError(
      `Cannot analyse modality "${modality}": found no score, wanted one of ${modalitiesOf(study).join(", ") || "none"}`,
    );
  }
  return { modality, readers, presentIds, absentIds, present, absent };
}
