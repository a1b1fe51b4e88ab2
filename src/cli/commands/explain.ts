/** `dprime explain`: what a trained model does with an image. */
import { short } from "../number-text.ts";
import { argument, text } from "../options.ts";
import {
  at,
  force,
  inputOptions,
  requiredFolder,
  sigma,
  slice,
  threads,
} from "../shared-options.ts";
import { printWritten } from "../written.ts";
import { type Command, command } from "./command.ts";

export const explain: Command = command({
  name: "explain",
  summary: "Show what a trained model does with an image: features and receptive field.",
  description:
    "Draws the features of one layer, and how much the denoised value of one pixel depends on every pixel around it in this image: the effective receptive field, with its radius in pixels and millimetres.",
  arguments: {
    model: argument("a shipped model or an .onnx file that dprime wrote"),
    input: argument("image, volume or folder of slices"),
  },
  options: {
    output: requiredFolder("folder for features.png and receptive-field.png"),
    force,
    at,
    slice,
    layer: text("NAME", "layer to show; default: the last of the widest"),
    sigma,
    threads,
    ...inputOptions,
  },
  examples: {
    "dprime explain drunet-light slice.dcm -o why/": "the middle of a slice",
    "dprime explain out/model.onnx head.nii.gz -o why/ --slice 40 --at 96,120 --layer body.0.0":
      "one place, and the features of a named layer",
  },
  async run({ input, output, ...values }, context) {
    const { explainFiles } = await import("../../workflows/explain-files.ts");
    const report = await explainFiles(input, output, { ...values, ...context.work });
    const { network, layer, layers, channels, field, reach } = report;
    context.print(`${values.model}: ${network}, layer ${layer} with ${channels} channels`);
    context.print(`layers: ${layers.join(", ")}`);
    context.table(field, [
      ["share of the derivative", ({ share }) => `${Math.round(100 * share)} %`],
      ["radius in px", ({ radius }) => short(radius)],
      ["radius in mm", ({ mm }) => (mm === null ? "" : short(mm))],
    ]);
    context.print(reach === null ? "sees everything" : `can see ${reach} px on each side`);
    printWritten(context, report);
    return report;
  },
});
