/** Options that several commands have, each under one name. */
import { allAxes, type IntensityUnit } from "../core/image.ts";
import { InputError } from "../core/errors.ts";
import { gapTreatments } from "../dicom/resample.ts";
import { allTypes } from "../codecs/elements.ts";
import type { RawShape } from "../formats/format.ts";
import {
  bytes,
  choice,
  duration,
  flag,
  limits,
  list,
  number,
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
  inputFormat: text("NAME", "format of the input; default: by content, then by name", {
    formerly: "format",
  }),
  unit: choice(units, "intensity unit where the file states none"),
  gaps: choice(gapTreatments, "treatment of unevenly spaced DICOM slices; default: split"),
};

export const force = flag("overwrite existing files");

/** Where images go. */
export const outputOptions = {
  output: text("PATH", "file or folder to write; the extension sets the format", {
    short: "o",
    required: true,
    pipe: "output",
  }),
  force,
};

/** A folder for results that has a name of its own when none is given. */
export const outputFolder = (about: string) => text("FOLDER", about, { short: "o" });

export const requiredFolder = (about: string) =>
  text("FOLDER", about, { short: "o", required: true });

export const figureOptions = {
  figure: picture("draw before, after and difference as PNG or SVG"),
  window: limits("display window of the figure; default: by unit or percentiles", "-160,240"),
};

export const threads = whole("number of threads; default: one per core", { min: 1, max: 256 });

export const seed = (about: string, first: 0 | 1 = 1) =>
  whole(`seed of ${about}`, { min: 0, default: first });

export const sigma = number(
  "noise standard deviation in the image's unit, or relative to the mean for speckle; default: estimated",
  { min: 0 },
);

export const slice = whole("slice of a volume, from 0; default: the middle one", { min: 0 });

export const mask = text("FILE", "mask of the image's or one plane's size; zeros are left out");

export const at = numbers("ROW,COLUMN", "centre in pixels; default: the middle", {
  count: 2,
  example: "a row and a column such as 210,190",
});

export const param = (of: string) => pairs(`parameter of the ${of}`, { short: "p" });

/** What a reader looks for, for methods that keep it. */
export const taskOptions = {
  template: list("FILE", "template image, of the input's plane size and unit"),
  signal: text("NAME", "template by name, from `dprime list signals`"),
  signalParam: pairs("parameter of the signal"),
  at,
};

/** Takes the options of a task out of a command's values. */
export function withTask<V extends ValuesOf<typeof taskOptions>>(values: V) {
  const { template, signal, signalParam, at: place, ...others } = values;
  return { ...others, task: { template, signal, signalParam, at: place } };
}

/** Where runs of studies are kept. */
export const storeOptions = {
  store: text("PLACE", "file or postgres:// URL of the store; default: in the user's data folder"),
};

/** How a study is run and reported. */
export const runOptions = {
  ...storeOptions,
  workers: whole("number of workers, one thread each; default: one per core", { min: 1, max: 256 }),
  force: flag("overwrite files in the report's folder"),
  set: pairs("replace a value of the study by its path, such as cases.test=100"),
};

/** Tasks of a cluster and what each may use. */
export const clusterOptions = {
  on: text(
    "NAME",
    "who runs the pieces: slurm, kubernetes, or local for processes of this machine",
  ),
  array: whole("with --on: tasks; default: one for each piece, at most 100", {
    min: 1,
    max: 1_000_000,
  }),
  time: duration("time limit of a task; what it has is saved before the end"),
  cpus: whole("with --on: processors of a task, a piece on each", {
    min: 1,
    max: 1024,
    default: 1,
  }),
  memory: bytes("memory of a task"),
  gpus: whole("with --on: GPUs of a task", { min: 0, max: 64, default: 0 }),
  partition: text("NAME", "with --on: partition of the cluster"),
  account: text("NAME", "with --on: account that pays for the tasks"),
  image: text("NAME", "with --on kubernetes: container image"),
  logs: text("FOLDER", "with --on: where tasks write what they print; default: dprime-logs"),
  apply: flag("with --on kubernetes: hand the manifest to kubectl, not only print it"),
  tries: whole("with --on and work: attempts at a piece before it is given up; default: 3", {
    min: 1,
    max: 100,
  }),
  lease: duration(
    "with --on and work: time after which the piece of a dead task is taken over; default: 2m",
  ),
};

/** What a headerless file holds. */
export const rawOptions = {
  rawShape: sizes("ZxYxX", "sizes of a headerless file, slowest first, such as 10x256x256"),
  rawType: choice(allTypes, "its element type"),
  rawAxes: choice(allAxes, "its axes; default: yx, zyx or tzyx"),
  rawOffset: whole("bytes before its first element", { min: 0, default: 0 }),
  rawBigEndian: flag("its elements are big-endian"),
  rawSpacing: numbers("Z,Y,X", "its voxel spacing in mm", {
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
