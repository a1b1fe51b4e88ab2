/** Small, quick scans for tests. */
import { signalSchema } from "../../cases/index.ts";
import { dataSchema, type DataConfig } from "./description.ts";
import type { ScanTask } from "./scan.ts";

/** Water with inserts in a scanner of few views, its dose and kernel drawn. */
export const smallScan: ScanTask = {
  description: {
    object: { name: "water-inserts", options: { size: 48 } },
    acquisition: {
      name: "ct-fan",
      options: {
        dose: { from: 0.01, to: 1, scale: "log" },
        kernel: { oneOf: ["hann", "ram-lak"] },
        views: 64,
        channels: 128,
        channelMm: 7,
        imageSize: 40,
      },
    },
    signal: signalSchema.parse({ name: "disk", options: { radiusMm: 20, amplitude: 100 } }),
  },
  seed: 3,
  role: "train",
  number: 0,
  present: 0.5,
  again: true,
};

/** A section `data` around one source of small scans. */
export function smallData(
  changes: Record<string, unknown> = {},
  source: Record<string, unknown> = {},
): DataConfig {
  const { object, acquisition, signal } = smallScan.description;
  const windows = [{ low: -200, high: 200 }];
  const usual = { kind: "simulated", object, acquisition, signal, present: 0.5, count: 2, windows };
  return dataSchema.parse({ sources: [{ ...usual, ...source }], ...changes });
}
