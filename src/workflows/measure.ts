/** Image-quality metrics of one image in memory. */
import { type Image, withData } from "../core/image.ts";
import { filledFromNearest } from "../denoise/fill-padding.ts";
import { catalogue, type MetricParameters } from "../metrics/catalogue.ts";
import type { Metric, MetricResult } from "../metrics/metric.ts";
import { type Region, regionWithout } from "../metrics/region.ts";
import {
  type ChoiceOf,
  type ChosenMember,
  type MemberChoice,
  openChoices,
} from "./member-choice.ts";

export interface MetricSettings {
  /** Grey-level window in the images' unit; also the data range. */
  readonly window?: { readonly low: number; readonly high: number } | undefined;
  /** Clip values to the window, or not; by default to the window when one is given. */
  readonly clip?: "window" | "none" | undefined;
  /** By default the window's width, 1 for normalised images, else the reference's extent. */
  readonly dataRange?: number | undefined;
}

/** @typeParam Name names of the metrics, whose parameters are checked by the compiler */
export interface MeasureOptions<Name extends string = string> extends MetricSettings {
  /** The truth or standard, for metrics that compare. */
  readonly reference?: Image | undefined;
  /** Members of the metrics' catalogue; by default psnr, ssim, rmse and mae, or nps without a reference. */
  readonly metrics?: readonly ChoiceOf<MetricParameters, Name>[] | undefined;
  /** Voxels that count; all by default. */
  readonly mask?: Region | undefined;
  /** Second region, for cnr and neq. */
  readonly background?: Region | undefined;
  /**
   * One byte per pixel, 1 where image or reference holds no measurement: such pixels take no part, and what looks
   * beyond the others finds the nearest of them there.
   */
  readonly padding?: Uint8Array | undefined;
}

export interface Measured {
  readonly metric: string;
  /** How the metric was chosen, parameters included. */
  readonly label: string;
  readonly result: MetricResult;
  /** The same of the reference, for metrics that compare the two by concordance. */
  readonly standard?: MetricResult;
}

export type OpenMetrics = readonly ChosenMember<Metric>[];

/** @throws InputError when there is no such metric */
export function openMetrics(
  choices: readonly MemberChoice[] | undefined,
  paired: boolean,
): Promise<OpenMetrics> {
  const usual = paired ? ["psnr", "ssim", "rmse", "mae"] : ["nps"];
  return openChoices<Metric>(catalogue, choices?.length ? choices : usual, "metric");
}

/**
 * Measures an image by every metric that is chosen.
 *
 * @throws InputError on unknown metrics, images that do not fit together, or values out of range
 */
export async function measure<const Name extends string = string>(
  image: Image,
  options: MeasureOptions<Name> = {},
): Promise<Measured[]> {
  const { metrics, ...rest } = options;
  return measureBy(image, await openMetrics(metrics, options.reference !== undefined), rest);
}

/** The same with metrics that are open. */
export function measureBy(
  image: Image,
  metrics: OpenMetrics,
  options: Omit<MeasureOptions, "metrics">,
): Measured[] {
  const { mask, background, window, clip, dataRange, padding } = options;
  const padded = padding?.includes(1) === true ? padding : undefined;
  const filled = (one: Image) => (padded ? withData(one, filledFromNearest(one, padded)) : one);
  const measured = filled(image);
  const reference = options.reference && filled(options.reference);
  const rest = padded && regionWithout(padded, image, mask);
  return metrics.map(({ member: metric, parameters, label }) => {
    const grey = metric.reads !== "labels";
    // A region that has to be given is not all but the padding.
    const counts = metric.regions.includes("mask") && mask === undefined ? undefined : rest;
    const region = counts ?? mask;
    const own = {
      ...(region ? { mask: region } : {}),
      ...(window && grey ? { window } : {}),
      ...(clip ? { clip } : {}),
    };
    const result = metric.measure(
      measured,
      {
        ...own,
        ...(reference ? { reference } : {}),
        ...(background ? { background } : {}),
        ...(dataRange === undefined || !grey ? {} : { dataRange }),
      },
      parameters,
    );
    const standard =
      metric.concordance && reference ? metric.measure(reference, own, parameters) : undefined;
    return { metric: metric.name, label, result, ...(standard ? { standard } : {}) };
  });
}
