/** `dprime convert`: from one format to another. */
import { allTypes } from "../../codecs/elements.ts";
import { InputError } from "../../core/errors.ts";
import { argument, choice, limits, text, toggle, whole } from "../options.ts";
import { force, inputOptions, rawOptions, withRaw } from "../shared-options.ts";
import { type Command, command } from "./command.ts";

export const convert: Command = command({
  name: "convert",
  summary: "Convert between file formats, without loss where both can hold the content.",
  description:
    "Keeps stored values to the bit where the target has their type, converts the geometry to the target's convention, and lists what the target cannot hold.",
  arguments: {
    input: argument("file or folder of DICOM files", { pipe: "input" }),
    target: argument("the same as --output", { optional: true, pipe: "output" }),
  },
  options: {
    output: text("PATH", "file to write; its extension sets the format", {
      short: "o",
      pipe: "output",
    }),
    force,
    type: choice(allTypes, "element type to write; default: the stored type if the target has it"),
    image: text("N", "which of several images, by number from 1 or by name"),
    memory: whole(
      "MiB for an image's values, at 16 bytes per voxel; a larger .nii, .nii.gz or .npy file goes to these formats a few planes at a time",
      { min: 1, max: 1_048_576, default: 1024 },
    ),
    compress: toggle("compress the data where the format allows it"),
    window: limits("intensities of black and white in an 8 or 16-bit picture", "-160,240"),
    outputFormat: text("NAME", "format of the output; default: by extension"),
    ...inputOptions,
    ...rawOptions,
  },
  examples: {
    "dprime convert series/ -o head.nii.gz": "a DICOM series to NIfTI",
    "dprime convert head.nii.gz -o head.mha": "NIfTI to MetaImage, stored values kept",
    "dprime convert slice.dcm -o slice.png --window -160,240": "a picture of soft tissue",
    "dprime convert slice.raw -o slice.npy --raw-shape 256x256 --raw-type int16":
      "a headerless file",
    "dprime convert - -o - --output-format npy < a.nii > a.npy": "in a pipe",
  },
  async run({ input, target, output = target, ...values }, context) {
    if (output === undefined || (target !== undefined && output !== target)) {
      throw new InputError(
        `Cannot convert ${input}: found ${output === undefined ? "no output" : "two outputs"}, wanted one: dprime convert ${input} -o FILE`,
      );
    }
    const { convert: change } = await import("../../workflows/convert.ts");
    const done = await change(input, output, { ...withRaw(values), ...context.work });
    const size =
      done.shape.length > 0 ? `: ${done.shape.join(" × ")} (${done.axes}), ${done.stored}` : "";
    context.print(`${done.paths.join(" and ")} (${done.from} to ${done.to})${size}`);
    context.print(done.lost.length === 0 ? "Nothing is lost." : "Not kept:");
    for (const line of done.lost) context.print(`  ${line}`);
    return done;
  },
});
