/** What every image-quality metric is: a file of this folder exporting one such object. */
import type { Image } from "../core/image.ts";
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { Region } from "./region.ts";

/** Grey-level window, in the images' intensity unit. */
export interface GreyWindow {
  readonly low: number;
  readonly high: number;
}

export interface MetricContext {
  /** Truth or standard to compare with; full-reference metrics need it. */
  readonly reference?: Image;
  /** Voxels that count. Absent: all of them. */
  readonly mask?: Region;
  /** Second region, for metrics that compare two (background of a CNR). */
  readonly background?: Region;
  /** Display window. Values are clipped to it unless `clip` is `none`. */
  readonly window?: GreyWindow;
  /** Clip policy; defaults to `window` when a window is given and to `none` otherwise. */
  readonly clip?: "none" | "window";
  /** Data range L; defaults to the window's width, to 1 for normalised images, else to the reference's extent. */
  readonly dataRange?: number;
}

/** Everything without which a metric's value means nothing. */
export interface MetricSettings {
  readonly window: GreyWindow | null;
  readonly clip: "none" | "window";
  /** Data range L; null where the metric uses none. */
  readonly dataRange: number | null;
  /** Where L came from. */
  readonly dataRangeFrom: "given" | "window" | "unit" | "reference" | "not used";
  readonly mask: { readonly name: string; readonly voxels: number } | null;
  /** Order of averaging, such as `per slice, then mean over 20 slices`. */
  readonly averaging: string;
  /** Parameters of the metric, defaults filled in. */
  readonly variant: ParameterValues;
}

/** A line to draw: what stands on each axis, with units. */
export interface MetricCurve {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly xLabel: string;
  readonly yLabel: string;
}

/** Of how many parts a mean was to be taken, and which of them had no value and were left out. */
export interface MetricCount {
  readonly what: "slices" | "labels";
  readonly of: number;
  readonly counted: number;
  /** Such as `slice 3` or `label 2`. */
  readonly without: readonly string[];
}

export interface MetricValue {
  readonly status: "ok";
  readonly value: number;
  readonly unit: string;
  readonly settings: MetricSettings;
  /** Where the value is a mean over slices or labels. */
  readonly count?: MetricCount;
  /** Further named numbers, such as the Dice coefficient of each label. */
  readonly parts?: Readonly<Record<string, number>>;
  readonly curves?: Readonly<Record<string, MetricCurve>>;
}

/** The metric has no value here: why, and what would help. */
export interface MetricUndefined {
  readonly status: "undefined";
  readonly cause: string;
  readonly remedy: string;
  readonly settings: MetricSettings;
}

export type MetricResult = MetricValue | MetricUndefined;

/** @typeParam P what its parameters may be; the catalogue gives it for each member */
export interface Metric<P extends ParameterValues = ParameterValues> {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  /** The metric's name as the field writes it. */
  readonly title: string;
  /** One sentence: what it measures, and what it does not. */
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  /** What the metric reads: a pair of images, one image, or two label images. */
  readonly reads: "pair" | "image" | "labels";
  /** Unit of the value: `dB`, `1`, `mm`, or `intensity` for the images' own unit. */
  readonly unit: string;
  readonly better: "higher" | "lower" | "neither";
  /** Value of an image against itself, where the definition fixes one. */
  readonly identity?: number;
  /** What happens to the value when images, window and data range are all multiplied by one factor. */
  readonly scaling: "invariant" | "linear" | "quadratic" | "free";
  /** Farthest voxel, in pixels, that a value inside the mask may depend on; Infinity for global ones. */
  readonly reach: number;
  /** Smallest image side in pixels. */
  readonly smallest: number;
  /** Regions that must be given. */
  readonly regions: readonly ("mask" | "background")[];
  /** Whether image and reference are measured alike and compared by concordance over many images. */
  readonly concordance?: boolean;
  readonly parameters: ParameterTable;
  /**
   * Measures one image.
   *
   * @throws InputError on values that are not finite, on shapes, units or spacings that differ, on a missing reference
   */
  measure(image: Image, context?: MetricContext, parameters?: P): MetricResult;
}
