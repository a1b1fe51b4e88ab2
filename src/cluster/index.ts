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
  type TaskResources,
} from "./executor.ts";
export { runProgram } from "./run-program.ts";
