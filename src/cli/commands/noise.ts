/** `dprime noise`: how noisy an image is, by every estimator that applies. */
import { InputError, messageOf } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { risingPair } from "../../workflows/figure-options.ts";
import type { Command, CommandContext } from "./command.ts";

export const noise: Command = {
  name: "noise",
  summary: "Estimate the noise level of an image, by several methods or from repeated scans.",
  description:
    "With one file, every estimator that applies is run; the first line is the one that `dprime denoise` uses.\nWith several files of one object and one shape, the noise is measured from the differences between the scans.",
  arguments: [
    {
      name: "files",
      about: "an image or a folder with one series of slices, or repeated scans of one object",
      many: true,
    },
  ],
  options: [
    {
      name: "between",
      type: "text",
      placeholder: "LOW,HIGH",
      about: "only pixels whose neighbourhood has a mean in this range, in the image's unit",
    },
    {
      name: "input-format",
      type: "text",
      placeholder: "NAME",
      about: "format of the input when neither content nor name tells",
    },
  ],
  examples: [
    { line: "dprime noise slice.dcm", about: "σ of a CT slice, judged on soft tissue" },
    { line: "dprime noise scan1.nii scan2.nii scan3.nii", about: "from repeated scans" },
    { line: "dprime noise slice.dcm --between 20,80", about: "in a range of CT numbers" },
  ],
  async run(context) {
    const { values } = context;
    const files = values.list("files");
    const images: Image[] = [];
    for (const path of files) images.push(await read(path, context));
    if (images.length > 1) await reportRepeated(images, files, context);
    else await reportSingle(images[0]!, files[0]!, context);
  },
};

async function read(path: string, context: CommandContext): Promise<Image> {
  const { openFile } = await import("../../files/files.ts");
  const { sampledPlanes } = await import("../../workflows/sampled-planes.ts");
  const format = context.values.text("input-format");
  const sampled = format === undefined ? await sampledPlanes(path, context.signal) : undefined;
  if (sampled !== undefined) {
    context.note(`${path}: judged on ${sampled.image.shape[0]} of its ${sampled.of} slices`);
    return sampled.image;
  }
  const { images } = await openFile(path, {
    signal: context.signal,
    ...(format ? { format } : {}),
  });
  const [first, ...others] = images;
  if (!first || others.length > 0) {
    throw new InputError(
      `Cannot estimate noise in ${path}: found ${images.length} images, wanted one`,
    );
  }
  return first.image;
}

interface Row {
  readonly method: string;
  readonly sigma: number;
  readonly unit: string;
  readonly notes: readonly string[];
}

async function reportSingle(image: Image, path: string, context: CommandContext): Promise<void> {
  const { estimateNoise, noiseMethods } = await import(
    "../../denoise/noise-level/estimate-noise.ts"
  );
  const { estimateSpeckle } = await import("../../denoise/noise-level/speckle.ts");
  const between = risingPair(context.values.text("between"), {
    option: "between",
    example: "-200,300",
  });
  const main = estimateNoise(image, { between });
  const rows: Row[] = [
    { method: `${main.method} (used)`, sigma: main.sigma, unit: image.unit, notes: main.notes },
  ];
  const skipped: { method: string; reason: string }[] = [];
  for (const method of noiseMethods) {
    if (method === "auto" || method === main.method) continue;
    try {
      const found = estimateNoise(image, { method, between });
      rows.push({ method, sigma: found.sigma, unit: image.unit, notes: found.notes });
    } catch (error) {
      skipped.push({ method, reason: messageOf(error) });
    }
  }
  try {
    const { variation } = estimateSpeckle(image);
    rows.push({
      method: "speckle",
      sigma: variation,
      unit: "of the mean",
      notes: ["for multiplicative noise: standard deviation over mean in homogeneous areas"],
    });
  } catch (error) {
    skipped.push({ method: "speckle", reason: messageOf(error) });
  }
  context.print(`${path}: ${image.shape.join(" × ")} (${image.axes}), unit ${image.unit}`);
  context.table(
    [{ title: "method" }, { title: "σ", align: "right" }, { title: "unit" }, { title: "notes" }],
    rows.map((row) => [row.method, row.sigma, row.unit, row.notes.join("; ")]),
  );
  context.print(
    `pixels that hold noise: ${(100 * main.usable).toFixed(1)} %; pixel σ over finest-band σ: ${main.correlation.toFixed(2)} (1 for white noise)`,
  );
  for (const { method, reason } of skipped) context.note(`${method} does not apply: ${reason}`);
  context.result({
    command: "noise",
    file: path,
    sigma: main.sigma,
    method: main.method,
    unit: image.unit,
    usable: main.usable,
    correlation: main.correlation,
    notes: main.notes,
    estimates: rows,
    skipped,
  });
}

async function reportRepeated(
  images: readonly Image[],
  files: readonly string[],
  context: CommandContext,
): Promise<void> {
  const { repeatedScansNoise } = await import("../../denoise/noise-level/local-noise.ts");
  const { sigma, interval, robust } = repeatedScansNoise(images);
  const unit = images[0]!.unit;
  context.table(
    [{ title: "method" }, { title: "σ", align: "right" }, { title: "unit" }],
    [
      ["repeated scans, pooled", sigma, unit],
      ["repeated scans, robust", robust, unit],
    ],
  );
  context.print(
    `95 % interval for independent pixels: ${interval.map((v) => v.toPrecision(5)).join(" to ")} ${unit}`,
  );
  if (sigma > 1.2 * robust) {
    context.note("pooled is well above robust: the object moved or changed between the scans");
  }
  context.result({ command: "noise", files, scans: images.length, sigma, interval, robust, unit });
}
