/** A fixed array of real numbers. */
import { InputError } from "../../core/errors.ts";
import { sizeOf } from "../../core/image.ts";
import { apply, type Node, type Operator } from "../node.ts";
import type { Suite } from "../suite.ts";

interface ConstantAttributes extends Record<string, unknown> {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
  /** Name that it keeps in a lowered model; absent for those that need none. */
  readonly name?: string;
}

export const constantOperator: Operator<ConstantAttributes> = {
  name: "constant",
  infer: (_, { shape }) => ({ kind: "float", shape }),
  lower: (lowering, { attributes: { data, shape, name } }) => lowering.floats(data, shape, name),
  evaluate: (_, { shape, data }) => ({ shape, data: Float64Array.from(data) }),
};

/** A scalar, or an array with its shape; a name, such as a weight's, is kept in lowered models. */
export function constant(
  data: number | Float32Array | Float64Array | readonly number[],
  shape: readonly number[] = [],
  { name }: { name?: string } = {},
): Node {
  const values =
    typeof data === "number"
      ? new Float64Array(sizeOf(shape)).fill(data)
      : data instanceof Float32Array || data instanceof Float64Array
        ? data
        : Float64Array.from(data);
  if (values.length !== sizeOf(shape)) {
    throw new InputError(
      `Cannot make a constant: found ${values.length} values, wanted ${sizeOf(shape)} for [${shape.join(", ")}]`,
    );
  }
  return apply(constantOperator, [], {
    shape,
    data: values,
    ...(name === undefined ? {} : { name }),
  });
}

/** The value of a constant scalar node, or undefined. */
export function scalarValue(node: Node): number | undefined {
  if ((node.operator as unknown) !== constantOperator || node.type.shape.length !== 0)
    return undefined;
  return (node.attributes as ConstantAttributes).data[0];
}

export const suite: Suite = {
  sample(stream) {
    const values = stream.normals(6);
    return { inputs: [], build: () => constant(values, [2, 3]) };
  },
  differentiable: "no",
};
