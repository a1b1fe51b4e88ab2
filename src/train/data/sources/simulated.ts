/** Scans of phantoms as samples to cut patches from. */
import type { CaseDescription } from "../../../cases/index.ts";
import { makeImage } from "../../../core/image.ts";
import { resolveWindow } from "../../sources.ts";
import type { SimulatedConfig } from "../description.ts";
import type { Sample } from "../sample.ts";
import type { Scan, ScanTask } from "../scan.ts";

/** The scans that a source wants. */
export function scanTasks(
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
  return Array.from({ length: config.count }, (_, number) => ({
    description,
    seed,
    role,
    number,
    present,
    again,
  }));
}

/** A scan with the windows of its source; percentiles are those of the image without noise. */
export function sampleOfScan(
  scan: Scan,
  { config, classes }: { config: SimulatedConfig; classes: readonly string[] },
): Sample {
  const [depth, ny, nx] = scan.shape;
  const area = ny * nx;
  const planes = (data: Float32Array | undefined) =>
    data === undefined
      ? undefined
      : Array.from({ length: depth }, (_, k) => data.subarray(k * area, (k + 1) * area));
  const fields = { noisy: scan.noisy, clean: scan.clean, again: scan.again, labels: scan.labels };
  const clean = makeImage(scan.clean, [...scan.shape]);
  const classOf: number[] = [];
  for (const [value, name] of Object.entries(scan.names)) {
    classOf[Number(value)] = Math.max(0, classes.indexOf(name));
  }
  return {
    ny,
    nx,
    depth,
    planes: Object.fromEntries(
      Object.entries(fields).flatMap(([name, data]) => {
        const found = planes(data);
        return found === undefined ? [] : [[name, found]];
      }),
    ),
    windows: config.windows.map((window) => resolveWindow(window, clean)),
    weight: config.weight / config.count,
    ...(scan.labels === undefined ? {} : { classOf }),
    ...(scan.signal === undefined ? {} : { signal: scan.signal }),
  };
}
