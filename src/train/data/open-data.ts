/** The section `data` of a description, opened: batches to train on and patches to validate on. */
import { InputError } from "../../core/errors.ts";
import { oneOf } from "../../core/nearest-names.ts";
import type { BatchSource, FieldName, ValidationSource } from "../batch.ts";
import type { TrainingConfig } from "../config.ts";
import { checkSamples } from "./cut.ts";
import { cutBatches, cutValidation } from "./cut-batches.ts";
import type { DataConfig } from "./description.ts";
import type { Sample } from "./sample.ts";
import { openScans, type ScanOptions } from "./scan-cache.ts";
import { sampleOfScan, scanTasks } from "./sources/simulated.ts";

export interface OpenDataOptions extends ScanOptions {
  readonly seed: number;
  /** Fields that the method and the validation read: what is dear and not read is not drawn. */
  readonly reads: readonly FieldName[];
}

export interface OpenedData {
  readonly data: BatchSource;
  readonly validation?: ValidationSource;
  /** What a person should know of how the images came about. */
  readonly notes: readonly string[];
}

/**
 * Draws or reads what a description names.
 *
 * @throws InputError on a description that cannot be met; RunError when the disk fails; CancelledError, with the
 *   scans that are finished kept
 */
export async function openData(
  config: TrainingConfig & { readonly data: DataConfig },
  options: OpenDataOptions,
): Promise<OpenedData> {
  const { seed, batch, patch: side, validation, data } = config;
  const training = await openSamples(data, { ...options, role: "train", side });
  const shared = { seed, side };
  const { foreground, level, noiseless } = data;
  const batches = cutBatches(training.samples, {
    ...shared,
    count: batch,
    classes: training.classes,
    foreground,
    level,
    noiseless,
  });
  if (validation?.data === undefined) return { data: batches, notes: training.notes };
  const held = await openSamples(validation.data, { ...options, role: "validation", side });
  return {
    data: batches,
    validation: cutValidation(held.samples, {
      ...shared,
      patches: validation.patches,
      sigmas: validation.sigmas,
      classes: held.classes,
      foreground: validation.data.foreground,
    }),
    notes: [...training.notes, ...held.notes],
  };
}

interface OpenedSamples {
  readonly samples: readonly Sample[];
  readonly classes: readonly string[];
  readonly notes: readonly string[];
}

async function openSamples(
  { sources, classes: wantedClasses }: DataConfig,
  { role, side, ...options }: OpenDataOptions & { role: "train" | "validation"; side: number },
): Promise<OpenedSamples> {
  const { seed, reads, onProgress } = options;
  const again = reads.includes("again");
  const wanted = sources.map((source) => scanTasks(source, { seed, role, again }));
  const { scans, drawn, damaged } = await openScans(wanted.flat(), {
    ...options,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const known = [...new Set(scans.flatMap(({ names }) => Object.values(names)))];
  for (const name of wantedClasses ?? []) {
    if (!known.includes(name)) {
      throw new InputError(
        `Cannot use data.classes: found ${name}, which no source has, wanted ${oneOf(name, known)}`,
      );
    }
  }
  const classes = ["everything else", ...(wantedClasses ?? known)];
  const samples: Sample[] = [];
  let next = 0;
  for (const [index, config] of sources.entries()) {
    for (let n = 0; n < config.count; n++) {
      const scan = scans[next++]!;
      checkFinite(scan.noisy, `scan ${n + 1} of source ${index + 1}`);
      samples.push(sampleOfScan(scan, { config, classes }));
    }
  }
  checkSamples(samples, side);
  return {
    samples,
    classes,
    notes: damaged
      .map((path) => `found ${path} damaged, drew it again`)
      .concat(drawn === 0 ? [] : [`drew ${drawn} of ${scans.length} ${role} scans`]),
  };
}

function checkFinite(data: Float32Array, what: string): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InputError(
      `Cannot train on ${what}: found the value ${data[bad]} at voxel ${bad}, wanted finite numbers`,
    );
  }
}
