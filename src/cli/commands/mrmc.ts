/** `dprime mrmc`: a study of several readers, by both analyses that the field uses. */
import type { OrhAnalysis } from "../../stats/mrmc-orh.ts";
import type { ReadersReport } from "../../workflows/analyse-readers.ts";
import { interval, probability, three } from "../number-text.ts";
import { argument, choice, list, number } from "../options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

const analyses = [
  "random-readers-and-cases",
  "fixed-readers",
  "fixed-cases",
] as const satisfies readonly OrhAnalysis[];

export const mrmc: Command = command({
  name: "mrmc",
  summary: "Analyse a study of several readers from an iMRMC text file.",
  description:
    "Readers may be people, or training sets of an observer; modalities may be doses, kernels or denoisers. Areas under the ROC curve and their differences come from Gallas's one-shot U-statistics, which take any design, and from Obuchowski, Rockette and Hillis where readers are crossed with or nested in the modalities, in split plots too. `dprime observe --imrmc` writes such files. p values of differences are adjusted by Holm.",
  arguments: { file: argument("an iMRMC text file") },
  options: {
    modality: list("NAME", "modalities to compare, in this order; default: all"),
    analysis: choice(
      analyses,
      "to what the analysis of Obuchowski, Rockette and Hillis generalises",
      { default: "random-readers-and-cases" },
    ),
    margin: number(
      "test each difference for non-inferiority and equivalence within this loss of area, chosen before the data were seen",
      { min: 1e-6, max: 1 },
    ),
    plan: number("print how many readers and cases would show a difference of this size", {
      min: 1e-6,
      max: 1,
    }),
    power: number("power of the planned study", { min: 0.5, max: 0.999, default: 0.8 }),
    level: number("nominal coverage of the intervals", { min: 0.5, max: 0.9999, default: 0.95 }),
  },
  examples: [
    { line: "dprime mrmc study.imrmc", about: "areas and differences of all modalities" },
    {
      line: "dprime mrmc study.imrmc --modality full,half --margin 0.05",
      about: "is half the dose no worse by more than 0.05",
    },
    { line: "dprime mrmc pilot.imrmc --plan 0.03", about: "how large the next study must be" },
  ],
  async run({ file, modality, ...values }, context) {
    const { analyseReaders } = await import("../../workflows/analyse-readers.ts");
    const report = await analyseReaders(file, { ...values, modalities: modality });
    printAreas(context, report, values.level);
    printDifferences(context, report, values.level);
    printPlan(context, report);
    for (const note of report.notes) context.note(note);
    return report;
  },
});

function printAreas(context: CommandContext, report: ReadersReport, level: number): void {
  const percent = `${Number((100 * level).toPrecision(4))} % interval`;
  context.print(
    `${report.readers} ${report.readers === 1 ? "reader" : "readers"}, ${report.present} present and ${report.absent} absent cases, ${report.design}`,
  );
  context.table(
    [
      { title: "modality" },
      { title: "analysis" },
      { title: "AUC", align: "right" },
      { title: percent, align: "right" },
      { title: "readers", align: "right" },
      { title: "cases", align: "right" },
      { title: "status" },
    ],
    report.areas.map((one) => [
      one.modality,
      one.by,
      three(one.estimate),
      interval(one.interval),
      String(one.readers),
      `${one.present} + ${one.absent}`,
      one.status,
    ]),
  );
}

function printDifferences(context: CommandContext, report: ReadersReport, level: number): void {
  if (report.differences.length === 0) return;
  const percent = `${Number((100 * level).toPrecision(4))} % interval`;
  const withMargin = report.margin !== undefined;
  context.print();
  context.table(
    [
      { title: "difference" },
      { title: "analysis" },
      { title: "AUC", align: "right" },
      { title: percent, align: "right" },
      { title: "p", align: "right" },
      { title: "adjusted", align: "right" },
      ...(withMargin
        ? [
            { title: "not inferior", align: "right" as const },
            { title: "equivalent", align: "right" as const },
          ]
        : []),
      { title: "status" },
    ],
    report.differences.map((one) => [
      `${one.modalities[0]} − ${one.modalities[1]}`,
      one.by,
      three(one.estimate),
      interval(one.interval),
      probability(one.pValue),
      probability(one.adjusted),
      ...(withMargin ? [verdict(one.nonInferior), verdict(one.equivalent)] : []),
      one.status,
    ]),
  );
}

const verdict = (test: { readonly holds: boolean; readonly pValue: number } | undefined): string =>
  test === undefined ? "–" : `${test.holds ? "yes" : "no"} (p ${probability(test.pValue)})`;

function printPlan(context: CommandContext, { plan }: ReadersReport): void {
  if (plan === undefined) return;
  context.print();
  context.print(
    `To show a difference of ${plan.effect} with a power of ${plan.power}, readers and cases both random:`,
  );
  context.table(
    [
      { title: "readers", align: "right" },
      { title: "present", align: "right" },
      { title: "absent", align: "right" },
      { title: "power", align: "right" },
    ],
    plan.rows.map((row) => [
      String(row.readers),
      String(row.present),
      String(row.absent),
      three(row.power),
    ]),
  );
}
