/** The report of a finished study: tables, figures and claims from the numbers of its pieces. */
import { outcomeOf } from "./claim.ts";
import { type Study } from "./description.ts";
import { examplesFigure, forestFigure, rocFigure, sweepFigure } from "./report-figures.ts";
import {
  adaptationTable,
  classTable,
  judgementTable,
  networkTable,
  overviewTable,
  sweepTable,
  templateTable,
  tuningTable,
  undefinedMetrics,
} from "./report-tables.ts";
import { gatherNumbers, type ReadPiece } from "./numbers.ts";
import { planStudy } from "./plan.ts";
import type { Report, ReportSection } from "./report.ts";

/**
 * Reads every result of a study and says what came out.
 *
 * @param read looks up what a planned piece left
 */
export async function assembleReport(study: Study, read: ReadPiece): Promise<Report> {
  const plan = await planStudy(study);
  const numbers = await gatherNumbers(study, plan, read);
  const { observers, statistics, cases, task } = study;
  const percent = `${100 * statistics.level} %`;
  const sections: ReportSection[] = [
    {
      heading: "The study",
      text: [
        ...study.about,
        `Object: ${described(task.object)}. Signal: ${described(task.signal)}. Noise: ${described(task.noise)}. Every image is drawn from seed ${study.seed}; network training, validation, templates, observer training and test have images of their own.`,
        `${cases.test} signal-absent and ${cases.test} signal-present test images; ${cases.validation} of each for validation.`,
      ],
    },
    {
      heading: "Methods",
      text: [
        "Means over all test images of per-image values; the area under the ROC curve is that of the observers with one fixed template.",
        ...undefinedMetrics(study, numbers),
      ],
      tables: [overviewTable(study, numbers)],
      figures: study.panels.length > 0 ? [await examplesFigure(study, plan, read)] : [],
    },
    {
      heading: "Signal absent and present apart",
      text: ["Mean and standard error of the mean."],
      tables: [classTable(study, numbers)],
    },
    ...Object.entries(observers).map(([id, observer]): ReportSection => {
      const about =
        observer.kind === "template"
          ? `One template, \`${observer.template}\`, applied to every method's images.`
          : `\`${observer.name}\`, trained anew on ${cases.observerTraining} signal-absent and ${cases.observerTraining} signal-present images of each method: a finite-training estimate, not a ceiling.`;
      const findings = numbers.judgements
        .filter((j) => j.observer === id)
        .flatMap(({ method, scores }) => scores.findings.map((f) => `${method}: ${f}.`));
      return {
        heading: `Detectability: ${id}`,
        text: [
          about,
          `Intervals of ${percent}: logit of the Mann–Whitney area. Differences from \`${statistics.reference}\`: DeLong's paired test, p adjusted by Holm over this table.`,
          ...findings,
        ],
        tables: [judgementTable(study, numbers, id)],
        figures: [rocFigure(study, numbers, id), forestFigure(study, numbers, id)],
      };
    }),
  ];
  for (const id of Object.keys(study.sweeps)) {
    sections.push({
      heading: `Sweep: ${id}`,
      text: ["Area under the ROC curve and image quality as the weight β of the task grows."],
      tables: [sweepTable(study, numbers, id)],
      figures: sweepFigure(study, numbers, id),
    });
  }
  const adaptation = adaptationTable(study, numbers);
  if (adaptation.rows.length > 0) {
    sections.push({
      heading: "Terms of the adaptation's objective",
      text: [
        "Means over the test images at the solution: α‖g − F‖² + β‖t(g) − t(F)‖² + γ‖θ − θ₀‖². Of the solver `path` they are those of the network linearised about θ₀.",
      ],
      tables: [adaptation],
    });
  }
  const made = [
    await networkTable(study, plan, read),
    await templateTable(study, plan, read),
    await tuningTable(study, plan, read),
  ].filter(({ rows }) => rows.length > 0);
  if (made.length > 0) {
    sections.push({
      heading: "Networks, templates and tuned parameters",
      text: ["Chosen without a look at the test images."],
      tables: made,
    });
  }
  return {
    title: study.title ?? study.name,
    sections,
    ...(study.claims.length > 0
      ? { claims: study.claims.map((claim) => outcomeOf(claim, numbers)) }
      : {}),
    provenance: { study: JSON.parse(JSON.stringify(study)) },
  };
}

function described({ name, options }: { name: string; options: object }): string {
  const given = Object.entries(options).map(([key, value]) => `${key} ${String(value)}`);
  return given.length === 0 ? name : `${name} (${given.join(", ")})`;
}
