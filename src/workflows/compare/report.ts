/** A comparison as a report: verdict, tables, figures, assumptions, and the command that makes it again. */
import type { Json } from "../../store/store.ts";
import type { Report, ReportFigure, ReportSection, ReportTable } from "../../study/report.ts";
import {
  aucFigure,
  curvesFigure,
  hardestFigure,
  inventedFigure,
  placesFigure,
  tradeOffFigure,
} from "./figures.ts";
import { type CompareResult, type CompareScene, untreated } from "./result.ts";
import { marginDoseText, percentOf, ranged, short, signed } from "./verdict.ts";

export interface CompareReportOptions {
  readonly title: string;
  /** The command line that makes it again. */
  readonly command?: string | undefined;
  /** Without pictures of the images, to be passed on where the images may not be. */
  readonly withoutImages?: boolean | undefined;
  /** Name of a page for readers beside the report. */
  readonly reading?: string | undefined;
}

export function compareReport(
  result: CompareResult,
  scene: CompareScene,
  options: CompareReportOptions,
): Report {
  const { title, command, withoutImages = false, reading } = options;
  const lowest = Math.min(...result.doses);
  const sections: ReportSection[] = [
    {
      heading: "Verdict",
      text: [
        escaped(result.verdict),
        ...(reading === undefined
          ? []
          : [`To read the same cases yourself, blinded: [${reading}](${reading}).`]),
      ],
      tables: [methodsTable(result)],
      figures: [
        {
          name: "auc",
          caption: `AUC of a channelised Hotelling observer in the population, with ${100 * result.level} % intervals, which hold for each point by itself.`,
          svg: aucFigure(result),
        },
      ],
    },
    {
      heading: "Numbers",
      text: [
        "Differences are paired on the same cases: by the jackknife for the Hotelling observer, by DeLong for NPWE.",
      ],
      tables: [
        armsTable(result),
        ...viewedTables(result),
        physicsTable(result),
        promisedTable(result),
        ...searchTables(result),
      ],
    },
    {
      heading: "Trade-off",
      text: [
        "Less noise at the same AUC is a gain; less noise at a lower AUC, or with less contrast, is none.",
      ],
      figures: [
        {
          name: "trade-off",
          caption: "Noise in the tissue against AUC; numbers are doses.",
          svg: tradeOffFigure(result, "auc"),
        },
        {
          name: "contrast",
          caption: "Noise in the tissue against the share of the signal's contrast that is left.",
          svg: tradeOffFigure(result, "contrast"),
        },
      ],
    },
    ...(withoutImages ? [] : [casesSection(result, scene)]),
    {
      heading: "Noise and resolution",
      text: [
        "Noise power of signal-free regions about their planes; transfer of the inserted signals, method and images together. 1 at low frequencies means that the signal's contrast came through.",
      ],
      figures: [...new Set([1, lowest])].flatMap((dose) => curveFigures(result, dose)),
    },
    inventedSection(result, scene, withoutImages),
    {
      heading: "What was assumed",
      text: [
        ...result.assumptions.map(escaped),
        ...result.notes.map((note) => escaped(`Note: ${note}.`)),
        ...(command === undefined ? [] : [`To repeat it: \`${command.replaceAll("`", "'")}\``]),
      ],
    },
  ];
  const { arms: _arms, ...rest } = result;
  return {
    title,
    sections,
    provenance: JSON.parse(
      JSON.stringify({ command: command ?? null, ...rest }, (_, v: unknown) =>
        typeof v === "number" && !Number.isFinite(v) ? String(v) : v,
      ),
    ) as Record<string, Json>,
  };
}

/** Words that hold no Markdown. */
const escaped = (text: string): string => text.replace(/[\\`*_[\]|]/g, "\\$&");

function methodsTable(result: CompareResult): ReportTable {
  const several = result.doses.length > 1;
  const lowest = Math.min(...result.doses);
  return {
    name: "methods",
    caption: several
      ? `Dose at which the AUC falls below that of the untreated full dose by more than ${result.margin}, with its interval: from the dose at which that is beyond doubt to the one down to which the contrary is.`
      : "What to know of each method.",
    columns: [
      { name: "Method" },
      ...(several
        ? [
            { name: "Falls below the margin at dose" },
            { name: "By NPWE" },
            { name: "Proven within the margin down to" },
          ]
        : []),
      { name: "Warnings" },
      { name: "Seconds a slice", digits: 2 },
    ],
    rows: result.methods.map((m) => [
      m.method,
      ...(several
        ? [
            marginDoseText(m.marginDose.hotelling, lowest),
            marginDoseText(m.marginDose.eye, lowest),
            m.safeDose === undefined ? "no dose" : String(m.safeDose),
          ]
        : []),
      m.method === untreated ? "–" : [...new Set(m.flags.map((f) => f.kind))].join(", ") || "none",
      m.method === untreated ? null : m.secondsPerSlice,
    ]),
  };
}

function armsTable({ arms }: CompareResult): ReportTable {
  return {
    name: "observers",
    caption:
      "What observers find: d' and AUC of the channelised Hotelling observer (CHO) in the population, AUC of NPWE, and their change against no denoising at the same dose.",
    columns: [
      { name: "Dose" },
      { name: "Method" },
      { name: "CHO d'" },
      { name: "CHO AUC" },
      { name: "Change" },
      { name: "NPWE AUC" },
      { name: "NPWE change" },
    ],
    rows: arms.map((arm) => [
      String(arm.dose),
      arm.method,
      ranged(arm.hotelling.dPrime, 2),
      ranged(arm.hotelling.auc),
      arm.method === untreated ? "–" : signed(arm.gain.hotelling),
      ranged(arm.eye.auc),
      arm.method === untreated ? "–" : signed(arm.gain.eye),
    ]),
  };
}

const number = (v: number | undefined) => (v === undefined || Number.isNaN(v) ? null : v);

const unitOf = ({ unit }: CompareResult["images"]): string =>
  unit === "arbitrary" ? "" : ` (${unit})`;

function physicsTable({ arms, images }: CompareResult): ReportTable {
  const unit = unitOf(images);
  return {
    name: "physics",
    caption:
      "Signal and noise. Contrast kept is that of the inserted signals; their transfer falls to a half at the frequency given, by their spectrum and by the edge of the mean disk.",
    columns: [
      { name: "Dose" },
      { name: "Method" },
      { name: "Contrast kept" },
      { name: `Noise${unit}`, digits: 2 },
      { name: "NPS peak (1/mm)", digits: 3 },
      { name: "NPS mean (1/mm)", digits: 3 },
      { name: "TTF half (1/mm)", digits: 3 },
      { name: "by its edge", digits: 3 },
      { name: `Bias${unit}` },
    ],
    rows: arms.map((arm) => [
      String(arm.dose),
      arm.method,
      arm.method === untreated ? "–" : percentOf(arm.contrastKept),
      arm.noise.sd,
      number(arm.noise.peak),
      number(arm.noise.mean),
      number(arm.transfer.f50),
      number(arm.transfer.edgeF50),
      arm.method === untreated ? "–" : signed(arm.bias, 2),
    ]),
  };
}

/** What the field's d' promises beside what was found, and the error of the images. */
function promisedTable({ arms, images }: CompareResult): ReportTable {
  const by = arms.find((arm) => arm.fidelity)?.fidelity?.by;
  const truth = arms.some((arm) => arm.fidelity?.psnrDb !== undefined);
  return {
    name: "promised",
    caption: `d' promised is NPWE's from noise and resolution, beside NPWE's as found on the images; a warning stands where their change by the method disagrees.${by === undefined ? "" : ` Error by ${by}.`}`,
    columns: [
      { name: "Dose" },
      { name: "Method" },
      { name: "d' promised", digits: 2 },
      { name: "d' found" },
      { name: "Warning" },
      ...(by === undefined ? [] : [{ name: `RMSE${unitOf(images)}`, digits: 2 }]),
      ...(truth
        ? [
            { name: "PSNR (dB)", digits: 2 },
            { name: "SSIM", digits: 4 },
          ]
        : []),
    ],
    rows: arms.map((arm) => [
      String(arm.dose),
      arm.method,
      number(arm.promised),
      ranged(arm.eye.dPrime, 2),
      arm.method === untreated ? "–" : arm.promiseBroken === undefined ? "no" : "yes",
      ...(by === undefined ? [] : [number(arm.fidelity?.rmse)]),
      ...(truth ? [number(arm.fidelity?.psnrDb), number(arm.fidelity?.ssim)] : []),
    ]),
  };
}

function viewedTables({ arms, viewer, images }: CompareResult): ReportTable[] {
  if (!arms.some((arm) => arm.viewed)) return [];
  const unit = images.unit === "arbitrary" ? "" : ` ${images.unit}`;
  return [
    {
      name: "viewed",
      caption: `The same observers with the noise that a viewer adds to what is shown (${short(viewer.sd)}${unit} a pixel, whatever the method): what a faint picture without noise is worth to a reader.`,
      columns: [
        { name: "Dose" },
        { name: "Method" },
        { name: "CHO d' without" },
        { name: "CHO d' with" },
        { name: "CHO AUC with" },
        { name: "Change" },
        { name: "NPWE d' without" },
        { name: "NPWE d' with" },
        { name: "NPWE AUC with" },
      ],
      rows: arms.flatMap((arm) => {
        const { viewed } = arm;
        if (!viewed) return [];
        return [
          [
            String(arm.dose),
            arm.method,
            ranged(arm.hotelling.dPrime, 2),
            ranged(viewed.hotelling.dPrime, 2),
            ranged(viewed.hotelling.auc),
            arm.method === untreated ? "–" : signed(viewed.gain.hotelling),
            ranged(arm.eye.dPrime, 2),
            ranged(viewed.eye.dPrime, 2),
            ranged(viewed.eye.auc),
          ],
        ];
      }),
    },
  ];
}

function searchTables({ arms }: CompareResult): ReportTable[] {
  const own = arms.filter((arm) => arm.search !== undefined);
  if (own.length === 0) return [];
  return [
    {
      name: "search",
      caption:
        "Signals that have to be searched: area under the localisation ROC curve of a scanning observer, half of the cases training it.",
      columns: [{ name: "Dose" }, { name: "Method" }, { name: "LROC area" }, { name: "Change" }],
      rows: own.map((arm) => [
        String(arm.dose),
        arm.method,
        ranged(arm.search!.localisation),
        arm.method === untreated ? "–" : signed(arm.search!.gain),
      ]),
    },
  ];
}

function casesSection(result: CompareResult, scene: CompareScene): ReportSection {
  const lowest = Math.min(...result.doses);
  return {
    heading: "Hardest cases",
    text: ["The cases with the signal that the observers rank lowest at the lowest dose."],
    figures: [
      {
        name: "hardest",
        caption: `Signals lie between the orange strokes; dose ${lowest} but for the first column.`,
        svg: hardestFigure(result, scene),
      },
      { name: "places", caption: "Where signals were placed.", svg: placesFigure(scene) },
    ],
  };
}

function curveFigures(result: CompareResult, dose: number): ReportFigure[] {
  const unit = result.images.unit === "arbitrary" ? "" : `${result.images.unit}²·`;
  const name = String(dose).replace(".", "-");
  return [
    {
      name: `nps-${name}`,
      caption: `Noise power at dose ${dose}.`,
      svg: curvesFigure(result, dose, {
        // The trend was taken off, and with it what there is at frequency 0.
        of: ({ noise: { curve } }) => ({ x: curve.x.slice(1), y: curve.y.slice(1) }),
        yLabel: `Noise power (${unit}mm²)`,
      }),
    },
    {
      name: `ttf-${name}`,
      caption: `Task transfer function at dose ${dose}, at the signal's contrast.`,
      svg: curvesFigure(result, dose, { of: (arm) => arm.transfer.curve, yLabel: "Transfer" }),
    },
  ];
}

function inventedSection(
  result: CompareResult,
  scene: CompareScene,
  withoutImages: boolean,
): ReportSection {
  const rows = result.arms
    .filter((arm) => arm.method !== untreated)
    .flatMap((arm) => {
      const top = [...arm.invented.octaves].sort((a, b) => b.ratio - a.ratio)[0];
      if (!top) return [];
      const one = { estimate: top.ratio, lower: top.lower, upper: top.upper };
      return [
        [
          String(arm.dose),
          arm.method,
          `${top.from.toFixed(3)} to ${top.to.toFixed(3)}`,
          ranged(one, 2),
          arm.invented.worst ? "yes" : "no",
        ],
      ];
    });
  const map = withoutImages ? undefined : inventedFigure(result, scene);
  return {
    heading: "Structure from nothing",
    text: [
      "Signal-free regions, after against before: the octave of frequencies whose variance fell least, or rose. A method that only takes noise away raises none; where variance appears, so does structure that the images did not show.",
    ],
    tables: [
      {
        name: "invented",
        caption: "Variance after over variance before, with 99 % intervals.",
        columns: [
          { name: "Dose" },
          { name: "Method" },
          { name: "Octave (1/mm)" },
          { name: "Ratio" },
          { name: "Warning" },
        ],
        rows,
      },
    ],
    ...(map === undefined
      ? {}
      : { figures: [{ name: "invented", caption: "Where structure appeared.", svg: map }] }),
  };
}
