/**
 * Expressions. A node is a frozen value: an operator, the nodes it reads, its attributes and the
 * inferred type. Nodes form a directed acyclic graph; nothing is computed until a program runs it.
 */
import { InputError } from "../core/errors.ts";
import { concrete, type Dim } from "./dimension.ts";
import type { Attributes, ElementKind, Node, Operator, Type } from "./operator.ts";

export type { Attributes, ElementKind, Node, Operator, Type } from "./operator.ts";

let nextId = 0;

/** Applies an operator: infers the type and makes the node. */
export function apply<A extends Attributes>(
  operator: Operator<A>,
  inputs: readonly Node[],
  attributes: A,
): Node {
  const type = operator.infer(
    inputs.map((input) => input.type),
    attributes,
  );
  const node: Node<A> = { id: nextId++, operator, inputs, attributes, type };
  return anyNode(Object.freeze(node));
}

/**
 * A node of one operator as a node of any. The types of its attributes go, which is safe: they are only ever read by
 * the operator that the node was made with.
 */
export const anyNode = <A extends Attributes>(node: Node<A>): Node => node as unknown as Node;

/** The node's shape. */
export function shapeOf(node: Node): readonly Dim[] {
  return node.type.shape;
}

/** The node's shape as numbers; throws InputError naming the operator when a size is symbolic. */
export function sizesOf(node: Node): readonly number[] {
  return concrete(node.type.shape, `use the sizes of "${node.operator.name}"`);
}

/** Checks that inputs are all of one element kind. */
export function expectKind(name: string, inputs: readonly Type[], kind: ElementKind): void {
  inputs.forEach((input, i) => {
    if (input.kind !== kind) {
      throw new InputError(
        `Cannot apply ${name}: found ${input.kind} as input ${i}, wanted ${kind}`,
      );
    }
  });
}

/** Nodes reachable from the given ones, inputs before their users. */
export function topologicalOrder(roots: readonly Node[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  for (const root of roots) {
    if (seen.has(root)) continue;
    seen.add(root);
    stack.push({ node: root, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const input = top.node.inputs[top.next++];
      if (input === undefined) {
        order.push(top.node);
        stack.pop();
      } else if (!seen.has(input)) {
        seen.add(input);
        stack.push({ node: input, next: 0 });
      }
    }
  }
  return order;
}
