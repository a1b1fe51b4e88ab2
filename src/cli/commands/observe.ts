/** `dprime observe`: what observers can still see. */
import { InputError } from "../../core/errors.ts";
import type { ObservedTask } from "../../workflows/observe-files.ts";
import { observeSettings } from "../../workflows/observe-settings.ts";
import { printTask } from "../observed-tables.ts";
import {
  argument,
  flag,
  list,
  members,
  number,
  numbers,
  pairs,
  picture,
  settings,
  text,
} from "../options.ts";
import { force, inputOptions, storeOptions } from "../shared-options.ts";
import { type Command, command } from "./command.ts";

export const observe: Command = command({
  name: "observe",
  summary: "Judge images by model observers: AUC with intervals and paired differences.",
  description:
    "Takes images with and without a signal and any denoised versions of the same cases: folders (one file per case), stacks in one file (NPY [n, y, x]), a collection in the layout of LCD_CT, or a study's cases. Prints an AUC with its interval for every observer and version, differences from the first version with Holm-adjusted p values, and findings: what theory forbids, what is doubtful, and what to do about it.",
  arguments: {
    collection: argument(
      "folder in LCD_CT layout (dose_XXX/signal_present, signal_absent, ground_truth.mhd)",
      { optional: true },
    ),
  },
  options: {
    present: text("PATH", "folder or stack of images with signal"),
    absent: text("PATH", "folder or stack of images without signal"),
    study: text("RUN", "test cases of a finished study; see `dprime study list`"),
    ...storeOptions,
    method: list("NAME", "methods of the study; default: all, the study's reference first"),
    arm: pairs("a denoised version of the same cases", { placeholder: "NAME=PRESENT,ABSENT" }),
    trainPresent: text("PATH", "training images with signal, for the first version"),
    trainAbsent: text("PATH", "training images without signal"),
    observer: members("a member of `dprime list observers`; default: npw, hotelling and cho", {
      short: "O",
      formerly: "n",
    }),
    signalImage: text("FILE", "noise-free signal, for observers that know it", {
      formerly: "signal",
    }),
    sigma: number("standard deviation of white noise, for observers that know it", { min: 0 }),
    background: text("FILE", "noise-free background of all images, for ideal-gaussian"),
    backgrounds: text("PATH", "noise-free backgrounds, for hotelling:method=known-noise"),
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
      "CSV or JSON with one row per image with signal: case, x, y (, z) in pixels, and parameter for estimation",
    ),
    trainPlaces: text("FILE", "the same for --train-present"),
    candidates: text("FILE", "possible places of the signal: x, y (, z); default: everywhere"),
    family: text("PATH", "noise-free signals that may occur, for signal-family"),
    familyValues: numbers("V,V,…", "parameter of each signal of --family, to be estimated (EROC)", {
      example: "numbers such as 1,2,3",
    }),
    unpaired: flag("the versions hold different cases"),
    volumes: flag("files are volumes, not stacks of cases"),
    spacing: number("pixel spacing of an LCD_CT collection that states none", {
      unit: "mm",
      min: 0.001,
      max: 100,
    }),
    ...settings(observeSettings),
    figure: picture("draw ROC curves and a forest plot of AUC as SVG or PNG"),
    imrmc: text(
      "FILE",
      "write the scores as iMRMC text: observers as readers, versions as modalities",
    ),
    force,
    ...inputOptions,
  },
  examples: {
    "dprime observe lcd_ct_fbp --figure auc.svg": "all doses and inserts of an LCD_CT collection",
    "dprime observe --present sp.npy --absent sa.npy --arm dncnn=sp-dncnn.npy,sa-dncnn.npy":
      "noisy images and a denoised version of them",
    "dprime observe --present sp/ --absent sa/ --observer cho:channels=gabor,hotelling:method=svd":
      "chosen observers",
    "dprime observe --study 1f2e3d4c5b6a --observer cho --observer fourier-hotelling":
      "the methods of a finished study, by other observers than its own",
    "dprime observe --present sp.npy --absent sa.npy --places truth.csv --observer scanning:side=15 --tolerance 4":
      "search: the area under the localisation ROC curve beside the AUC",
  },
  async run({ arm, ...values }, context) {
    const { observeFiles } = await import("../../workflows/observe-files.ts");
    const { written, tasks, notes } = await observeFiles({
      ...values,
      arm: armsOf(arm),
      ...context.work,
    });
    for (const task of tasks) printTask(context, task);
    for (const path of written) context.print(`wrote ${path}`);
    const findings = tasks.flatMap(({ observed }) => observed.findings);
    if (findings.some(({ severity }) => severity === "breach")) context.fail();
    return { written, tasks: tasks.map(documentOf), notes };
  },
});

function armsOf(
  given: Readonly<Record<string, string>>,
): Record<string, { present: string; absent: string }> {
  const arms = Object.entries(given).map(([name, paths]) => {
    const [present = "", absent = "", ...rest] = paths.split(",");
    if (present === "" || absent === "" || rest.length > 0)
      throw new InputError(`Cannot read --arm ${name}=${paths}: wanted NAME=PRESENT,ABSENT`);
    return [name, { present, absent }] as const;
  });
  return Object.fromEntries(arms);
}

/** A task of the JSON document: scores beside the names of their cases. */
function documentOf({ task, observed }: ObservedTask): object {
  const rows = observed.rows.map(({ judged, ...row }) => {
    if (!judged) return row;
    const { trained, figures, present, absent, presentIds, absentIds } = judged;
    const cases = { present: presentIds, absent: absentIds };
    return { ...row, trained, figures, scores: { present, absent }, cases };
  });
  return { task: task.name, ...task.facts, ...observed, rows };
}
