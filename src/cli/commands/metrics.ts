/** `dprime metrics`: image-quality metrics of files and folders. */
import { countText } from "../../stats/summary.ts";
import type { MeasuredRow, MeasureReport } from "../../workflows/measure-files.ts";
import { interval, probability, short } from "../number-text.ts";
import { argument, choice, limits, members, number, pairs, picture, text } from "../options.ts";
import { force, inputOptions, seed } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const metrics: Command = command({
  name: "metrics",
  summary: "Measure image quality against a reference, for files and folders.",
  description:
    "Compares an image with its reference, or every image of a folder with the image of the same name in another folder. Every value is printed with its window, data range, clip policy, mask and order of averaging. Further versions of the same images are compared with the first, image by image: paired t, signed-rank and permutation tests, with p values adjusted over the versions.",
  arguments: {
    image: argument("file or folder"),
    reference: argument("truth or standard, where the metrics need one", { optional: true }),
  },
  options: {
    metric: members(
      "a member of `dprime list metrics`; default: psnr, ssim, rmse and mae, or nps without a reference",
      { short: "m" },
    ),
    window: limits("grey-level window in the images' unit; also the data range", "-160,240"),
    clip: choice(["window", "none"], "clip values or not; default: to the window, if given"),
    dataRange: number(
      "data range L; default: the window's width, 1 for normalised images, else the reference's extent",
      { min: 0 },
    ),
    roi: text(
      "SHAPE|FILE",
      "region of interest: disk:x,y,r, rectangle:x,y,w,h, box:… or ball:… (pixels, or ending in mm), or a mask",
    ),
    background: text("SHAPE|FILE", "second region, for cnr and neq"),
    arm: pairs("a further version of the same images", { placeholder: "NAME=PATH" }),
    seed: seed("the permutations", 0),
    figure: picture("draw the curves of nps, ttf, mtf and neq as SVG or PNG"),
    force,
    ...inputOptions,
  },
  examples: {
    "dprime metrics denoised.dcm full-dose.dcm --window=-160,240":
      "one slice in the soft-tissue window",
    "dprime metrics denoised/ truth/ -m psnr,ssim:range-factor=2 --json":
      "folders, two metrics, as JSON",
    "dprime metrics noisy/ truth/ --arm bm3d=bm3d/ --arm ct=ct/ -m psnr":
      "compare two denoisers on the same images",
    "dprime metrics labels.nii.gz manual.nii.gz -m dice -m hausdorff95": "segmentations",
    "dprime metrics water.dcm -m nps:side=64 --roi disk:256,256,150 --figure nps.svg":
      "noise of a uniform region, with its spectrum",
  },
  async run({ image, reference, metric, ...values }, context) {
    const { measureFiles } = await import("../../workflows/measure-files.ts");
    const options = { ...values, metrics: metric, ...context.work };
    const report = await measureFiles(image, reference, options);
    printRows(context, report.rows);
    printSummary(context, report);
    for (const path of report.written) context.print(`wrote ${path}`);
    const rows = report.rows.map(({ result, standard: _standard, ...row }) => ({
      ...row,
      ...result,
    }));
    return { ...report, rows };
  },
});

function printRows(context: CommandContext, rows: readonly MeasuredRow[]): void {
  context.table(rows, [
    rows.some(({ arm }) => arm !== undefined) && ["version", ({ arm }) => arm],
    ["image", ({ image }) => image],
    ["metric", ({ label }) => label],
    ["value", ({ result: r }) => (r.status === "ok" ? short(r.value, 6) : "–")],
    ["unit", ({ result: r }) => (r.status === "ok" ? r.unit : "")],
    ["range", ({ result: { settings: s } }) => rangeText(s)],
    ["clip", ({ result: { settings: s } }) => clipText(s)],
    ["mask", ({ result: { settings } }) => maskText(settings)],
    ["averaging", ({ result: { settings } }) => settings.averaging],
  ]);
  for (const line of new Set(rows.flatMap(missingText))) context.print(line);
}

type Settings = MeasuredRow["result"]["settings"];

const rangeText = ({ dataRange, dataRangeFrom }: Settings): string =>
  dataRange === null ? "–" : `${short(dataRange, 5)} (${dataRangeFrom})`;

const clipText = ({ clip, window }: Settings): string =>
  clip === "window" && window ? `${window.low} … ${window.high}` : "none";

const maskText = ({ mask }: Settings): string => (mask ? `${mask.name} (${mask.voxels})` : "all");

/** Where a value, or a part of it, is missing. */
function missingText({ label, image, result }: MeasuredRow): string[] {
  if (result.status !== "ok") {
    return [`${label} has no value for ${image}: ${result.cause}; ${result.remedy}`];
  }
  const { count } = result;
  if (count === undefined || count.counted === count.of) return [];
  return [`${label} of ${image} has no value for ${count.without.join(", ")}`];
}

function printSummary(context: CommandContext, report: MeasureReport): void {
  const { summary, agreement, comparisons } = report;
  context.table(summary, [
    summary.some(({ arm }) => arm !== undefined) && ["version", ({ arm }) => arm],
    ["metric", ({ label }) => label],
    ["images", (one) => countText({ ...one, counted: one.images })],
    ["mean", ({ mean }) => mean],
    ["sd", ({ sd }) => sd],
  ]);
  context.table(agreement, [
    ["feature", ({ part }) => part],
    ["concordance", ({ concordance: c }) => (c.status === "ok" ? c.value.toFixed(3) : "–")],
    [
      "95 % interval",
      ({ concordance: c }) =>
        c.status === "ok" ? interval({ lower: c.low, upper: c.high }) : c.cause,
    ],
    ["images", ({ concordance: c }) => (c.status === "ok" ? c.n : "")],
  ]);
  context.table(comparisons, [
    ["difference", (one) => `${one.method} − ${one.reference}`],
    ["metric", ({ label }) => label],
    ["mean", ({ t }) => short(t.estimate, 4)],
    ["95 % interval", ({ t }) => interval(t.interval)],
    ["p (t)", ({ t }) => probability(t.adjustedP)],
    ["p (ranks)", ({ signedRank }) => probability(signedRank.adjustedP)],
    ["p (flips)", ({ permutation }) => probability(permutation.adjustedP)],
    ["images", (one) => countText(one)],
  ]);
  if (comparisons.length === 0) return;
  context.print(
    "p values are adjusted over the versions: by Holm for t and signed ranks, by max-t for sign flips",
  );
}
