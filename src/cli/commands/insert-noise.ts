/** `dprime insert-noise`: a low-dose version of a real CT series. */
import type { Command } from "./command.ts";

export const insertNoise: Command = {
  name: "insert-noise",
  summary: "Make a low-dose version of a CT image or series, with the noise of the scanner.",
  description:
    "Projects every slice, draws the noise that the lower dose would have added to each ray, reconstructs it\nand adds it. Needs HU and spacing. The result is a derived object that keeps geometry and metadata.",
  arguments: [{ name: "input", about: "a CT file, or a folder of slices" }],
  options: [
    {
      name: "output",
      short: "o",
      type: "text",
      placeholder: "PATH",
      required: true,
      about: "file or folder to write; its extension chooses the format",
    },
    {
      name: "dose",
      type: "number",
      min: 0.0001,
      max: 1,
      required: true,
      about: "fraction of the image's own dose",
    },
    { name: "seed", type: "integer", min: 0, default: 1, about: "seed of the noise" },
    {
      name: "param",
      type: "text",
      placeholder: "NAME=VALUE",
      repeat: true,
      about:
        "a parameter of the scanner: photons, electronicSd, kernel, views, bowtieMm, energyKeV, acceptTruncated",
    },
    { name: "threads", type: "integer", min: 1, max: 256, about: "threads to use" },
    {
      name: "input-format",
      type: "text",
      placeholder: "NAME",
      about: "format of the input when neither content nor name tells",
    },
  ],
  examples: [
    { line: "dprime insert-noise series/ -o quarter/ --dose 0.25", about: "a quarter of the dose" },
    {
      line: "dprime insert-noise ct.nii.gz -o low.nii.gz --dose 0.1 --param photons=1e6",
      about: "a tenth, for a scan of a million quanta a detector element",
    },
  ],
  async run(context) {
    const { insertNoisePath } = await import("../../workflows/insert-noise-path.ts");
    const { values } = context;
    const report = await insertNoisePath({
      input: values.need("input"),
      output: values.need("output"),
      dose: values.number("dose") ?? 1,
      seed: values.number("seed") ?? 1,
      parameters: values.pairs("param"),
      threads: values.number("threads"),
      inputFormat: values.text("input-format"),
      signal: context.signal,
      onProgress: context.onProgress,
    });
    for (const note of report.notes) context.note(note);
    context.table(
      [
        { title: "image" },
        { title: "size" },
        { title: "added noise", align: "right" },
        { title: "unit" },
        { title: "seconds", align: "right" },
      ],
      report.images.map((one) => [
        one.name,
        one.shape.join(" × "),
        one.addedSd.toFixed(2),
        "HU",
        one.seconds.toFixed(2),
      ]),
    );
    context.print(`Written: ${report.outputs.length} files at dose ${report.dose}`);
    context.result({ command: "insert-noise", ...report });
  },
};
