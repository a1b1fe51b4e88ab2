/** What is looked for: templates as files, or a signal at a place. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import { streamOf } from "../core/random.ts";
import { openOne } from "../files/files.ts";
import { signals } from "../phantoms/index.ts";

export interface TaskOptions {
  /** Paths of template images, of the input's plane size and in its unit. */
  readonly template?: readonly string[];
  /** A signal by name in place of, or beside, the files. */
  readonly signal?: string | undefined;
  readonly signalParam?: Readonly<Record<string, string | number | boolean>>;
  /** Row and column of the signal's centre, in pixels; the middle when absent. */
  readonly at?: readonly number[] | undefined;
}

/**
 * Whether the options name a task.
 *
 * @throws InputError when they say how a signal is and name none
 */
export function namesTask({
  template = [],
  signal,
  signalParam = {},
  at,
}: TaskOptions = {}): boolean {
  if (signal === undefined && (at !== undefined || Object.keys(signalParam).length > 0)) {
    throw new InputError(
      `Cannot use option ${at === undefined ? "signalParam" : "at"}: found no option signal, wanted the signal's name beside it`,
    );
  }
  return template.length > 0 || signal !== undefined;
}

/**
 * Templates for the planes of an image, one value a pixel.
 *
 * @throws InputError on files that are not one plane of the image's size, signals that do not exist and
 *   places outside the image
 */
export async function readTemplates(task: TaskOptions, image: Image): Promise<Float32Array[]> {
  const { ny, nx } = layoutOf(image);
  const out: Float32Array[] = [];
  for (const path of task.template ?? []) {
    const { image: found } = await openOne(path, { use: "use the template" });
    if (layoutOf(found).nz * layoutOf(found).blocks !== 1) {
      throw new InputError(
        `Cannot use the template ${path}: found axes ${found.axes}, wanted one plane`,
      );
    }
    if (layoutOf(found).ny !== ny || layoutOf(found).nx !== nx) {
      throw new InputError(
        `Cannot use the template ${path}: found ${layoutOf(found).ny} × ${layoutOf(found).nx} pixels, wanted ${ny} × ${nx} as the image has`,
      );
    }
    out.push(found.data);
  }
  const { signal: name, at, signalParam = {} } = task;
  if (name === undefined) return out;
  const signal = await openMember(
    signals,
    name,
    `Cannot look for ${name}: found no signal ${name}`,
  );
  if (at !== undefined && !(at[0]! >= 0 && at[0]! < ny && at[1]! >= 0 && at[1]! < nx)) {
    throw new InputError(
      `Cannot look for ${name} at ${at.join(",")}: found a place outside, wanted a row below ${ny} and a column below ${nx}`,
    );
  }
  const grid = {
    shape: [ny, nx],
    spacing: image.spacing,
    ...(at === undefined ? {} : { centre: at }),
  };
  return [...out, signal.render(grid, signalParam, streamOf(1, "template"))];
}
