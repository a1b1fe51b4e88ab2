/**
 * What learning stands on: optimisers, flat weights, training programs, tensors and networks on disk.
 *
 * @module
 */
export {
  decodeTensors,
  type DecodeTensorsOptions,
  encodeTensors,
  type NamedArray,
  type TensorFile,
} from "./tensor-file.ts";
export { type ExportOptions, exportNetwork } from "./export-network.ts";
export { type Weights } from "./flat-weights.ts";
export { type ImportedNetwork, importNetwork } from "./import-network.ts";
export { catalogue as optimisers } from "./optimisers/catalogue.ts";
export { layersOf, lastLayers } from "./layers-of.ts";
export { type OpenedNetwork, openNetwork, type OpenNetworkSpec } from "./open-network.ts";
export { rateAt, type Schedule } from "./schedule.ts";
export { type StepRule } from "./step-rule.ts";
export { type Apply, type Build, type Trainee, traineeOf } from "./trainee.ts";
export {
  freshState,
  openTrainer,
  type Trainer,
  type TrainerSpec,
  type TrainerState,
  type UpdateRow,
  weightsIn,
} from "./trainer.ts";
export { type Update } from "./update.ts";
