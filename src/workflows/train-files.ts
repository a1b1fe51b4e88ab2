/** A training from one description file, with checkpoints, to an ONNX model with its card. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openMember } from "../core/member.ts";
import type { WorkOptions } from "../core/progress.ts";
import { makeFolders, writeWhole } from "../files/files.ts";
import type { Provider } from "../graph/lowering.ts";
import { countWeights } from "../layers/scope.ts";
import { exportNetwork } from "../learn/export-network.ts";
import { parametersOf } from "../learn/network-parameters.ts";
import {
  checkpointName,
  loadSources,
  readCheckpointFile,
  readStartingModels,
  readTrainingConfig,
} from "../train/files.ts";
import { historyCsv } from "../train/history.ts";
import { runTraining, type TrainingResult, type TrainingRow } from "../train/loop.ts";
import type { TrainingConfig } from "../train/config.ts";
import type { TrainingMethod } from "../train/methods/training-method.ts";
import { openMethod } from "../train/open-method.ts";
import { defaultThreads } from "../parallel/index.ts";
import { dataFolder as dataFolderOfUser } from "../store/place.ts";
import { openData, type OpenedData } from "../train/data/open-data.ts";
import { planeData } from "../train/plane-batches.ts";
import { catalogue as validations } from "../train/validations/catalogue.ts";
import { checkFolder, type OutputOptions } from "./output.ts";

export interface TrainFilesOptions extends WorkOptions, OutputOptions {
  /** Folder for model, card and checkpoints; the training's name when absent. */
  readonly output?: string | undefined;
  /** Where relative paths of image files start. Defaults to the current folder. */
  readonly data?: string;
  /** Where simulated scans are kept. Defaults to the folder `scans` in the user's data. */
  readonly cache?: string | undefined;
  /** Goes on from the checkpoint in the output folder. */
  readonly resume?: boolean;
  /** Threads to use; all cores when absent or 0. */
  readonly threads?: number | undefined;
  readonly provider?: Provider;
  /** Hears every step, with the unit of the validation. */
  readonly onRow?: (row: TrainingRow, unit: string) => void;
}

/** What a model's card says, and where it lies. */
export interface TrainReport {
  readonly name: string;
  readonly method: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  readonly network: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  readonly weights: number;
  readonly description: unknown;
  readonly bestStep: number;
  readonly validation: TrainingResult["bestValidation"];
  readonly minutes: number;
  readonly cpuMinutes: number;
  /** Whether it went on from a checkpoint. */
  readonly resumed: boolean;
  readonly findings: TrainingResult["findings"];
  readonly sha256: string;
  readonly folder: string;
  /** Path of the model. */
  readonly model: string;
  /** The best validation in words, such as `psnr 34.1 dB`; empty where there is none. */
  readonly bestText: string;
  readonly notes: readonly string[];
}

const names = { model: "model.onnx", card: "card.json", history: "history.csv" } as const;

/**
 * Draws or reads the images of a description, trains, and writes model, card, history and checkpoints. The
 * folder of an earlier training is written over.
 *
 * @param path of a description in JSON or YAML
 * @throws InputError naming the field that is wrong, or when the folder holds anything else; RunError when
 *   the loss is not finite or explodes; CancelledError, after a last checkpoint
 */
