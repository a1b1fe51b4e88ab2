/** What a training shows a person: the page while it runs, and the card of the finished model. */
import type { TrainedOn, ValueRange } from "../denoise/trained-on.ts";
import type { Bitmap } from "../figures/bitmap.ts";
import { panelsSvg } from "../figures/panels.ts";
import type { Json } from "../store/store.ts";
import type { Report, ReportFigure, ReportSection, ReportTable } from "../study/report.ts";
import type { TrainingConfig } from "../train/config.ts";
import type { HistoryCells } from "../train/history.ts";
import type { Reference } from "../train/reference.ts";
import type { TrainingFinding } from "../train/watch.ts";
import { courseSvg, type CourseOptions, type Curve } from "./training-charts.ts";

export interface TrainingView {
  readonly config: TrainingConfig;
  /** Title and unit of the validation; absent where there is none. */
  readonly validation?: { readonly title: string; readonly unit: string };
  readonly rows: readonly HistoryCells[];
  readonly reference?: Reference;
  /** The last pictures. */
  readonly sample?: { readonly step: number; readonly strip: Bitmap };
  readonly findings: readonly TrainingFinding[];
}

const short = (value: number) => String(Number(value.toPrecision(4)));

/** Curves of everything that was logged. */
function curvesOf({ config, rows, validation, reference }: TrainingView): ReportFigure[] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const figures: ReportFigure[] = [];
  const add = (
    name: string,
    curves: readonly Curve[],
    { caption, ...options }: CourseOptions & { caption: string },
  ) => {
    const svg = courseSvg(rows, curves, options);
    if (svg !== undefined) figures.push({ name, caption, svg });
  };
  const named = (suffix: RegExp): Curve[] =>
    columns
      .filter((column) => suffix.test(column))
      .map((column) => ({ column, label: column.replace(suffix, "$1$2") }));
  if (validation !== undefined) {
    const [best] = reference?.classical ?? [];
    add(
      "validation",
      [
        { column: "validation", label: `${config.name}, mean` },
        ...named(/^validation\.(.+)$()/).map((curve) => ({
          ...curve,
          label: `at ${curve.label}`,
        })),
      ],
      {
        title: `Validation: ${validation.title}`,
        caption: "Dashed, of the mean: the noisy input, and the best classical denoiser.",
        yLabel: validation.unit === "1" ? validation.title : validation.unit,
        levels: [
          ...(reference === undefined ? [] : [{ label: "noisy", value: reference.noisy.value }]),
          ...(best === undefined ? [] : [{ label: best.method, value: best.value }]),
        ],
      },
    );
  }
  const several = named(/^(.+)\.loss$()/);
  add("loss", several.length > 0 ? several : [{ column: "loss", label: "loss" }], {
    title: "Loss",
    caption: "Loss of each step; of long trainings means of neighbouring steps.",
    yLabel: "loss",
  });
  add("terms", named(/^(.*\.)?term\.(.+)$/), {
    title: "Terms of the loss",
    caption: "Each term of the loss with its weight.",
    yLabel: "value",
  });
  add(
    "norms",
    [{ column: "gradient_norm", label: "all" }, ...named(/^(.*\.)?term_gradient_norm\.(.+)$/)],
    {
      title: "Norm of the gradient",
      caption: "Before clipping; of several terms each one's own, which says what pulls hardest.",
      yLabel: "norm",
    },
  );
  add("scores", named(/^(.*\.)?score\.(.+)$/), {
    title: "Scores of the critic",
    caption:
      "Mean score of real and of generated images; a critic that tells them apart no more has collapsed.",
    yLabel: "score",
  });
  return figures;
}

function sampleFigure({ step, strip }: NonNullable<TrainingView["sample"]>): ReportFigure {
  const svg = panelsSvg([{ title: `step ${step}: noisy, result, truth`, bitmap: strip }], {
    panelWidth: Math.min(900, strip.width),
  });
  return { name: "samples", caption: `Validation images after ${step} steps.`, svg };
}

/** The validation of the network beside the noisy input and classical denoisers. */
function referenceTable(view: TrainingView, best: HistoryCells | undefined): ReportTable[] {
  const { config, reference, validation } = view;
  if (validation === undefined || reference === undefined) return [];
  const groups = Object.keys(reference.noisy.groups);
  const row = (name: string, value: number, each: Readonly<Record<string, number>>) => [
    name,
    value,
    ...groups.map((group) => each[group] ?? null),
  ];
  const own =
    best === undefined
      ? []
      : [
          row(
            config.name,
            best["validation"]!,
            Object.fromEntries(
              groups.map((group) => [
                group,
                groups.length === 1 ? best["validation"]! : best[`validation.${group}`]!,
              ]),
            ),
          ),
        ];
  return [
    {
      name: "validation",
      caption: `${validation.title}${validation.unit === "1" ? "" : ` in ${validation.unit}`} on the validation images. Classical denoisers are told the noise level and have the parameters that suit these images best.`,
      columns: [
        { name: "method" },
        { name: "mean", digits: 3 },
        ...groups.map((name) => ({ name, digits: 3 })),
      ],
      rows: [
        ...own,
        ...reference.classical.map(({ method, value, groups: each }) => row(method, value, each)),
        row("noisy", reference.noisy.value, reference.noisy.groups),
      ],
    },
  ];
}

