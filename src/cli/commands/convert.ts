/** `dprime convert`: from one format to another. */
import { allTypes } from "../../codecs/elements.ts";
import { InputError } from "../../core/errors.ts";
import { argument, choice, limits, text, toggle, whole } from "../options.ts";
import { withPipes } from "../pipes.ts";
import { force, inputOptions, rawOptions, withRaw } from "../shared-options.ts";
import { type Command, command } from "./command.ts";

export const convert: Command = command({
  name: "convert",
  summary: "Convert between formats without loss where both can hold the content.",
  description:
    "Stored values are kept to the bit where the target has their type; geometry is turned to its convention. What the target cannot hold is said.",
  arguments: {
    input: argument("a file, a folder of DICOM files, or - for standard input"),
    target: argument("the same as --output", { optional: true }),
  },
  options: {
    output: text("PATH", "file to write; its extension chooses the format; - is standard output", {
      short: "o",
    }),
    force,
    type: choice(
      allTypes,
      "element type to write; default: the stored one where the target has it",
    ),
    image: text("N", "which image of several, by number from 1 or name"),
    memory: whole(
      "MiB that an image's values may take, 16 bytes a voxel; a larger .nii, .nii.gz or .npy file goes to these formats a few planes at a time",
      { min: 1, max: 1_048_576, default: 1024 },
    ),
    compress: toggle("pack the data where the format allows it"),
    window: limits("intensities that become black and white of an 8 or 16-bit picture", "-160,240"),
    outputFormat: text("NAME", "format of the output when its extension does not tell"),
    ...inputOptions,
    ...rawOptions,
  },
  examples: [
    { line: "dprime convert series/ -o head.nii.gz", about: "a DICOM series to NIfTI" },
    {
      line: "dprime convert head.nii.gz -o head.mha",
      about: "NIfTI to MetaImage, stored values kept",
    },
    {
      line: "dprime convert slice.dcm -o slice.png --window -160,240",
      about: "a picture of soft tissue",
    },
    {
      line: "dprime convert slice.raw -o slice.npy --raw-shape 256x256 --raw-type int16",
      about: "a file without a header",
    },
    {
      line: "dprime convert - -o - --output-format npy < a.nii > a.npy",
      about: "in a pipe",
    },
  ],
  async run({ input, target, output: option, ...values }, context) {
    const { convert: change } = await import("../../workflows/convert.ts");
    if ((target === undefined) === (option === undefined)) {
      throw new InputError(
        `Cannot convert ${input}: found ${target === undefined ? "no output" : "two outputs"}, wanted one: dprime convert ${input} -o FILE`,
      );
    }
    const output = option ?? target!;
    const done = await withPipes({ input, output }, context, (paths) =>
      change(paths.input, paths.output, { ...withRaw(values), ...context.work }),
    );
    for (const note of done.notes) context.note(note);
    const size =
      done.shape.length > 0 ? `: ${done.shape.join(" × ")} (${done.axes}), ${done.stored}` : "";
    context.print(`${done.paths.join(" and ")} (${done.from} to ${done.to})${size}`);
    context.print(done.lost.length === 0 ? "Nothing is lost." : "Not kept:");
    for (const line of done.lost) context.print(`  ${line}`);
    return done;
  },
});
