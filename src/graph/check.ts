/** Gradients checked against central differences in float64. */
import type { Stream } from "../core/random.ts";
import { concrete } from "./dimension.ts";
import { gradient } from "./gradient.ts";
import { interpret } from "./interpret.ts";
import { type Node, shapeOf } from "./node.ts";
import { constant } from "./ops/constant.ts";
import { inputName } from "./ops/input.ts";
import { multiply } from "./ops/multiply.ts";
import { sum } from "./ops/sum.ts";
import type { Tensor } from "./tensor.ts";

export interface GradientCheck {
  /** Largest |gradient − difference| over all elements, relative to the largest magnitude (at least 1). */
  readonly error: number;
  /** Input and element where it occurred. */
  readonly where: string;
}

/** Σ r·y with fixed random weights: a scalar whose gradient involves every element of y. */
export function randomProjection(y: Node, stream: Stream): Node {
  const shape = concrete(shapeOf(y), "project an expression");
  const weights = stream.normals(shape.reduce((n, s) => n * s, 1));
  return sum(multiply(y, constant(weights, shape)));
}

/**
 * Compares the gradient of a scalar expression with central differences.
 *
 * @param xs input nodes to differentiate by; each has a value in `values`
 * @param step half-width of the difference; its error is of order step² plus 1e-16 / step
 */
export function checkGradient(
  y: Node,
  xs: readonly Node[],
  { values, step = 1e-5 }: { values: Readonly<Record<string, Tensor>>; step?: number },
): GradientCheck {
  const exact = interpret(gradient(y, xs), values);
  let worst: GradientCheck = { error: 0, where: "nowhere" };
  xs.forEach((x, k) => {
    const name = inputName(x)!;
    const value = values[name]!;
    const differences = value.data.map((_, i) => {
      const at = (shift: number) => {
        const data = value.data.slice();
        data[i]! += shift;
        return interpret([y], { ...values, [name]: { ...value, data } })[0]!.data[0]!;
      };
      return (at(step) - at(-step)) / (2 * step);
    });
    const scale = Math.max(1, ...differences.map(Math.abs));
    differences.forEach((d, i) => {
      const error = Math.abs(d - exact[k]!.data[i]!) / scale;
      if (!(error <= worst.error)) worst = { error, where: `${name}[${i}]` };
    });
  });
  return worst;
}
