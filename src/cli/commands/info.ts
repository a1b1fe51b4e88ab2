/** `dprime info`: what a file or folder holds. */
import type { Command, CommandContext } from "./command.ts";
import type { ImageFacts, PathFacts } from "../../workflows/inspect-path.ts";
import { rawOptions, rawShapeOf, unitOf, unitOption } from "../../workflows/raw-options.ts";

export const info: Command = {
  name: "info",
  summary: "Say what a file or folder holds: geometry, unit, range and noise.",
  description:
    "Opens any format of `dprime list formats`, or a folder of DICOM files as its series, and says what is\nthere. Nothing is changed.",
  arguments: [{ name: "path", about: "a file, or a folder of images" }],
  options: [
    {
      name: "figure",
      type: "text",
      placeholder: "FILE",
      about: "draw thumbnails as PNG or SVG",
    },
    {
      name: "thumbnails",
      type: "integer",
      min: 1,
      max: 400,
      default: 16,
      about: "planes in the figure at most, evenly spread",
    },
    { name: "header", type: "flag", about: "show the fields of the file's header too" },
    {
      name: "format",
      type: "text",
      placeholder: "NAME",
      about: "format when neither content nor name tells",
    },
    unitOption,
    ...rawOptions,
  ],
  examples: [
    { line: "dprime info head.nii.gz", about: "one volume" },
    { line: "dprime info series/ --figure sheet.png", about: "a folder, with thumbnails" },
    {
      line: "dprime info slice.raw --raw-shape 256x256 --raw-type int16",
      about: "a file without a header",
    },
  ],
  async run(context) {
    const { inspectPath } = await import("../../workflows/inspect-path.ts");
    const { values } = context;
    const raw = rawShapeOf(values);
    const unit = unitOf(values);
    const format = values.text("format");
    const figure = values.text("figure");
    const facts = await inspectPath(values.need("path"), {
      ...(raw === undefined ? {} : { raw }),
      ...(unit === undefined ? {} : { unit }),
      ...(format === undefined ? {} : { format }),
      ...(figure === undefined ? {} : { figure }),
      thumbnails: values.number("thumbnails") ?? 16,
      signal: context.signal,
      onProgress: context.onProgress,
    });
    for (const note of facts.notes) context.note(note);
    for (const { name, reason } of facts.refused)
      context.note(`${name} was passed over: ${reason}`);
    printFacts(context, facts, values.flag("header"));
    context.result({ command: "info", ...facts });
  },
};

function printFacts(context: CommandContext, facts: PathFacts, header: boolean): void {
  context.print(
    `${facts.path}: ${facts.format}, ${facts.images.length === 1 ? "one image" : `${facts.images.length} images`}`,
  );
  for (const image of facts.images) {
    context.print();
    if (image.name !== "") context.print(image.name);
    context.table(
      [{ title: "what" }, { title: "value" }],
      rowsOf(image).map(([what, value]) => [what, value]),
    );
    for (const note of image.notes) context.print(`  ${note}`);
  }
  if (header && Object.keys(facts.header).length > 0) {
    context.print();
    context.table(
      [{ title: "header field" }, { title: "value" }],
      Object.entries(facts.header).map(([key, value]) => [key, textOf(value)]),
    );
  }
  if (facts.figure !== undefined) context.print(`Figure: ${facts.figure}`);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

const short = (v: number) => String(Number(v.toPrecision(5)));

function rowsOf(image: ImageFacts): [string, string][] {
  const unit = image.unit === "arbitrary" ? "" : ` ${image.unit}`;
  return [
    ["size", `${image.shape.join(" × ")} (${image.axes})`],
    ...(image.files > 1 ? ([["files", String(image.files)]] as [string, string][]) : []),
    [
      "spacing",
      image.spacing === undefined
        ? "unknown"
        : `${image.spacing.map(short).join(" × ")} mm (z, y, x)`,
    ],
    ...(image.origin === undefined
      ? []
      : ([["origin", `${image.origin.map(short).join(", ")} mm (LPS)`]] as [string, string][])),
    ["orientation", image.orientation ?? "unknown"],
    ["unit", image.unit],
    [
      "stored as",
      image.stored +
        (image.scaling === undefined
          ? ""
          : `, value = ${short(image.scaling.slope)} · stored + ${short(image.scaling.intercept)}`),
    ],
    ["range", `${short(image.min)} to ${short(image.max)}${unit}, mean ${short(image.mean)}`],
    ...(image.nonFinite > 0
      ? ([["not finite", `${image.nonFinite} values`]] as [string, string][])
      : []),
    [
      "noise (σ)",
      image.noise === undefined
        ? `not estimated: ${image.noNoise ?? "no estimator"}`
        : `${short(image.noise.sigma)}${unit} (${image.noise.method})`,
    ],
  ];
}
