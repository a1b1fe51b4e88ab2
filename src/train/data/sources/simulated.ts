/** Phantoms imaged by an acquisition or a noise model, with options drawn from ranges. */
import type { CaseDescription, SignalDescription } from "../../../cases/index.ts";
import { makeImage } from "../../../core/image.ts";
import { type KeptScan, planeFields, type Sample } from "../sample.ts";
import type { Scan, ScanTask } from "../scan.ts";
import { openScans } from "../scan-cache.ts";
import { bytesOfScan, keptPlanes, planesOfData, type ScanMemory } from "../scan-memory.ts";
import { resolveWindow, type WindowConfig } from "../window.ts";
import type { SimulatedConfig } from "./simulated-schema.ts";
import type { SourceContext, SourceImages } from "./source.ts";

/** @throws InputError as `openScans` */
export async function openSimulated(
  config: SimulatedConfig,
  context: SourceContext,
): Promise<SourceImages> {
  const { seed, role, reads, what, memory } = context;
  const tasks = scanTasks(config, { seed, role, again: reads.includes("again") });
  const samples = new Array<Sample>(tasks.length);
  let names: SourceImages["names"] = {};
  const { drawn, damaged } = await openScans(tasks, context, (scan, n, kept) => {
    ({ names } = scan);
    samples[n] = sampleOfScan(scan, {
      config: { ...config, weight: config.weight / config.count },
      name: `scan ${n + 1} of ${what}`,
      bears: config.imageClasses,
      kept,
      memory,
    });
  });
  return {
    samples,
    names,
    notes: [
      ...damaged.map((path) => `found ${path} damaged, drew it again`),
      ...(drawn === 0 ? [] : [`drew ${drawn} of ${tasks.length} scans of ${what}`]),
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

/**
 * A scan with the windows of its source; percentiles are those of the image without noise, where there is one. What is
 * kept on the disk is read from there when it is needed.
 */
export function sampleOfScan(
  scan: Scan,
  {
    config,
    name,
    bears,
    kept,
    memory,
  }: {
    config: {
      windows: readonly WindowConfig[];
      weight: number;
      signal?: SignalDescription | undefined;
    };
    name: string;
    bears?: readonly string[] | undefined;
    kept: KeptScan | undefined;
    memory: ScanMemory;
  },
): Sample {
  const [depth, ny, nx] = scan.shape;
  const { unit, spacing } = scan;
  const area = ny * nx;
  const fields = planeFields.filter((field) => scan[field] !== undefined);
  const planes =
    kept === undefined
      ? Object.fromEntries(fields.map((field) => [field, planesOfData(scan[field]!, area)]))
      : keptPlanes(kept, { fields, area, memory });
  const first = makeImage((scan.clean ?? scan.noisy)!, [...scan.shape]);
  return {
    name,
    ny,
    nx,
    depth,
    planes,
    ...(kept === undefined ? {} : { kept, bytes: bytesOfScan(scan) }),
    windows: config.windows.map((window) => resolveWindow(window, first)),
    weight: config.weight,
    unit,
    spacing,
    ...(bears === undefined ? {} : { bears }),
    ...(scan.signal === undefined ? {} : { signal: signalOf(scan, config.signal) }),
  };
}

/** A scan's signal with its name, and those that it might have been. */
function signalOf(
  { signal, drawn }: Scan,
  description: SignalDescription | undefined,
): Sample["signal"] {
  const names = [description?.name ?? []].flat();
  const { signal: drawnName } = (drawn["signal"] ?? {}) as { readonly signal?: string };
  const name = drawnName ?? (names.length === 1 ? names[0] : undefined);
  const { present } = signal!;
  return { ...signal!, names, ...(present && name !== undefined ? { name } : {}) };
}
