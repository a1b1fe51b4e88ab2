/** Options that several commands have, each under one name. */
import { allAxes, type IntensityUnit } from "../core/image.ts";
import { InputError } from "../core/errors.ts";
import { gapTreatments } from "../dicom/resample.ts";
import { allTypes } from "../codecs/elements.ts";
import type { RawShape } from "../formats/format.ts";
import {
  choice,
  flag,
  limits,
  list,
  numbers,
  pairs,
  picture,
  sizes,
  text,
  whole,
} from "./options.ts";
import type { ValuesOf } from "./options.ts";

const units = ["HU", "1/mm", "normalised", "arbitrary"] as const satisfies readonly IntensityUnit[];

/** How images are read. */
export const inputOptions = {
  inputFormat: text("NAME", "format of the input when neither content nor name tells", {
    formerly: "format",
  }),
  unit: choice(units, "unit of the intensities where the file does not say"),
  gaps: choice(
    gapTreatments,
    "what to do about DICOM slices that are not evenly spaced; default: split",
  ),
};

export const force = flag("write over files that are there already");

/** Where images go. */
export const outputOptions = {
  output: text(
    "PATH",
    "file or folder to write; its extension chooses the format; - is standard output",
    { short: "o", required: true },
  ),
  force,
};

export const figureOptions = {
  figure: picture("draw before, after and difference as PNG or SVG"),
  window: limits("display window of the figure; default: from unit or percentiles", "-160,240"),
};

export const threads = whole("threads to use; default: all cores", { min: 1, max: 256 });

export const param = (of: string) => pairs(`a parameter of the ${of}`, { short: "p" });

/** What a reader looks for, for methods that keep it. */
export const taskOptions = {
  template: list("FILE", "a template as an image of the input's plane size, in its unit"),
  signal: text("NAME", "a signal of `dprime list signals` as template"),
  signalParam: pairs("a parameter of the signal"),
  at: numbers("ROW,COLUMN", "place of the signal's centre in pixels; default: the middle", {
    count: 2,
    example: "a row and a column such as 210,190",
  }),
};

/** Takes the options of a task out of a command's values. */
export function withTask<V extends ValuesOf<typeof taskOptions>>({
  template,
  signal,
  signalParam,
  at,
  ...others
}: V) {
  return { ...others, task: { template, signal, signalParam, at } };
}

export const storeOptions = {
  store: text(
    "PLACE",
    "file or postgres:// URL of the store; default: one in the user's data folder",
  ),
};

export const workers = whole("pieces at the same time, each on one thread; default: all cores", {
  min: 1,
  max: 256,
});

/** What a headerless file holds. */
export const rawOptions = {
  rawShape: sizes("ZxYxX", "sizes of a file without a header, slowest first, such as 10x256x256"),
  rawType: choice(allTypes, "element type of such a file"),
  rawAxes: choice(allAxes, "axes of such a file; default: yx, zyx or tzyx"),
  rawOffset: whole("bytes before its first element", { min: 0, default: 0 }),
  rawBigEndian: flag("its elements have their highest byte first"),
  rawSpacing: numbers("Z,Y,X", "its pixel pitch in mm", {
    count: 3,
    example: "three lengths in mm such as 1,0.5,0.5",
  }),
};

/** Takes the options of a headerless file out of a command's values. @throws InputError when one is missing */
export function withRaw<V extends ValuesOf<typeof rawOptions>>(values: V) {
  const { rawShape, rawType, rawAxes, rawOffset, rawBigEndian, rawSpacing, ...others } = values;
  if (rawShape === undefined && rawType === undefined) return others;
  if (rawShape === undefined || rawType === undefined) {
    throw new InputError(
      "Cannot read a raw file: found one of --raw-shape and --raw-type, wanted both",
    );
  }
  const [z = 1, y = 1, x = 1] = rawSpacing ?? [];
  const raw: RawShape = {
    shape: rawShape,
    type: rawType,
    littleEndian: !rawBigEndian,
    offset: rawOffset,
    ...(rawAxes === undefined ? {} : { axes: rawAxes }),
    ...(rawSpacing === undefined ? {} : { spacing: [z, y, x] }),
  };
  return { ...others, raw };
}
