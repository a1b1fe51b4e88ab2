/** `dprime simulate`: objects with known truth, imaged. */
import { counted } from "../number-text.ts";
import { argument, choice, number, pairs, whole } from "../options.ts";
import { force, param, requiredFolder, seed, threads } from "../shared-options.ts";
import { type Command, command } from "./command.ts";

export const simulate: Command = command({
  name: "simulate",
  summary: "Draw phantoms with known truth and image them.",
  description:
    "A preset is a phantom of `dprime list phantoms`, with its usual acquisition or with one of `dprime list acquisitions`, as in abdomen+ct-fan. Every case has the object (truth), the noisy image, its noise-free reference and, where there are classes, a label volume; manifest.json lists what was drawn. The same seed gives the same bytes on any number of threads.",
  arguments: { preset: argument("PHANTOM or PHANTOM+ACQUISITION") },
  options: {
    output: requiredFolder("new or empty folder"),
    force,
    count: whole("number of cases", { min: 1, max: 1e6, default: 1 }),
    seed: seed("objects and noise"),
    dose: number("fraction of the full dose", { min: 0.0001, max: 100 }),
    outputFormat: choice(["dicom", "nifti", "npy"], "file format of the images", {
      default: "nifti",
      formerly: "format",
    }),
    phantomParam: pairs("parameter of the phantom"),
    param: param("acquisition"),
    threads,
  },
  examples: {
    "dprime simulate abdomen -o cases/ --count 10 --dose 0.25 --output-format dicom":
      "ten quarter-dose CT slices with truth",
    "dprime simulate binary-texture+direct -o texture/ --count 100 --param level=0.1":
      "the test bed of image-adaptive denoising",
  },
  async run({ preset, output, param: parameters, phantomParam, ...values }, context) {
    const { simulateFiles } = await import("../../workflows/simulate-files.ts");
    const options = { ...values, parameters, phantomParameters: phantomParam, ...context.work };
    const report = await simulateFiles(preset, output, options);
    const cases = counted(report.cases.length, "case");
    context.print(`Simulated ${cases} of ${report.phantom} by ${report.acquisition}: ${output}`);
    return report;
  },
});
