/** `dprime denoise`: the main job. */
import type { DenoiseReport } from "../../workflows/denoise-files.ts";
import { short } from "../number-text.ts";
import { argument, choice, flag, number, text, whole } from "../options.ts";
import { withPipes } from "../pipes.ts";
import {
  figureOptions,
  inputOptions,
  outputOptions,
  param,
  taskOptions,
  threads,
  withTask,
} from "../shared-options.ts";
import { modalities } from "../../workflows/choice/modalities.ts";
import { printWritten } from "../written.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const denoise: Command = command({
  name: "denoise",
  summary: "Denoise an image, a series (a folder) or a volume.",
  description:
    "Reads DICOM, NIfTI, PNG, NPY and every other format of `dprime list formats`, estimates the noise level, denoises, and writes the same kind of file with geometry and metadata kept. A DICOM result is a derived object with UIDs of its own that references the original.",
  arguments: { input: argument("a file, a folder of slices, or - for standard input") },
  options: {
    ...outputOptions,
    method: text(
      "NAME",
      "a shipped model, a path to an .onnx file, or a member of `dprime list denoisers`, also wrapped as in rician+non-local-means or task-preserving+bm3d; default: auto, by modality, unit, noise level, its correlation and the pixel spacing",
    ),
    param: param("method"),
    keep: number(
      "diameter of the lesion that must survive, as method preserving+NAME; larger is smoother, 0 is the method alone; default: that of the modality for auto (5 mm in CT), else 0",
      { min: 0, max: 200, unit: "mm" },
    ),
    modality: choice(modalities, "what made the images, where their files do not say it"),
    mask: text(
      "FILE",
      "an image of the input's size, or of one plane of it: where it is 0 the input stays as it is and is not seen",
    ),
    ...taskOptions,
    guide: text(
      "PATH",
      "an image of the same size that guides joint-bilateral: another contrast or scan",
    ),
    sigma: number(
      "noise standard deviation in the image's unit; for methods of speckle over the mean, without unit; default: estimated",
      { min: 0 },
    ),
    strength: number("share of the denoised image in the result", { min: 0, max: 1, default: 1 }),
    ...figureOptions,
    slice: whole("slice of a volume in the figure, from 0; default: the middle one", { min: 0 }),
    memory: whole(
      "MiB that an image's values may take, 16 bytes a voxel; a larger .nii, .nii.gz, .npy, multi-frame DICOM file or series of slices goes slab by slab",
      { min: 1, max: 1_048_576, default: 4096 },
    ),
    planes: flag(
      "each plane of a volume by itself, also where the method joins planes; any method then works on volumes of any size",
    ),
    threads,
    provider: choice(["cpu", "webgpu", "cuda"], "where a trained model runs"),
    ...inputOptions,
  },
  examples: [
    { line: "dprime denoise slice.dcm -o denoised.dcm", about: "one CT slice" },
    {
      line: "dprime denoise series/ -o denoised/ --figure check.png",
      about: "a series, with a picture of its middle slice",
    },
    {
      line: "dprime denoise series/ -o denoised/ --method bm3d --keep 7",
      about: "lesions of 7 mm and more survive, whatever the method does",
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
    { line: "dprime denoise - -o - < in.nii > out.nii", about: "in a pipe" },
  ],
  async run({ input, output, param: parameters, ...values }, context) {
    // Loaded when called: help and suggestions need none of it.
    const { denoiseFiles } = await import("../../workflows/denoise-files.ts");
    const report = await withPipes({ input, output }, context, (paths) =>
      denoiseFiles(paths.input, paths.output, { ...withTask(values), parameters, ...context.work }),
    );
    for (const note of report.notes) context.note(note);
    printImages(context, report);
    printWritten(context, report);
    return report;
  },
});

function printImages(context: CommandContext, { images, method }: DenoiseReport): void {
  const several = new Set(images.map((one) => one.method)).size > 1;
  context.table(
    [
      { title: "image" },
      { title: "size" },
      ...(several ? [{ title: "method" } as const] : []),
      { title: "noise before", align: "right" },
      { title: "noise level", align: "right" },
      { title: "noise after", align: "right" },
      { title: "unit" },
      { title: "seconds", align: "right" },
    ],
    images.map((one) => [
      one.name,
      one.shape.join(" × "),
      ...(several ? [one.method] : []),
      short(one.noiseBefore.sigma),
      levelText(one.level),
      short(one.noiseAfter.sigma),
      one.unit,
      one.seconds.toFixed(2),
    ]),
  );
  const [first] = images;
  if (first === undefined) return;
  const { method: by, notes } = first.level;
  const why = notes.length > 0 ? ` (${notes.join("; ")})` : "";
  const how =
    by === "given"
      ? `given by --sigma${why}`
      : by === "none"
        ? why.trim()
        : `estimated by ${by}${why}`;
  const levels = new Set(images.map((one) => levelText(one.level)));
  // One line for all of a folder would be that of its first image.
  context.print(
    levels.size === 1
      ? `method: ${method}; noise level: ${levelText(first.level)}, ${how}`
      : `method: ${method}; noise levels: ${levels.size} different ones, see the table`,
  );
  for (const line of new Set(images.flatMap(({ choice }) => choiceLines(choice)))) {
    context.print(line);
  }
}

/** What was chosen and why, and what else fits. */
function choiceLines(choice: DenoiseReport["images"][number]["choice"]): string[] {
  if (choice === undefined) return [];
  const { why, others } = choice;
  return [why, ...(others.length > 0 ? [`also fits: --method ${others.join(", ")}`] : [])];
}

/** The level that the method worked with. */
function levelText({ sigma, method, unit }: DenoiseReport["images"][number]["level"]): string {
  if (method === "none") return "none";
  return unit === undefined ? short(sigma) : `${short(sigma)} ${unit}`;
}
