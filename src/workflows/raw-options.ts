/** Options that state what a headerless file holds; the same for every command that reads one. */
import { InputError } from "../core/errors.ts";
import { allAxes } from "../core/image.ts";
import { allTypes } from "../codecs/elements.ts";
import type { RawShape } from "../formats/format.ts";
import type { OptionSpec, Values } from "../cli/commands/command.ts";

export const rawOptions: readonly OptionSpec[] = [
  {
    name: "raw-shape",
    type: "text",
    placeholder: "ZxYxX",
    about: "sizes of a file without a header, slowest first, such as 10x256x256",
  },
  { name: "raw-type", type: "choice", choices: allTypes, about: "element type of such a file" },
  {
    name: "raw-axes",
    type: "choice",
    choices: allAxes,
    about: "axes of such a file; yx, zyx or tzyx by default",
  },
  {
    name: "raw-offset",
    type: "integer",
    min: 0,
    default: 0,
    unit: "bytes",
    about: "bytes before its first element",
  },
  { name: "raw-big-endian", type: "flag", about: "its elements have their highest byte first" },
  {
    name: "raw-spacing",
    type: "text",
    placeholder: "Z,Y,X",
    about: "its pixel pitch in mm",
  },
];

/** @throws InputError when sizes and type are not both given */
export function rawShapeOf(values: Values): RawShape | undefined {
  const sizes = values.text("raw-shape");
  const type = values.text("raw-type");
  if (sizes === undefined && type === undefined) return undefined;
  if (sizes === undefined || type === undefined) {
    throw new InputError(
      "Cannot read a raw file: found one of --raw-shape and --raw-type, wanted both",
    );
  }
  const shape = sizes.split(/[x×,]/i).map(Number);
  if (!shape.every((n) => Number.isInteger(n) && n > 0)) {
    throw new InputError(
      `Cannot read --raw-shape: found ${sizes}, wanted sizes such as 10x256x256`,
    );
  }
  const axes = allAxes.find((a) => a === values.text("raw-axes"));
  const spacing = values.text("raw-spacing")?.split(",").map(Number);
  if (spacing !== undefined && (spacing.length !== 3 || !spacing.every((s) => s > 0))) {
    throw new InputError(
      `Cannot read --raw-spacing: found ${values.text("raw-spacing")}, wanted three lengths in mm such as 1,0.5,0.5`,
    );
  }
  return {
    shape,
    type: allTypes.find((t) => t === type)!,
    littleEndian: !values.flag("raw-big-endian"),
    offset: values.number("raw-offset") ?? 0,
    ...(axes === undefined ? {} : { axes }),
    ...(spacing === undefined ? {} : { spacing: spacing as [number, number, number] }),
  };
}

export const unitOption: OptionSpec = {
  name: "unit",
  type: "choice",
  choices: ["HU", "1/mm", "normalised", "arbitrary"],
  about: "unit of the intensities where the file does not say",
};

export function unitOf(values: Values): "HU" | "1/mm" | "normalised" | "arbitrary" | undefined {
  const given = values.text("unit");
  return (["HU", "1/mm", "normalised", "arbitrary"] as const).find((u) => u === given);
}
