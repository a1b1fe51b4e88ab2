/** Image-quality metrics of files and folders, with means and agreement over them. */
import { InputError } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { type Concordance, concordance } from "../metrics/radiomics/concordance.ts";
import { summaryOf as summaryOver } from "../stats/summary.ts";
import { compareMeasured, type MetricComparison } from "./compare-measured.ts";
import type { InputOptions } from "./input.ts";
import {
  type Measured,
  measureBy,
  type MetricSettings,
  openMetrics,
  type OpenMetrics,
} from "./measure.ts";
import type { MetricParameters } from "../metrics/catalogue.ts";
import type { ChoiceOf } from "./member-choice.ts";
import { pairsOf, regionFrom } from "./metric-pairs.ts";
import { checkPicture, checkPlaces, type OutputOptions, writePicture } from "./output.ts";

/** @typeParam Name names of the metrics, whose parameters are checked by the compiler */
export interface MeasureFilesOptions<Name extends string = string>
  extends WorkOptions,
    InputOptions,
    OutputOptions,
    MetricSettings {
  /** See `measure`. */
  readonly metrics?: readonly ChoiceOf<MetricParameters, Name>[] | undefined;
  /** Further versions of the same images by name: paths of the same kind as the first. */
  readonly arm?: Readonly<Record<string, string>> | undefined;
  /** Of permutations that are drawn. Defaults to 0. */
  readonly seed?: number | undefined;
  /** Region that counts: a shape such as `disk:x,y,r`, or the path of a mask image. */
  readonly roi?: string | undefined;
  /** Second region, for cnr and neq. */
  readonly background?: string | undefined;
  /** Path of a picture of the metrics' curves. */
  readonly figure?: string | undefined;
}

export interface MeasuredRow extends Measured {
  readonly image: string;
  /** Version of the images, where there are several. */
  readonly arm?: string;
}

/** Mean and standard deviation of a metric over the images that have a value. */
export interface MetricSummary {
  readonly label: string;
  readonly arm?: string;
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
  /** Every further version against the first, paired by image. */
  readonly comparisons: readonly MetricComparison[];
  readonly written: readonly string[];
  readonly notes: readonly string[];
}

/** What the first version is called beside others. */
const firstVersion = "images";

/**
 * Compares an image with its reference, or all images of a folder with those of the same name in another.
 *
 * @throws InputError when an image has no partner; whatever `measure` throws
 */
export async function measureFiles<const Name extends string = string>(
  image: string,
  reference: string | undefined,
  options: MeasureFilesOptions<Name> = {},
): Promise<MeasureReport> {
  const { figure, roi, background, inputFormat: format, unit, signal, onProgress, force } = options;
  const metrics = await openMetrics(options.metrics, reference !== undefined);
  checkPicture(figure);
  if (figure !== undefined) await checkPlaces([{ path: figure, option: "figure" }], { force });
  const versions = Object.entries({ [firstVersion]: image, ...options.arm });
  const several = versions.length > 1;
  if (several && reference === undefined) {
    throw new InputError(
      "Cannot compare versions: found no reference, wanted one that all of them are measured against",
    );
  }
  const rows: MeasuredRow[] = [];
  const notes: string[] = [];
  let done = 0;
  for (const [arm, path] of versions) {
    const pairs = await pairsOf(path, reference, { format, unit, signal });
    notes.push(...pairs.notes);
    for (const pair of pairs.items) {
      const loaded = await pair.load();
      const measured = measuredOf(pair.name, async () =>
        measureBy(loaded.image, metrics, {
          ...options,
          reference: loaded.reference,
          padding: loaded.padding,
          mask: await regionFrom(roi, loaded.image),
          background: await regionFrom(background, loaded.image),
        }),
      );
      for (const one of await measured) {
        rows.push({ image: pair.name, ...(several ? { arm } : {}), ...one });
      }
      const total = pairs.items.length * versions.length;
      onProgress?.({ done: ++done, total, label: "measuring" });
    }
  }
  if (figure !== undefined) {
    const { metricsFigure } = await import("./metrics-figure.ts");
    await writePicture(figure, metricsFigure(rows));
  }
  return {
    rows,
    summary: summaryOf(rows),
    agreement: agreementOf(rows),
    comparisons: several ? comparisonsOf(rows, metrics, options.seed) : [],
    written: figure === undefined ? [] : [figure],
    notes: [...new Set(notes)],
  };
}

/** What a metric refuses is said of the image that it was given. */
async function measuredOf(name: string, measure: () => Promise<Measured[]>): Promise<Measured[]> {
  try {
    return await measure();
  } catch (error) {
    if (!(error instanceof InputError) || error.message.includes(name)) throw error;
    throw new InputError(error.message.replace(/^(Cannot [^:]+):/, `$1 of ${name}:`), {
      cause: error,
    });
  }
}

/** Of each metric and version, where there are two images or more. */
function summaryOf(rows: readonly MeasuredRow[]): MetricSummary[] {
  const groups = new Map<string, MeasuredRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.label, row.arm]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((own) => {
    const values = own.map(({ result }) => (result.status === "ok" ? result.value : null));
    const { of, counted, mean, sd } = summaryOver(values);
    const { label, arm } = own[0]!;
    if (of < 2 || counted === 0) return [];
    return [{ label, ...(arm === undefined ? {} : { arm }), images: counted, of, mean, sd }];
  });
}

/** Images of the versions are paired by name, two single files by being single. */
function comparisonsOf(
  rows: readonly MeasuredRow[],
  metrics: OpenMetrics,
  seed = 0,
): MetricComparison[] {
  const arms = [...new Set(rows.map((row) => row.arm!))];
  const versions = arms.map((name) => ({ name, rows: rows.filter((row) => row.arm === name) }));
  if (versions.some((v) => new Set(v.rows.map(({ image }) => image)).size < 2)) return [];
  return compareMeasured(versions, {
    better: Object.fromEntries(metrics.map(({ label, member }) => [label, member.better])),
    seed,
  });
}

/** Of every part, where three images or more have it and their references too. */
function agreementOf(rows: readonly MeasuredRow[]): MetricAgreement[] {
  return [...new Set(rows.map((row) => row.label))].flatMap((label) => {
    const pairs = rows.flatMap(({ label: own, arm, result, standard }) =>
      own === label &&
      (arm === undefined || arm === firstVersion) &&
      result.status === "ok" &&
      standard?.status === "ok"
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
