/** `dprime convert`: from one format to another. */
import { allTypes } from "../../codecs/elements.ts";
import { greyWindow } from "../../workflows/figure-options.ts";
import { rawOptions, rawShapeOf, unitOf, unitOption } from "../../workflows/raw-options.ts";
import type { Command } from "./command.ts";

export const convert: Command = {
  name: "convert",
  summary: "Convert between formats without loss where both can hold the content.",
  description:
    "Stored values are kept to the bit where the target has their type; geometry is turned to its convention.\nWhat the target cannot hold is said.",
  arguments: [
    { name: "input", about: "a file, or a folder of DICOM files" },
    { name: "output", about: "file to write; its extension chooses the format" },
  ],
  options: [
    {
      name: "type",
      type: "choice",
      choices: allTypes,
      about: "element type to write; by default the stored one where the target has it",
    },
    {
      name: "image",
      type: "text",
      placeholder: "N",
      about: "which image of several, by number from 1 or name",
    },
    { name: "compress", type: "flag", about: "pack the data where the format allows it" },
    {
      name: "no-compress",
      type: "flag",
      about: "leave the data unpacked where the format packs it",
    },
    {
      name: "window",
      type: "text",
      placeholder: "LOW,HIGH",
      about: "intensities that become black and white of an 8 or 16-bit picture",
    },
    {
      name: "input-format",
      type: "text",
      placeholder: "NAME",
      about: "format of the input when neither content nor name tells",
    },
    {
      name: "output-format",
      type: "text",
      placeholder: "NAME",
      about: "format of the output when its extension does not tell",
    },
    unitOption,
    ...rawOptions,
  ],
  examples: [
    { line: "dprime convert series/ head.nii.gz", about: "a DICOM series to NIfTI" },
    {
      line: "dprime convert head.nii.gz head.mha",
      about: "NIfTI to MetaImage, stored values kept",
    },
    {
      line: "dprime convert slice.dcm slice.png --window -160,240",
      about: "a picture of soft tissue",
    },
    {
      line: "dprime convert slice.raw slice.npy --raw-shape 256x256 --raw-type int16",
      about: "a file without a header",
    },
  ],
  async run(context) {
    const { convertPath } = await import("../../workflows/convert-path.ts");
    const { values } = context;
    const raw = rawShapeOf(values);
    const unit = unitOf(values);
    const type = allTypes.find((t) => t === values.text("type"));
    const image = values.text("image");
    const format = values.text("input-format");
    const outputFormat = values.text("output-format");
    const compress = values.flag("compress")
      ? true
      : values.flag("no-compress")
        ? false
        : undefined;
    const window = greyWindow(values.text("window"));
    const done = await convertPath(values.need("input"), values.need("output"), {
      ...(raw === undefined ? {} : { raw }),
      ...(unit === undefined ? {} : { unit }),
      ...(type === undefined ? {} : { type }),
      ...(image === undefined ? {} : { image }),
      ...(format === undefined ? {} : { format }),
      ...(outputFormat === undefined ? {} : { outputFormat }),
      ...(window === undefined ? {} : { window }),
      ...(compress === undefined ? {} : { compress }),
      signal: context.signal,
      onProgress: context.onProgress,
    });
    for (const note of done.notes) context.note(note);
    const size =
      done.shape.length > 0 ? `: ${done.shape.join(" × ")} (${done.axes}), ${done.stored}` : "";
    context.print(`${done.paths.join(" and ")} (${done.from} to ${done.to})${size}`);
    context.print(done.lost.length === 0 ? "Nothing is lost." : "Not kept:");
    for (const line of done.lost) context.print(`  ${line}`);
    context.result({ command: "convert", ...done });
  },
};
