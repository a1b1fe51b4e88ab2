/**
 * Margins around an array: zeros, a constant, the mirror image without its edge (`reflect`) or the
 * opposite side (`wrap`).
 *
 * Each mode is an expression of slices and joins, so its gradient is made of their gradients.
 */
import { InputError } from "../../core/errors.ts";
import { addDim, concrete, isConcrete } from "../dimension.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { fillByIndex, stridesOf } from "../tensor.ts";
import { slice } from "./slice.ts";
import { concat } from "./concat.ts";
import { sliceAxis } from "./slice.ts";

/** Elements added before and after, for each axis. */
export type Margins = readonly (readonly [before: number, after: number])[];
export type PadMode = "constant" | "reflect" | "wrap";

interface PadAttributes extends Record<string, unknown> {
  readonly margins: Margins;
  readonly value: number;
}

/** Padding by a constant; symbolic sizes are allowed. */
export const padOperator: Operator<PadAttributes> = {
  name: "pad",
  infer: ([x], { margins }) => ({
    kind: x!.kind,
    shape: x!.shape.map((dim, axis) => addDim(dim, margins[axis]![0] + margins[axis]![1])),
  }),
  gradient(node, outer) {
    const sizes = concrete(shapeOf(node.inputs[0]!), "differentiate a pad");
    return [
      slice(
        outer,
        sizes.map((count, axis) => {
          const [before, after] = node.attributes.margins[axis]!;
          return before + after === 0 ? null : { start: before, count, step: 1 };
        }),
      ),
    ];
  },
  lower(lowering, node) {
    const { margins, value } = node.attributes;
    const pads = lowering.ints([...margins.map((m) => m[0]), ...margins.map((m) => m[1])]);
    const inputs = [lowering.value(node.inputs[0]!), pads];
    return lowering.add("Pad", value === 0 ? inputs : [...inputs, lowering.floats([value], [])]);
  },
  evaluate([x], { margins, value }) {
    const strides = stridesOf(x!.shape);
    return fillByIndex(
      x!.shape.map((size, axis) => size + margins[axis]![0] + margins[axis]![1]),
      (index) => {
        let offset = 0;
        for (let axis = 0; axis < index.length; axis++) {
          const i = index[axis]! - margins[axis]![0];
          if (i < 0 || i >= x!.shape[axis]!) return value;
          offset += i * strides[axis]!;
        }
        return x!.data[offset]!;
      },
    );
  },
};

interface SourcePadAttributes extends Record<string, unknown> {
  readonly margins: Margins;
  readonly mode: "reflect" | "wrap";
}

/** Padding whose margins repeat the array, for sizes not known in advance; it has no gradient. */
export const repeatPadOperator: Operator<SourcePadAttributes> = {
  name: "pad by repetition",
  infer: ([x], { margins }) => ({
    kind: x!.kind,
    shape: x!.shape.map((dim, axis) => addDim(dim, margins[axis]![0] + margins[axis]![1])),
  }),
  lower(lowering, node) {
    const { margins, mode } = node.attributes;
    const value = lowering.value(node.inputs[0]!);
    if (mode === "reflect") {
      const pads = lowering.ints([...margins.map((m) => m[0]), ...margins.map((m) => m[1])]);
      return lowering.add("Pad", [value, pads], { mode });
    }
    // Wrapping came to ONNX later than the version that exported models use: joined slices.
    return margins.reduce((whole, [before, after], axis) => {
      const part = (start: number, end: number) =>
        lowering.add("Slice", [
          whole,
          lowering.ints([start]),
          lowering.ints([end]),
          lowering.ints([axis]),
        ]);
      const parts = [whole];
      if (before > 0) parts.unshift(part(-before, Number.MAX_SAFE_INTEGER));
      if (after > 0) parts.push(part(0, after));
      return parts.length === 1 ? whole : lowering.add("Concat", parts, { axis });
    }, value);
  },
  evaluate([x], { margins, mode }) {
    const strides = stridesOf(x!.shape);
    return fillByIndex(
      x!.shape.map((size, axis) => size + margins[axis]![0] + margins[axis]![1]),
      (index) => {
        let offset = 0;
        for (let axis = 0; axis < index.length; axis++) {
          const size = x!.shape[axis]!;
          const i = index[axis]! - margins[axis]![0];
          const inside =
            mode === "wrap" ? (i + size) % size : i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
          offset += inside * strides[axis]!;
        }
        return x!.data[offset]!;
      },
    );
  },
};

/**
 * Adds margins.
 *
 * @param margins `[before, after]` for each axis; a mirror is limited to size − 1, a wrap to size
 */
export function pad(
  x: Node,
  margins: Margins,
  { mode = "constant", value = 0 }: { mode?: PadMode; value?: number } = {},
): Node {
  const shape = shapeOf(x);
  if (margins.length !== shape.length || margins.some(([a, b]) => !(a >= 0 && b >= 0))) {
    throw new InputError(
      `Cannot pad: found margins ${JSON.stringify(margins)}, wanted two sizes >= 0 for each of ${shape.length} axes`,
    );
  }
  if (margins.every(([before, after]) => before === 0 && after === 0)) return x;
  if (mode === "constant") return apply(padOperator, [x], { margins, value });
  shape.forEach((dim, axis) => {
    const room = typeof dim === "number" ? (mode === "wrap" ? dim : dim - 1) : Infinity;
    if (Math.max(...margins[axis]!) > room) {
      throw new InputError(
        `Cannot pad axis ${axis} by ${mode}: found margins [${margins[axis]!.join(", ")}] on size ${dim}, wanted at most ${room}`,
      );
    }
  });
  if (!isConcrete(shape)) return apply(repeatPadOperator, [x], { margins, mode });
  return margins.reduce((node, [before, after], axis) => {
    const size = shape[axis]!;
    const parts = [node];
    if (mode === "reflect") {
      if (before > 0)
        parts.unshift(sliceAxis(node, axis, { start: before, count: before, step: -1 }));
      if (after > 0) parts.push(sliceAxis(node, axis, { start: size - 2, count: after, step: -1 }));
    } else {
      if (before > 0) parts.unshift(sliceAxis(node, axis, { start: size - before, count: before }));
      if (after > 0) parts.push(sliceAxis(node, axis, { start: 0, count: after }));
    }
    return concat(parts, axis);
  }, x);
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream).map((size) => size + 1);
    const mode = (["constant", "reflect", "wrap"] as const)[stream.integer(3)]!;
    const margins = shape.map((size): [number, number] => [
      stream.integer(size),
      stream.integer(size),
    ]);
    const value = mode === "constant" ? stream.normal() : 0;
    return { inputs: [{ shape }], build: ([x]) => pad(x!, margins, { mode, value }) };
  },
  differentiable: "twice",
};
