/**
 * Independent tasks on this machine or by a scheduler.
 *
 * @module
 */
export { catalogue as executors } from "./catalogue.ts";
export {
  type Executor,
  type ExecutorTools,
  type IndexedTasks,
  secondsToSave,
  type TaskHandle,
  type TaskResources,
  type TaskStates,
} from "./executor.ts";
export { type ProgramEnd, type RunProgram, runProgram } from "./run-program.ts";
