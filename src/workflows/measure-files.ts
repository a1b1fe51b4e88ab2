/** Image-quality metrics of files and folders, with means and agreement over them. */
import type { WorkOptions } from "../core/progress.ts";
import { type Concordance, concordance } from "../metrics/radiomics/concordance.ts";
import type { InputOptions } from "./input.ts";
import { type Measured, measureBy, type MetricSettings, openMetrics } from "./measure.ts";
import type { MemberChoice } from "./member-choice.ts";
import { pairsOf, regionFrom } from "./metric-pairs.ts";
import { checkPicture, checkPlaces, type OutputOptions, writePicture } from "./output.ts";

export interface MeasureFilesOptions
  extends WorkOptions,
    InputOptions,
    OutputOptions,
    MetricSettings {
  /** See `measure`. */
  readonly metrics?: readonly MemberChoice[] | undefined;
  /** Region that counts: a shape such as `disk:x,y,r`, or the path of a mask image. */
  readonly roi?: string | undefined;
  /** Second region, for cnr and neq. */
  readonly background?: string | undefined;
  /** Path of a picture of the metrics' curves. */
  readonly figure?: string | undefined;
}

export interface MeasuredRow extends Measured {
  readonly image: string;
}

/** Mean and standard deviation of a metric over the images that have a value. */
export interface MetricSummary {
  readonly label: string;
  /** Images with a value. */
  readonly images: number;
  /** All images that were measured. */
  readonly of: number;
  readonly mean: number;
  readonly sd: number;
}

/** Concordance of one part of a metric over the images, image against reference. */
export interface MetricAgreement {
  readonly label: string;
  readonly part: string;
  readonly concordance: Concordance;
}

export interface MeasureReport {
  readonly rows: readonly MeasuredRow[];
  readonly summary: readonly MetricSummary[];
  readonly agreement: readonly MetricAgreement[];
  readonly written: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Compares an image with its reference, or all images of a folder with those of the same name in another.
 *
 * @throws InputError when an image has no partner; whatever `measure` throws
 */
export async function measureFiles(
  image: string,
  reference: string | undefined,
  options: MeasureFilesOptions = {},
): Promise<MeasureReport> {
  const { figure, roi, background, inputFormat: format, unit, signal, onProgress, force } = options;
  const metrics = await openMetrics(options.metrics, reference !== undefined);
  checkPicture(figure);
  if (figure !== undefined) await checkPlaces([{ path: figure, option: "figure" }], { force });
  const pairs = await pairsOf(image, reference, { format, unit, signal });
  const rows: MeasuredRow[] = [];
  let done = 0;
  for (const pair of pairs.items) {
    const loaded = await pair.load();
    const measured = measureBy(loaded.image, metrics, {
      ...options,
      reference: loaded.reference,
      mask: await regionFrom(roi, loaded.image),
      background: await regionFrom(background, loaded.image),
    });
    for (const one of measured) rows.push({ image: pair.name, ...one });
    onProgress?.({ done: ++done, total: pairs.items.length, label: "measuring" });
  }
  if (figure !== undefined) {
    const { metricsFigure } = await import("./metrics-figure.ts");
    await writePicture(figure, metricsFigure(rows));
  }
  return {
    rows,
    summary: summaryOf(rows),
    agreement: agreementOf(rows),
    written: figure === undefined ? [] : [figure],
    notes: pairs.notes,
  };
}

/** Of each metric that has a value for two images or more. */
function summaryOf(rows: readonly MeasuredRow[]): MetricSummary[] {
  return [...new Set(rows.map((row) => row.label))].flatMap((label) => {
    const own = rows.filter((row) => row.label === label);
    const values = own.flatMap(({ result }) => (result.status === "ok" ? [result.value] : []));
    if (values.length < 2) return [];
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1));
    return [{ label, images: values.length, of: own.length, mean, sd }];
  });
}

/** Of every part, where three images or more have it and their references too. */
function agreementOf(rows: readonly MeasuredRow[]): MetricAgreement[] {
  return [...new Set(rows.map((row) => row.label))].flatMap((label) => {
    const pairs = rows.flatMap(({ label: own, result, standard }) =>
      own === label && result.status === "ok" && standard?.status === "ok"
        ? [{ image: result.parts ?? {}, reference: standard.parts ?? {} }]
        : [],
    );
    if (pairs.length < 3) return [];
    return Object.keys(pairs[0]!.image).map((part) => ({
      label,
      part,
      concordance: concordance(
        pairs.map((pair) => pair.image[part]!),
        pairs.map((pair) => pair.reference[part]!),
      ),
    }));
  });
}
