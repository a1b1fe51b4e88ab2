/** Tables of a study's report. */
import { countText, type Summary, summaryOf } from "../stats/summary.ts";
import { expandMethods, mainMethods, shortNumber, type Study } from "./description.ts";
import type { Judgement, ReadPiece, StudyNumbers } from "./numbers.ts";
import type { MakeTemplateValues } from "./pieces/make-template.ts";
import type { TrainNetworkValues } from "./pieces/train-network.ts";
import type { TuneMethodValues } from "./pieces/tune-method.ts";
import type { StudyPlan } from "./plan.ts";
import type { ReportColumn, ReportTable } from "./report.ts";

type Row = (string | number | null)[];

const metricLabel = (study: Study, id: string) => study.metrics[id]!.label ?? id;

const judgementOf = (numbers: StudyNumbers, observer: string, method: string) =>
  numbers.judgements.find((j) => j.observer === observer && j.method === method);

const areaText = (judgement: Judgement | undefined): string | null =>
  judgement?.area === undefined
    ? null
    : `${judgement.area.estimate.toFixed(3)} (${judgement.area.interval.lower.toFixed(3)}–${judgement.area.interval.upper.toFixed(3)})`;

const numberOrNone = (v: number): number | null => (Number.isNaN(v) ? null : v);

/**
 * Columns of metrics: the mean of each, its standard error where asked, and for how many images it stands where some
 * have no value.
 */
function metricColumns(
  study: Study,
  rows: readonly Readonly<Record<string, Summary>>[],
  options: { readonly errors?: boolean } = {},
): { readonly columns: ReportColumn[]; readonly cells: Row[] } {
  const metrics = Object.keys(study.metrics);
  const partly = new Set(metrics.filter((id) => rows.some((r) => r[id]!.counted < r[id]!.of)));
  return {
    columns: metrics.flatMap((id): ReportColumn[] => [
      { name: metricLabel(study, id), digits: 4 },
      ...(options.errors ? [{ name: "±", digits: 4 }] : []),
      ...(partly.has(id) ? [{ name: `images with ${metricLabel(study, id)}` }] : []),
    ]),
    cells: rows.map((row) =>
      metrics.flatMap((id) => {
        const summary = row[id]!;
        return [
          numberOrNone(summary.mean),
          ...(options.errors ? [numberOrNone(summary.standardError)] : []),
          ...(partly.has(id) ? [countText(summary)] : []),
        ];
      }),
    ),
  };
}

/** Summaries of all metrics of a method, of one class or of both. */
const summariesOf = (
  study: Study,
  numbers: StudyNumbers,
  at: { readonly method: string; readonly which?: string },
): Readonly<Record<string, Summary>> =>
  Object.fromEntries(
    Object.keys(study.metrics).map((id) => [
      id,
      numbers.summary(at.method, at.which === undefined ? id : `${id}@${at.which}`),
    ]),
  );

/** A sentence for every metric that has no value on some images of some methods. */
export function undefinedMetrics(study: Study, numbers: StudyNumbers): string[] {
  return Object.keys(study.metrics).flatMap((id) => {
    const partly = Object.keys(numbers.methods).flatMap((method) => {
      const summary = numbers.summary(method, id);
      return summary.counted < summary.of ? [`${countText(summary)} of \`${method}\``] : [];
    });
    return partly.length === 0
      ? []
      : [
          `${metricLabel(study, id)} has no finite value on some images: its means are over ${partly.join(", ")}, and means over different images are not to be compared.`,
        ];
  });
}

/** One row per method: every metric and the area of every fixed template. */
export function overviewTable(study: Study, numbers: StudyNumbers): ReportTable {
  const observers = Object.entries(study.observers)
    .filter(([, { kind }]) => kind === "template")
    .map(([id]) => id);
  const methods = mainMethods(study);
  const measured = metricColumns(
    study,
    methods.map((method) => summariesOf(study, numbers, { method })),
  );
  return {
    name: "methods",
    caption: "Image quality and detectability",
    columns: [
      { name: "method" },
      ...measured.columns,
      ...observers.map((id): ReportColumn => ({ name: `AUC ${id}` })),
    ],
    rows: methods.map((method, i) => [
      method,
      ...measured.cells[i]!,
      ...observers.map((id) => areaText(judgementOf(numbers, id, method))),
    ]),
  };
}

export function classTable(study: Study, numbers: StudyNumbers): ReportTable {
  const classes = Object.keys(numbers.methods).flatMap((method) =>
    (["absent", "present"] as const).map((which) => ({ method, which })),
  );
  const measured = metricColumns(
    study,
    classes.map((at) => summariesOf(study, numbers, at)),
    { errors: true },
  );
  return {
    name: "classes",
    caption: "Image quality, class by class",
    columns: [{ name: "method" }, { name: "signal" }, ...measured.columns],
    rows: classes.map(({ method, which }, i) => [method, which, ...measured.cells[i]!]),
  };
}

export function judgementTable(study: Study, numbers: StudyNumbers, observer: string): ReportTable {
  const shown = new Set(mainMethods(study));
  const rows = numbers.judgements
    .filter((j) => j.observer === observer && shown.has(j.method))
    .map(({ method, scores, area, difference, adjustedP }): Row => {
      if (area === undefined) return [method, null, null, null, null, null, null, scores.why ?? ""];
      const { estimate, interval, status, remedy } = area;
      return [
        method,
        estimate,
        interval.lower,
        interval.upper,
        difference?.estimate ?? null,
        difference === undefined
          ? null
          : `${difference.interval.lower.toFixed(4)} to ${difference.interval.upper.toFixed(4)}`,
        adjustedP === undefined || Number.isNaN(adjustedP) ? null : pText(adjustedP),
        status === "ok" ? "" : remedy,
      ];
    });
  return {
    name: `auc-${observer}`,
    caption: `Area under the ROC curve, ${observer}`,
    columns: [
      { name: "method" },
      { name: "AUC", digits: 4 },
      { name: "lower", digits: 4 },
      { name: "upper", digits: 4 },
      { name: `difference from ${study.statistics.reference}`, digits: 4 },
      { name: "interval" },
      { name: "p (Holm)" },
      { name: "remark" },
    ],
    rows,
  };
}

