/** `dprime info`: what a file or folder holds. */
import type { ImageFacts, PathFacts } from "../../workflows/inspect.ts";
import { counted, short as digits } from "../number-text.ts";
import { argument, flag, picture, whole } from "../options.ts";
import { force, inputOptions, rawOptions, withRaw } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const info: Command = command({
  name: "info",
  summary: "Show what a file or folder holds: geometry, unit, range and noise.",
  description:
    "Opens any format of `dprime list formats`, or a folder of DICOM files as its series. Nothing is changed.",
  arguments: { path: argument("file or folder of images", { pipe: "input" }) },
  options: {
    figure: picture("draw thumbnails as PNG or SVG"),
    force,
    thumbnails: whole("largest number of planes in the figure", { min: 1, max: 400, default: 16 }),
    header: flag("also show the fields of the file's header"),
    ...inputOptions,
    ...rawOptions,
  },
  examples: {
    "dprime info head.nii.gz": "one volume",
    "dprime info series/ --figure sheet.png": "a folder, with thumbnails",
    "dprime info slice.raw --raw-shape 256x256 --raw-type int16": "a headerless file",
  },
  async run({ path, header, ...values }, context) {
    const { inspect } = await import("../../workflows/inspect.ts");
    const facts = await inspect(path, { ...withRaw(values), ...context.work });
    const { format, images, figure } = facts;
    const what = images.length === 1 ? "one image" : counted(images.length, "image");
    context.print(`${facts.path}: ${format}, ${what}`);
    for (const image of images) {
      context.print();
      if (image.name !== "") context.print(image.name);
      printPairs(context, ["what", "value"], rowsOf(image));
      for (const note of image.notes) context.print(`  ${note}`);
    }
    if (header) printHeader(context, facts);
    if (figure !== undefined) context.print(`Figure: ${figure}`);
    return facts;
  },
});

type Pair = readonly [string, string];

function printPairs(context: CommandContext, titles: Pair, rows: readonly Pair[]): void {
  context.table(rows, [
    [titles[0], ([key]) => key],
    [titles[1], ([, value]) => value],
  ]);
}

function printHeader(context: CommandContext, { header }: PathFacts): void {
  const text = (value: unknown): string =>
    typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  context.print();
  const rows = Object.entries(header).map(([key, value]): Pair => [key, text(value)]);
  printPairs(context, ["header field", "value"], rows);
}

const short = (value: number): string => digits(value, 5);

function rowsOf(image: ImageFacts): Pair[] {
  const { files, spacing, origin, timeStep, scaling, noise } = image;
  const unit = image.unit === "arbitrary" ? "" : ` ${image.unit}`;
  const scaled =
    scaling && `, value = ${short(scaling.slope)} · stored + ${short(scaling.intercept)}`;
  const rows: [string, string | undefined][] = [
    ["size", `${image.shape.join(" × ")} (${image.axes})`],
    ["files", files > 1 ? String(files) : undefined],
    ["spacing", spacing ? `${spacing.map(short).join(" × ")} mm (z, y, x)` : "unknown"],
    ["time step", timeStep === undefined ? undefined : `${short(timeStep)} s`],
    ["origin", origin && `${origin.map(short).join(", ")} mm (LPS)`],
    ["orientation", image.orientation ?? "unknown"],
    ["unit", image.unit],
    ["stored as", `${image.stored}${scaled ?? ""}`],
    ["range", `${short(image.min)} to ${short(image.max)}${unit}, mean ${short(image.mean)}`],
    ["not finite", image.nonFinite > 0 ? counted(image.nonFinite, "value") : undefined],
    [
      "noise (σ)",
      noise === undefined
        ? `not estimated: ${image.noNoise ?? "no estimator"}`
        : `${short(noise.sigma)}${unit} (${noise.method})`,
    ],
  ];
  return rows.flatMap(([what, value]) => (value === undefined ? [] : [[what, value]]));
}
