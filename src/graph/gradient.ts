/**
 * Reverse-mode differentiation. The gradient of an expression is again an expression, so it can be
 * differentiated again; a Jacobian-vector product is the gradient of a vector-Jacobian product.
 */
import { InputError } from "../core/errors.ts";
import { type Node, shapeOf, topologicalOrder } from "./node.ts";
import { add } from "./ops/add.ts";
import { constant } from "./ops/constant.ts";
import { input } from "./ops/input.ts";
import { multiply } from "./ops/multiply.ts";
import { sum } from "./ops/sum.ts";
import { sameShape } from "./dimension.ts";
import { substitute } from "./substitute.ts";

/**
 * Vector-Jacobian products: Σ_i ⟨seed_i, ∂output_i/∂x⟩ for every x.
 *
 * @param outputs expressions with a seed of the same shape each
 * @returns one expression for each x, or `undefined` where no output depends on it
 */
export function vectorJacobian(
  outputs: readonly { readonly node: Node; readonly seed: Node }[],
  xs: readonly Node[],
): (Node | undefined)[] {
  for (const { node, seed } of outputs) {
    if (!sameShape(shapeOf(node), shapeOf(seed))) {
      throw new InputError(
        `Cannot differentiate: found a seed of shape [${shapeOf(seed).join(", ")}], wanted [${shapeOf(node).join(", ")}]`,
      );
    }
  }
  const order = topologicalOrder(outputs.map(({ node }) => node));
  const wanted = new Set(xs);
  const depends = new Set<Node>();
  for (const node of order) {
    if (wanted.has(node) || node.inputs.some((i) => depends.has(i))) depends.add(node);
  }
  const gradients = new Map<Node, Node>();
  const accumulate = (node: Node, value: Node) => {
    const kept = gradients.get(node);
    gradients.set(node, kept === undefined ? value : add(kept, value));
  };
  for (const { node, seed } of outputs) accumulate(node, seed);
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!;
    const outer = gradients.get(node);
    if (outer === undefined || !depends.has(node) || node.operator.gradient === undefined) continue;
    if (node.inputs.length === 0) continue;
    node.operator.gradient(node, outer).forEach((value, k) => {
      const source = node.inputs[k]!;
      if (value !== undefined && depends.has(source)) accumulate(source, value);
    });
  }
  return xs.map((x) => gradients.get(x));
}

/**
 * Gradients of a scalar expression.
 *
 * @returns one expression of each x's shape; zeros where `y` does not depend on it
 * @throws InputError when `y` is not a scalar
 */
export function gradient(y: Node, xs: readonly Node[]): Node[] {
  if (shapeOf(y).length !== 0) {
    throw new InputError(
      `Cannot take a gradient: found an expression of shape [${shapeOf(y).join(", ")}], wanted a scalar`,
    );
  }
  return vectorJacobian([{ node: y, seed: constant(1) }], xs).map(
    (g, i) => g ?? multiply(xs[i]!, constant(0)),
  );
}

let auxiliary = 0;

/**
 * Jacobian-vector product Σ_k ∂y/∂x_k · v_k, an expression of y's shape.
 *
 * With a dummy u of y's shape, ⟨u, J v⟩ = ⟨Jᵀu, v⟩ for every v, so J v is the gradient of ⟨Jᵀu, v⟩
 * with respect to u. The expression is linear in u, which vanishes from it.
 */
export function jacobianVector(
  y: Node,
  pairs: readonly { readonly x: Node; readonly v: Node }[],
): Node {
  const u = input(`jacobian-vector dummy ${auxiliary++}`, shapeOf(y));
  const pulled = vectorJacobian(
    [{ node: y, seed: u }],
    pairs.map(({ x }) => x),
  );
  const terms = pulled.flatMap((g, k) => (g === undefined ? [] : [sum(multiply(g, pairs[k]!.v))]));
  const zero = multiply(y, constant(0));
  if (terms.length === 0) return zero;
  const [product] = vectorJacobian([{ node: terms.reduce(add), seed: constant(1) }], [u]);
  // What still mentions u does so only through shapes that a gradient of zero kept alive.
  return product === undefined ? zero : substitute([product], new Map([[u, zero]]))[0]!;
}
