/** `dprime train CONFIG`: a training from one file, with checkpoints, to an ONNX model with its card. */
import type { Command } from "./command.ts";

export const train: Command = {
  name: "train",
  summary: "Train a denoising network from one description file.",
  description:
    "Reads a description (JSON or YAML; `--schema` prints its JSON Schema), draws or reads the images, trains, and\nwrites model.onnx, card.json, history.csv and checkpoints into the output folder. A run that was stopped goes on\nfrom its last checkpoint with --resume and ends in the weights of an uninterrupted one.",
  arguments: [
    { name: "config", about: "description of the training, .yaml or .json", optional: true },
  ],
  options: [
    {
      name: "output",
      short: "o",
      type: "text",
      placeholder: "FOLDER",
      about: "where to leave model, card and checkpoints; the training's name when absent",
    },
    {
      name: "data",
      type: "text",
      placeholder: "FOLDER",
      default: ".",
      about: "where relative paths of image files start",
    },
    { name: "resume", type: "flag", about: "go on from the checkpoint in the output folder" },
    {
      name: "threads",
      type: "integer",
      min: 0,
      max: 256,
      about: "threads to use; all cores when absent",
    },
    {
      name: "provider",
      type: "choice",
      choices: ["cpu", "webgpu", "cuda", "wasm"],
      default: "cpu",
      about: "what executes the steps",
    },
    { name: "schema", type: "flag", about: "print the description's JSON Schema and stop" },
  ],
  examples: [
    { line: "dprime train models/drunet-light.yaml -o out", about: "train the default model anew" },
    { line: "dprime train my.yaml -o out --resume", about: "go on where it stopped" },
  ],
  async run(context) {
    const { runTraining } = await import("../../workflows/run-training.ts");
    await runTraining(context);
  },
};
