/** `dprime mrmc`: a study of several readers, by both analyses that the field uses. */
import type { OrhAnalysis } from "../../stats/mrmc-orh.ts";
import type { Command, CommandContext } from "./command.ts";

const analyses = [
  "random-readers-and-cases",
  "fixed-readers",
  "fixed-cases",
] as const satisfies readonly OrhAnalysis[];

export const mrmc: Command = {
  name: "mrmc",
  summary: "Analyse a study of several readers from an iMRMC text file.",
  description:
    "Readers may be people, or training sets of an observer; modalities may be doses, kernels or denoisers. Areas\nunder the ROC curve and their differences come from Gallas's one-shot U-statistics, which take any design, and\nfrom Obuchowski, Rockette and Hillis where every reader read the same cases. `dprime observe --imrmc` writes\nsuch files. p values of differences are adjusted by Holm.",
  arguments: [{ name: "file", about: "an iMRMC text file" }],
  options: [
    {
      name: "modality",
      type: "text",
      placeholder: "NAME",
      repeat: true,
      about: "a modality to compare, in this order; all when absent",
    },
    {
      name: "analysis",
      type: "choice",
      choices: analyses,
      default: "random-readers-and-cases",
      about: "to what the analysis of Obuchowski, Rockette and Hillis generalises",
    },
    {
      name: "margin",
      type: "number",
      min: 1e-6,
      max: 1,
      about:
        "test each difference for non-inferiority and equivalence within this loss of area, chosen before the data were seen",
    },
    {
      name: "plan",
      type: "number",
      min: 1e-6,
      max: 1,
      about: "print how many readers and cases would show a difference of this size",
    },
    {
      name: "power",
      type: "number",
      min: 0.5,
      max: 0.999,
      default: 0.8,
      about: "power of the planned study",
    },
    {
      name: "level",
      type: "number",
      min: 0.5,
      max: 0.9999,
      default: 0.95,
      about: "nominal coverage of the intervals",
    },
  ],
  examples: [
    { line: "dprime mrmc study.imrmc", about: "areas and differences of all modalities" },
    {
      line: "dprime mrmc study.imrmc --modality full --modality half --margin 0.05",
      about: "is half the dose no worse by more than 0.05",
    },
    { line: "dprime mrmc pilot.imrmc --plan 0.03", about: "how large the next study must be" },
  ],
  async run(context) {
    const { analyseReaders } = await import("../../workflows/analyse-readers.ts");
    const { values } = context;
    const level = values.number("level") ?? 0.95;
    const report = await analyseReaders({
      path: values.need("file"),
      modalities: values.list("modality"),
      analysis: analyses.find((one) => one === values.text("analysis")) ?? analyses[0],
      level,
      margin: values.number("margin"),
      plan: values.number("plan"),
      power: values.number("power") ?? 0.8,
    });
    printAreas(context, report, level);
    printDifferences(context, report, level);
    printPlan(context, report);
    for (const note of report.notes) context.note(note);
    context.result({ command: "mrmc", ...report });
  },
};

type Report = Awaited<
  ReturnType<typeof import("../../workflows/analyse-readers.ts")["analyseReaders"]>
>;

const three = (v: number | undefined): string =>
  v === undefined || !Number.isFinite(v) ? "–" : v.toFixed(3);
const range = (of: { readonly lower: number; readonly upper: number }): string =>
  `${three(of.lower)} … ${three(of.upper)}`;
const probability = (p: number): string => (p < 0.001 ? "<0.001" : three(p));

function printAreas(context: CommandContext, report: Report, level: number): void {
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
      range(one.interval),
      String(one.readers),
      `${one.present} + ${one.absent}`,
      one.status,
    ]),
  );
}

function printDifferences(context: CommandContext, report: Report, level: number): void {
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
      range(one.interval),
      probability(one.pValue),
      probability(one.adjusted),
      ...(withMargin ? [verdict(one.nonInferior), verdict(one.equivalent)] : []),
      one.status,
    ]),
  );
}

const verdict = (test: { readonly holds: boolean; readonly pValue: number } | undefined): string =>
  test === undefined ? "–" : `${test.holds ? "yes" : "no"} (p ${probability(test.pValue)})`;

function printPlan(context: CommandContext, { plan }: Report): void {
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
