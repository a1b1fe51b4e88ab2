/** `dprime simulate`: objects with known truth, imaged. */
import type { Command } from "./command.ts";

export const simulate: Command = {
  name: "simulate",
  summary:
    "Draw phantoms with known truth and image them: pairs of truth and noisy image with labels.",
  description:
    "A preset is a phantom of `dprime list phantoms`, alone or with an acquisition of `dprime list acquisitions`,\nas in abdomen+ct-fan; alone it is imaged by the acquisition that usually images it. Every case has the\nobject (truth), the noisy image, its noise-free reference and, where there are classes, a label volume;\nmanifest.json says what was drawn. The same seed gives the same bytes for any number of threads.",
  arguments: [{ name: "preset", about: "PHANTOM or PHANTOM+ACQUISITION" }],
  options: [
    {
      name: "output",
      short: "o",
      type: "text",
      placeholder: "FOLDER",
      required: true,
      about: "new or empty folder",
    },
    { name: "count", type: "integer", min: 1, max: 1e6, default: 1, about: "number of cases" },
    { name: "seed", type: "integer", min: 0, default: 1, about: "seed of objects and noise" },
    { name: "dose", type: "number", min: 0.0001, max: 100, about: "fraction of the full dose" },
    {
      name: "format",
      type: "choice",
      choices: ["dicom", "nifti", "npy"],
      default: "nifti",
      about: "file format of the images",
    },
    {
      name: "phantom-param",
      type: "text",
      placeholder: "NAME=VALUE",
      repeat: true,
      about: "a parameter of the phantom",
    },
    {
      name: "param",
      type: "text",
      placeholder: "NAME=VALUE",
      repeat: true,
      about: "a parameter of the acquisition",
    },
    { name: "threads", type: "integer", min: 1, max: 256, about: "threads to use" },
  ],
  examples: [
    {
      line: "dprime simulate abdomen -o cases/ --count 10 --dose 0.25 --format dicom",
      about: "ten quarter-dose CT slices with truth",
    },
    {
      line: "dprime simulate binary-texture+direct -o texture/ --count 100 --param level=0.1",
      about: "the test bed of image-adaptive denoising",
    },
  ],
  async run(context) {
    const { simulateCases } = await import("../../workflows/simulate-cases.ts");
    const { values } = context;
    const report = await simulateCases({
      preset: values.need("preset"),
      output: values.need("output"),
      count: values.number("count") ?? 1,
      seed: values.number("seed") ?? 1,
      dose: values.number("dose"),
      format: values.need("format"),
      phantomParameters: values.pairs("phantom-param"),
      parameters: values.pairs("param"),
      threads: values.number("threads"),
      signal: context.signal,
      onProgress: context.onProgress,
    });
    for (const note of report.notes) context.note(note);
    context.print(
      `Simulated ${report.cases.length} cases of ${report.phantom} by ${report.acquisition}: ${values.need("output")}`,
    );
    context.result({ command: "simulate", ...report });
  },
};
