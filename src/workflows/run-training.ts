/** The work of `dprime train`. */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import { writeWhole } from "../files/files.ts";
import type { Provider } from "../graph/lowering.ts";
import { countWeights } from "../layers/scope.ts";
import { trainingJsonSchema } from "../train/config.ts";
import { exportNetwork } from "../learn/export-network.ts";
import {
  checkpointName,
  loadSources,
  readCheckpointFile,
  readTrainingConfig,
} from "../train/files.ts";
import { networkOf } from "../nets/open-network.ts";
import { train, type TrainingRow } from "../train/loop.ts";
import { parametersOf } from "../learn/training-step.ts";
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
  // A wrong network or option is told before minutes go into drawing images.
  const { network, options } = await networkOf(config.network);
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
    sources,
    validationSources,
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
          `step ${row.step + 1}: loss ${row.loss.toPrecision(4)}, validation ${row.validation.psnr.toFixed(2)} dB`,
        );
      }
    },
    onCheckpoint: (bytes) => writeWhole([{ path: join(folder, checkpointName), bytes }]),
  });
  const cpu = process.cpuUsage(before);
  const card = {
    name: config.name,
    network: { name: network.name, options },
    weights: countWeights(parametersOf(network, options).trained),
    description: config,
    bestStep: result.bestStep,
    validation: result.bestValidation,
    minutes: (performance.now() - started) / 60_000,
    cpuMinutes: (cpu.user + cpu.system) / 60e6,
    resumed: resume !== undefined,
  };
  const model = exportNetwork(network, {
    options,
    weights: result.best,
    metadata: { name: config.name, seed: String(config.seed) },
  });
  const sha256 = createHash("sha256").update(model).digest("hex");
  const text = (value: string) => new TextEncoder().encode(value);
  await writeWhole([
    { path: join(folder, "model.onnx"), bytes: model },
    {
      path: join(folder, "card.json"),
      bytes: text(`${JSON.stringify({ ...card, sha256 }, null, 2)}\n`),
    },
    { path: join(folder, "history.csv"), bytes: text(historyOf(rows)) },
  ]);
  context.print(
    `${config.name}: ${card.weights} weights, best at step ${result.bestStep}${result.bestValidation === undefined ? "" : ` with ${result.bestValidation.psnr.toFixed(2)} dB`}, in ${join(folder, "model.onnx")}`,
  );
  context.result({ ...card, sha256, folder });
}

function historyOf(rows: readonly TrainingRow[]): string {
  const lines = rows.map(
    ({ step, loss, norm, rate, validation }) =>
      `${step},${loss},${norm},${rate},${validation?.psnr ?? ""}`,
  );
  return `step,loss,gradient_norm,rate,validation_psnr_dB\n${lines.join("\n")}\n`;
}
