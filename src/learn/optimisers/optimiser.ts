/** What every optimiser is: a file of this folder exporting one such object. */
import type { ParameterTable, ParameterValues } from "../../core/parameters.ts";
import type { Node } from "../../graph/node.ts";

export interface OptimiserInputs {
  /** All trained weights as one flat vector. */
  readonly theta: Node;
  /** Gradient of the loss, of the same length. */
  readonly gradient: Node;
  /** Learning rate, a scalar. */
  readonly rate: Node;
  /** Number of this step as a scalar, counted from 1. */
  readonly step: Node;
  /** The optimiser's own vectors, by the names it declares. */
  readonly moments: Readonly<Record<string, Node>>;
  readonly options: ParameterValues;
}

export interface OptimiserResult {
  readonly theta: Node;
  readonly moments: Readonly<Record<string, Node>>;
}

export interface Optimiser {
  /** File name, registry name and name in configurations at once. */
  readonly name: string;
  readonly title: string;
  readonly references: readonly string[];
  readonly options: ParameterTable;
  /** Names of vectors of theta's length that it carries along; they start at zero. */
  moments(options: ParameterValues): readonly string[];
  /** Expressions of the next weights and vectors. */
  update(inputs: OptimiserInputs): OptimiserResult;
}
