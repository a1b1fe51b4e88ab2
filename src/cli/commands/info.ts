/** `dprime info`: what a file or folder holds. */
import type { ImageFacts, PathFacts } from "../../workflows/inspect.ts";
import { counted, short as digits } from "../number-text.ts";
import { argument, flag, picture, whole } from "../options.ts";
import { withPipes } from "../pipes.ts";
import { force, inputOptions, rawOptions, withRaw } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const info: Command = command({
  name: "info",
  summary: "Say what a file or folder holds: geometry, unit, range and noise.",
  description:
    "Opens any format of `dprime list formats`, or a folder of DICOM files as its series, and says what is there. Nothing is changed.",
  arguments: { path: argument("a file, a folder of images, or - for standard input") },
  options: {
    figure: picture("draw thumbnails as PNG or SVG"),
    force,
    thumbnails: whole("planes in the figure at most, evenly spread", {
      min: 1,
      max: 400,
      default: 16,
    }),
    header: flag("show the fields of the file's header too"),
    ...inputOptions,
    ...rawOptions,
  },
  examples: [
    { line: "dprime info head.nii.gz", about: "one volume" },
    { line: "dprime info series/ --figure sheet.png", about: "a folder, with thumbnails" },
    {
      line: "dprime info slice.raw --raw-shape 256x256 --raw-type int16",
      about: "a file without a header",
    },
  ],
  async run({ path, header, ...values }, context) {
    const { inspect } = await import("../../workflows/inspect.ts");
    const facts = await withPipes({ input: path }, context, ({ input }) =>
      inspect(input, { ...withRaw(values), ...context.work }),
    );
    for (const note of facts.notes) context.note(note);
    const { skippedText } = await import("../../files/files.ts");
    for (const entry of facts.refused) context.note(skippedText(entry));
    printFacts(context, facts);
    if (header) printHeader(context, facts);
    if (facts.figure !== undefined) context.print(`Figure: ${facts.figure}`);
    return facts;
  },
});

function printFacts(context: CommandContext, { path, format, images }: PathFacts): void {
  context.print(
    `${path}: ${format}, ${images.length === 1 ? "one image" : counted(images.length, "image")}`,
  );
  for (const image of images) {
    context.print();
    if (image.name !== "") context.print(image.name);
    context.table([{ title: "what" }, { title: "value" }], rowsOf(image));
    for (const note of image.notes) context.print(`  ${note}`);
  }
}

function printHeader(context: CommandContext, { header }: PathFacts): void {
  const fields = Object.entries(header);
  if (fields.length === 0) return;
  const text = (value: unknown): string =>
    typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  context.print();
  context.table(
    [{ title: "header field" }, { title: "value" }],
    fields.map(([key, value]) => [key, text(value)]),
  );
}

const short = (value: number): string => digits(value, 5);

function rowsOf(image: ImageFacts): [string, string][] {
  const { files, spacing, origin, timeStep, scaling, noise } = image;
  const unit = image.unit === "arbitrary" ? "" : ` ${image.unit}`;
  const rows: [string, string | undefined][] = [
    ["size", `${image.shape.join(" × ")} (${image.axes})`],
    ["files", files > 1 ? String(files) : undefined],
    ["spacing", spacing ? `${spacing.map(short).join(" × ")} mm (z, y, x)` : "unknown"],
    ["time step", timeStep === undefined ? undefined : `${short(timeStep)} s`],
    ["origin", origin && `${origin.map(short).join(", ")} mm (LPS)`],
    ["orientation", image.orientation ?? "unknown"],
    ["unit", image.unit],
    [
      "stored as",
      image.stored +
        (scaling === undefined
          ? ""
          : `, value = ${short(scaling.slope)} · stored + ${short(scaling.intercept)}`),
    ],
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
