/** What softmax and its logarithm share: values along an axis beside the sum of their exponentials. */
import type { Node } from "./node.ts";
import { sampleShape, type Suite } from "./suite.ts";
import { stridesOf, type Tensor } from "./tensor.ts";

export interface AxisAttributes extends Record<string, unknown> {
  readonly axis: number;
}

/**
 * Walks along one axis with the sum of exponentials at hand; the peak is taken off first, so that none
 * overflows.
 *
 * @param of a value less the peak, and Σ exp of those
 */
export function relativeToSum(
  x: Tensor,
  { axis }: AxisAttributes,
  of: (value: number, total: number) => number,
): Tensor {
  const size = x.shape[axis]!;
  const stride = stridesOf(x.shape)[axis]!;
  const data = new Float64Array(x.data.length);
  for (let start = 0; start < data.length; start++) {
    if (Math.floor(start / stride) % size !== 0) continue;
    let peak = -Infinity;
    for (let k = 0; k < size; k++) peak = Math.max(peak, x.data[start + k * stride]!);
    let total = 0;
    for (let k = 0; k < size; k++) total += Math.exp(x.data[start + k * stride]! - peak);
    for (let k = 0; k < size; k++) {
      const at = start + k * stride;
      data[at] = of(x.data[at]! - peak, total);
    }
  }
  return { shape: x.shape, data };
}

/** Random cases of an operator along one axis. */
export function axisSuite(build: (x: Node, axis: number) => Node): Suite {
  return {
    sample(stream) {
      const shape = sampleShape(stream);
      const axis = stream.integer(shape.length);
      return { inputs: [{ shape }], build: ([x]) => build(x!, axis) };
    },
    differentiable: "twice",
  };
}
