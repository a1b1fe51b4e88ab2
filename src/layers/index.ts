/**
 * Layers: convolution, normalisation, resampling, attention, as functions that add nodes and declare parameters.
 *
 * @module
 */
export { type BatchNormOptions, batchNormLayer } from "./batch-norm-layer.ts";
export { type DropoutLayerOptions, dropoutLayer, preluLayer } from "./activation-layers.ts";
export { type ConvLayerOptions, convLayer, convTransposeLayer } from "./conv-layer.ts";
export { fanIn, linearLayer, type LinearLayerOptions } from "./linear-layer.ts";
export { neighbourAttention, type NeighbourAttentionOptions } from "./neighbour-attention.ts";
export {
  adaptiveInstanceNormLayer,
  groupNormLayer,
  instanceNormLayer,
  layerNormLayer,
  type NormLayerOptions,
} from "./norm-layers.ts";
export { pixelShuffle, pixelUnshuffle, upsampleLinear } from "./resample-layers.ts";
export { spectralNorm } from "./spectral-norm.ts";
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
  type DeclaredParameter,
  type RandomInput,
  type Scope,
  type SharedParameters,
  shareParameters,
} from "./scope.ts";
