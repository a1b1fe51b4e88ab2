/** `dprime observe`: what observers can still see. */
import { InputError } from "../../core/errors.ts";
import type { ObservedTask } from "../../workflows/observe-files.ts";
import { printTask } from "../observed-tables.ts";
import {
  argument,
  choice,
  flag,
  list,
  members,
  number,
  numbers,
  pairs,
  picture,
  text,
  whole,
} from "../options.ts";
import { force, inputOptions, storeOptions } from "../shared-options.ts";
import { type Command, command } from "./command.ts";

export const observe: Command = command({
  name: "observe",
  summary: "Judge images by model observers: AUC with intervals and paired differences.",
  description:
    "Takes images with and without a signal, as folders (one file per case), as stacks in one file (NPY [n, y, x]), as one folder in the layout of LCD_CT, or as a study's cases, and any denoised versions of the same cases. Prints an area under the ROC curve with its interval for every observer and version, differences from the first version with Holm-adjusted p values, and findings: what theory forbids, what is doubtful, and what to do.",
  arguments: {
    collection: argument(
      "a folder in LCD_CT layout (dose_XXX/signal_present, signal_absent, ground_truth.mhd)",
      { optional: true },
    ),
  },
  options: {
    present: text("PATH", "folder or stack of images with signal"),
    absent: text("PATH", "folder or stack of images without signal"),
    study: text(
      "RUN",
      "the test cases of a finished study, each method a version of them; see `dprime study list`",
    ),
    ...storeOptions,
    method: list(
      "NAME",
      "a method of the study; default: all of them, the study's reference first",
    ),
    arm: pairs("a denoised version of the same cases", { placeholder: "NAME=PRESENT,ABSENT" }),
    trainPresent: text("PATH", "separate training images with signal, for the first version"),
    trainAbsent: text("PATH", "separate training images without signal"),
    observer: members("a member of `dprime list observers`; default: npw, hotelling and cho", {
      short: "O",
      formerly: "n",
    }),
    signalImage: text("FILE", "noise-free signal image, for observers that know it", {
      formerly: "signal",
    }),
    sigma: number("standard deviation of white noise in the images, for observers that know it", {
      min: 0,
    }),
    background: text("FILE", "noise-free background that all images share, for ideal-gaussian"),
    backgrounds: text(
      "PATH",
      "noise-free backgrounds, a folder or a stack, for hotelling:method=known-noise",
    ),
    powerSpectrum: text(
      "FILE",
      "eigenvalues of a stationary background's covariance, zero frequency first, for fourier-hotelling and ideal-gaussian",
    ),
    lumpy: numbers(
      "MEAN,AMPLITUDE,WIDTH,BASE",
      "number, height and width (px) of a background's lumps, and its base, for ideal-lumpy",
      { example: "numbers such as 25,10,5,0" },
    ),
    places: text(
      "FILE",
      "CSV or JSON with a row for every image with signal: case, x, y (, z) in pixels, and parameter for estimation",
    ),
    trainPlaces: text("FILE", "the same for --train-present"),
    candidates: text("FILE", "places x, y (, z) where the signal may be; without it, everywhere"),
    tolerance: number("distance within which a place counts as found (LROC); default: 3", {
      unit: "px",
      min: 0,
      max: 10_000,
    }),
    family: text(
      "PATH",
      "noise-free signals that may occur, a folder or a stack, for signal-family",
    ),
    familyValues: numbers("V,V,…", "parameter of each signal of --family, to be estimated (EROC)", {
      example: "numbers such as 1,2,3",
    }),
    estimateWithin: number(
      "error of an estimate that still counts as right (EROC); default: a tenth of the true values' range",
      { min: 0 },
    ),
    protocol: choice(
      ["auto", "hold-out", "leave-pair-out"],
      "how images are divided between training and test when no training images are given",
      { default: "auto" },
    ),
    trainFraction: number("part of each class that hold-out trains on", {
      min: 0.05,
      max: 0.95,
      default: 0.5,
    }),
    trainOn: choice(
      ["each", "first"],
      "each: observers learn on every version's own images; first: once, on the first version's",
      { default: "each" },
    ),
    unpaired: flag("arms hold different cases"),
    volumes: flag("files are volumes, not stacks of cases"),
    spacing: number("pixel pitch of an LCD_CT collection that states none", {
      unit: "mm",
      min: 0.001,
      max: 100,
    }),
    level: number("coverage of the intervals", { min: 0.5, max: 0.999, default: 0.95 }),
    seed: whole("seed of splits, internal noise and Markov chains", { min: 0, default: 0 }),
    figure: picture("draw ROC curves and a forest plot of AUC as SVG or PNG"),
    imrmc: text(
      "FILE",
      "write the scores as an iMRMC text file (observers as readers, versions as modalities)",
    ),
    force,
    ...inputOptions,
  },
  examples: [
    {
      line: "dprime observe lcd_ct_fbp --figure auc.svg",
      about: "all doses and inserts of an LCD_CT collection",
    },
    {
      line: "dprime observe --present sp.npy --absent sa.npy --arm dncnn=sp-dncnn.npy,sa-dncnn.npy",
      about: "noisy images and a denoised version of them",
    },
    {
      line: "dprime observe --present sp/ --absent sa/ --observer cho:channels=gabor,hotelling:method=svd",
      about: "chosen observers",
    },
    {
      line: "dprime observe --study 1f2e3d4c5b6a --observer cho --observer fourier-hotelling",
      about: "the methods of a finished study, by other observers than its own",
    },
    {
      line: "dprime observe --present sp.npy --absent sa.npy --places truth.csv --observer scanning:side=15 --tolerance 4",
      about: "search: the area under the localisation ROC curve beside the AUC",
    },
  ],
  async run({ arm, ...values }, context) {
    const { observeFiles } = await import("../../workflows/observe-files.ts");
    const report = await observeFiles({ ...values, arm: armsOf(arm), ...context.work });
    for (const note of report.notes) context.note(note);
    for (const task of report.tasks) printTask(context, task);
    for (const path of report.written) context.print(`wrote ${path}`);
    const breaches = report.tasks.flatMap(({ observed }) =>
      observed.findings.filter(({ severity }) => severity === "breach"),
    );
    if (breaches.length > 0) context.fail();
    return { written: report.written, tasks: report.tasks.map(documentOf) };
  },
});

function armsOf(
  given: Readonly<Record<string, string>>,
): Record<string, { present: string; absent: string }> {
  return Object.fromEntries(
    Object.entries(given).map(([name, paths]) => {
      const [present = "", absent = "", ...rest] = paths.split(",");
      if (present === "" || absent === "" || rest.length > 0)
        throw new InputError(`Cannot read --arm ${name}=${paths}: wanted NAME=PRESENT,ABSENT`);
      return [name, { present, absent }];
    }),
  );
}

/** A task of the JSON document: scores as plain lists. */
function documentOf({ task, observed }: ObservedTask): object {
  return {
    task: task.name,
    ...task.facts,
    ...observed,
    rows: observed.rows.map(({ judged, ...row }) => ({
      ...row,
      ...(judged
        ? {
            trained: judged.trained,
            figures: judged.figures,
            scores: { present: [...judged.present], absent: [...judged.absent] },
            cases: { present: judged.presentIds, absent: judged.absentIds },
          }
        : {}),
    })),
  };
}
