/** Training: descriptions, sources, the loop. */
export { parseTrainingConfig, type TrainingConfig, trainingJsonSchema } from "./config.ts";
export { train, type TrainingResult, type TrainingRow, type TrainOptions } from "./loop.ts";
export { drawBatch, type PatchWindow, type Plane, type PlaneSource } from "./patches.ts";
export { rateAt, type Schedule } from "./schedule.ts";
export { planesOf, sourceOfImage } from "./sources.ts";
