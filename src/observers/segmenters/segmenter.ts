/** What every segmenter is: a file of this folder exporting one such object. */
import type { Image } from "../../core/image.ts";
import type { ParameterTable, ParameterValues } from "../../core/parameters.ts";
import type { Finding, ObserverContext, Refusal } from "../observer.ts";

/** Images to learn from, with the class of every voxel: whole numbers, 0 for what belongs to none. */
export interface LabelledImages {
  readonly images: readonly Image[];
  /** One for each image, on its grid. */
  readonly labels: readonly Image[];
}

export interface TrainedSegmenter {
  readonly status: "ok";
  /**
   * Class of every voxel, on the image's grid.
   *
   * @throws InputError when the image differs from the training images in unit
   */
  segment(image: Image, context?: ObserverContext): Promise<Image>;
  /** Figures worth keeping. */
  readonly figures: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export interface Segmenter {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  readonly title: string;
  /** One sentence: how it decides. */
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  readonly dimensions: readonly (2 | 3)[];
  readonly parameters: ParameterTable;
  /**
   * Learns the classes from labelled images.
   *
   * @throws InputError on labels that do not fit their images, or parameters out of range; CancelledError
   */
  train(
    training: LabelledImages,
    parameters?: ParameterValues,
    context?: ObserverContext,
  ): Promise<TrainedSegmenter | Refusal>;
}
