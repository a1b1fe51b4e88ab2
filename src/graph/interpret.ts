/** The slow interpreter: every operator's definition in float64, node by node. It is the oracle. */
import { InputError } from "../core/errors.ts";
import { type Node, topologicalOrder } from "./node.ts";
import { inputName } from "./ops/input.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Values of expressions.
 *
 * @param values one tensor for each input name that the expressions read
 */
export function interpret(
  roots: readonly Node[],
  values: Readonly<Record<string, Tensor>>,
): Tensor[] {
  const results = new Map<Node, Tensor>();
  for (const node of topologicalOrder(roots)) {
    const name = inputName(node);
    if (name !== undefined) {
      const value = values[name];
      if (value === undefined) {
        throw new InputError(`Cannot interpret: found no value for input "${name}", wanted one`);
      }
      results.set(node, value);
      continue;
    }
    results.set(
      node,
      node.operator.evaluate(
        node.inputs.map((input) => results.get(input)!),
        node.attributes,
      ),
    );
  }
  return roots.map((root) => results.get(root)!);
}
