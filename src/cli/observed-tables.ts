/** What `dprime observe` prints of a task. */
import type { Estimate } from "../stats/result.ts";
import type { ObservedTask } from "../workflows/observe-files.ts";
import type { CommandContext } from "./commands/command.ts";
import { interval, probability, three } from "./number-text.ts";

/** Prints areas, areas of search and estimation, differences and findings of one task. */
export function printTask(context: CommandContext, { task, observed }: ObservedTask): void {
  const percent = Math.round(100 * observed.level);
  context.print();
  context.print(`${task.name} (${observed.protocol}, seed ${observed.seed})`);
  context.table(
    [
      { title: "version" },
      { title: "observer" },
      { title: "AUC", align: "right" },
      { title: `${percent} % interval`, align: "right" },
      { title: "d'", align: "right" },
      { title: "test", align: "right" },
      { title: "trained", align: "right" },
      { title: "status" },
    ],
    observed.rows.map((row) => [
      row.arm,
      row.label,
      three(row.area?.estimate),
      interval(row.area?.interval),
      three(row.separation),
      row.area ? `${row.area.present} + ${row.area.absent}` : "",
      row.judged ? row.judged.trained.join(" + ") : "",
      row.status === "refused" ? "refused" : (row.area?.status ?? ""),
    ]),
  );
  const searched = observed.rows.filter((row) => row.localisation ?? row.estimation);
  if (searched.length > 0) {
    const area = (e: Estimate | undefined) => [three(e?.estimate), interval(e?.interval)];
    context.print();
    context.table(
      [
        { title: "version" },
        { title: "observer" },
        { title: "LROC area", align: "right" },
        { title: `${percent} % interval`, align: "right" },
        { title: "EROC area", align: "right" },
        { title: `${percent} % interval`, align: "right" },
      ],
      searched.map((row) => [
        row.arm,
        row.label,
        ...area(row.localisation),
        ...area(row.estimation),
      ]),
    );
  }
  const populations = observed.rows.filter((row) => row.population);
  if (populations.length > 0) {
    context.print();
    context.table(
      [
        { title: "version" },
        { title: "observer" },
        { title: "d' of the population", align: "right" },
        { title: `${percent} % interval`, align: "right" },
        { title: "AUC", align: "right" },
        { title: `${percent} % interval`, align: "right" },
        { title: "images", align: "right" },
        { title: "channels", align: "right" },
      ],
      populations.map(({ arm, label, population: p }) => [
        arm,
        label,
        three(p!.estimate),
        `${three(p!.interval.lower)} … ${three(p!.interval.upper)}`,
        three(p!.auc.estimate),
        `${three(p!.auc.interval.lower)} … ${three(p!.auc.interval.upper)}`,
        `${p!.present} + ${p!.absent}`,
        String(p!.channels),
      ]),
    );
  }
  const named = { localisation: "LROC", estimation: "EROC" };
  const differences = [
    ...observed.differences.map((d) => ({ ...d, of: "AUC" })),
    ...observed.searchDifferences.map((d) => ({ ...d, of: named[d.area] })),
  ];
  if (differences.length > 0) {
    context.print();
    context.table(
      [
        { title: "difference" },
        { title: "observer" },
        { title: "of" },
        { title: "Δ", align: "right" },
        { title: `${percent} % interval`, align: "right" },
        { title: "p", align: "right" },
        { title: "p (Holm)", align: "right" },
        { title: "cases" },
      ],
      differences.map((d) => [
        `${d.arm} − ${d.reference}`,
        d.label,
        d.of,
        three(d.estimate),
        interval(d),
        probability(d.pValue),
        probability(d.adjustedP),
        d.paired ? "paired" : "unpaired",
      ]),
    );
  }
  // One line for findings that differ in nothing but the row they speak of.
  const told = new Set<string>();
  for (const f of observed.findings) {
    const line = `${f.severity}: ${f.name}: ${f.reason}. ${f.remedy}`;
    if (!told.has(line)) context.print(line);
    told.add(line);
  }
}
