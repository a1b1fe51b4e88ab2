/**
 * Expression graphs: nodes, their gradients (again graphs), and a slow interpreter as the oracle.
 *
 * @module
 */
export * from "./dimension.ts";
export { gradient, jacobianVector, vectorJacobian } from "./gradient.ts";
export { interpret } from "./interpret.ts";
export { type LoweredModel, type LowerOptions, lower } from "./lower.ts";
export type { Lowering, Provider } from "./lowering.ts";
export {
  type Attributes,
  apply,
  type ElementKind,
  type Node,
  type Operator,
  shapeOf,
  sizesOf,
  topologicalOrder,
  type Type,
} from "./node.ts";
export * from "./operators.ts";
export { substitute } from "./substitute.ts";
export { type Tensor, tensor } from "./tensor.ts";
