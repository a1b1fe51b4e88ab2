/** Layers with their parameters: the public room. */
export { type BatchNormOptions, batchNormLayer } from "./batch-norm-layer.ts";
export { type ConvLayerOptions, convLayer, convTransposeLayer } from "./conv-layer.ts";
export {
  type Application,
  type BufferUpdate,
  countWeights,
  type Declarations,
  type DeclareOptions,
  declare,
  fill,
  heNormal,
  type Initialiser,
  initialValues,
  type Parameter,
  type RandomInput,
  type Scope,
  type SharedParameters,
  shareParameters,
} from "./scope.ts";
