/** A named value that is given when the program runs. */
import { InputError } from "../../core/errors.ts";
import type { Dim } from "../dimension.ts";
import { apply, type ElementKind, type Node, type Operator } from "../node.ts";
import type { Suite } from "../suite.ts";

interface InputAttributes extends Record<string, unknown> {
  readonly name: string;
  readonly kind: ElementKind;
  readonly shape: readonly Dim[];
}

export const inputOperator: Operator<InputAttributes> = {
  name: "input",
  infer: (_, { kind, shape }) => ({ kind, shape }),
  lower: (lowering, node) => lowering.input(node.attributes.name, node.type),
  evaluate: (_, { name }) => {
    throw new InputError(`Cannot evaluate: found no value for input "${name}", wanted one`);
  },
};

/**
 * Declares an input.
 *
 * @param name unique within a program
 * @param shape sizes; a string such as `N` or `8*h` stands for one known only when the program runs
 */
export function input(name: string, shape: readonly Dim[], kind: ElementKind = "float"): Node {
  return apply(inputOperator, [], { name, kind, shape });
}

/** The name of an input node, or undefined for any other node. */
export function inputName(node: Node): string | undefined {
  return (node.operator as unknown) === inputOperator
    ? (node.attributes as InputAttributes).name
    : undefined;
}

export const suite: Suite = {
  sample: () => ({ inputs: [{ shape: [2, 3] }], build: ([x]) => x! }),
  differentiable: "once",
};
