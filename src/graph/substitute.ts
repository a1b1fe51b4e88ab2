/** Expressions with some nodes replaced by others. */
import { InputError } from "../core/errors.ts";
import { sameShape } from "./dimension.ts";
import { apply, type Node, shapeOf, topologicalOrder } from "./node.ts";

/**
 * Rebuilds expressions with nodes replaced. Shapes are inferred anew, so replacing a symbolic input
 * by one with whole sizes specialises the whole expression.
 *
 * @param sameSizes whether a replacement must have the shape of what it replaces
 */
export function substitute(
  roots: readonly Node[],
  replacements: ReadonlyMap<Node, Node>,
  { sameSizes = true }: { sameSizes?: boolean } = {},
): Node[] {
  const done = new Map<Node, Node>();
  for (const [from, to] of replacements) {
    if (sameSizes && !sameShape(shapeOf(from), shapeOf(to))) {
      throw new InputError(
        `Cannot substitute: found shape [${shapeOf(to).join(", ")}], wanted [${shapeOf(from).join(", ")}]`,
      );
    }
    done.set(from, to);
  }
  for (const node of topologicalOrder(roots)) {
    if (done.has(node)) continue;
    const inputs = node.inputs.map((input) => done.get(input)!);
    const unchanged = inputs.every((input, i) => input === node.inputs[i]);
    done.set(node, unchanged ? node : apply(node.operator, inputs, node.attributes));
  }
  return roots.map((root) => done.get(root)!);
}
