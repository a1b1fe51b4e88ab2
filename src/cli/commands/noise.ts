/** `dprime noise`: how noisy an image is, by every estimator that applies. */
import type { ImageNoise } from "../../workflows/noise-files.ts";
import { limits, remaining, text } from "../options.ts";
import { withPipes } from "../pipes.ts";
import { force, inputOptions } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const noise: Command = command({
  name: "noise",
  summary: "Estimate the noise level of an image, by several methods or from repeated scans.",
  description:
    "With one file or folder, every estimator that applies is run on each image; the first line is the one that `dprime denoise` uses. With several files of one object and one shape, the noise is measured from the differences between the scans.",
  arguments: {
    files: remaining(
      "an image, a folder of series or images, or - for standard input; or repeated scans of one object",
    ),
  },
  options: {
    between: limits(
      "only pixels whose neighbourhood has a mean in this range, in the image's unit",
      "-200,300",
    ),
    mask: text(
      "FILE",
      "an image of the input's size, or of one plane of it: where it is 0 nothing is seen",
    ),
    map: text("FILE", "write the local standard deviation of the noise as an image"),
    force,
    ...inputOptions,
  },
  examples: [
    { line: "dprime noise slice.dcm", about: "σ of a CT slice, judged on soft tissue" },
    { line: "dprime noise scan1.nii scan2.nii scan3.nii", about: "from repeated scans" },
    {
      line: "dprime noise head.nii.gz --mask brain.nii.gz --map sigma.nii.gz",
      about: "inside a mask, and where it is how strong",
    },
    { line: "dprime noise slice.dcm --between 20,80", about: "in a range of CT numbers" },
  ],
  async run({ files, ...values }, context) {
    const { noiseOfPath, noiseOfRepeatedScans } = await import("../../workflows/noise-files.ts");
    const options = { ...values, ...context.work };
    if (files.length === 1) {
      const images = await withPipes({ input: files[0]! }, context, ({ input }) =>
        noiseOfPath(input, options),
      );
      for (const [i, found] of images.entries()) {
        for (const finding of found.findings) context.note(finding);
        if (i > 0) context.print();
        printEstimates(context, found);
      }
      return images.length === 1 ? images[0]! : { images };
    }
    const found = await noiseOfRepeatedScans(files, options);
    for (const finding of found.findings) context.note(finding);
    const { sigma, robust, unit, interval } = found;
    context.table(
      [{ title: "method" }, { title: "σ", align: "right" }, { title: "unit" }],
      [
        ["repeated scans, pooled", sigma, unit],
        ["repeated scans, robust", robust, unit],
        ["repeated scans, flat areas of the differences", found.flat, unit],
      ],
    );
    printVariation(context, found);
    context.print(
      `95 % interval for independent pixels: ${interval.map((v) => v.toPrecision(5)).join(" to ")} ${unit}`,
    );
    return found;
  },
});

/** How the noise changes over the image, and where the map lies. */
function printVariation(
  context: CommandContext,
  { variation, unit, map }: Pick<ImageNoise, "variation" | "map"> & { readonly unit: string },
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
  context.print(`${found.file}: ${found.shape.join(" × ")} (${found.axes}), unit ${found.unit}`);
  context.table(
    [{ title: "method" }, { title: "σ", align: "right" }, { title: "unit" }, { title: "notes" }],
    found.estimates.map((row) => [row.method, row.sigma, row.unit, row.notes.join("; ")]),
  );
  context.print(
    `pixels that hold noise: ${(100 * found.usable).toFixed(1)} %; pixel σ over finest-band σ: ${found.correlation.toFixed(2)} (1 for white noise)`,
  );
  const { grain, grainMm } = found;
  if (grain !== undefined) {
    const mm = grainMm === undefined ? "" : `, ${grainMm.toFixed(2)} mm`;
    context.print(
      `width of the noise's autocorrelation at half its height: ${grain.toFixed(1)} px${mm} (1.2 px for white noise)`,
    );
  }
  const { spectrum, floor } = found;
  if (spectrum !== undefined) {
    context.print(
      `noise power in ${spectrum.rings.length} rings up to 0.5 cycles/px, 1 for white noise: ${spectrum.rings.map((v) => v.toFixed(2)).join("  ")}; mean frequency ${spectrum.meanFrequency.toFixed(2)} cycles/px (0.38)`,
    );
  }
  printVariation(context, found);
  if (floor !== undefined) {
    context.print(
      `a magnitude: what holds no signal has a mean of ${floor.toPrecision(4)} ${found.unit} (Rician floor)`,
    );
  }
  for (const { method, reason } of found.skipped) {
    context.note(`${method} does not apply: ${reason}`);
  }
}
