/** `dprime train CONFIG`: a training from one file, with checkpoints, to an ONNX model with its card. */
import { InputError } from "../../core/errors.ts";
import { argument, choice, flag, text, whole } from "../options.ts";
import { type Command, command } from "./command.ts";

export const train: Command = command({
  name: "train",
  summary: "Train a denoising network from one description file.",
  description:
    "Reads a description (JSON or YAML; `--schema` prints its JSON Schema), draws or reads the images, trains, and writes model.onnx, card.json, history.csv and checkpoints into the output folder. A run that was stopped goes on from its last checkpoint with --resume and ends in the weights of an uninterrupted one.",
  arguments: {
    config: argument("description of the training, .yaml or .json", { optional: true }),
  },
  options: {
    output: text(
      "FOLDER",
      "where to leave model, card and checkpoints; default: the training's name",
      { short: "o" },
    ),
    force: flag("write into a folder that holds other files"),
    data: text("FOLDER", "where relative paths of image files start", { default: "." }),
    cache: text("FOLDER", "where simulated scans are kept; default: with the user's data"),
    resume: flag("go on from the checkpoint in the output folder"),
    threads: whole("threads to use; default: all cores", { min: 0, max: 256 }),
    provider: choice(["cpu", "webgpu", "cuda", "wasm"], "what executes the steps", {
      default: "cpu",
    }),
    dryRun: flag(
      "draw the first batch as a picture (-o FILE.png; default: the training's name) and stop",
    ),
    schema: flag("print the description's JSON Schema and stop"),
  },
  examples: [
    { line: "dprime train models/drunet-light.yaml -o out", about: "train the default model anew" },
    {
      line: "dprime train my.yaml --dry-run -o batch.png",
      about: "see what the network would see",
    },
    { line: "dprime train my.yaml -o out --resume", about: "go on where it stopped" },
  ],
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
      for (const note of seen.notes) context.note(note);
      for (const { field, shape, low, high } of seen.fields) {
        const range = `${Number(low.toPrecision(3))} to ${Number(high.toPrecision(3))}`;
        const read = seen.reads.includes(field) ? ", read by the method" : "";
        context.print(`${field}: [${shape.join(", ")}], ${range}${read}`);
      }
      context.print(`picture of the first batch in ${seen.picture}`);
      return seen;
    }
    const { trainFiles } = await import("../../workflows/train-files.ts");
    const told = new Set<string>();
    const note = (line: string) => {
      if (!told.has(line)) context.note(line);
      told.add(line);
    };
    const report = await trainFiles(config, {
      ...values,
      onNote: note,
      onRow: ({ step, loss, validation }, unit) => {
        if (validation === undefined) return;
        context.print(
          `step ${step + 1}: loss ${loss.toPrecision(4)}, validation ${validation.value.toPrecision(4)}${unit}`,
        );
      },
      ...context.work,
    });
    for (const line of report.notes) note(line);
    const { name, weights, bestStep, bestText, model } = report;
    context.print(
      `${name}: ${weights} weights, best at step ${bestStep}${bestText === "" ? "" : ` with ${bestText}`}, in ${model}`,
    );
    return report;
  },
});
