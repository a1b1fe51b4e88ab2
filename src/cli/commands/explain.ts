/** `dprime explain`: what a trained model does with an image. */
import { short } from "../number-text.ts";
import { argument, number, numbers, text, whole } from "../options.ts";
import { force, inputOptions, threads } from "../shared-options.ts";
import { printWritten } from "../written.ts";
import { type Command, command } from "./command.ts";

export const explain: Command = command({
  name: "explain",
  summary: "Show what a trained model does with an image: features, receptive field.",
  description:
    "Draws the features of one layer, and how much the denoised value of one pixel depends on every pixel around it, on this very image: the effective receptive field, with its radius in pixels and millimetres. The derivative goes through the network itself.",
  arguments: {
    model: argument("a shipped model, or a path to an .onnx file that dprime wrote"),
    input: argument("an image, a volume or a folder of slices"),
  },
  options: {
    output: text("FOLDER", "where to leave features.png and receptive-field.png", {
      short: "o",
      required: true,
    }),
    force,
    at: numbers("ROW,COLUMN", "the pixel; default: the middle one", {
      count: 2,
      example: "a row and a column such as 210,190",
    }),
    slice: whole("slice of a volume, from 0; default: the middle one", { min: 0 }),
    layer: text("NAME", "layer to show; default: the last with as many channels as any"),
    sigma: number("noise standard deviation in the image's unit; default: estimated", { min: 0 }),
    threads,
    ...inputOptions,
  },
  examples: [
    { line: "dprime explain drunet-light slice.dcm -o why/", about: "the middle of a slice" },
    {
      line: "dprime explain out/model.onnx head.nii.gz -o why/ --slice 40 --at 96,120 --layer body.0.0",
      about: "one place, and the features of a named layer",
    },
  ],
  async run({ model, input, output, ...values }, context) {
    const { explainFiles } = await import("../../workflows/explain-files.ts");
    const report = await explainFiles(input, output, {
      ...values,
      model,
      ...context.work,
    });
    const { network, layer, layers, channels, field, reach } = report;
    context.print(`${model}: ${network}, layer ${layer} with ${channels} channels`);
    context.print(`layers: ${layers.join(", ")}`);
    context.table(
      [
        { title: "share of the derivative" },
        { title: "radius in px", align: "right" },
        { title: "radius in mm", align: "right" },
      ],
      field.map(({ share, radius, mm }) => [
        `${Math.round(100 * share)} %`,
        short(radius),
        mm === null ? "" : short(mm),
      ]),
    );
    context.print(reach === null ? "sees everything" : `can see ${reach} px on each side`);
    printWritten(context, report);
    return report;
  },
});
