/** What every published network is: a file of this folder exporting one such object. */
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { Node } from "../graph/node.ts";
import type { Scope } from "../layers/scope.ts";

export interface NetworkContext {
  readonly scope: Scope;
  /** Options checked against the network's table, defaults filled in. */
  readonly options: ParameterValues;
  /** Noise standard deviation for each image, `[N, 1, 1, 1]`, in the image's unit, where the network takes it. */
  readonly sigma?: Node;
}

export interface Network {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  readonly options: ParameterTable;
  /** Whether it reads the noise level. */
  readonly takesSigma: boolean;
  /** Spatial sizes must be multiples of this; images are padded to it. */
  multipleOf(options: ParameterValues): number;
  /** Pixels on each side of an output pixel that can influence it. */
  reach(options: ParameterValues): number;
  /** The denoised image from a noisy one, `[N, 1, H, W]`. */
  build(image: Node, context: NetworkContext): Node;
  /** Published figures, checked by the contract suite. */
  readonly published: readonly {
    readonly options: ParameterValues;
    /** Number of trained weights. */
    readonly weights: number;
    /** Side of the receptive field in pixels. */
    readonly receptiveField?: number;
    readonly source: string;
  }[];
}
