/** `dprime compare`: which denoiser, at which dose, for a task, on one's own images. */
import { InputError } from "../../core/errors.ts";
import { presets } from "../../workflows/compare/presets.ts";
import { type CompareResult, untreated } from "../../workflows/compare/result.ts";
import { compareSettings } from "../../workflows/compare/settings.ts";
import { signalShapes } from "../../workflows/compare/terms.ts";
import { durationText, percent, short } from "../number-text.ts";
import {
  argument,
  choice,
  flag,
  limits,
  list,
  members,
  number,
  settings,
  text,
} from "../options.ts";
import { force, inputOptions, requiredFolder, threads } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const compare: Command = command({
  name: "compare",
  summary: "Find which denoiser keeps a lesion, down to which dose, on your own images.",
  description:
    "Adds known signals at many places of a tissue in your images, denoises the images by every method at every dose, and lets model observers look for the signals. Lower doses are made by noise insertion (CT in HU), or given as folders. The report is one HTML page with a verdict, tables and figures.",
  arguments: { input: argument("series (a folder), volume or slice") },
  options: {
    output: requiredFolder("folder for the report"),
    force,
    method: members("a denoiser and its parameters; default: the one that denoise chooses"),
    dose: list(
      "X or X=PATH",
      "a fraction of the images' own dose, or the images acquired at it; default: 1,0.5,0.25 for CT",
    ),
    preset: choice(Object.keys(presets), "task by name"),
    signal: choice(signalShapes, "shape of the signal; default: the preset's"),
    diameter: number("diameter of the signal; default: the preset's", {
      min: 0.1,
      max: 200,
      unit: "mm",
    }),
    contrast: number("contrast of the signal, with its sign; default: the preset's"),
    contrastIn: choice(
      ["own", "sigma"],
      "contrast in the image's unit or in multiples of the noise",
    ),
    mask: text("FILE", "an image of shares from 0 to 1 as the signal"),
    tissue: limits("local means between which signals are placed", "0,200"),
    tissuePercent: limits("the same as percentiles of local means, 0 to 100", "40,95"),
    places: text("FILE", "table of places with the columns slice, row and column"),
    resolution: number("frequency at which the images' MTF falls to a half; default: measured", {
      min: 0.01,
      max: 100,
      unit: "1/mm",
    }),
    series: text("NAME", "part of the name of the series, where the folder holds several"),
    repeat: text("PATH", "another scan of the same object"),
    truth: text("PATH", "the same images without noise"),
    withoutImages: flag("leave pictures of the images out of the report"),
    ...settings(compareSettings),
    threads,
    ...inputOptions,
  },
  examples: {
    "dprime compare series/ -o report --method default --method bm3d":
      "two denoisers at three doses, with a small liver lesion",
    "dprime compare series/ -o report --dose 1,0.25 --diameter 8 --contrast -15":
      "a lesion of your own",
    "dprime compare scan.nii.gz -o report --repeat again.nii.gz --preset mr-lesion":
      "MR with a repeated scan",
  },
  async run(values, context) {
    const {
      input,
      output,
      method,
      dose,
      signal: shape,
      diameter,
      contrast,
      contrastIn,
      ...rest
    } = values;
    const { compareFiles } = await import("../../workflows/compare/compare-files.ts");
    const { result, outputs, page } = await compareFiles(input, output, {
      ...rest,
      ...dosesOf(dose),
      ...(method.length > 0 ? { methods: method } : {}),
      lookFor: { shape, diameterMm: diameter, contrast, contrastIn },
      command: context.commandLine,
      ...context.work,
      onPlan: ({ cases, slices, reached, seconds }) =>
        context.note(
          `${cases} places on ${slices} slices, for intervals of about ±${reached.toFixed(3)}; about ${durationText(seconds)}`,
        ),
    });
    printArms(context, result);
    context.print(`wrote ${outputs.length} files; open ${page}`);
    return { ...result, outputs, page };
  },
});

/** @throws InputError on what is neither a fraction nor one with a path */
function dosesOf(items: readonly string[]) {
  const given = items.map((item) => {
    const [word = "", path] = item.split(/=(.*)/s);
    const value = word.trim() === "" ? NaN : Number(word);
    if (!(value > 0 && value <= 1) || path === "") {
      throw new InputError(
        `Cannot read --dose: found "${item}", wanted a fraction above 0 and at most 1, or one with a path such as 0.25=quarter/`,
      );
    }
    return { dose: value, path };
  });
  const doses = given.flatMap(({ dose, path }) => (path === undefined ? [dose] : []));
  return {
    ...(doses.length > 0 ? { doses } : {}),
    dosePaths: given.flatMap(({ dose, path }) => (path === undefined ? [] : [{ dose, path }])),
  };
}

function printArms(context: CommandContext, { images, arms, verdict }: CompareResult): void {
  const unit = images.unit === "arbitrary" ? "" : ` (${images.unit})`;
  context.table(arms, [
    ["dose", ({ dose }) => dose],
    ["method", ({ method }) => method],
    [
      "CHO AUC",
      ({ hotelling: { auc } }) =>
        `${auc.estimate.toFixed(3)} (${auc.lower.toFixed(2)}–${auc.upper.toFixed(2)})`,
    ],
    ["change", changeText],
    ["contrast kept", ({ contrastKept }) => percent(Number(contrastKept.estimate.toFixed(2)))],
    [`noise${unit}`, ({ noise }) => short(noise.sd, 3)],
  ]);
  context.print();
  context.print(verdict);
  context.print();
}

function changeText({ method, gain: { hotelling: gain } }: CompareResult["arms"][number]): string {
  if (method === untreated) return "–";
  return `${gain.estimate.toFixed(3)} (${gain.lower.toFixed(3)} to ${gain.upper.toFixed(3)})`;
}
