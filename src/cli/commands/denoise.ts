/** `dprime denoise`: the main job. */
import { dirname } from "node:path";
import { figurePath, greyWindow } from "../../workflows/figure-options.ts";
import { taskOf, taskOptions } from "../../workflows/task-options.ts";
import type { Command, CommandContext } from "./command.ts";

export const denoise: Command = {
  name: "denoise",
  summary: "Denoise an image, a series (a folder) or a volume.",
  description:
    "Reads DICOM, NIfTI, PNG, NPY and every other format of `dprime list formats`, estimates the noise level,\ndenoises, and writes the same kind of file with geometry and metadata kept. A DICOM result is a derived\nobject with UIDs of its own that references the original.",
  arguments: [{ name: "input", about: "a file, or a folder of slices" }],
  options: [
    {
      name: "output",
      short: "o",
      type: "text",
      placeholder: "PATH",
      required: true,
      about: "file or folder to write; its extension chooses the format",
    },
    {
      name: "method",
      type: "text",
      placeholder: "NAME",
      about:
        "a shipped model, a path to an .onnx file, or a member of `dprime list denoisers`, also wrapped as in rician+non-local-means or task-preserving+bm3d; the default model when absent",
    },
    {
      name: "param",
      type: "text",
      placeholder: "NAME=VALUE",
      repeat: true,
      about: "a parameter of the method",
    },
    ...taskOptions,
    {
      name: "guide",
      type: "text",
      placeholder: "PATH",
      about: "an image of the same size that guides joint-bilateral: another contrast or scan",
    },
    {
      name: "sigma",
      type: "number",
      min: 0,
      about: "noise standard deviation in the image's unit; estimated when absent",
    },
    {
      name: "strength",
      type: "number",
      min: 0,
      max: 1,
      default: 1,
      about: "share of the denoised image in the result",
    },
    {
      name: "figure",
      type: "text",
      placeholder: "FILE",
      about: "draw before, after and difference as PNG or SVG",
    },
    {
      name: "window",
      type: "text",
      placeholder: "LOW,HIGH",
      about: "display window of the figure; by default from unit or percentiles",
    },
    {
      name: "slice",
      type: "integer",
      min: 0,
      about: "slice of a volume in the figure, from 0; by default the middle one",
    },
    {
      name: "memory",
      type: "integer",
      min: 1,
      max: 1_048_576,
      default: 4096,
      about:
        "MiB that an image's values may take, 16 bytes a voxel; a larger .nii, .nii.gz, .npy, multi-frame DICOM file or series of slices goes slab by slab",
    },
    {
      name: "planes",
      type: "flag",
      about:
        "each plane of a volume by itself, also where the method joins planes; any method then works on volumes of any size",
    },
    { name: "threads", type: "integer", min: 1, max: 256, about: "threads to use" },
    {
      name: "provider",
      type: "choice",
      choices: ["cpu", "webgpu", "cuda"],
      about: "where a trained model runs",
    },
    {
      name: "input-format",
      type: "text",
      placeholder: "NAME",
      about: "format of the input when neither content nor name tells",
    },
  ],
  examples: [
    { line: "dprime denoise slice.dcm -o denoised.dcm", about: "one CT slice" },
    {
      line: "dprime denoise series/ -o denoised/ --figure check.png",
      about: "a series, with a picture of its middle slice",
    },
    {
      line: "dprime denoise head.nii.gz -o out.nii.gz --method total-variation --strength 0.7",
      about: "a classical method, blended with the original",
    },
    {
      line: "dprime denoise long.nii.gz -o out.nii.gz --method median --memory 512",
      about: "slab by slab, whatever the size of the file",
    },
    {
      line: "dprime denoise slice.dcm -o out.dcm --method task-preserving+bm3d --signal disk --signal-param radiusMm=4 --at 210,190",
      about: "keep the response of a disk at one place exactly",
    },
  ],
  async run(context) {
    // Loaded when called: help and suggestions need none of it.
    const { denoisePath } = await import("../../workflows/denoise-path.ts");
    const { values } = context;
    const report = await denoisePath({
      input: values.need("input"),
      output: values.need("output"),
      method: values.text("method"),
      parameters: values.pairs("param"),
      task: taskOf(values),
      guide: values.text("guide"),
      sigma: values.number("sigma"),
      strength: values.number("strength") ?? 1,
      figure: figurePath(values.text("figure")),
      window: greyWindow(values.text("window")),
      slice: values.number("slice"),
      memory: values.number("memory"),
      planes: values.flag("planes"),
      threads: values.number("threads"),
      provider: values.text("provider"),
      inputFormat: values.text("input-format"),
      signal: context.signal,
      onProgress: context.onProgress,
    });
    for (const note of report.notes) context.note(note);
    printReport(context, report);
    context.result({ command: "denoise", ...report });
  },
};

type Report = Awaited<ReturnType<typeof import("../../workflows/denoise-path.ts")["denoisePath"]>>;

function printReport(context: CommandContext, report: Report): void {
  const number = (x: number): string => String(Number(x.toPrecision(4)));
  context.table(
    [
      { title: "image" },
      { title: "size" },
      { title: "noise before", align: "right" },
      { title: "noise after", align: "right" },
      { title: "unit" },
      { title: "seconds", align: "right" },
    ],
    report.images.map((one) => [
      one.name,
      one.shape.join(" × "),
      number(one.noiseBefore.sigma),
      number(one.noiseAfter.sigma),
      one.unit,
      one.seconds.toFixed(2),
    ]),
  );
  const first = report.images[0];
  if (first !== undefined) {
    const { level } = first;
    const how =
      level.method === "given"
        ? "given by --sigma"
        : `estimated by ${level.method}${level.notes.length > 0 ? ` (${level.notes.join("; ")})` : ""}`;
    context.print(`method: ${report.method}; noise level: ${number(level.sigma)}, ${how}`);
  }
  const places = new Set(report.outputs.map((path) => dirname(path)));
  context.print(
    report.outputs.length === 1
      ? `wrote ${report.outputs[0]}`
      : `wrote ${report.outputs.length} files to ${[...places].join(", ")}`,
  );
  if (report.figure !== null) context.print(`wrote ${report.figure}`);
}
