/** `dprime compare`: which denoiser, at which dose, for a task, on one's own images. */
import { InputError } from "../../core/errors.ts";
import type { CompareResult } from "../../workflows/compare/result.ts";
import { short } from "../number-text.ts";
import { argument, choice, flag, limits, list, members, number, text, whole } from "../options.ts";
import { force, inputOptions, threads } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const compare: Command = command({
  name: "compare",
  summary: "Find which denoiser keeps a lesion, down to which dose, on your own images.",
  description:
    "Adds known signals at many places of a tissue in your images, denoises the images by every method at every dose, and lets model observers look for the signals. Lower doses are made by noise insertion (CT in HU), or given as folders. The report is one HTML page with a verdict, tables and figures.",
  arguments: { input: argument("a series (a folder), a volume or a slice") },
  options: {
    output: text("FOLDER", "where the report goes", { short: "o", required: true }),
    force,
    method: members(
      "a denoiser and its parameters; default: what denoise chooses for the images",
      {},
    ),
    dose: list(
      "X or X=PATH",
      "a fraction of the images' own dose, or the images acquired at it; default: 1,0.5,0.25 for CT",
    ),
    preset: text(
      "NAME",
      "liver-lesion, lung-nodule, mita-low-contrast, acr-low-contrast or mr-lesion",
    ),
    signal: text("NAME", "disk, blob, spiculated or mask; default: the preset's"),
    diameter: number("of the signal; default: the preset's", { min: 0.1, max: 200, unit: "mm" }),
    contrast: number("of the signal, with its sign; default: the preset's"),
    contrastIn: choice(
      ["own", "sigma"],
      "whether the contrast is in the image's unit or in multiples of the tissue's noise",
    ),
    mask: text("FILE", "an image of shares from 0 to 1 as the signal"),
    tissue: limits("local means between which signals are placed", "0,200"),
    places: text("FILE", "a table of places with the columns slice, row and column"),
    count: whole("places, half of them with the signal", { min: 24, max: 100_000 }),
    halfWidth: number("half-width of the AUC's interval to plan for", {
      min: 0.005,
      max: 0.3,
      default: 0.05,
    }),
    margin: number("loss of AUC that does not matter", { min: 0.001, max: 0.5, default: 0.05 }),
    level: number("coverage of the intervals", { min: 0.5, max: 0.999, default: 0.95 }),
    resolution: number(
      "frequency at which the images' transfer falls to a half; default: measured",
      {
        min: 0.01,
        max: 100,
        unit: "1/mm",
      },
    ),
    repeat: text("PATH", "another scan of the same object"),
    truth: text("PATH", "the same images without noise"),
    internalNoise: number(
      "a viewer's own noise in one pixel, in the image's unit, 0 for none; default: from a display's window",
      { min: 0, max: 1e9 },
    ),
    search: flag("judge signals that have to be searched for, too"),
    quick: flag("as much as is done in a minute and a half"),
    withoutImages: flag("a report without pictures of the images"),
    seed: whole("places, shapes and noise", { min: 0, max: 2 ** 32, default: 1 }),
    threads,
    ...inputOptions,
  },
  examples: [
    {
      line: "dprime compare series/ -o report --method default --method bm3d",
      about: "two denoisers at three doses, with a small liver lesion",
    },
    {
      line: "dprime compare series/ -o report --dose 1,0.25 --diameter 8 --contrast -15",
      about: "a lesion of one's own",
    },
    {
      line: "dprime compare scan.nii.gz -o report --repeat again.nii.gz --preset mr-lesion",
      about: "MR with a repeated scan",
    },
  ],
  async run({ input, output, method, dose, diameter, contrast, contrastIn, ...values }, context) {
    const { compareFiles } = await import("../../workflows/compare/compare-files.ts");
    const { untreated } = await import("../../workflows/compare/result.ts");
    const { signalShapes } = await import("../../workflows/compare/terms.ts");
    const { signal: name, tissue, ...rest } = values;
    const shape = signalShapes.find((one) => one === name);
    if (name !== undefined && shape === undefined) {
      throw new InputError(
        `Cannot insert a ${name}: found no such signal, wanted one of ${signalShapes.join(", ")}`,
      );
    }
    const { doses, dosePaths } = dosesOf(dose ?? []);
    const { result, outputs, page } = await compareFiles(input, output, {
      ...rest,
      ...(method?.length ? { methods: method } : {}),
      ...(doses.length > 0 ? { doses } : {}),
      dosePaths,
      lookFor: { shape, diameterMm: diameter, contrast, contrastIn },
      tissue,
      command: context.commandLine,
      ...context.work,
      onPlan: (plan) =>
        context.note(
          `${plan.cases} places on ${plan.slices} slices, for intervals of about ±${plan.reached.toFixed(3)}; about ${durationText(plan.seconds)}`,
        ),
    });
    print(context, result, untreated);
    context.print(`wrote ${outputs.length} files; open ${page}`);
    return { ...result, outputs, page };
  },
});

/** @throws InputError on what is neither a fraction nor one with a path */
function dosesOf(items: readonly string[]): {
  readonly doses: number[];
  readonly dosePaths: { dose: number; path: string }[];
} {
  const doses: number[] = [];
  const dosePaths: { dose: number; path: string }[] = [];
  for (const item of items) {
    const [word = "", path] = item.split(/=(.*)/s);
    const value = word.trim() === "" ? NaN : Number(word);
    if (!(value > 0 && value <= 1) || path === "") {
      throw new InputError(
        `Cannot read --dose: found "${item}", wanted a fraction above 0 and at most 1, or one with a path such as 0.25=quarter/`,
      );
    }
    if (path === undefined) doses.push(value);
    else dosePaths.push({ dose: value, path });
  }
  return { doses, dosePaths };
}

const durationText = (seconds: number): string =>
  seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;

function print(context: CommandContext, result: CompareResult, untreated: string): void {
  for (const note of result.notes) context.note(note);
  const { images, arms } = result;
  const unit = images.unit === "arbitrary" ? "" : ` (${images.unit})`;
  context.table(
    [
      { title: "dose", align: "right" },
      { title: "method" },
      { title: "CHO AUC" },
      { title: "change" },
      { title: "contrast kept", align: "right" },
      { title: `noise${unit}`, align: "right" },
    ],
    arms.map((arm) => {
      const { auc } = arm.hotelling;
      const { gain } = arm;
      return [
        String(arm.dose),
        arm.method,
        `${auc.estimate.toFixed(3)} (${auc.lower.toFixed(2)}–${auc.upper.toFixed(2)})`,
        arm.method === untreated
          ? "–"
          : `${gain.hotelling.estimate.toFixed(3)} (${gain.hotelling.lower.toFixed(3)} to ${gain.hotelling.upper.toFixed(3)})`,
        `${(100 * arm.contrastKept.estimate).toFixed(0)} %`,
        short(arm.noise.sd, 3),
      ];
    }),
  );
  context.print();
  context.print(result.verdict);
  context.print();
}
