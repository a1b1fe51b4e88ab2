/** `dprime insert-noise`: a low-dose version of a real CT series. */
import { short } from "../number-text.ts";
import { argument, number, pairs } from "../options.ts";
import { inputOptions, outputOptions, seed, threads } from "../shared-options.ts";
import { printWritten } from "../written.ts";
import { type Command, command } from "./command.ts";

export const insertNoise: Command = command({
  name: "insert-noise",
  summary: "Simulate a low-dose version of a CT image or series.",
  description:
    "Projects every slice, draws the noise that the lower dose would add to each ray, reconstructs it and adds it. The number of photons follows from the image's own noise unless --param photons=N states it. Needs HU and pixel spacing. The result is a derived object that keeps geometry and metadata.",
  arguments: { input: argument("CT file or folder of slices", { pipe: "input" }) },
  options: {
    ...outputOptions,
    dose: number("fraction of the image's own dose", { min: 0.0001, max: 1, required: true }),
    seed: seed("the noise"),
    param: pairs(
      "parameter of the scanner: photons, electronicSd, kernel, views, bowtieMm, energyKeV, acceptTruncated",
      { short: "p" },
    ),
    threads,
    ...inputOptions,
  },
  examples: {
    "dprime insert-noise series/ -o quarter/ --dose 0.25": "a quarter of the dose",
    "dprime insert-noise ct.nii.gz -o low.nii.gz --dose 0.1 --param photons=1e6":
      "a tenth, for a scan of a million photons per detector element",
  },
  async run({ input, output, param: parameters, ...values }, context) {
    const { insertNoiseFiles } = await import("../../workflows/insert-noise-files.ts");
    const options = { ...values, parameters, ...context.work };
    const report = await insertNoiseFiles(input, output, options);
    context.table(report.images, [
      ["image", ({ name }) => name],
      ["size", ({ shape }) => shape.join(" × ")],
      ["own noise", ({ ownSd }) => short(ownSd)],
      ["photons", ({ quanta }) => `${quanta.photons.toExponential(2)} (${quanta.from})`],
      ["added noise", ({ addedSd }) => short(addedSd)],
      ["unit", () => "HU"],
      ["seconds", ({ seconds }) => seconds.toFixed(2)],
    ]);
    printWritten(context, report);
    return report;
  },
});