const pText = (p: number): string => (p < 0.0001 ? "< 0.0001" : p.toFixed(4));

/** Observers that judge every method. */
export const sweepObservers = (study: Study): string[] =>
  Object.keys(study.observers).filter((id) => study.observers[id]!.kind === "template");

/** Methods of a sweep with their β. */
export function sweepRows(study: Study, id: string): { method: string; beta: number }[] {
  const methods = expandMethods(study);
  return study.sweeps[id]!.methods.flatMap((method) => {
    const plan = methods[method]!;
    return plan.kind === "adapted" || plan.kind === "pls-tv" ? [{ method, beta: plan.beta }] : [];
  }).sort((a, b) => a.beta - b.beta);
}

export function sweepTable(study: Study, numbers: StudyNumbers, id: string): ReportTable {
  const observers = sweepObservers(study);
  const points = sweepRows(study, id);
  const measured = metricColumns(
    study,
    points.map(({ method }) => summariesOf(study, numbers, { method })),
  );
  return {
    name: `sweep-${id}`,
    caption: `Sweep over β: ${id}`,
    columns: [
      { name: "β" },
      ...measured.columns,
      ...observers.map((o): ReportColumn => ({ name: `AUC ${o}` })),
    ],
    rows: points.map(({ method, beta }, i) => [
      shortNumber(beta),
      ...measured.cells[i]!,
      ...observers.map((o) => areaText(judgementOf(numbers, o, method))),
    ]),
  };
}

export function adaptationTable(study: Study, numbers: StudyNumbers): ReportTable {
  const methods = expandMethods(study);
  const rows = Object.entries(methods).flatMap(([id, plan]): Row[] => {
    const figures = numbers.methods[id]?.figures;
    if (plan.kind !== "adapted" || figures?.["total"] === undefined) return [];
    const mean = (name: string) => summaryOf(figures[name]!).mean;
    return [
      [
        id,
        plan.solver,
        shortNumber(plan.beta),
        shortNumber(plan.gamma),
        mean("total"),
        plan.alpha * mean("fidelity"),
        plan.beta * mean("task"),
        plan.gamma * mean("drift"),
        mean("iterations"),
      ],
    ];
  });
  return {
    name: "objective",
    caption: "Terms of the objective, mean over the test images",
    columns: [
      { name: "method" },
      { name: "solver" },
      { name: "β" },
      { name: "γ" },
      { name: "objective", digits: 3 },
      { name: "fidelity", digits: 3 },
      { name: "task", digits: 4 },
      { name: "drift", digits: 4 },
      { name: "iterations", digits: 1 },
    ],
    rows,
  };
}

export async function networkTable(
  study: Study,
  plan: StudyPlan,
  read: ReadPiece,
): Promise<ReportTable> {
  const rows: Row[] = [];
  for (const [id, piece] of Object.entries(plan.networks)) {
    const values = (await read(piece)).values as never as TrainNetworkValues;
    const { network, images, batch, steps } = study.networks[id]!;
    const options = Object.entries(network.options).map(([k, v]) => `${k} ${String(v)}`);
    rows.push([
      id,
      `${network.name} ${options.join(", ")}`,
      values.weights,
      images,
      batch,
      `${values.steps} of ${steps}`,
      values.validationPsnr,
    ]);
  }
  return {
    name: "networks",
    caption: "Networks",
    columns: [
      { name: "network" },
      { name: "architecture" },
      { name: "weights" },
      { name: "training images" },
      { name: "batch" },
      { name: "best step" },
      { name: "validation PSNR", digits: 2 },
    ],
    rows,
  };
}

export async function templateTable(
  study: Study,
  plan: StudyPlan,
  read: ReadPiece,
): Promise<ReportTable> {
  const rows: Row[] = [];
  for (const [id, piece] of Object.entries(plan.templates)) {
    const values = (await read(piece)).values as never as MakeTemplateValues;
    rows.push([
      id,
      study.templates[id]!.kind,
      values.rows,
      values.images,
      values.residual === null ? null : values.residual.toExponential(1),
      values.detectability,
    ]);
  }
  return {
    name: "templates",
    caption: "Templates",
    columns: [
      { name: "template" },
      { name: "kind" },
      { name: "rows" },
      { name: "images" },
      { name: "residual" },
      { name: "d′ in the noisy population", digits: 4 },
    ],
    rows,
  };
}

export async function tuningTable(
  _study: Study,
  plan: StudyPlan,
  read: ReadPiece,
): Promise<ReportTable> {
  const rows: Row[] = [];
  for (const [id, piece] of Object.entries(plan.tuned)) {
    const { chosen, tried } = (await read(piece)).values as never as TuneMethodValues;
    for (const { parameter, value, rmse, auc } of tried) {
      const mark = chosen[parameter] === value ? "chosen" : "";
      rows.push([id, parameter, shortNumber(value), rmse, auc, mark]);
    }
  }
  return {
    name: "tuning",
    caption: "Parameters tried on validation images",
    columns: [
      { name: "method" },
      { name: "parameter" },
      { name: "value" },
      { name: "RMSE", digits: 5 },
      { name: "AUC", digits: 4 },
      { name: "" },
    ],
    rows,
  };
}
