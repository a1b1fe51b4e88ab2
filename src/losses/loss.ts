/** What every loss is: a file of this folder exporting one such object. */
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { Node } from "../graph/node.ts";

export interface Loss {
  /** File name, registry name and name in configurations at once. */
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly references: readonly string[];
  readonly options: ParameterTable;
  /** Value when prediction and target agree; the smallest one. */
  minimum(options: ParameterValues): number;
  /** Scalar loss of a prediction against a target, both `[N, 1, H, W]`, averaged over images and pixels. */
  build(prediction: Node, target: Node, options: ParameterValues): Node;
}
