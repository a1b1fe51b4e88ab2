/** `dprime metrics`: image-quality metrics of files and folders. */
import type { MeasuredRow, MeasureReport } from "../../workflows/measure-files.ts";
import { countText } from "../../stats/summary.ts";
import { interval, probability, short } from "../number-text.ts";
import {
  argument,
  choice,
  limits,
  members,
  number,
  pairs,
  picture,
  text,
  whole,
} from "../options.ts";
import { force, inputOptions } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const metrics: Command = command({
  name: "metrics",
  summary: "Measure image quality against a reference, for files and folders.",
  description:
    "Compares an image with its reference, or all images of a folder with those of the same name in another. Every value is printed with its window, data range, clip policy, mask and order of averaging. Label images give Dice, Hausdorff-95 and surface distance. Further versions of the same images are compared with the first, image by image: paired t, signed ranks and permutations, p values adjusted over the versions.",
  arguments: {
    image: argument("a file or folder"),
    reference: argument("the truth or standard; may be left out for metrics that need none", {
      optional: true,
    }),
  },
  options: {
    metric: members(
      "a member of `dprime list metrics`; default: psnr, ssim, rmse and mae, or nps without a reference",
      { short: "m" },
    ),
    window: limits("grey-level window in the images' unit; also the data range", "-160,240"),
    clip: choice(
      ["window", "none"],
      "clip values to the window, or not; default: to the window when one is given",
    ),
    dataRange: number(
      "data range L; default: the window's width, 1 for normalised images, else the reference's extent",
      { min: 0 },
    ),
    roi: text(
      "SHAPE|FILE",
      "region that counts: disk:x,y,r, rectangle:x,y,w,h, box:…, ball:… (pixels, or ending in mm), or a mask image",
    ),
    background: text("SHAPE|FILE", "second region, for cnr and neq"),
    arm: pairs("a further version of the same images, compared with the first", {
      placeholder: "NAME=PATH",
    }),
    seed: whole("seed of drawn permutations", { min: 0, default: 0 }),
    figure: picture("draw the curves of nps, ttf, mtf and neq as SVG or PNG"),
    force,
    ...inputOptions,
  },
  examples: [
    {
      line: "dprime metrics denoised.dcm full-dose.dcm --window=-160,240",
      about: "one slice in the soft-tissue window",
    },
    {
      line: "dprime metrics denoised/ truth/ -m psnr,ssim:range-factor=2 --json",
      about: "folders, two metrics, as JSON",
    },
    {
      line: "dprime metrics noisy/ truth/ --arm bm3d=bm3d/ --arm ct=ct/ -m psnr",
      about: "is one denoiser better than the other, over the same images",
    },
    {
      line: "dprime metrics labels.nii.gz manual.nii.gz -m dice -m hausdorff95",
      about: "segmentations",
    },
    {
      line: "dprime metrics water.dcm -m nps:side=64 --roi disk:256,256,150 --figure nps.svg",
      about: "noise of a uniform region, and its spectrum drawn",
    },
  ],
  async run({ image, reference, metric, ...values }, context) {
    const { measureFiles } = await import("../../workflows/measure-files.ts");
    const report = await measureFiles(image, reference, {
      ...values,
      metrics: metric,
      ...context.work,
    });
    for (const note of report.notes) context.note(note);
    printRows(context, report.rows);
    printSummary(context, report);
    printAgreement(context, report);
    printComparisons(context, report);
    for (const path of report.written) context.print(`wrote ${path}`);
    return { ...report, rows: report.rows.map(documentOf) };
  },
});

function printRows(context: CommandContext, rows: readonly MeasuredRow[]): void {
  const several = rows.some(({ arm }) => arm !== undefined);
  context.table(
    [
      ...(several ? [{ title: "version" }] : []),
      { title: "image" },
      { title: "metric" },
      { title: "value", align: "right" },
      { title: "unit" },
      { title: "range" },
      { title: "clip" },
      { title: "mask" },
      { title: "averaging" },
    ],
    rows.map(({ arm, image, label, result }) => {
      const { dataRange, dataRangeFrom, clip, window, mask, averaging } = result.settings;
      return [
        ...(several ? [arm] : []),
        image,
        label,
        result.status === "ok" ? short(result.value, 6) : "–",
        result.status === "ok" ? result.unit : "",
        dataRange === null ? "–" : `${short(dataRange, 5)} (${dataRangeFrom})`,
        clip === "window" && window ? `${window.low} … ${window.high}` : "none",
        mask ? `${mask.name} (${mask.voxels})` : "all",
        averaging,
      ];
    }),
  );
  const said = new Set<string>();
  for (const { label, image, result } of rows) {
    if (result.status === "ok") {
      const { count } = result;
      if (count && count.counted < count.of) {
        context.print(`${label} of ${image} has no value for ${count.without.join(", ")}`);
      }
      continue;
    }
    const line = `${label} has no value for ${image}: ${result.cause}; ${result.remedy}`;
    if (!said.has(line)) context.print(line);
    said.add(line);
  }
}

function printSummary(context: CommandContext, { summary }: MeasureReport): void {
  if (summary.length === 0) return;
  const several = summary.some(({ arm }) => arm !== undefined);
  context.print();
  context.table(
    [
      ...(several ? [{ title: "version" }] : []),
      { title: "metric" },
      { title: "images", align: "right" },
      { title: "mean", align: "right" },
      { title: "sd", align: "right" },
    ],
    summary.map((s) => [
      ...(several ? [s.arm] : []),
      s.label,
      countText({ ...s, counted: s.images }),
      s.mean,
      s.sd,
    ]),
  );
}

function printAgreement(context: CommandContext, { agreement }: MeasureReport): void {
  if (agreement.length === 0) return;
  context.print();
  context.table(
    [
      { title: "feature" },
      { title: "concordance", align: "right" },
      { title: "95 % interval", align: "right" },
      { title: "images", align: "right" },
    ],
    agreement.map(({ part, concordance: c }) =>
      c.status === "ok"
        ? [part, c.value.toFixed(3), `${c.low.toFixed(3)} … ${c.high.toFixed(3)}`, c.n]
        : [part, "–", c.cause, ""],
    ),
  );
}

function printComparisons(context: CommandContext, { comparisons }: MeasureReport): void {
  if (comparisons.length === 0) return;
  context.print();
  context.table(
    [
      { title: "difference" },
      { title: "metric" },
      { title: "mean", align: "right" },
      { title: "95 % interval", align: "right" },
      { title: "p (t)", align: "right" },
      { title: "p (ranks)", align: "right" },
      { title: "p (flips)", align: "right" },
      { title: "images", align: "right" },
    ],
    comparisons.map((one) => [
      `${one.method} − ${one.reference}`,
      one.label,
      short(one.t.estimate, 4),
      interval(one.t.interval),
      probability(one.t.adjustedP),
      probability(one.signedRank.adjustedP),
      probability(one.permutation.adjustedP),
      countText(one),
    ]),
  );
  context.print(
    "p values adjusted over the versions: by Holm for t and signed ranks, by max-t for sign flips",
  );
}

/** A row of the JSON document: the result's fields beside the row's, curves as plain lists. */
function documentOf({ result, standard: _standard, ...row }: MeasuredRow): object {
  const curves = result.status === "ok" ? result.curves : undefined;
  return {
    ...row,
    ...result,
    ...(curves === undefined
      ? {}
      : {
          curves: Object.fromEntries(
            Object.entries(curves).map(([k, c]) => [k, { ...c, x: [...c.x], y: [...c.y] }]),
          ),
        }),
  };
}