export async function trainFiles(
  path: string,
  options: TrainFilesOptions = {},
): Promise<TrainReport> {
  const { signal, onProgress, onRow, force, threads = 0, provider = "cpu", data = "." } = options;
  const config = await readTrainingConfig(path);
  const folder = options.output ?? config.name;
  const models = await readStartingModels(config, data);
  // A wrong name or option is reported before minutes go into drawing images.
  const { method } = await openMethod(config, { models });
  const unit = config.validation === undefined ? "" : await validationUnit(config.validation.name);
  const own: string[] = [...Object.values(names), checkpointName];
  await checkFolder(folder, { force, own: (found) => found.some((name) => own.includes(name)) });
  const resume = options.resume ? await readCheckpointFile(folder) : undefined;
  const images = await imagesOf(config, { ...options, method });
  await makeFolders(folder);
  const started = performance.now();
  const before = process.cpuUsage();
  const rows: TrainingRow[] = [];
  const result = await runTraining(config, {
    data: images.data,
    ...(images.validation === undefined ? {} : { validation: images.validation }),
    models,
    signal,
    onProgress,
    ...(resume === undefined ? {} : { resume }),
    compile: { provider, threads },
    onRow: (row) => {
      rows.push(row);
      onRow?.(row, unit);
    },
    onCheckpoint: (bytes) => writeWhole([{ path: join(folder, checkpointName), bytes }]),
  });
  const cpu = process.cpuUsage(before);
  const { network, options: networkOptions, bestStep, bestValidation, findings } = result;
  const card = {
    name: config.name,
    method: { name: method.name, options: config.method.options },
    network: { name: network.name, options: networkOptions },
    weights: countWeights(parametersOf(network, networkOptions, result.shape).trained),
    description: config,
    bestStep,
    validation: bestValidation,
    minutes: (performance.now() - started) / 60_000,
    cpuMinutes: (cpu.user + cpu.system) / 60e6,
    resumed: resume !== undefined,
    findings,
  };
  const model = exportNetwork(network, {
    options: networkOptions,
    weights: result.best,
    shape: result.shape,
    metadata: { name: config.name, seed: String(config.seed) },
  });
  // What helped to train the product may start another training: a critic, an observer.
  const helpers = Object.entries(result.roles)
    .filter(([role]) => role !== method.product && method.roles[role]!.frozen !== true)
    .map(([role, { network: other, ...trained }]) => ({
      path: join(folder, `${role}.onnx`),
      bytes: exportNetwork(other, { ...trained, metadata: { name: `${config.name} ${role}` } }),
    }));
  const sha256 = createHash("sha256").update(model).digest("hex");
  const text = (value: string) => new TextEncoder().encode(value);
  await writeWhole([
    { path: join(folder, names.model), bytes: model },
    ...helpers,
    {
      path: join(folder, names.card),
      bytes: text(`${JSON.stringify({ ...card, sha256 }, null, 2)}\n`),
    },
    { path: join(folder, names.history), bytes: text(historyCsv(rows)) },
  ]);
  return {
    ...card,
    sha256,
    folder,
    model: join(folder, names.model),
    bestText:
      bestValidation === undefined
        ? ""
        : `${config.validation?.name ?? ""} ${bestValidation.value.toPrecision(4)}${unit}`,
    notes: [
      ...images.notes,
      ...(options.resume && resume === undefined
        ? [`found no checkpoint in ${folder}, started from the beginning`]
        : []),
      ...findings.map(({ cause, step, remedy }) => `step ${step}: ${cause}; ${remedy}`),
    ],
  };
}

/** Draws or reads the images of a description. */
async function imagesOf(
  config: TrainingConfig,
  { method, ...options }: TrainFilesOptions & { readonly method: TrainingMethod },
): Promise<OpenedData> {
  const { signal, onProgress, data: dataFolder = ".", threads = 0 } = options;
  const { seed, sources = [], data, validation } = config;
  if (data !== undefined) {
    const { reads = [] } =
      validation === undefined
        ? {}
        : await openMember(
            validations,
            validation.name,
            `Cannot validate: found no validation ${validation.name}`,
          );
    return openData(
      { ...config, data },
      {
        seed,
        reads: [...method.reads, ...reads],
        dataFolder,
        cache: options.cache ?? join(dataFolderOfUser(), "scans"),
        threads: threads === 0 ? defaultThreads() : threads,
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress }),
      },
    );
  }
  const load = { seed, dataFolder, signal, onProgress };
  const planes = {
    sources: await loadSources(sources, { ...load, role: "train" }),
    validation: await loadSources(validation?.sources ?? [], { ...load, role: "validation" }),
  };
  return { ...planeData(config, planes), notes: [] };
}

/** Unit of a validation, with the blank before it. */
async function validationUnit(name: string): Promise<string> {
  const { unit } = await openMember(
    validations,
    name,
    `Cannot validate: found no validation ${name}`,
  );
  return unit === "1" ? "" : ` ${unit}`;
}
