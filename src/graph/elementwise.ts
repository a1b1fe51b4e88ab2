/** Operators that act on each element: the parts that every one of them shares. */
import type { Stream } from "../core/random.ts";
import { blockedAffine, channelVector, fitsBlocked, staysBlocked } from "./blocked-values.ts";
import { broadcastShapes, sameShape } from "./dimension.ts";
import type { AttributeShorthand, Lowering } from "./lowering.ts";
import {
  anyNode,
  type Attributes,
  apply,
  type ElementKind,
  expectKind,
  type Node,
  type Operator,
} from "./node.ts";
import { sampleBroadcastable, sampleShape, type Suite } from "./suite.ts";
import { mapBroadcast } from "./tensor.ts";

interface Elementwise<A extends Attributes> {
  readonly name: string;
  readonly result?: ElementKind;
  readonly accepts?: ElementKind;
  /** ONNX operator, or a function that adds several. */
  readonly onnx: string | ((lowering: Lowering, names: readonly string[], attributes: A) => string);
  readonly onnxAttributes?: (attributes: A) => Record<string, AttributeShorthand>;
  /**
   * What it is with one number v for each channel: scale · x + shift, as names of values of v's shape; `first`
   * where v stands before x. Lets the blocked layout stay.
   */
  readonly byChannel?: (
    lowering: Lowering,
    vector: { readonly value: string; readonly first: boolean },
  ) => { readonly scale?: string; readonly shift?: string } | undefined;
  value(attributes: A): (...values: number[]) => number;
  readonly gradient?: (node: Node<A>, outer: Node) => readonly (Node | undefined)[];
}

/** Makes an operator that broadcasts its inputs and maps their elements. */
export function elementwise<A extends Attributes = Attributes>(spec: Elementwise<A>): Operator<A> {
  return Object.freeze({
    name: spec.name,
    infer(inputs, _attributes) {
      expectKind(spec.name, inputs, spec.accepts ?? "float");
      return {
        kind: spec.result ?? "float",
        shape: broadcastShapes(
          inputs.map((t) => t.shape),
          `apply ${spec.name}`,
        ),
      };
    },
    ...(spec.gradient === undefined ? {} : { gradient: spec.gradient }),
    lower(lowering, node) {
      const add = (names: readonly string[]) =>
        typeof spec.onnx === "string"
          ? lowering.add(spec.onnx, names, spec.onnxAttributes?.(node.attributes))
          : spec.onnx(lowering, names, node.attributes);
      if (staysBlocked(lowering, anyNode(node))) {
        const names = node.inputs.map((input) =>
          input.type.shape.length === 0 ? lowering.value(input) : lowering.toBlocked(input),
        );
        return lowering.keepBlocked(anyNode(node), add(names));
      }
      const affine = byChannel(lowering, node, spec.byChannel);
      if (affine !== undefined) return lowering.keepBlocked(anyNode(node), affine);
      return add(node.inputs.map((input) => lowering.value(input)));
    },
    evaluate(inputs, attributes) {
      return mapBroadcast(inputs, spec.value(attributes));
    },
  } satisfies Operator<A>);
}

/** x ∘ v or v ∘ x in blocked layout, v one number for each channel; undefined where it is something else. */
function byChannel<A extends Attributes>(
  lowering: Lowering,
  node: Node<A>,
  rule: Elementwise<A>["byChannel"],
): string | undefined {
  const { shape } = node.type;
  if (rule === undefined || node.inputs.length !== 2 || !fitsBlocked(lowering, shape)) return;
  const whole = (x: Node) => sameShape(x.type.shape, shape) && lowering.blocked(x) !== undefined;
  const [a, b] = node.inputs as [Node, Node];
  for (const [x, other, first] of [
    [a, b, false],
    [b, a, true],
  ] as const) {
    const vector = whole(x) ? channelVector(other, shape) : undefined;
    if (vector === undefined) continue;
    const { scale, shift } = rule(lowering, { value: lowering.value(vector.node), first }) ?? {};
    if (scale === undefined && shift === undefined) continue;
    return blockedAffine(lowering, [{ x, scale }], { shape, images: vector.images, shift });
  }
  return undefined;
}

interface Unary {
  readonly name: string;
  readonly onnx: Elementwise<Attributes>["onnx"];
  readonly value: (x: number) => number;
  /** The derivative as an expression in x and y = f(x). */
  readonly derivative?: (x: Node, y: Node) => Node;
  /** Product of the derivative and the outer gradient, where it is cheaper than their `multiply`. */
  readonly multiply: (a: Node, b: Node) => Node;
}

/** A function of one variable, with its contract suite. */
export function unary(spec: Unary): Operator {
  return elementwise({
    name: spec.name,
    onnx: spec.onnx,
    value: () => spec.value,
    ...(spec.derivative === undefined
      ? {}
      : {
          gradient: (node: Node, outer: Node) => [
            // The derivative first: the runtime then computes it late, and keeps it for a moment only.
            spec.multiply(spec.derivative!(node.inputs[0]!, node), outer),
          ],
        }),
  });
}

/** Suite of a function of one variable on a range. */
export function unarySuite(
  operator: Operator,
  options: {
    low?: number;
    high?: number;
    differentiable?: Suite["differentiable"];
    tolerance?: Suite["tolerance"];
  } = {},
): Suite {
  return {
    sample: (stream: Stream) => ({
      inputs: [{ shape: sampleShape(stream), low: options.low ?? -2, high: options.high ?? 2 }],
      build: ([x]) => apply(operator, [x!], {}),
    }),
    differentiable: options.differentiable ?? "twice",
    ...(options.tolerance === undefined ? {} : { tolerance: options.tolerance }),
  };
}

/** Suite of a function of two variables under broadcasting. */
export function binarySuite(
  operator: Operator,
  options: {
    low?: number;
    high?: number;
    whole?: boolean;
    differentiable?: Suite["differentiable"];
  } = {},
): Suite {
  return {
    sample: (stream: Stream) => {
      const shape = sampleShape(stream);
      const range = {
        low: options.low ?? -2,
        high: options.high ?? 2,
        whole: options.whole ?? false,
      };
      const other = { shape: sampleBroadcastable(stream, shape), ...range };
      const inputs = [{ shape, ...range }, other];
      if (stream.uniform() < 0.5) inputs.reverse();
      return { inputs, build: ([a, b]) => apply(operator, [a!, b!], {}) };
    },
    differentiable: options.differentiable ?? "twice",
  };
}
