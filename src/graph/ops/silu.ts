/** y = x / (1 + e⁻ˣ): the input times its own sigmoid [elfwing2018silu]. */
import type { Node } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { multiply } from "./multiply.ts";
import { sigmoid } from "./sigmoid.ts";

/** Sigmoid linear unit, element by element. */
export function silu(x: Node): Node {
  return multiply(x, sigmoid(x));
}

export const suite: Suite = {
  sample: (stream) => ({ inputs: [{ shape: sampleShape(stream) }], build: ([x]) => silu(x!) }),
  differentiable: "twice",
};
