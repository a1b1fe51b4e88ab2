/** `dprime metrics`: image-quality metrics of files and folders. */
import { InputError } from "../../core/errors.ts";
import { openMember } from "../../core/member.ts";
import type { ParameterValues } from "../../core/parameters.ts";
import type { Metric, MetricResult } from "../../metrics/metric.ts";
import type { Concordance } from "../../metrics/radiomics/concordance.ts";
import { greyWindow } from "../../workflows/figure-options.ts";
import type { Command, CommandContext } from "./command.ts";

export const metrics: Command = {
  name: "metrics",
  summary: "Measure image quality against a reference, for files and folders.",
  description:
    "Compares an image with its reference, or all images of a folder with those of the same name in another.\nEvery value is printed with its window, data range, clip policy, mask and order of averaging. Label images\ngive Dice, Hausdorff-95 and surface distance.",
  arguments: [
    { name: "image", about: "a file or folder" },
    {
      name: "reference",
      about: "the truth or standard; may be left out for metrics that need none",
      optional: true,
    },
  ],
  options: [
    {
      name: "metric",
      short: "m",
      type: "text",
      placeholder: "NAME[:KEY=VALUE,…]",
      repeat: true,
      about:
        "a member of `dprime list metrics`; by default psnr, ssim, rmse and mae, or nps without a reference",
    },
    {
      name: "window",
      type: "text",
      placeholder: "LOW,HIGH",
      about: "grey-level window in the images' unit; also the data range",
    },
    {
      name: "clip",
      type: "choice",
      choices: ["window", "none"],
      about: "clip values to the window, or not; by default to the window when one is given",
    },
    {
      name: "data-range",
      type: "number",
      min: 0,
      about:
        "data range L; by default the window's width, 1 for normalised images, else the reference's extent",
    },
    {
      name: "roi",
      type: "text",
      placeholder: "SHAPE|FILE",
      about:
        "region that counts: disk:x,y,r, rectangle:x,y,w,h, box:…, ball:… (pixels, or ending in mm), or a mask image",
    },
    {
      name: "background",
      type: "text",
      placeholder: "SHAPE|FILE",
      about: "second region, for cnr and neq",
    },
    {
      name: "figure",
      type: "text",
      placeholder: "FILE",
      about: "draw the curves of nps, ttf, mtf and neq as SVG or PNG",
    },
  ],
  examples: [
    {
      line: "dprime metrics denoised.dcm full-dose.dcm --window=-160,240",
      about: "one slice in the soft-tissue window",
    },
    {
      line: "dprime metrics denoised/ truth/ -m psnr -m ssim:range-factor=2 --json",
      about: "folders, two metrics, as JSON",
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
  async run(context) {
    const { values } = context;
    const chosen = await chosenMetrics(
      values.list("metric"),
      values.text("reference") !== undefined,
    );
    const figure = values.text("figure");
    if (figure !== undefined && !/\.(svg|png)$/i.test(figure))
      throw new InputError(`Cannot draw ${figure}: found no known ending, wanted .svg or .png`);
    const { pairsOf } = await import("../../workflows/metric-pairs.ts");
    const pairs = await pairsOf(values.need("image"), values.text("reference"), context.signal);
    const window = greyWindow(values.text("window"));
    const clip = values.text("clip") as "window" | "none" | undefined;
    const dataRange = values.number("data-range");
    const rows: Row[] = [];
    let done = 0;
    for (const pair of pairs.items) {
      const { image, reference } = await pair.load();
      const { regionFrom } = await import("../../workflows/metric-pairs.ts");
      const mask = await regionFrom(values.text("roi"), image);
      const background = await regionFrom(values.text("background"), image);
      for (const { metric, parameters, label } of chosen) {
        const result = metric.measure(
          image,
          {
            ...(reference ? { reference } : {}),
            ...(mask ? { mask } : {}),
            ...(background ? { background } : {}),
            ...(window && metric.reads !== "labels" ? { window } : {}),
            ...(clip ? { clip } : {}),
            ...(dataRange === undefined || metric.reads === "labels" ? {} : { dataRange }),
          },
          parameters,
        );
        const standard =
          metric.concordance && reference
            ? metric.measure(
                reference,
                {
                  ...(mask ? { mask } : {}),
                  ...(window ? { window } : {}),
                  ...(clip ? { clip } : {}),
                },
                parameters,
              )
            : undefined;
        rows.push({
          image: pair.name,
          metric: metric.name,
          label,
          result,
          ...(standard ? { standard } : {}),
        });
      }
      context.onProgress({ done: ++done, total: pairs.items.length, label: "measuring" });
    }
    for (const note of pairs.notes) context.note(note);
    print(context, rows);
    const agreement = await agreementOf(rows);
    printAgreement(context, agreement);
    if (figure !== undefined) await drawCurves(context, figure, rows);
    context.result({
      command: "metrics",
      written: figure === undefined ? [] : [figure],
      rows: rows.map(({ result, standard: _standard, ...row }) => ({
        ...row,
        ...result,
        ...(result.status === "ok" && result.curves
          ? {
              curves: Object.fromEntries(
                Object.entries(result.curves).map(([k, c]) => [
                  k,
                  { ...c, x: [...c.x], y: [...c.y] },
                ]),
              ),
            }
          : {}),
      })),
      summary: summaryOf(rows),
      agreement,
    });
    return undefined;
  },
};

async function drawCurves(
  context: CommandContext,
  path: string,
  rows: readonly Row[],
): Promise<void> {
  const { metricsFigure } = await import("../../workflows/metrics-figure.ts");
  const { svgPng } = await import("../../figures/index.ts");
  const { writeWhole } = await import("../../files/files.ts");
  const svg = metricsFigure(rows);
  const bytes = /\.png$/i.test(path) ? await svgPng(svg) : new TextEncoder().encode(svg);
  await writeWhole([{ path, bytes }]);
  context.print(`wrote ${path}`);
}

type Row = {
  readonly image: string;
  readonly metric: string;
  readonly label: string;
  readonly result: MetricResult;
  /** The same of the reference, for metrics that compare the two by concordance. */
  readonly standard?: MetricResult;
};

async function chosenMetrics(
  texts: readonly string[],
  paired: boolean,
): Promise<{ metric: Metric; parameters: ParameterValues; label: string }[]> {
  const { catalogue } = await import("../../metrics/catalogue.ts");
  const out: { metric: Metric; parameters: ParameterValues; label: string }[] = [];
  for (const text of texts.length > 0
    ? texts
    : paired
      ? ["psnr", "ssim", "rmse", "mae"]
      : ["nps"]) {
    const [name = "", rest] = text.split(/:(.*)/s);
    const metric = await openMember<Metric>(
      catalogue,
      name.trim(),
      `Cannot use metric ${name}: found no such metric`,
    );
    const parameters: Record<string, string> = {};
    for (const pair of rest ? rest.split(",") : []) {
      const at = pair.indexOf("=");
      if (at < 1)
        throw new InputError(`Cannot read --metric ${text}: found "${pair}", wanted KEY=VALUE`);
      parameters[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
    }
    out.push({ metric, parameters, label: text });
  }
  return out;
}

/** Mean and standard deviation over images of each metric that has a value for all of them. */
function summaryOf(
  rows: readonly Row[],
): { label: string; images: number; mean: number; sd: number }[] {
  return [...new Set(rows.map((r) => r.label))].flatMap((label) => {
    const values = rows.flatMap((r) =>
      r.label === label && r.result.status === "ok" ? [r.result.value] : [],
    );
    if (values.length < 2) return [];
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1));
    return [{ label, images: values.length, mean, sd }];
  });
}

interface Agreement {
  readonly label: string;
  readonly part: string;
  readonly concordance: Concordance;
}

/** Concordance of every part over the images, image against reference, where three images or more have both. */
async function agreementOf(rows: readonly Row[]): Promise<Agreement[]> {
  const { concordance } = await import("../../metrics/radiomics/concordance.ts");
  return [...new Set(rows.map((row) => row.label))].flatMap((label) => {
    const pairs = rows.flatMap(({ label: own, result, standard }) =>
      own === label && result.status === "ok" && standard?.status === "ok"
        ? [{ image: result.parts ?? {}, reference: standard.parts ?? {} }]
        : [],
    );
    if (pairs.length < 3) return [];
    return Object.keys(pairs[0]!.image).map((part) => ({
      label,
      part,
      concordance: concordance(
        pairs.map((pair) => pair.image[part]!),
        pairs.map((pair) => pair.reference[part]!),
      ),
    }));
  });
}

function printAgreement(context: CommandContext, agreement: readonly Agreement[]): void {
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

function print(context: CommandContext, rows: readonly Row[]): void {
  context.table(
    [
      { title: "image" },
      { title: "metric" },
      { title: "value", align: "right" },
      { title: "unit" },
      { title: "range" },
      { title: "clip" },
      { title: "mask" },
      { title: "averaging" },
    ],
    rows.map(({ image, label, result }) => {
      const { settings } = result;
      const range =
        settings.dataRange === null
          ? "–"
          : `${Number(settings.dataRange.toPrecision(5))} (${settings.dataRangeFrom})`;
      const clip =
        settings.clip === "window" && settings.window
          ? `${settings.window.low} … ${settings.window.high}`
          : "none";
      return [
        image,
        label,
        result.status === "ok" ? String(Number(result.value.toPrecision(6))) : "–",
        result.status === "ok" ? result.unit : "",
        range,
        clip,
        settings.mask ? `${settings.mask.name} (${settings.mask.voxels})` : "all",
        settings.averaging,
      ];
    }),
  );
  const told = new Set<string>();
  for (const { label, image, result } of rows) {
    if (result.status === "ok") continue;
    const line = `${label} has no value for ${image}: ${result.cause}; ${result.remedy}`;
    if (!told.has(line)) context.print(line);
    told.add(line);
  }
  const summary = summaryOf(rows);
  if (summary.length > 0) {
    context.print();
    context.table(
      [
        { title: "metric" },
        { title: "images", align: "right" },
        { title: "mean", align: "right" },
        { title: "sd", align: "right" },
      ],
      summary.map((s) => [s.label, s.images, s.mean, s.sd]),
    );
  }
}
