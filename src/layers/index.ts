/** Layers with their parameters: the public room. */
export { type BatchNormOptions, batchNormLayer } from "./batch-norm-layer.ts";
export { type ConvLayerOptions, convLayer, convTransposeLayer } from "./conv-layer.ts";
export {
  countWeights,
  type Declarations,
  declare,
  fill,
  heNormal,
  type Initialiser,
  initialValues,
  type Parameter,
  type Scope,
} from "./scope.ts";
