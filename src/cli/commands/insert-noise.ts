/** `dprime insert-noise`: a low-dose version of a real CT series. */
import { short } from "../number-text.ts";
import { argument, number, pairs, whole } from "../options.ts";
import { withPipes } from "../pipes.ts";
import { inputOptions, outputOptions, threads } from "../shared-options.ts";
import { printWritten } from "../written.ts";
import { type Command, command } from "./command.ts";

export const insertNoise: Command = command({
  name: "insert-noise",
  summary: "Make a low-dose version of a CT image or series, with the noise of the scanner.",
  description:
    "Projects every slice, draws the noise that the lower dose would have added to each ray, reconstructs it and adds it. The quanta of the scan follow from the noise that the image has, unless --param photons=N states them. Needs HU and spacing. The result is a derived object that keeps geometry and metadata.",
  arguments: { input: argument("a CT file, a folder of slices, or - for standard input") },
  options: {
    ...outputOptions,
    dose: number("fraction of the image's own dose", { min: 0.0001, max: 1, required: true }),
    seed: whole("seed of the noise", { min: 0, default: 1 }),
    param: pairs(
      "a parameter of the scanner: photons, electronicSd, kernel, views, bowtieMm, energyKeV, acceptTruncated",
      { short: "p" },
    ),
    threads,
    ...inputOptions,
  },
  examples: [
    { line: "dprime insert-noise series/ -o quarter/ --dose 0.25", about: "a quarter of the dose" },
    {
      line: "dprime insert-noise ct.nii.gz -o low.nii.gz --dose 0.1 --param photons=1e6",
      about: "a tenth, for a scan of a million quanta a detector element",
    },
  ],
  async run({ input, output, param: parameters, ...values }, context) {
    const { insertNoiseFiles } = await import("../../workflows/insert-noise-files.ts");
    const report = await withPipes({ input, output }, context, (paths) =>
      insertNoiseFiles(paths.input, paths.output, { ...values, parameters, ...context.work }),
    );
    for (const note of report.notes) context.note(note);
    context.table(
      [
        { title: "image" },
        { title: "size" },
        { title: "own noise", align: "right" },
        { title: "quanta", align: "right" },
        { title: "added noise", align: "right" },
        { title: "unit" },
        { title: "seconds", align: "right" },
      ],
      report.images.map(({ name, shape, ownSd, quanta, addedSd, seconds }) => [
        name,
        shape.join(" × "),
        short(ownSd),
        `${quanta.photons.toExponential(2)} (${quanta.from})`,
        short(addedSd),
        "HU",
        seconds.toFixed(2),
      ]),
    );
    printWritten(context, report);
    return report;
  },
});
