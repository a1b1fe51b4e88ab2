/** `dprime mrmc`: a study of several readers, by both analyses that the field uses. */
import type { ReadersReport } from "../../workflows/analyse-readers.ts";
import { readerSettings } from "../../workflows/reader-settings.ts";
import { counted, interval, percent, probability, three } from "../number-text.ts";
import { argument, list, settings } from "../options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const mrmc: Command = command({
  name: "mrmc",
  summary: "Analyse a study of several readers from an iMRMC text file.",
  description:
    "Readers may be people or training sets of an observer; modalities may be doses, kernels or denoisers. Estimates areas under the ROC curve and their differences by Gallas's one-shot U-statistics, for any design, and by Obuchowski, Rockette and Hillis, for readers crossed with or nested in the modalities, split plots included. `dprime observe --imrmc` writes such files. p values of differences are adjusted by Holm.",
  arguments: { file: argument("iMRMC text file") },
  options: {
    modality: list("NAME", "modalities to compare, in this order; default: all"),
    ...settings(readerSettings),
  },
  examples: {
    "dprime mrmc study.imrmc": "areas and differences of all modalities",
    "dprime mrmc study.imrmc --modality full,half --margin 0.05":
      "is half the dose no worse by more than 0.05",
    "dprime mrmc pilot.imrmc --plan 0.03": "how large the next study must be",
  },
  async run({ file, modality, ...values }, context) {
    const { analyseReaders } = await import("../../workflows/analyse-readers.ts");
    const report = await analyseReaders(file, { ...values, modalities: modality });
    printAnalyses(context, report, `${percent(values.level)} interval`);
    printPlan(context, report);
    return report;
  },
});

function printAnalyses(context: CommandContext, report: ReadersReport, limits: string): void {
  const { readers, present, absent, design, areas, differences } = report;
  context.print(
    `${counted(readers, "reader")}, ${present} present and ${absent} absent cases, ${design}`,
  );
  context.table(areas, [
    ["modality", ({ modality }) => modality],
    ["analysis", ({ by }) => by],
    ["AUC", ({ estimate }) => three(estimate)],
    [limits, (one) => interval(one.interval)],
    ["readers", (one) => one.readers],
    ["cases", (one) => `${one.present} + ${one.absent}`],
    ["status", ({ status }) => status],
  ]);
  const withMargin = report.margin !== undefined;
  context.table(differences, [
    ["difference", ({ modalities: [a, b] }) => `${a} − ${b}`],
    ["analysis", ({ by }) => by],
    ["AUC", ({ estimate }) => three(estimate)],
    [limits, (one) => interval(one.interval)],
    ["p", ({ pValue }) => probability(pValue)],
    ["adjusted", ({ adjusted }) => probability(adjusted)],
    withMargin && ["not inferior", ({ nonInferior }) => verdict(nonInferior)],
    withMargin && ["equivalent", ({ equivalent }) => verdict(equivalent)],
    ["status", ({ status }) => status],
  ]);
}

const verdict = (test: { readonly holds: boolean; readonly pValue: number } | undefined): string =>
  test === undefined ? "–" : `${test.holds ? "yes" : "no"} (p ${probability(test.pValue)})`;

function printPlan(context: CommandContext, { plan }: ReadersReport): void {
  if (plan === undefined) return;
  context.print();
  context.print(
    `To detect a difference of ${plan.effect} with a power of ${plan.power}, readers and cases random:`,
  );
  context.table(plan.rows, [
    ["readers", ({ readers }) => readers],
    ["present", ({ present }) => present],
    ["absent", ({ absent }) => absent],
    ["power", ({ power }) => three(power)],
  ]);
}
