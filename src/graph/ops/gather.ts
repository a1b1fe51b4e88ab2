/**
 * Slabs of an array picked by indices along one axis, and the adjoint that adds slabs up.
 *
 *   y[…, i, …] = x[…, index[i], …]      ∂L/∂x = scatter-add(∂L/∂y)
 */
import { InputError } from "../../core/errors.ts";
import { concrete, type Dim } from "../dimension.ts";
import { apply, expectKind, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { fillByIndex, stridesOf } from "../tensor.ts";

interface GatherAttributes extends Record<string, unknown> {
  readonly axis: number;
}

interface ScatterAttributes extends GatherAttributes {
  readonly size: Dim;
}

export const gatherOperator: Operator<GatherAttributes> = {
  name: "gather",
  infer([x, indices], { axis }) {
    expectKind("gather", [indices!], "int");
    if (indices!.shape.length !== 1) {
      throw new InputError(
        `Cannot gather: found indices of rank ${indices!.shape.length}, wanted a list`,
      );
    }
    return {
      kind: x!.kind,
      shape: x!.shape.map((dim, i) => (i === axis ? indices!.shape[0]! : dim)),
    };
  },
  gradient({ inputs: [x, indices], attributes }, outer) {
    const size = shapeOf(x!)[attributes.axis]!;
    return [
      apply(scatterAddOperator, [outer, indices!], { axis: attributes.axis, size }),
      undefined,
    ];
  },
  lower: (lowering, node) =>
    lowering.add(
      "Gather",
      node.inputs.map((input) => lowering.value(input)),
      { axis: node.attributes.axis },
    ),
  evaluate([x, indices], { axis }) {
    const strides = stridesOf(x!.shape);
    return fillByIndex(
      x!.shape.map((size, i) => (i === axis ? indices!.data.length : size)),
      (index) => {
        let offset = 0;
        for (let i = 0; i < index.length; i++) {
          offset += (i === axis ? indices!.data[index[i]!]! : index[i]!) * strides[i]!;
        }
        return x!.data[offset]!;
      },
    );
  },
};

export const scatterAddOperator: Operator<ScatterAttributes> = {
  name: "scatter-add",
  infer: ([x], { axis, size }) => ({
    kind: "float",
    shape: x!.shape.map((dim, i) => (i === axis ? size : dim)),
  }),
  gradient: ({ inputs: [, indices], attributes }, outer) => [
    apply(gatherOperator, [outer, indices!], { axis: attributes.axis }),
    undefined,
  ],
  lower(lowering, node) {
    const from = concrete(shapeOf(node.inputs[0]!), "lower a scatter-add");
    const to = concrete(node.type.shape, "lower a scatter-add");
    const { axis } = node.attributes;
    // ScatterElements wants one index per element: the list stretched over the other axes.
    const listed = lowering.add("Reshape", [
      lowering.value(node.inputs[1]!),
      lowering.ints(from.map((size, i) => (i === axis ? size : 1))),
    ]);
    const indices = lowering.add("Expand", [listed, lowering.ints(from)]);
    const zeros = lowering.add("Expand", [lowering.floats([0], []), lowering.ints(to)]);
    return lowering.add("ScatterElements", [zeros, indices, lowering.value(node.inputs[0]!)], {
      axis,
      reduction: "add",
    });
  },
  evaluate([x, indices], { axis, size }) {
    const shape = x!.shape.map((s, i) => (i === axis ? concrete([size], "scatter")[0]! : s));
    const strides = stridesOf(shape);
    const data = new Float64Array(shape.reduce((n, s) => n * s, 1));
    let at = 0;
    fillByIndex(x!.shape, (index) => {
      let offset = 0;
      for (let i = 0; i < index.length; i++) {
        offset += (i === axis ? indices!.data[index[i]!]! : index[i]!) * strides[i]!;
      }
      data[offset]! += x!.data[at++]!;
      return 0;
    });
    return { shape, data };
  },
};

/**
 * Picks slabs along an axis.
 *
 * @param indices list of whole numbers, kind `int`, from 0 to the axis's size − 1
 */
export function gather(x: Node, indices: Node, axis = 0): Node {
  return apply(gatherOperator, [x, indices], { axis });
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream);
    const axis = stream.integer(shape.length);
    const count = 1 + stream.integer(6);
    return {
      inputs: [{ shape }, { shape: [count], kind: "int", low: 0, high: shape[axis]! - 1 }],
      build: ([x, indices]) => gather(x!, indices!, axis),
    };
  },
  differentiable: "twice",
};
