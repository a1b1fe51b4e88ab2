/** The numbers of a finished study, gathered from its pieces: what tables, figures and claims read. */
import { aucLogit } from "../stats/auc.ts";
import { type Comparison, compareDeLong, holm } from "../stats/compare.ts";
import type { Estimate } from "../stats/result.ts";
import { type Summary, summaryOf } from "../stats/summary.ts";
import { expandMethods, mainMethods, type Study } from "./description.ts";
import type { ValueOf } from "./claim.ts";
import type { MeasuredValues } from "./measured-cases.ts";
import type { PieceResults, PlannedPiece } from "./piece.ts";
import type { ScoresValues } from "./pieces/judge-template.ts";
import type { PlannedImages, StudyPlan } from "./plan.ts";
import type { CaseClass } from "./scene.ts";

/** Looks up what a planned piece left. */
export type ReadPiece = (piece: PlannedPiece) => Promise<PieceResults>;

/** Values of one method, one per case and class. */
export interface MethodNumbers {
  /** null where a metric has no value on a case. */
  readonly metrics: Readonly<
    Record<CaseClass, Readonly<Record<string, readonly (number | null)[]>>>
  >;
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

export interface Judgement {
  readonly observer: string;
  readonly method: string;
  readonly scores: ScoresValues;
  /** Absent when the observer refused. */
  readonly area?: Estimate;
  /** Against the study's reference method, paired by case. */
  readonly difference?: Comparison;
  /** Holm's adjustment over all differences of this observer. */
  readonly adjustedP?: number;
}

export interface StudyNumbers {
  readonly methods: Readonly<Record<string, MethodNumbers>>;
  readonly judgements: readonly Judgement[];
  readonly valueOf: ValueOf;
  /** Mean and count of a metric over a method's cases, of one class after `@`. */
  readonly summary: (method: string, measure: string) => Summary;
}

export async function gatherNumbers(
  study: Study,
  plan: StudyPlan,
  read: ReadPiece,
): Promise<StudyNumbers> {
  const methods: Record<string, MethodNumbers> = {};
  for (const id of Object.keys(expandMethods(study))) {
    methods[id] = await methodNumbers(plan.images[id]!, read);
  }
  const judgements: Judgement[] = [];
  for (const [observer, by] of Object.entries(plan.scores)) {
    judgements.push(...(await judge(observer, by, { study, read })));
  }
  const summary = summariesIn(methods);
  return { methods, judgements, summary, valueOf: valuesIn(summary, judgements) };
}

async function methodNumbers(images: PlannedImages, read: ReadPiece): Promise<MethodNumbers> {
  const metrics: Record<CaseClass, Record<string, (number | null)[]>> = {
    absent: {},
    present: {},
  };
  const figures: Record<string, number[]> = {};
  for (const which of ["absent", "present"] as const) {
    for (const piece of images[which]) {
      const { values } = await read(piece);
      const measured = (values as never as Record<string, MeasuredValues>)[images.setting]!;
      for (const [id, list] of Object.entries(measured.metrics)) {
        (metrics[which][id] ??= []).push(...list);
      }
      for (const [id, list] of Object.entries(measured.figures)) {
        (figures[id] ??= []).push(...list);
      }
    }
  }
  return { metrics, figures };
}

async function judge(
  observer: string,
  by: Readonly<Record<string, PlannedPiece>>,
  { study, read }: { study: Study; read: ReadPiece },
): Promise<Judgement[]> {
  const { level, reference } = study.statistics;
  const scores: Record<string, ScoresValues> = {};
  for (const [method, piece] of Object.entries(by)) {
    scores[method] = (await read(piece)).values as never;
  }
  const base = scores[reference];
  // A sweep is a description: its many points take no part in the comparisons.
  const main = new Set(mainMethods(study));
  const rows = Object.entries(scores).map(([method, own]): Judgement => {
    if (own.status !== "ok") return { observer, method, scores: own };
    const area = aucLogit(own, { level });
    const compared = base?.status === "ok" && method !== reference && main.has(method);
    return {
      observer,
      method,
      scores: own,
      area,
      ...(compared ? { difference: compareDeLong(own, base, { level }) } : {}),
    };
  });
  const adjusted = holm(rows.map(({ difference }) => difference?.pValue ?? Number.NaN));
  return rows.map((row, i) =>
    row.difference === undefined ? row : { ...row, adjustedP: adjusted[i]! },
  );
}

function summariesIn(methods: StudyNumbers["methods"]): StudyNumbers["summary"] {
  return (method, measure) => {
    const [name = "", which] = measure.split("@");
    const own = methods[method]?.metrics;
    const lists =
      which === "absent" || which === "present"
        ? [own?.[which][name]]
        : [own?.absent[name], own?.present[name]];
    return summaryOf(lists.flatMap((list) => list ?? []));
  };
}

function valuesIn(
  summary: StudyNumbers["summary"],
  judgements: readonly Judgement[],
): StudyNumbers["valueOf"] {
  return (method, measure) => {
    const [name = ""] = measure.split("@");
    if (name.startsWith("auc:")) {
      const observer = name.slice(4);
      return judgements.find((j) => j.observer === observer && j.method === method)?.area?.estimate;
    }
    const { counted, mean } = summary(method, measure);
    return counted === 0 ? undefined : mean;
  };
}
