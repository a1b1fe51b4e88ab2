/** A small training description for tests. */
import { parseTrainingConfig, type TrainingConfig } from "./config.ts";

const phantom = {
  kind: "phantom",
  name: "given by the test",
  count: 1,
  windows: [{ low: 0, high: 1 }],
};

export function trainingConfigOf(changes: Record<string, unknown>): TrainingConfig {
  const { validation, ...rest } = changes;
  return parseTrainingConfig({
    name: "test",
    seed: 1,
    network: { name: "dncnn", options: { depth: 4, width: 8, batchNorm: false } },
    schedule: { kind: "constant", rate: 3e-3 },
    steps: 10,
    batch: 4,
    patch: 16,
    noise: { low: 0.05, high: 0.15 },
    sources: [phantom],
    ...(validation === undefined
      ? {}
      : { validation: { sources: [phantom], ...(validation as Record<string, unknown>) } }),
    ...rest,
  });
}
