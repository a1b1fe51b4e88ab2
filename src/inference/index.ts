/**
 * Trained denoisers: opened from ONNX files and applied to images.
 *
 * @module
 */
export { applyModel, type ApplyOptions, type ModelUnits, modelUnits } from "./apply-model.ts";
export {
  type DenoisingModel,
  openDenoisingModel,
  type OpenModelOptions,
  type PlaneOptions,
} from "./denoising-model.ts";
export { learnedDenoiser } from "./learned-denoiser.ts";
export { padToMultiple, type Span, spansOf, type TilePlan } from "./tiles.ts";
