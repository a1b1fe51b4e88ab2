/** The numbers of a finished study, gathered from its pieces: what tables, figures and claims read. */
import { type Summary, summaryOf } from "../stats/summary.ts";
import { catalogue as answerKinds } from "./answers/catalogue.ts";
import type { Analysis, AnswerKind, RefusedAnswer } from "./answers/answer-kind.ts";
import { openMember } from "../core/member.ts";
import { RunError } from "../core/errors.ts";
import type { DifferenceOf, ValueOf } from "./claim.ts";
import { pairedT } from "../stats/paired.ts";
import type { ReadPieces } from "./execute.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { PlannedImages, StudyPlan } from "./plan.ts";
import { classWords } from "./class-words.ts";

type Values = readonly (number | null)[];

/** Values of one method, one per case. */
export interface MethodNumbers {
  /** By class, then metric; null where a metric has no value on a case. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, Values>>>>;
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

export interface StudyNumbers {
  readonly methods: Readonly<Record<string, MethodNumbers>>;
  /** What observers said, by observer. */
  readonly analyses: Readonly<Record<string, Analysis>>;
  readonly valueOf: ValueOf;
  /** A method less another on the same cases, with the interval of the study's level. */
  readonly difference: DifferenceOf;
  /** Mean and count of a metric over a method's cases, of one class after `@`. */
  readonly summary: (method: string, measure: string) => Summary;
}

export async function gatherNumbers(plan: StudyPlan, read: ReadPieces): Promise<StudyNumbers> {
  const { study } = plan;
  const methods: Record<string, MethodNumbers> = {};
  for (const id of Object.keys(study.methods)) {
    methods[id] = await methodNumbers(plan.images[id]!, read);
  }
  const analyses: Record<string, Analysis> = {};
  for (const [observer, by] of Object.entries(plan.answers)) {
    const answers: Record<string, unknown> = {};
    for (const [method, piece] of Object.entries(by)) answers[method] = await read.values(piece);
    analyses[observer] = await analyse(observer, { answers, study });
  }
  const summary = summariesIn(methods);
  return {
    methods,
    analyses,
    summary,
    valueOf: valuesIn(summary, analyses),
    difference: differencesIn(methods, { analyses, level: study.description.statistics.level }),
  };
}

async function methodNumbers(images: PlannedImages, read: ReadPieces): Promise<MethodNumbers> {
  const metrics: Record<string, Record<string, (number | null)[]>> = {};
  const figures: Record<string, number[]> = {};
  for (const [which, pieces] of Object.entries(images.pieces)) {
    const own: Record<string, (number | null)[]> = (metrics[which] = {});
    for (const piece of pieces) {
      const measured = (await read.values(piece))[images.setting];
      if (measured === undefined) {
        throw new RunError(`Cannot read "${piece.label}": found no result of ${images.setting}`);
      }
      for (const [id, list] of Object.entries(measured.metrics)) (own[id] ??= []).push(...list);
      for (const [id, list] of Object.entries(measured.figures)) {
        (figures[id] ??= []).push(...list);
      }
    }
  }
  return { metrics, figures };
}

async function analyse(
  observer: string,
  { answers, study }: { answers: Readonly<Record<string, unknown>>; study: OpenedStudy },
): Promise<Analysis> {
  const { kind, plan } = study.observers[observer]!;
  const { statistics, cases, panels, seed } = study.description;
  const form = await openMember<AnswerKind>(
    answerKinds,
    kind.answers,
    `Cannot use the study: found no kind of answer ${kind.answers}`,
  );
  const count = cases.observerTraining;
  const training = study.scene.classes
    .map((which) => [count, ...classWords(study, which)].join(" "))
    .join(" and ");
  return form.analyse({
    observer,
    about: kind.about(plan, { training: `${training} images` }),
    answers: Object.fromEntries(
      Object.entries(answers).map(([method, answer]) => [
        method,
        isRefused(answer) ? answer : form.values.parse(answer),
      ]),
    ),
    main: new Set(study.main),
    panels,
    reference: statistics.reference,
    level: statistics.level,
    adjust: statistics.adjust,
    seed,
  });
}

function isRefused(answer: unknown): answer is RefusedAnswer {
  return (
    typeof answer === "object" &&
    answer !== null &&
    "status" in answer &&
    answer.status === "refused" &&
    "why" in answer
  );
}

function summariesIn(methods: StudyNumbers["methods"]): StudyNumbers["summary"] {
  return (method, measure) => {
    const [name = "", which] = measure.split("@");
    const metrics = methods[method]?.metrics ?? {};
    const lists =
      which === undefined
        ? Object.values(metrics).map((own) => own[name])
        : [metrics[which]?.[name]];
    return summaryOf(lists.flatMap((list) => list ?? []));
  };
}

function valuesIn(
  summary: StudyNumbers["summary"],
  analyses: StudyNumbers["analyses"],
): StudyNumbers["valueOf"] {
  return (method, measure) => {
    const [name = ""] = measure.split("@");
    for (const { measures } of Object.values(analyses)) {
      const found = measures[method]?.[name];
      if (found !== undefined) return found.value;
    }
    const { counted, mean } = summary(method, measure);
    return counted === 0 ? undefined : mean;
  };
}

/** DeLong's for areas, Student's t over the cases for metrics. */
function differencesIn(
  methods: StudyNumbers["methods"],
  { analyses, level }: Pick<StudyNumbers, "analyses"> & { readonly level: number },
): DifferenceOf {
  return ({ method, reference, measure }) => {
    for (const analysis of Object.values(analyses)) {
      if (analysis.measures[method]?.[measure] === undefined) continue;
      return analysis.difference?.({ measure, method, reference });
    }
    const [name = "", which] = measure.split("@");
    const valuesOf = (id: string): readonly (number | null)[] =>
      Object.entries(methods[id]?.metrics ?? {}).flatMap(([own, metrics]) =>
        which === undefined || own === which ? (metrics[name] ?? []) : [],
      );
    const [a, b] = [valuesOf(method), valuesOf(reference)];
    if (a.length === 0 || a.length !== b.length) return undefined;
    const pairs = a.flatMap((value, i) => {
      const other = b[i];
      return value === null || other === null || other === undefined ? [] : [value - other];
    });
    const { estimate, interval, status } = pairedT(pairs, { level });
    if (status === "constant-scores") return { estimate, lower: estimate, upper: estimate };
    return status === "ok" ? { estimate, lower: interval.lower, upper: interval.upper } : undefined;
  };
}
