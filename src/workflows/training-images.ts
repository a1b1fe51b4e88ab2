/** Images of a training's description, drawn or read. */
import { join } from "node:path";
import { openMember } from "../core/member.ts";
import type { WorkOptions } from "../core/progress.ts";
import { defaultThreads } from "../parallel/index.ts";
import { dataFolder as dataFolderOfUser } from "../store/place.ts";
import type { TrainingConfig } from "../train/config.ts";
import { openData, type OpenedData } from "../train/data/open-data.ts";
import { loadSources } from "../train/files.ts";
import type { TrainingMethod } from "../train/methods/training-method.ts";
import { planeData } from "../train/plane-batches.ts";
import { catalogue as validations } from "../train/validations/catalogue.ts";

export interface TrainingImagesOptions extends WorkOptions {
  /** Where relative paths of image files start. Defaults to the current folder. */
  readonly data?: string;
  /** Where simulated scans are kept. Defaults to the folder `scans` in the user's data. */
  readonly cache?: string | undefined;
  /** Threads to use; all cores when absent or 0. */
  readonly threads?: number | undefined;
  /** Bytes of simulated scans that may be in memory at a time; usually 1 GiB. */
  readonly memory?: number | undefined;
}

/**
 * @param options.inThread whether batches are drawn in a thread of their own while a step runs; `data.dispose` ends it
 * @throws InputError on images that cannot be had; RunError when the disk fails; CancelledError
 */
export async function trainingImages(
  config: TrainingConfig,
  {
    method,
    inThread,
    ...options
  }: TrainingImagesOptions & {
    readonly method: Pick<TrainingMethod, "reads">;
    readonly inThread: boolean;
  },
): Promise<OpenedData> {
  const { signal, onProgress, data: dataFolder = ".", threads = 0 } = options;
  const { seed, sources = [], data, validation } = config;
  if (data === undefined) {
    const load = { seed, dataFolder, signal, onProgress };
    const planes = {
      sources: await loadSources(sources, { ...load, role: "train" }),
      validation: await loadSources(validation?.sources ?? [], { ...load, role: "validation" }),
    };
    return { ...planeData(config, planes, { inThread }), notes: [] };
  }
  return openData(
    { ...config, data },
    {
      seed,
      reads: [...method.reads, ...(await validationReads(validation?.name))],
      dataFolder,
      inThread,
      memory: options.memory,
      cache: options.cache ?? join(dataFolderOfUser(), "scans"),
      threads: threads === 0 ? defaultThreads() : threads,
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    },
  );
}

async function validationReads(name: string | undefined) {
  if (name === undefined) return [];
  const refusal = `Cannot validate: found no validation ${name}`;
  const { reads } = await openMember(validations, name, refusal);
  return reads;
}
