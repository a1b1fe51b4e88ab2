/** `dprime denoise`: the main job. */
import { modalities } from "../../workflows/choice/modalities.ts";
import type { DenoiseReport } from "../../workflows/denoise-files.ts";
import { denoiseSettings } from "../../workflows/denoise-settings.ts";
import { short } from "../number-text.ts";
import { argument, choice, settings, text } from "../options.ts";
import {
  figureOptions,
  inputOptions,
  mask,
  outputOptions,
  param,
  sigma,
  slice,
  taskOptions,
  threads,
  withTask,
} from "../shared-options.ts";
import { printWritten } from "../written.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const denoise: Command = command({
  name: "denoise",
  summary: "Denoise an image, a series (a folder) or a volume.",
  description:
    "Reads every format of `dprime list formats`, estimates the noise level, denoises, and writes the same format with geometry and metadata kept. A DICOM result is a derived object with new UIDs that references the original.",
  arguments: { input: argument("file or folder of slices", { pipe: "input" }) },
  options: {
    ...outputOptions,
    method: text(
      "NAME",
      "a shipped model, an .onnx file, or a member of `dprime list denoisers`, wrapped or not, such as rician+non-local-means; default: auto",
    ),
    param: param("method"),
    ...settings(denoiseSettings),
    modality: choice(modalities, "modality, where the files do not state it"),
    mask,
    ...taskOptions,
    guide: text(
      "PATH",
      "guide image of the same size for joint-bilateral, such as another contrast",
    ),
    sigma,
    ...figureOptions,
    slice,
    threads,
    provider: choice(["cpu", "webgpu", "cuda"], "where a trained model runs"),
    ...inputOptions,
  },
  examples: {
    "dprime denoise slice.dcm -o denoised.dcm": "one CT slice",
    "dprime denoise series/ -o denoised/ --figure check.png":
      "a series, with a figure of its middle slice",
    "dprime denoise series/ -o denoised/ --method bm3d --keep 7":
      "preserve lesions of 7 mm and larger",
    "dprime denoise head.nii.gz -o out.nii.gz --method total-variation --strength 0.7":
      "a classical method, blended with the original",
    "dprime denoise long.nii.gz -o out.nii.gz --method median --memory 512":
      "in slabs that fit into 512 MiB",
    "dprime denoise slice.dcm -o out.dcm --method task-preserving+bm3d --signal disk --signal-param radiusMm=4 --at 210,190":
      "keep the response of a disk at one place exactly",
    "dprime denoise - -o - < in.nii > out.nii": "in a pipe",
  },
  async run({ input, output, param: parameters, ...values }, context) {
    const { denoiseFiles } = await import("../../workflows/denoise-files.ts");
    const options = { ...withTask(values), parameters, ...context.work };
    const report = await denoiseFiles(input, output, options);
    printImages(context, report);
    printWritten(context, report);
    return report;
  },
});

function printImages(context: CommandContext, { images, method }: DenoiseReport): void {
  const several = new Set(images.map((one) => one.method)).size > 1;
  context.table(images, [
    ["image", ({ name }) => name],
    ["size", ({ shape }) => shape.join(" × ")],
    several && ["method", (one) => one.method],
    ["noise before", ({ noiseBefore }) => short(noiseBefore.sigma)],
    ["noise level", ({ level }) => levelText(level)],
    ["noise after", ({ noiseAfter }) => short(noiseAfter.sigma)],
    ["unit", ({ unit }) => unit],
    ["seconds", ({ seconds }) => seconds.toFixed(2)],
  ]);
  const [first] = images;
  if (first === undefined) return;
  const levels = new Set(images.map(({ level }) => levelText(level)));
  // One line for all of a folder would be that of its first image.
  context.print(
    levels.size === 1
      ? `method: ${method}; noise level: ${levelText(first.level)}${sourceText(first.level)}`
      : `method: ${method}; ${levels.size} noise levels, see the table`,
  );
  for (const line of new Set(images.flatMap(({ choice: chosen }) => choiceLines(chosen)))) {
    context.print(line);
  }
}

type ImageReport = DenoiseReport["images"][number];

/** What was chosen and why, and what else fits. */
function choiceLines(chosen: ImageReport["choice"]): string[] {
  if (chosen === undefined) return [];
  const { why, others } = chosen;
  return [why, ...(others.length > 0 ? [`also fits: --method ${others.join(", ")}`] : [])];
}

/** The level that the method worked with. */
function levelText({ sigma: value, method, unit }: ImageReport["level"]): string {
  if (method === "none") return "none";
  return unit === undefined ? short(value) : `${short(value)} ${unit}`;
}

function sourceText({ method, notes }: ImageReport["level"]): string {
  const why = notes.length > 0 ? ` (${notes.join("; ")})` : "";
  if (method === "none") return why;
  return `, ${method === "given" ? "given by --sigma" : `estimated by ${method}`}${why}`;
}
