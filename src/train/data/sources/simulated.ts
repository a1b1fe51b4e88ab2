/** Phantoms imaged by an acquisition or a noise model, with options drawn from ranges. */
import { z } from "zod";
import { type CaseDescription, caseFields, signalSchema } from "../../../cases/index.ts";
import { makeImage } from "../../../core/image.ts";
import type { Sample } from "../sample.ts";
import type { Scan, ScanTask } from "../scan.ts";
import { openScans } from "../scan-cache.ts";
import { resolveWindow, windowFields } from "../window.ts";
import type { SourceContext, SourceImages } from "./source.ts";

export const simulatedSchema = z
  .strictObject({
    kind: z.literal("simulated"),
    ...caseFields,
    signal: signalSchema.optional(),
    present: z.number().min(0).max(1).default(1).describe("Share of the scans with the signal."),
    count: z.int().positive().describe("Scans to draw; each is drawn once and kept."),
    ...windowFields,
  })
  .describe("Phantoms imaged by an acquisition or a noise model, with options drawn from ranges.");

export type SimulatedConfig = z.output<typeof simulatedSchema>;

/** @throws InputError as `openScans` */
export async function openSimulated(
  config: SimulatedConfig,
  context: SourceContext,
): Promise<SourceImages> {
  const { seed, role, reads, what } = context;
  const tasks = scanTasks(config, { seed, role, again: reads.includes("again") });
  const { scans, drawn, damaged } = await openScans(tasks, context);
  return {
    samples: scans.map((scan, n) =>
      sampleOfScan(scan, { config, name: `scan ${n + 1} of ${what}` }),
    ),
    names: scans[0]!.names,
    notes: [
      ...damaged.map((path) => `found ${path} damaged, drew it again`),
      ...(drawn === 0 ? [] : [`drew ${drawn} of ${scans.length} scans of ${what}`]),
    ],
  };
}

function scanTasks(
  config: SimulatedConfig,
  { seed, role, again }: Pick<ScanTask, "seed" | "role" | "again">,
): ScanTask[] {
  const { object, noise, acquisition, signal } = config;
  const description: CaseDescription = {
    object,
    ...(noise === undefined ? {} : { noise }),
    ...(acquisition === undefined ? {} : { acquisition }),
    ...(signal === undefined ? {} : { signal }),
  };
  // Without a signal the share of scans that hold it must not tell scans apart.
  const present = signal === undefined ? 0 : config.present;
  const task = { description, seed, role, present, again };
  return Array.from({ length: config.count }, (_, number) => ({ ...task, number }));
}

/** A scan with the windows of its source; percentiles are those of the image without noise. */
function sampleOfScan(
  scan: Scan,
  { config, name }: { config: SimulatedConfig; name: string },
): Sample {
  const [depth, ny, nx] = scan.shape;
  const { unit, spacing, signal } = scan;
  const planes = (data: Float32Array) => planesOfData(data, ny * nx);
  const clean = makeImage(scan.clean, [...scan.shape]);
  return {
    name,
    ny,
    nx,
    depth,
    planes: {
      noisy: planes(scan.noisy),
      clean: planes(scan.clean),
      ...(scan.again === undefined ? {} : { again: planes(scan.again) }),
      ...(scan.labels === undefined ? {} : { labels: planes(scan.labels) }),
    },
    windows: config.windows.map((window) => resolveWindow(window, clean)),
    weight: config.weight / config.count,
    unit,
    spacing,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Values plane by plane, not copied. */
export const planesOfData = (data: Float32Array, area: number): Float32Array[] =>
  Array.from({ length: data.length / area }, (_, k) => data.subarray(k * area, (k + 1) * area));
