/** The report of a finished study: tables, figures and claims from the numbers of its pieces. */
import { changesSection } from "./changes.ts";
import { outcomeOf } from "./claim.ts";
import { classWords } from "./class-words.ts";
import type { ReadPieces } from "./execute.ts";
import { gatherNumbers, type StudyNumbers } from "./numbers.ts";
import type { OpenedStudy } from "./open-study.ts";
import { pairedTable, pairedText } from "./paired-comparison.ts";
import { keptJson } from "./piece-key.ts";
import { matrixSection } from "./matrix.ts";
import type { StudyPlan } from "./plan.ts";
import { processingSection } from "./processing-guard.ts";
import { tradeOffSection } from "./trade-off.ts";
import type { Report, ReportSection, ReportTable } from "./report.ts";
import { examplesFigure, sweepFigures } from "./report-figures.ts";
import {
  classTable,
  metricLabel,
  networkTable,
  numberName,
  overviewTable,
  sweepTable,
  templateTable,
  tuningTable,
  undefinedMetrics,
} from "./report-tables.ts";

/**
 * Reads every result of a study and says what came out.
 *
 * @param read looks up what a planned piece left
 */
export async function assembleReport(plan: StudyPlan, read: ReadPieces): Promise<Report> {
  const { study } = plan;
  const { description, task, scene } = study;
  const numbers = await gatherNumbers(plan, read);
  const { cases } = description;
  const counts = scene.classes
    .map((which) => [cases.test, ...classWords(study, which)].join(" "))
    .join(" and ");
  const sections: ReportSection[] = [
    {
      heading: "The study",
      text: [
        ...description.about,
        `${task.kind.describe(task.plan)} Every image is drawn from seed ${description.seed}; network training, validation, templates, observer training and test have images of their own.`,
        `${counts} test images; ${cases.validation} of each for validation.`,
      ],
    },
    {
      heading: "Methods",
      text: [
        `Means over all test images of per-image values${Object.keys(study.observers).length > 0 ? "; what observers say is that of those which judge every method in the same way" : ""}.`,
        ...undefinedMetrics(study, numbers),
      ],
      tables: [overviewTable(study, numbers)],
      figures: description.panels.length > 0 ? [await examplesFigure(plan, read)] : [],
    },
  ];
  if (scene.classes.length > 1) {
    sections.push({
      heading: task.kind.classHeading ?? "Class by class",
      text: ["Mean and standard error of the mean."],
      tables: [classTable(study, numbers)],
    });
  }
  const compared = metricTables(study, numbers);
  if (compared.length > 0) {
    const { level, adjust, reference } = description.statistics;
    sections.push({
      heading: "Methods compared, case by case",
      text: [pairedText(level, adjust, reference)],
      tables: compared,
    });
  }
  for (const { sections: own } of Object.values(numbers.analyses)) sections.push(...own);
  const guard = processingSection(study, numbers);
  if (guard !== undefined) sections.push(guard);
  for (const id of Object.keys(description.tradeOffs ?? {})) {
    sections.push(tradeOffSection(study, numbers, id));
  }
  for (const id of Object.keys(description.changes ?? {})) {
    sections.push(changesSection(study, numbers, id));
  }
  for (const id of Object.keys(description.matrices ?? {})) {
    sections.push(matrixSection(study, numbers, id));
  }
  for (const [id, { against }] of Object.entries(description.sweeps)) {
    sections.push({
      heading: `Sweep: ${id}`,
      text: [`What observers say and image quality as ${numberName(against)} grows.`],
      tables: [sweepTable(study, numbers, id)],
      figures: sweepFigures(study, numbers, id),
    });
  }
  sections.push(...methodSections(study, numbers));
  const made = [
    await networkTable(plan, read),
    await templateTable(plan, read),
    await tuningTable(plan, read),
  ].filter(({ rows }) => rows.length > 0);
  if (made.length > 0) {
    sections.push({
      heading: "Networks, templates and tuned parameters",
      text: ["Chosen without a look at the test images."],
      tables: made,
    });
  }
  return {
    title: description.title ?? description.name,
    sections,
    ...(description.claims.length > 0
      ? { claims: description.claims.map((claim) => outcomeOf(claim, numbers)) }
      : {}),
    provenance: { study: keptJson(description, "study") },
  };
}

/** A table for every metric: the methods against the reference on the same images. */
function metricTables(study: OpenedStudy, numbers: StudyNumbers): ReportTable[] {
  const { metrics, statistics, seed } = study.description;
  return Object.keys(metrics).flatMap((id) => {
    const table = pairedTable({
      name: `compared-${id}`,
      caption: metricLabel(study, id),
      values: Object.fromEntries(
        study.main.map((method) => [
          method,
          Object.values(numbers.methods[method]!.metrics).flatMap((own) => own[id] ?? []),
        ]),
      ),
      ...statistics,
      seed,
    });
    return table === undefined ? [] : [table];
  });
}

/** What kinds of methods say about all methods of theirs. */
function methodSections(study: OpenedStudy, numbers: StudyNumbers): ReportSection[] {
  const methods = Object.values(study.methods);
  return [...new Set(methods.map(({ kind }) => kind))].flatMap(
    (kind) =>
      kind.sections?.(
        methods
          .filter((method) => method.kind === kind)
          .map(({ id, plan, setting }) => ({
            id,
            plan,
            setting,
            figures: numbers.methods[id]?.figures ?? {},
          })),
      ) ?? [],
  );
}