/** The row of the best validation so far; the first of equals. */
export function bestRow(
  rows: readonly HistoryCells[],
  better: (value: number, than: number) => boolean,
): HistoryCells | undefined {
  return rows.reduce<HistoryCells | undefined>((best, row) => {
    const value = row["validation"];
    if (value === undefined) return best;
    return best === undefined || better(value, best["validation"]!) ? row : best;
  }, undefined);
}

const findingTexts = (findings: readonly TrainingFinding[]) =>
  findings.map(
    ({ name, step, cause, remedy }) => `**${name}** at step ${step}: ${cause}; ${remedy}.`,
  );

/** The page while a training runs. */
export function liveReport(
  view: TrainingView,
  { secondsLeft, best }: { secondsLeft?: number | undefined; best?: HistoryCells | undefined },
): Report {
  const { config, rows, findings, sample } = view;
  const last = rows.at(-1);
  const facts: [string, string | number][] = [
    ["step", `${last === undefined ? 0 : last["step"]! + 1} of ${config.steps}`],
    ...(last === undefined
      ? []
      : ([
          ["loss", short(last["loss"]!)],
          ["rate", short(last["rate"]!)],
        ] as [string, string][])),
    ...(best === undefined
      ? []
      : ([["best validation", `${short(best["validation"]!)} at step ${best["step"]! + 1}`]] as [
          string,
          string,
        ][])),
    ...(secondsLeft === undefined
      ? []
      : ([["minutes left", short(secondsLeft / 60)]] as [string, string][])),
  ];
  const sections: ReportSection[] = [
    {
      heading: "Now",
      text: findingTexts(findings),
      tables: [
        {
          name: "now",
          caption: "The page loads itself again; `history.csv` beside it holds every row.",
          columns: [{ name: "what" }, { name: "value" }],
          rows: facts,
        },
        ...referenceTable(view, best),
      ],
    },
    { heading: "Curves", text: [], figures: curvesOf(view) },
    ...(sample === undefined
      ? []
      : [{ heading: "Samples", text: [], figures: [sampleFigure(sample)] }]),
  ];
  return { title: `Training ${config.name}`, sections, provenance: { description: json(config) } };
}

/** What is known of a finished model beside its curves. */
export interface CardFacts {
  readonly network: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  readonly method: { readonly name: string };
  readonly weights: number;
  readonly bestStep: number;
  readonly minutes: number;
  readonly sha256: string;
  readonly trainedOn: TrainedOn;
  readonly best: HistoryCells | undefined;
}

const rangeText = ({ low, high }: ValueRange, unit: string) =>
  low === high ? `${short(low)}${unit}` : `${short(low)} to ${short(high)}${unit}`;

/** The card of a finished model for people. */
export function cardReport(view: TrainingView, facts: CardFacts): Report {
  const { config, findings, sample, reference } = view;
  const { network, method, weights, bestStep, minutes, sha256, trainedOn } = facts;
  const { noise, grain, units, modalities, spacing, windows } = trainedOn;
  const seen: [string, string][] = [
    ["noise, of the window's width", rangeText(noise, "")],
    [
      "width of the noise's grain",
      `${rangeText(grain, " px")}${grain.high <= 1.25 ? " (white noise)" : ""}`,
    ],
    ["intensity units", units.join(", ") || "not known"],
    ["modalities", modalities.join(", ") || "not known"],
    ["pixel pitch", spacing === undefined ? "not known" : rangeText(spacing, " mm")],
    [
      "windows",
      windows
        .map((window) =>
          "percentiles" in window
            ? `percentiles ${window.percentiles.join(" to ")}`
            : `${window.low} to ${window.high} ${window.unit}`,
        )
        .join("; ") || "not known",
    ],
  ];
  const [classical] = reference?.classical ?? [];
  const value = facts.best?.["validation"];
  const gain =
    classical === undefined || value === undefined
      ? []
      : [
          `On the validation images the network gives ${short(value)}, the best classical denoiser (${classical.method}) ${short(classical.value)}, the noisy input ${short(reference!.noisy.value)}.`,
        ];
  const about: [string, string | number][] = [
    ["network", `${network.name} ${JSON.stringify(network.options)}`],
    ["weights", weights],
    ["method", method.name],
    ["seed", config.seed],
    ["steps", config.steps],
    ["best step", bestStep],
    ["minutes", short(minutes)],
    ["SHA-256", sha256],
  ];
  const column = [{ name: "what" }, { name: "value" }];
  return {
    title: config.name,
    sections: [
      {
        heading: "The model",
        text: gain,
        tables: [
          {
            name: "model",
            caption: "What it is; `model.onnx` beside this page.",
            columns: column,
            rows: about,
          },
          ...referenceTable(view, facts.best),
        ],
      },
      {
        heading: "Limits",
        text: [
          "dprime warns when an image lies outside these ranges. Inside them, too, a network may remove what it never saw: look at the difference image, and measure the image's task with a model observer.",
          "Not a medical device; nobody has shown that it helps a reader.",
          ...findingTexts(findings),
        ],
        tables: [
          {
            name: "ranges",
            caption: "Images that it was trained on.",
            columns: column,
            rows: seen,
          },
        ],
      },
      { heading: "Curves", text: [], figures: curvesOf(view) },
      ...(sample === undefined
        ? []
        : [{ heading: "Samples", text: [], figures: [sampleFigure(sample)] }]),
    ],
    provenance: { description: json(config) },
  };
}

/** A value as it is in JSON, without what is undefined. */
const json = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
