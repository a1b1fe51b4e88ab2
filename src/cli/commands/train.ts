/** `dprime train CONFIG`: a training from one file, with checkpoints, to an ONNX model with its card. */
import { InputError } from "../../core/errors.ts";
import { argument, choice, flag, text } from "../options.ts";
import { outputFolder, threads } from "../shared-options.ts";
import { type Command, command } from "./command.ts";

export const train: Command = command({
  name: "train",
  summary: "Train a denoising network from one description file.",
  description:
    "Reads a description (JSON or YAML; `--schema` prints its JSON Schema), draws or reads the images, trains, and writes model.onnx, card.json, history.csv and checkpoints. --resume continues a stopped run from its last checkpoint, with the same final weights as an uninterrupted run.",
  arguments: {
    config: argument("description of the training (.yaml or .json)", { optional: true }),
  },
  options: {
    output: outputFolder("folder for model, card and checkpoints; default: the training's name"),
    force: flag("write into a folder that holds other files"),
    data: text("FOLDER", "root of relative paths of image files", { default: "." }),
    cache: text("FOLDER", "folder for simulated scans; default: in the user's data folder"),
    resume: flag("continue from the checkpoint in the output folder"),
    threads,
    provider: choice(["cpu", "webgpu", "cuda", "wasm"], "where the steps run", { default: "cpu" }),
    dryRun: flag("draw the first batch as a picture (-o FILE.png) and stop"),
    schema: flag("print the JSON Schema of a description and stop"),
  },
  examples: {
    "dprime train models/drunet-light.yaml -o out": "train the default model again",
    "dprime train my.yaml --dry-run -o batch.png": "see what the network would see",
    "dprime train my.yaml -o out --resume": "continue a stopped training",
  },
  async run({ config, schema, dryRun, ...values }, context) {
    if (schema) {
      const { trainingJsonSchema } = await import("../../train/config.ts");
      const document = trainingJsonSchema() as object;
      context.printText(JSON.stringify(document, null, 2));
      return document;
    }
    if (config === undefined) {
      throw new InputError(
        "Cannot train: found no description, wanted a path to a .yaml or .json file",
      );
    }
    if (dryRun) {
      const { lookAtBatch } = await import("../../workflows/look-at-batch.ts");
      const seen = await lookAtBatch(config, { ...values, ...context.work });
      for (const { field, shape, low, high } of seen.fields) {
        const range = `${Number(low.toPrecision(3))} to ${Number(high.toPrecision(3))}`;
        const read = seen.reads.includes(field) ? ", read by the method" : "";
        context.print(`${field}: [${shape.join(", ")}], ${range}${read}`);
      }
      context.print(`picture of the first batch in ${seen.picture}`);
      return seen;
    }
    const { trainFiles } = await import("../../workflows/train-files.ts");
    const report = await trainFiles(config, {
      ...values,
      onNote: (line) => context.note(line),
      onRow: ({ step, loss, validation }, unit) => {
        if (validation === undefined) return;
        context.print(
          `step ${step + 1}: loss ${loss.toPrecision(4)}, validation ${validation.value.toPrecision(4)}${unit}`,
        );
      },
      ...context.work,
    });
    const { name, weights, bestStep, bestText, model } = report;
    context.print(
      `${name}: ${weights} weights, best at step ${bestStep}${bestText === "" ? "" : ` with ${bestText}`}, in ${model}`,
    );
    return report;
  },
});
