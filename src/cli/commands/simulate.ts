/** `dprime simulate`: objects with known truth, imaged. */
import { counted } from "../number-text.ts";
import { argument, choice, number, pairs, text, whole } from "../options.ts";
import { force, param, threads } from "../shared-options.ts";
import { type Command, command } from "./command.ts";

export const simulate: Command = command({
  name: "simulate",
  summary:
    "Draw phantoms with known truth and image them: pairs of truth and noisy image with labels.",
  description:
    "A preset is a phantom of `dprime list phantoms`, alone or with an acquisition of `dprime list acquisitions`, as in abdomen+ct-fan; alone it is imaged by the acquisition that usually images it. Every case has the object (truth), the noisy image, its noise-free reference and, where there are classes, a label volume; manifest.json says what was drawn. The same seed gives the same bytes for any number of threads.",
  arguments: { preset: argument("PHANTOM or PHANTOM+ACQUISITION") },
  options: {
    output: text("FOLDER", "new or empty folder", { short: "o", required: true }),
    force,
    count: whole("number of cases", { min: 1, max: 1e6, default: 1 }),
    seed: whole("seed of objects and noise", { min: 0, default: 1 }),
    dose: number("fraction of the full dose", { min: 0.0001, max: 100 }),
    outputFormat: choice(["dicom", "nifti", "npy"], "file format of the images", {
      default: "nifti",
      formerly: "format",
    }),
    phantomParam: pairs("a parameter of the phantom"),
    param: param("acquisition"),
    threads,
  },
  examples: [
    {
      line: "dprime simulate abdomen -o cases/ --count 10 --dose 0.25 --output-format dicom",
      about: "ten quarter-dose CT slices with truth",
    },
    {
      line: "dprime simulate binary-texture+direct -o texture/ --count 100 --param level=0.1",
      about: "the test bed of image-adaptive denoising",
    },
  ],
  async run({ preset, output, param: parameters, phantomParam, ...values }, context) {
    const { simulateFiles } = await import("../../workflows/simulate-files.ts");
    const report = await simulateFiles(preset, output, {
      ...values,
      parameters,
      phantomParameters: phantomParam,
      ...context.work,
    });
    for (const note of report.notes) context.note(note);
    context.print(
      `Simulated ${counted(report.cases.length, "case")} of ${report.phantom} by ${report.acquisition}: ${output}`,
    );
    return report;
  },
});
