export {
  defaultThreads,
  mapInWorkers,
} from "./map-in-workers.ts";
export {
  type LongTaskContext,
  type LongWorkerFunction,
  runInWorker,
} from "./run-in-worker.ts";
