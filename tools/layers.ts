/**
 * Which room may import which: a file imports its own room and rooms on a lower line. The reasons
 * stand in docs/architecture.md.
 */
export const lines: Readonly<Record<string, number>> = {
  core: 0,
  kernels: 0.5,
  math: 1,
  parallel: 1,
  cluster: 1,
  codecs: 1,
  graph: 2,
  stats: 2,
  noise: 2,
  figures: 2,
  dicom: 2,
  formats: 2.5,
  files: 3,
  onnx: 3,
  layers: 3,
  physics: 3,
  phantoms: 3,
  metrics: 3,
  pacs: 3,
  runtime: 4,
  nets: 4,
  denoise: 4,
  cases: 4.5,
  losses: 4.5,
  learn: 5,
  inference: 5,
  observers: 6,
  train: 7,
  adapt: 7,
  store: 7,
  study: 8,
  workflows: 9,
  server: 10,
  cli: 11,
};

/** Rooms or files (by prefix) that may import `node:` modules, each with its reason. */
export const nodeAllowed: readonly { prefix: string; reason: string }[] = [
  { prefix: "cli/", reason: "the command line runs in Node" },
  { prefix: "workflows/", reason: "what a user does with files and folders" },
  { prefix: "server/", reason: "the loopback server runs in Node" },
  { prefix: "store/", reason: "runs and results live in files and databases" },
  { prefix: "study/", reason: "the runner starts worker threads and writes reports" },
  { prefix: "figures/rasterise.ts", reason: "opens the bundled font and resvg's native binding" },
  { prefix: "parallel/node.ts", reason: "worker threads of Node" },
  { prefix: "parallel/worker.ts", reason: "entry of a worker thread of Node" },
  { prefix: "inference/files.ts", reason: "the shipped models lie in a folder" },
  { prefix: "train/files.ts", reason: "checkpoints and configurations on disk" },
  { prefix: "train/data/sources/matched-files.ts", reason: "images are found by their paths" },
  { prefix: "train/data/sources/class-table.ts", reason: "classes of files stand in a table" },
  { prefix: "train/data/scan-memory.ts", reason: "kept scans are read when patches are cut" },
  { prefix: "train/data/scan-cache.ts", reason: "simulated scans are kept in a folder" },
  { prefix: "cluster/", reason: "starts processes and calls the programs of schedulers" },
  { prefix: "files/", reason: "paths, folders, series: reads and writes the disk" },
];

/** Single imports that break the order on purpose, each with its reason. */
export const exceptions: readonly { from: string; to: string; reason: string }[] = [];
