/** The work of `dprime train`. */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import { openMember } from "../core/member.ts";
import { writeWhole } from "../files/files.ts";
import type { Provider } from "../graph/lowering.ts";
import { countWeights } from "../layers/scope.ts";
import { trainingJsonSchema } from "../train/config.ts";
import { exportNetwork } from "../learn/export-network.ts";
import {
  checkpointName,
  loadSources,
  readCheckpointFile,
  readStartingModels,
  readTrainingConfig,
} from "../train/files.ts";
import { historyCsv } from "../train/history.ts";
import { train, type TrainingRow } from "../train/loop.ts";
import { openMethod } from "../train/open-method.ts";
import { planeData } from "../train/plane-batches.ts";
import { catalogue as validations } from "../train/validations/catalogue.ts";
import { parametersOf } from "../learn/network-parameters.ts";
import type { CommandContext } from "../cli/commands/command.ts";

export async function runTraining(context: CommandContext): Promise<void> {
  const { values, signal, onProgress } = context;
  if (values.flag("schema")) {
    const schema = trainingJsonSchema();
    context.print(JSON.stringify(schema, null, 2));
    context.result(schema);
    return;
  }
  const path = values.text("config");
  if (path === undefined) {
    throw new InputError(
      "Cannot train: found no description, wanted a path to a .yaml or .json file",
    );
  }
  const config = await readTrainingConfig(path);
  const folder = values.text("output") ?? config.name;
  const models = await readStartingModels(config, values.need("data"));
  // A wrong name or option is reported before minutes go into drawing images.
  const { method } = await openMethod(config, { models });
  const name = config.validation?.name ?? "";
  const unit = config.validation === undefined ? "" : await validationUnit(name);
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new InputError(`Cannot write to ${folder}: ${messageOf(cause)}`, { cause });
  });
  const resume = values.flag("resume") ? await readCheckpointFile(folder) : undefined;
  if (values.flag("resume") && resume === undefined) {
    context.note(`found no checkpoint in ${folder}, starting from the beginning`);
  }
  const load = { seed: config.seed, dataFolder: values.need("data"), signal, onProgress };
  const sources = await loadSources(config.sources, { ...load, role: "train" });
  const validationSources = await loadSources(config.validation?.sources ?? [], {
    ...load,
    role: "validation",
  });
  const provider = values.need("provider") as Provider;
  const started = performance.now();
  const before = process.cpuUsage();
  const rows: TrainingRow[] = [];
  const result = await train(config, {
    ...planeData(config, { sources, validation: validationSources }),
    models,
    signal,
    onProgress,
    ...(resume === undefined ? {} : { resume }),
    compile: {
      provider,
      threads: values.number("threads") ?? 0,
    },
    onRow: (row) => {
      rows.push(row);
      if (row.validation !== undefined) {
        context.print(
          `step ${row.step + 1}: loss ${row.loss.toPrecision(4)}, validation ${row.validation.value.toPrecision(4)}${unit}`,
        );
      }
    },
    onCheckpoint: (bytes) => writeWhole([{ path: join(folder, checkpointName), bytes }]),
  });
  const cpu = process.cpuUsage(before);
  const { network, options } = result;
  const card = {
    name: config.name,
    method: { name: method.name, options: config.method.options },
    network: { name: network.name, options },
    weights: countWeights(parametersOf(network, options, result.shape).trained),
    description: config,
    bestStep: result.bestStep,
    validation: result.bestValidation,
    minutes: (performance.now() - started) / 60_000,
    cpuMinutes: (cpu.user + cpu.system) / 60e6,
    resumed: resume !== undefined,
    findings: result.findings,
  };
  const model = exportNetwork(network, {
    options,
    weights: result.best,
    shape: result.shape,
    metadata: { name: config.name, seed: String(config.seed) },
  });
  // What helped to train the product may start another training: a critic, an observer.
  const helpers = Object.entries(result.roles)
    .filter(([role]) => role !== method.product && method.roles[role]!.frozen !== true)
    .map(([role, { network: own, ...trained }]) => ({
      path: join(folder, `${role}.onnx`),
      bytes: exportNetwork(own, { ...trained, metadata: { name: `${config.name} ${role}` } }),
    }));
  const sha256 = createHash("sha256").update(model).digest("hex");
  const text = (value: string) => new TextEncoder().encode(value);
  await writeWhole([
    { path: join(folder, "model.onnx"), bytes: model },
    ...helpers,
    {
      path: join(folder, "card.json"),
      bytes: text(`${JSON.stringify({ ...card, sha256 }, null, 2)}\n`),
    },
    { path: join(folder, "history.csv"), bytes: text(historyCsv(rows)) },
  ]);
  for (const { cause, step, remedy } of result.findings) {
    context.note(`step ${step}: ${cause}; ${remedy}`);
  }
  context.print(
    `${config.name}: ${card.weights} weights, best at step ${result.bestStep}${result.bestValidation === undefined ? "" : ` with ${name} ${result.bestValidation.value.toPrecision(4)}${unit}`}, in ${join(folder, "model.onnx")}`,
  );
  context.result({ ...card, sha256, folder });
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
