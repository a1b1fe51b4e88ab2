/** A training from one description file, with checkpoints, to an ONNX model with its card. */
import { join } from "node:path";
import { sha256 } from "../core/checksum.ts";
import { openMember } from "../core/member.ts";
import type { TrainedOn } from "../denoise/trained-on.ts";
import { makeFolders, writeWhole } from "../files/files.ts";
import type { Provider } from "../graph/lowering.ts";
import { trainedOnKey } from "../inference/denoising-model.ts";
import { countWeights } from "../layers/scope.ts";
import { exportNetwork } from "../learn/export-network.ts";
import { parametersOf } from "../learn/network-parameters.ts";
import {
  checkpointName,
  readCheckpointFile,
  readStartingModels,
  readTrainingConfig,
} from "../train/files.ts";
import { reportHtml } from "../study/render/html.ts";
import type { TrainingConfig } from "../train/config.ts";
import type { OpenedData } from "../train/data/open-data.ts";
import { runTraining, type TrainingResult, type TrainingRow } from "../train/loop.ts";
import { openTrainingMethod } from "../train/open-training-method.ts";
import { catalogue as validations } from "../train/validations/catalogue.ts";
import { trainedOnOf } from "../train/training-range.ts";
import type { Validation } from "../train/validations/validation.ts";
import { folderNames, openTrainingFolder } from "./training-folder.ts";
import { cardReport } from "./training-report.ts";
import { checkFolder, type OutputOptions } from "./output.ts";
import { trainingImages, type TrainingImagesOptions } from "./training-images.ts";

export interface TrainFilesOptions extends TrainingImagesOptions, OutputOptions {
  /** Folder for model, card and checkpoints; the training's name when absent. */
  readonly output?: string | undefined;
  /** Goes on from the checkpoint in the output folder. */
  readonly resume?: boolean;
  readonly provider?: Provider;
  /** Hears every step, with the unit of the validation. */
  readonly onRow?: (row: TrainingRow, unit: string) => void;
  /** Hears at once what goes wrong without stopping the training; it stands in the report's notes, too. */
  readonly onNote?: (note: string) => void;
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
  /** Share of the time in which no step ran because its batch was being drawn. */
  readonly waitedShare: number;
  readonly findings: TrainingResult["findings"];
  readonly trainedOn: TrainedOn;
  /** What the validation gives without the network. */
  readonly reference?: TrainingResult["reference"];
  readonly sha256: string;
  readonly folder: string;
  /** Path of the model. */
  readonly model: string;
  /** The best validation in words, such as `psnr 34.1 dB`; empty where there is none. */
  readonly bestText: string;
  readonly notes: readonly string[];
}

const names = { model: "model.onnx", card: "card.json", cardPage: "card.html" } as const;

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
  const { force, data = "." } = options;
  const config = await readTrainingConfig(path);
  const folder = options.output ?? config.name;
  const models = await readStartingModels(config, data);
  // A wrong name or option is reported before minutes go into drawing images.
  const { method } = await openTrainingMethod(config, { models });
  const validated =
    config.validation === undefined ? undefined : await validationOf(config.validation.name);
  const unit = validated === undefined || validated.unit === "1" ? "" : ` ${validated.unit}`;
  const own: string[] = [...Object.values(names), ...Object.values(folderNames), checkpointName];
  await checkFolder(folder, { force, own: (found) => found.some((name) => own.includes(name)) });
  const resume = options.resume ? await readCheckpointFile(folder) : undefined;
  const images = await trainingImages(config, { ...options, method, inThread: true });
  await makeFolders(folder);
  const started = performance.now();
  const before = process.cpuUsage();
  const trained = { folder, images, models, validated, unit, resume, options };
  let done: Awaited<ReturnType<typeof trainOn>>;
  try {
    done = await trainOn(config, trained);
  } finally {
    await images.data.dispose?.();
  }
  const { trainedOn, live, result } = done;
  const cpu = process.cpuUsage(before);
  const { network, options: networkOptions, bestStep, bestValidation } = result;
  const { findings, waitedShare } = result;
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
    waitedShare,
    findings,
    trainedOn,
    ...(result.reference === undefined ? {} : { reference: result.reference }),
  };
  const model = exportNetwork(network, {
    options: networkOptions,
    weights: result.best,
    shape: result.shape,
    metadata: {
      name: config.name,
      seed: String(config.seed),
      [trainedOnKey]: JSON.stringify(trainedOn),
    },
  });
  // What helped to train the product may start another training: a critic, an observer.
  const helpers = Object.entries(result.roles)
    .filter(([role]) => role !== method.product && method.roles[role]!.frozen !== true)
    .map(([role, { network: other, ...trained }]) => ({
      path: join(folder, `${role}.onnx`),
      bytes: exportNetwork(other, { ...trained, metadata: { name: `${config.name} ${role}` } }),
    }));
  const sum = sha256(model);
  const view = await live.finish(findings);
  const page = cardReport(view, {
    ...card,
    sha256: sum,
    // The row of the weights that were kept.
    best: view.rows.find(({ step }) => step === bestStep - 1),
  });
  const text = (value: string) => new TextEncoder().encode(value);
  await writeWhole([
    { path: join(folder, names.model), bytes: model },
    ...helpers,
    {
      path: join(folder, names.card),
      bytes: text(`${JSON.stringify({ ...card, sha256: sum }, null, 2)}\n`),
    },
    { path: join(folder, names.cardPage), bytes: text(reportHtml(page)) },
  ]);
  return {
    ...card,
    sha256: sum,
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
      ...findings.map(findingText),
    ],
  };
}

/** Trains with the files of a folder kept up to date. */
async function trainOn(
  config: TrainingConfig,
  {
    folder,
    images,
    models,
    validated,
    unit,
    resume,
    options: { signal, onProgress, onRow, onNote, threads = 0, provider = "cpu" },
  }: {
    readonly folder: string;
    readonly images: OpenedData;
    readonly models: Readonly<Record<string, Uint8Array>>;
    readonly validated: Validation | undefined;
    readonly unit: string;
    readonly resume: Uint8Array | undefined;
    readonly options: TrainFilesOptions;
  },
) {
  const trainedOn = await trainedOnOf(images.data);
  const live = await openTrainingFolder(folder, {
    config,
    validation: validated,
    resume: resume !== undefined,
  });
  const result = await runTraining(config, {
    data: images.data,
    ...(images.validation === undefined ? {} : { validation: images.validation }),
    models,
    compare: true,
    signal,
    onProgress,
    ...(resume === undefined ? {} : { resume }),
    compile: { provider, threads },
    onRow: (row) => {
      live.row(row);
      onRow?.(row, unit);
    },
    onFinding: (finding) => {
      live.finding(finding);
      onNote?.(findingText(finding));
    },
    onReference: live.reference,
    onSample: live.sample,
    onCheckpoint: live.checkpoint,
  });
  return { trainedOn, live, result };
}

const findingText = ({ name, step, cause, remedy }: TrainingResult["findings"][number]): string =>
  `${name} at step ${step}: ${cause}; ${remedy}`;

const validationOf = (name: string): Promise<Validation> =>
  openMember<Validation>(validations, name, `Cannot validate: found no validation ${name}`);
