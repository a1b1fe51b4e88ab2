export {
  defaultThreads,
  type MapOptions,
  mapInWorkers,
  type TaskContext,
  type TaskFunction,
  type WorkerFunction,
} from "./map-in-workers.ts";
