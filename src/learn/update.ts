/** One update of a training step: whose weights move, and down which loss. */
import type { Node } from "../graph/node.ts";

export interface Update {
  /** Short name for logs, such as `critic`. */
  readonly name: string;
  /** Roles whose weights move. */
  readonly trains: readonly string[];
  /**
   * Scalar terms by name, each with its weight in it; their sum, in this order, is the loss. Of any sign; one
   * that is undefined is left out.
   */
  readonly terms: Readonly<Record<string, Node | undefined>>;
  /** Runs in a row for each step, each with a batch of its own; 1 by default. */
  readonly times?: number;
  /** Weights are limited to ± this after each run [arjovsky2017wgan]. */
  readonly limit?: number;
  /** Scalars worth a column in the log. */
  readonly figures?: Readonly<Record<string, Node>>;
  /** What a critic says of real and of generated images, where this update trains one: watched for collapse. */
  readonly judges?: { readonly real: Node; readonly generated: Node };
}

/** The terms that there are. */
export function termsOf({ terms }: Pick<Update, "terms">): [string, Node][] {
  return Object.entries(terms).flatMap(([name, term]) =>
    term === undefined ? [] : [[name, term] as [string, Node]],
  );
}
