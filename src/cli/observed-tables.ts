/** What `dprime observe` prints of a task. */
import type { Estimate } from "../stats/result.ts";
import type { ObservedTask } from "../workflows/observe-files.ts";
import type { CommandContext } from "./commands/command.ts";
import { interval, percent, probability, three } from "./number-text.ts";

/** Prints areas, areas of search and estimation, differences and findings of one task. */
export function printTask(context: CommandContext, { task, observed }: ObservedTask): void {
  const { rows } = observed;
  const limits = `${percent(observed.level)} interval`;
  const limitsOf = (estimate: Pick<Estimate, "interval"> | undefined) =>
    interval(estimate?.interval);
  context.print();
  context.print(`${task.name} (${observed.protocol}, seed ${observed.seed})`);
  context.table(rows, [
    ["version", ({ arm }) => arm],
    ["observer", ({ label }) => label],
    ["AUC", ({ area }) => three(area?.estimate)],
    [limits, ({ area }) => limitsOf(area)],
    ["d'", ({ separation }) => three(separation)],
    ["test", ({ area }) => area && `${area.present} + ${area.absent}`],
    ["trained", ({ judged }) => judged?.trained.join(" + ")],
    ["status", ({ status, area }) => (status === "refused" ? status : area?.status)],
  ]);
  const searched = rows.filter((row) => row.localisation ?? row.estimation);
  context.table(searched, [
    ["version", ({ arm }) => arm],
    ["observer", ({ label }) => label],
    ["LROC area", ({ localisation }) => three(localisation?.estimate)],
    [limits, ({ localisation }) => limitsOf(localisation)],
    ["EROC area", ({ estimation }) => three(estimation?.estimate)],
    [limits, ({ estimation }) => limitsOf(estimation)],
  ]);
  const populations = rows.flatMap(({ arm, label, population }) =>
    population ? [{ ...population, arm, label }] : [],
  );
  context.table(populations, [
    ["version", ({ arm }) => arm],
    ["observer", ({ label }) => label],
    ["d' of the population", ({ estimate }) => three(estimate)],
    [limits, limitsOf],
    ["AUC", ({ auc }) => three(auc.estimate)],
    [limits, ({ auc }) => limitsOf(auc)],
    ["images", ({ present, absent }) => `${present} + ${absent}`],
    ["channels", ({ channels }) => channels],
  ]);
  const named = { localisation: "LROC", estimation: "EROC" };
  const differences = [
    ...observed.differences.map((d) => ({ ...d, of: "AUC" })),
    ...observed.searchDifferences.map((d) => ({ ...d, of: named[d.area] })),
  ];
  context.table(differences, [
    ["difference", ({ arm, reference }) => `${arm} − ${reference}`],
    ["observer", ({ label }) => label],
    ["of", ({ of }) => of],
    ["Δ", ({ estimate }) => three(estimate)],
    [limits, interval],
    ["p", ({ pValue }) => probability(pValue)],
    ["p (Holm)", ({ adjustedP }) => probability(adjustedP)],
    ["cases", ({ paired }) => (paired ? "paired" : "unpaired")],
  ]);
  // One line for findings that differ in nothing but the row they speak of.
  const findings = observed.findings.map(
    ({ severity, name, reason, remedy }) => `${severity}: ${name}: ${reason}. ${remedy}`,
  );
  for (const line of new Set(findings)) context.print(line);
}
