export {
  defaultThreads,
  type MapOptions,
  mapInWorkers,
  type ResultOptions,
  type TaskContext,
  type TaskFunction,
  type WorkerFunction,
} from "./map-in-workers.ts";
export {
  type LongTaskContext,
  type LongTaskFunction,
  type LongWorkerFunction,
  runInWorker,
  type RunInWorkerOptions,
} from "./run-in-worker.ts";
