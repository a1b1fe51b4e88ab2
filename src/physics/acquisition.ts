/** What every acquisition is: a file of this folder exporting one such object. */
import type { Image, IntensityUnit } from "../core/image.ts";
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stream } from "../core/random.ts";

export interface AcquireContext extends WorkOptions {
  /** Worker threads; the result never depends on it. Defaults to 1. */
  readonly threads?: number;
  /** Also reconstruct the noise-free measurement. Defaults to false. */
  readonly reference?: boolean;
}

/** What came out of one acquisition. */
export interface Acquired {
  /** The reconstructed (or direct) noisy image. */
  readonly image: Image;
  /** The same without noise, when asked for: what a perfect denoiser of this acquisition would give. */
  readonly reference?: Image;
  /** What a reader of the manifest should know: counts, smallest counts, floored readings, warnings. */
  readonly notes: Readonly<Record<string, number | string>>;
}

/** @typeParam P what its parameters may be; the catalogue gives it for each member */
export interface Acquisition<P extends ParameterValues = ParameterValues> {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  readonly title: string;
  /** One sentence: what is measured and how it becomes an image. */
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  /** Unit of the objects that it images; `arbitrary` takes any. */
  readonly objectUnit: IntensityUnit;
  /** Whether it images planes, volumes or both. */
  readonly dimensions: readonly (2 | 3)[];
  readonly parameters: ParameterTable;
  /**
   * Images an object: operator, noise, reconstruction.
   *
   * @throws InputError on objects without the unit or geometry that the physics needs, and on
   *   geometries that cannot see the object; CancelledError
   */
  acquire(
    object: Image,
    stream: Stream,
    parameters?: P,
    context?: AcquireContext,
  ): Promise<Acquired>;
}
