/** What is looked for, as commands that keep it take it: templates as files, or a signal at a place. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import { streamOf } from "../core/random.ts";
import type { OptionSpec, Values } from "../cli/commands/command.ts";

export interface Task {
  /** Paths of template images. */
  readonly templates: readonly string[];
  /** A signal by name in place of, or beside, the files. */
  readonly signal?: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Row and column of the signal's centre, in pixels; the middle when absent. */
  readonly at?: readonly [number, number];
}

export const taskOptions: readonly OptionSpec[] = [
  {
    name: "template",
    type: "text",
    placeholder: "FILE",
    repeat: true,
    about: "a template as an image of the input's plane size, in its unit",
  },
  {
    name: "signal",
    type: "text",
    placeholder: "NAME",
    about: "a signal of `dprime list signals` as template",
  },
  {
    name: "signal-param",
    type: "text",
    placeholder: "NAME=VALUE",
    repeat: true,
    about: "a parameter of the signal",
  },
  {
    name: "at",
    type: "text",
    placeholder: "ROW,COLUMN",
    about: "place of the signal's centre in pixels; the middle when absent",
  },
];

/** The task that the options name; absent when they name none. */
export function taskOf(values: Values): Task | undefined {
  const templates = values.list("template");
  const signal = values.text("signal");
  const parameters = values.pairs("signal-param");
  const at = placeOf(values.text("at"));
  if (signal === undefined && (at !== undefined || Object.keys(parameters).length > 0)) {
    throw new InputError(
      `Cannot use --${at === undefined ? "signal-param" : "at"}: found no --signal, wanted the signal's name beside it`,
    );
  }
  if (templates.length === 0 && signal === undefined) return undefined;
  return { templates, signal, parameters, at };
}

function placeOf(text: string | undefined): [number, number] | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (parts.length !== 2 || !parts.every(Number.isFinite)) {
    throw new InputError(
      `Cannot read --at: found "${text}", wanted a row and a column such as 210,190`,
    );
  }
  return [parts[0]!, parts[1]!];
}

/**
 * Templates for the planes of an image.
 *
 * @throws InputError on files that are not one plane of the image's size, signals that do not exist and
 *   places outside the image
 */
export async function readTemplates(task: Task, image: Image): Promise<Float32Array[]> {
  // Loaded when called: a command's help needs none of it.
  const { openPath } = await import("../files/files.ts");
  const { ny, nx } = layoutOf(image);
  const out: Float32Array[] = [];
  for (const path of task.templates) {
    const { images } = await openPath(path);
    const found = images[0]?.image;
    if (found === undefined || layoutOf(found).nz * layoutOf(found).blocks !== 1) {
      throw new InputError(
        `Cannot use the template ${path}: found ${found === undefined ? "no image" : `axes ${found.axes}`}, wanted one plane`,
      );
    }
    if (layoutOf(found).ny !== ny || layoutOf(found).nx !== nx) {
      throw new InputError(
        `Cannot use the template ${path}: found ${layoutOf(found).ny} × ${layoutOf(found).nx} pixels, wanted ${ny} × ${nx} as the image has`,
      );
    }
    out.push(found.data);
  }
  if (task.signal !== undefined) {
    const { signals } = await import("../phantoms/index.ts");
    const signal = await openMember(
      signals,
      task.signal,
      `Cannot look for ${task.signal}: found no signal ${task.signal}`,
    );
    const { at } = task;
    if (at !== undefined && !(at[0] >= 0 && at[0] < ny && at[1] >= 0 && at[1] < nx)) {
      throw new InputError(
        `Cannot look for ${task.signal} at ${at.join(",")}: found a place outside, wanted a row below ${ny} and a column below ${nx}`,
      );
    }
    const grid = {
      shape: [ny, nx],
      spacing: image.spacing,
      ...(at === undefined ? {} : { centre: at }),
    };
    out.push(signal.render(grid, task.parameters, streamOf(1, "template")));
  }
  return out;
}
