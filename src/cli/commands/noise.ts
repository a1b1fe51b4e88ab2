/** `dprime noise`: how noisy an image is, by every estimator that applies. */
import type { ImageNoise, RepeatedScansNoise } from "../../workflows/noise-files.ts";
import { limits, remaining, text } from "../options.ts";
import { force, inputOptions, mask } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const noise: Command = command({
  name: "noise",
  summary: "Estimate the noise level of an image, by several methods or from repeated scans.",
  description:
    "For one file or folder, runs every estimator that applies to each image; `dprime denoise` uses the first. For several scans of one object, measures the noise from their differences.",
  arguments: {
    files: remaining("image, or folder of series or images; or repeated scans of one object", {
      pipe: "input",
    }),
  },
  options: {
    between: limits("use only pixels with a local mean in this range", "-200,300"),
    mask,
    map: text("FILE", "write the local standard deviation of the noise as an image"),
    force,
    ...inputOptions,
  },
  examples: {
    "dprime noise slice.dcm": "σ of a CT slice, estimated on soft tissue",
    "dprime noise scan1.nii scan2.nii scan3.nii": "from repeated scans",
    "dprime noise head.nii.gz --mask brain.nii.gz --map sigma.nii.gz":
      "inside a mask, with a map of the noise",
    "dprime noise slice.dcm --between 20,80": "in a range of CT numbers",
  },
  async run({ files, ...values }, context) {
    const { noiseOfPath, noiseOfRepeatedScans } = await import("../../workflows/noise-files.ts");
    const options = { ...values, ...context.work };
    if (files.length > 1) {
      const found = await noiseOfRepeatedScans(files, options);
      printRepeated(context, found);
      return found;
    }
    const images = await noiseOfPath(files[0]!, options);
    for (const [i, found] of images.entries()) {
      if (i > 0) context.print();
      printEstimates(context, found);
    }
    return images.length === 1 ? images[0]! : { images };
  },
});

function printRepeated(context: CommandContext, found: RepeatedScansNoise): void {
  for (const finding of found.findings) context.note(finding);
  const { unit, interval } = found;
  const rows = [
    { method: "repeated scans, pooled", sigma: found.sigma },
    { method: "repeated scans, robust", sigma: found.robust },
    { method: "repeated scans, flat areas of the differences", sigma: found.flat },
  ];
  context.table(rows, [
    ["method", ({ method }) => method],
    ["σ", ({ sigma }) => sigma],
    ["unit", () => unit],
  ]);
  printVariation(context, found);
  context.print(
    `95 % interval for independent pixels: ${interval.map((v) => v.toPrecision(5)).join(" to ")} ${unit}`,
  );
}

/** How the noise changes over the image, and where the map lies. */
function printVariation(
  context: CommandContext,
  { variation, unit, map }: Pick<ImageNoise, "variation" | "map" | "unit">,
): void {
  if (variation !== undefined) {
    const { low, median, high } = variation;
    context.print(
      `local σ: ${low.toPrecision(3)}, ${median.toPrecision(3)}, ${high.toPrecision(3)} ${unit} (10th, 50th, 90th percentile)`,
    );
  }
  if (map !== undefined) context.print(`wrote ${map}`);
}

function printEstimates(context: CommandContext, found: ImageNoise): void {
  const { unit, grain, grainMm, spectrum, floor } = found;
  for (const finding of found.findings) context.note(finding);
  context.print(`${found.file}: ${found.shape.join(" × ")} (${found.axes}), unit ${unit}`);
  context.table(found.estimates, [
    ["method", ({ method }) => method],
    ["σ", ({ sigma }) => sigma],
    ["unit", (row) => row.unit],
    ["notes", ({ notes }) => notes.join("; ")],
  ]);
  context.print(
    `pixels that hold noise: ${(100 * found.usable).toFixed(1)} %; pixel σ over finest-band σ: ${found.correlation.toFixed(2)} (1 for white noise)`,
  );
  if (grain !== undefined) {
    const mm = grainMm === undefined ? "" : `, ${grainMm.toFixed(2)} mm`;
    context.print(
      `width of the noise's autocorrelation at half maximum: ${grain.toFixed(1)} px${mm} (1.2 px for white noise)`,
    );
  }
  if (spectrum !== undefined) {
    context.print(
      `noise power in ${spectrum.rings.length} rings up to 0.5 cycles/px, 1 for white noise: ${spectrum.rings.map((v) => v.toFixed(2)).join("  ")}; mean frequency ${spectrum.meanFrequency.toFixed(2)} cycles/px (0.38)`,
    );
  }
  printVariation(context, found);
  if (floor !== undefined) {
    context.print(
      `magnitude image: mean without signal ${floor.toPrecision(4)} ${unit} (Rician floor)`,
    );
  }
  for (const { method, reason } of found.skipped) {
    context.note(`${method} does not apply: ${reason}`);
  }
}
