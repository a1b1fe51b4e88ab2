/** What every published network is: a file of this folder exporting one such object. */
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { Node } from "../graph/node.ts";
import type { Scope } from "../layers/scope.ts";

/**
 * What a network makes of an image: an `image` of the same size, one or more `scores` of the whole `[N, K]`,
 * or `labels`: a score of each class for every pixel, `[N, K, …]`, before the softmax.
 */
export type Gives = "image" | "scores" | "labels";

export interface NetworkContext {
  readonly scope: Scope;
  /** Options checked against the network's table, defaults filled in. */
  readonly options: ParameterValues;
  /** Noise standard deviation for each image, `[N, 1, 1, 1]` (`[N, 1, 1, 1, 1]` of volumes), in the image's unit, where the network takes it. */
  readonly sigma?: Node;
  /** Further inputs by the names that the network declares. */
  readonly conditions?: Readonly<Record<string, Node>>;
}

/** An input beside the image and the noise level. */
export interface Condition {
  readonly about: string;
  /** Its shape without the batch axis. */
  shape(options: ParameterValues): readonly number[];
}

export interface Network {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  readonly options: ParameterTable;
  /** What it makes of an image; `image` where absent. */
  readonly gives?: Gives;
  /** Spatial dimensions of the images that it takes; planes alone where absent. */
  readonly dimensions?: readonly (2 | 3)[];
  /** Whether its weights depend on the size of the images, as those of a linear layer over all pixels do. */
  readonly fixedSize?: boolean;
  /** Whether it reads the noise level. */
  readonly takesSigma: boolean;
  /** Further inputs by name. */
  readonly conditions?: Readonly<Record<string, Condition>>;
  /** Spatial sizes must be multiples of this; images are padded to it. */
  multipleOf(options: ParameterValues): number;
  /** Pixels on each side of an output pixel that can influence it; Infinity where all can. */
  reach(options: ParameterValues): number;
  /**
   * The network's result from an image `[N, C, H, W]` or `[N, C, D, H, W]`, C being the neighbouring planes of a
   * stack. Further results are named by `scope.output`.
   */
  build(image: Node, context: NetworkContext): Node;
  /** Published figures, checked by the contract suite. */
  readonly published: readonly {
    readonly options: ParameterValues;
    /** Shape of a batch, where the weights belong to one size of images. */
    readonly shape?: readonly number[];
    /** Number of trained weights. */
    readonly weights: number;
    /** Side of the receptive field in pixels. */
    readonly receptiveField?: number;
    readonly source: string;
  }[];
}
