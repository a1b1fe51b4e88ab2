/** Training and adaptation: the public room. */
export { type AdamSolver, adamSolver, type AdamSolverOptions } from "./adapt/adam-solver.ts";
export {
  type GaussNewtonOptions,
  type GaussNewtonSolver,
  gaussNewtonSolver,
} from "./adapt/gauss-newton.ts";
export {
  type Adapted,
  type AdaptationGraph,
  adaptationGraph,
  type AdaptationSpec,
  type AdaptationWeights,
  type Objective,
  type Statistics,
} from "./adapt/problem.ts";
export {
  type PathOptions,
  type PathSolution,
  type PathSolver,
  pathSolver,
  type SolutionPath,
} from "./adapt/solution-path.ts";
export { decodeTensors, encodeTensors, type NamedArray, type TensorFile } from "./checkpoint.ts";
export { parseTrainingConfig, type TrainingConfig, trainingJsonSchema } from "./config.ts";
export { type ExportOptions, exportNetwork } from "./export-network.ts";
export { networkOf } from "../nets/open-network.ts";
export { type Weights } from "./flat-weights.ts";
export { train, type TrainingResult, type TrainingRow, type TrainOptions } from "./loop.ts";
export { catalogue as optimisers } from "./optimisers/catalogue.ts";
export { drawBatch, type PatchWindow, type Plane, type PlaneSource } from "./patches.ts";
export { rateAt, type Schedule } from "./schedule.ts";
export { planesOf, sourceOfImage } from "./sources.ts";
