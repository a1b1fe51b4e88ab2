/** What every object model is: a file of this folder exporting one such object. */
import type { Image, IntensityUnit } from "../core/image.ts";
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";

/** One drawn object with everything that is known about it. */
export interface PhantomCase {
  /** The true object, axes `yx` or `zyx`, in the phantom's unit. */
  readonly image: Image;
  /** Label volume of the same geometry (whole numbers; 0 is outside), where the phantom has classes. */
  readonly labels?: Image;
  /** What was drawn at random, as numbers or short texts: offsets, radii, places of lesions. */
  readonly truth: Readonly<Record<string, number | string | readonly number[]>>;
}

/** Mean and power spectrum of a stationary population: covariance = circulant with eigenvalues `spectrum`. */
export interface BackgroundPopulation {
  /** Mean value, the same in every voxel. */
  readonly mean: number;
  /** Power spectrum of the object less its mean, row-major over `shape`; its mean is the variance of a voxel. */
  readonly spectrum: Float64Array;
  readonly shape: readonly number[];
}

/** @typeParam P what its parameters may be; the catalogue gives it for each member */
export interface Phantom<P extends ParameterValues = ParameterValues> {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  readonly title: string;
  /** One sentence: what it draws and what it is good for. */
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  /** Intensity unit of the drawn image. */
  readonly unit: IntensityUnit;
  /** Name of the acquisition that usually images it. */
  readonly acquisition: string;
  /** Whether draws are planar, volumes, or either (then `slices` = 1 draws a plane). */
  readonly dimensions: readonly (2 | 3)[];
  /** Names of label values, empty for a phantom without classes. */
  readonly labels: Readonly<Record<number, string>>;
  readonly parameters: ParameterTable;
  /**
   * Draws one object. Everything random comes from `stream`; the same stream name and parameters give
   * the same bytes.
   *
   * @throws InputError on parameters out of range
   */
  draw(stream: Stream, parameters?: P): PhantomCase;
  /** The population of objects with these parameters, where theory gives it. */
  population?(parameters?: P): BackgroundPopulation;
}
