/** Tables of a study's report. */
import { countText, type Summary } from "../stats/summary.ts";
import type { ReadPieces } from "./execute.ts";
import type { StudyNumbers } from "./numbers.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { StudyPlan } from "./plan.ts";
import type { ReportColumn, ReportTable } from "./report.ts";
import { shortNumber } from "./schema-words.ts";

type Row = (string | number | null)[];

export const metricLabel = ({ description }: OpenedStudy, id: string): string =>
  description.metrics[id]?.label ?? id;

const numberOrNone = (v: number): number | null => (Number.isNaN(v) ? null : v);

/**
 * Columns of metrics: the mean of each, its standard error where asked, and for how many images it stands
 * where some have no value.
 */
function metricColumns(
  study: OpenedStudy,
  rows: readonly Readonly<Record<string, Summary>>[],
  options: { readonly errors?: boolean } = {},
): { readonly columns: ReportColumn[]; readonly cells: Row[] } {
  const metrics = Object.keys(study.description.metrics);
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

/** Summaries of all metrics of a method, of one class or of all. */
const summariesOf = (
  study: OpenedStudy,
  numbers: StudyNumbers,
  at: { readonly method: string; readonly which?: string },
): Readonly<Record<string, Summary>> =>
  Object.fromEntries(
    Object.keys(study.description.metrics).map((id) => [
      id,
      numbers.summary(at.method, at.which === undefined ? id : `${id}@${at.which}`),
    ]),
  );

/** A sentence for every metric that has no value on some images of some methods. */
export function undefinedMetrics(study: OpenedStudy, numbers: StudyNumbers): string[] {
  return Object.keys(study.description.metrics).flatMap((id) => {
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

/** Columns of what observers say of every method, in the overview and in sweeps. */
function observerColumns(study: OpenedStudy, numbers: StudyNumbers) {
  const columns = Object.entries(study.observers)
    .filter(([, { kind }]) => kind.overview)
    .flatMap(([id]) => numbers.analyses[id]!.columns.map((column) => ({ id, column })));
  return {
    columns: columns.map(({ column: { measure: _measure, ...column } }): ReportColumn => column),
    cells: (method: string): Row =>
      columns.map(
        ({ id, column }) => numbers.analyses[id]!.measures[method]?.[column.measure]?.text ?? null,
      ),
  };
}

/** One row per method: every metric, and what observers that judge all methods alike say. */
export function overviewTable(study: OpenedStudy, numbers: StudyNumbers): ReportTable {
  const methods = study.main;
  const measured = metricColumns(
    study,
    methods.map((method) => summariesOf(study, numbers, { method })),
  );
  const observed = observerColumns(study, numbers);
  return {
    name: "methods",
    caption: "Image quality and detectability",
    columns: [{ name: "method" }, ...measured.columns, ...observed.columns],
    rows: methods.map((method, i) => [method, ...measured.cells[i]!, ...observed.cells(method)]),
  };
}

export function classTable(study: OpenedStudy, numbers: StudyNumbers): ReportTable {
  const classes = Object.keys(numbers.methods).flatMap((method) =>
    study.scene.classes.map((which) => ({ method, which })),
  );
  const measured = metricColumns(
    study,
    classes.map((at) => summariesOf(study, numbers, at)),
    { errors: true },
  );
  return {
    name: "classes",
    caption: "Image quality, class by class",
    columns: [
      { name: "method" },
      { name: study.task.kind.classTitle ?? "class" },
      ...measured.columns,
    ],
    rows: classes.map(({ method, which }, i) => [method, which, ...measured.cells[i]!]),
  };
}

export interface SweepPoint {
  readonly method: string;
  readonly value: number;
}

/** Methods of a sweep by the number that they are swept over, rising. */
export function sweepPoints(study: OpenedStudy, id: string): SweepPoint[] {
  const { methods, against } = study.description.sweeps[id]!;
  return methods
    .flatMap((method) => {
      const { kind, plan, setting } = study.methods[method]!;
      const value = kind.parameter?.(plan, against, setting);
      return value === undefined ? [] : [{ method, value }];
    })
    .sort((a, b) => a.value - b.value);
}

const greek: Readonly<Record<string, string>> = { alpha: "α", beta: "β", gamma: "γ", lambda: "λ" };

/** How tables call the number of a sweep. */
export const numberName = (name: string): string => greek[name] ?? name;

export function sweepTable(study: OpenedStudy, numbers: StudyNumbers, id: string): ReportTable {
  const points = sweepPoints(study, id);
  const against = numberName(study.description.sweeps[id]!.against);
  const measured = metricColumns(
    study,
    points.map(({ method }) => summariesOf(study, numbers, { method })),
  );
  const observed = observerColumns(study, numbers);
  return {
    name: `sweep-${id}`,
    caption: `Sweep over ${against}: ${id}`,
    columns: [{ name: against }, ...measured.columns, ...observed.columns],
    rows: points.map(({ method, value }, i) => [
      shortNumber(value),
      ...measured.cells[i]!,
      ...observed.cells(method),
    ]),
  };
}

export async function networkTable(plan: StudyPlan, read: ReadPieces): Promise<ReportTable> {
  const { networks } = plan.study.description;
  const rows: Row[] = [];
  for (const [id, piece] of Object.entries(plan.networks)) {
    const values = await read.values(piece);
    const { network, images, batch, steps } = networks[id]!;
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

export async function templateTable(plan: StudyPlan, read: ReadPieces): Promise<ReportTable> {
  const rows: Row[] = [];
  for (const [id, piece] of Object.entries(plan.templates)) {
    const values = await read.values(piece);
    rows.push([
      id,
      plan.study.templates[id]!.kind.name,
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

export async function tuningTable(plan: StudyPlan, read: ReadPieces): Promise<ReportTable> {
  const rows: Row[] = [];
  for (const [id, piece] of Object.entries(plan.tuned)) {
    const { chosen, tried } = await read.values(piece);
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
