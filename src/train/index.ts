/**
 * Training: descriptions, methods, sources, the loop.
 *
 * @module
 */
export {
  type Batch,
  type BatchSource,
  type DrawRequest,
  type FieldName,
  fields,
  type ValidationSource,
} from "./batch.ts";
export {
  parseTrainingConfig,
  type ParseTrainingOptions,
  type TrainingConfig,
  trainingJsonSchema,
} from "./config.ts";
export {
  runTraining,
  type TrainedRole,
  type TrainingResult,
  type TrainingRow,
  type TrainOptions,
} from "./loop.ts";
export { catalogue as trainingMethods } from "./methods/catalogue.ts";
export {
  type MethodContext,
  type Role,
  type TrainingMethod,
  trainingMethod,
} from "./methods/training-method.ts";
export type { PatchWindow, Plane, PlaneSource } from "./patches.ts";
export { planeBatches, planeData, planeValidation } from "./plane-batches.ts";
export { planesOf, sourceOfImage } from "./sources.ts";
export type { ValidationResult } from "./validation.ts";
export { catalogue as validations } from "./validations/catalogue.ts";
export type { TrainingFinding } from "./watch.ts";
