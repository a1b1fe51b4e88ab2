/** Where results go: looked at before the work, and filled whole or not at all. */
import { constants } from "node:fs";
import { access, mkdir, readdir, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { InputError } from "../core/errors.ts";
import {
  clearLeftovers,
  formatOfName,
  makeFolders,
  notWritten,
  temporaryName,
  walkFolder,
  writeFailure,
  writeWhole,
} from "../files/files.ts";

export interface OutputOptions {
  /** Writes over files that are there already. */
  readonly force?: boolean;
}

/** One place that a call writes to. */
export interface Place {
  readonly path: string;
  /** What the call names it, such as `output` or `figure`. */
  readonly option: string;
}

async function realPath(path: string): Promise<string> {
  // A place that is not there yet has a folder that may be a link.
  return realpath(path).catch(async () => {
    const parent = dirname(resolve(path));
    return parent === resolve(path)
      ? parent
      : join(await realPath(parent), basename(resolve(path)));
  });
}

/**
 * Looks at all places of a call before the work, so that an hour is not lost to a mistyped folder.
 *
 * @param inputs paths that are read and must stay
 * @throws InputError when two places are one, a place is an input, or it cannot be written to; a file that
 *   is there already needs `force`
 */
export async function checkPlaces(
  places: readonly Place[],
  { inputs = [], force = false }: OutputOptions & { readonly inputs?: readonly string[] } = {},
): Promise<void> {
  const taken = new Map<string, string>();
  for (const { path, option } of places) {
    const real = await realPath(path);
    const other = taken.get(real);
    if (other !== undefined) {
      throw new InputError(
        `Cannot write ${path} twice: found it as ${other} and as ${option}, wanted two places`,
      );
    }
    taken.set(real, option);
    for (const input of inputs) {
      if ((await realPath(input)) === real) {
        throw new InputError(
          `Cannot write ${path}: found the input itself, wanted another place, so that the original stays`,
        );
      }
    }
    await checkWritable(path);
    if (!force && (await kindOf(path)) === "file") throw thereAlready(path);
  }
}

function thereAlready(path: string): InputError {
  return new InputError(
    `Cannot write ${path}: found a file that is there already, wanted a new one or option force`,
  );
}

type Kind = "file" | "folder" | "other" | undefined;

async function kindOf(path: string): Promise<Kind> {
  return stat(path).then(
    (found) => (found.isDirectory() ? "folder" : found.isFile() ? "file" : "other"),
    () => undefined,
  );
}

/** The nearest folder above a place has to be there, and to take new entries. */
async function checkWritable(path: string): Promise<void> {
  let folder = dirname(resolve(path));
  for (let kind = await kindOf(folder); kind !== "folder"; kind = await kindOf(folder)) {
    if (kind !== undefined) {
      throw new InputError(
        `Cannot write ${path}: found no folder but a file ${folder}, wanted a folder`,
      );
    }
    folder = dirname(folder);
  }
  await access(folder, constants.W_OK).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
}

/** Whether an output path names one file that is not DICOM, such as `volume.nii.gz`. */
export async function namesFile(path: string): Promise<boolean> {
  const format = await formatOfName(path);
  return format !== undefined && format.name !== "dicom";
}

/**
 * Where a result goes: into an existing folder under the input's name, else to the path itself.
 *
 * @throws InputError when that is the input itself, has an unknown ending or is there already
 */
export async function outputFile(
  output: string,
  inputPath: string,
  options: OutputOptions = {},
): Promise<string> {
  const folder = (await kindOf(output)) === "folder" || /[/\\]$/.test(output);
  const path = folder ? join(output, basename(inputPath)) : output;
  const ending = /\.[a-z][a-z0-9]{0,5}$/i.exec(basename(path))?.[0];
  // Scanners leave the ending out, or write a UID; such names take the input's format.
  if (ending !== undefined && (await formatOfName(path)) === undefined) {
    throw await notWritten(path, undefined);
  }
  await checkPlaces([{ path, option: "output" }], { ...options, inputs: [inputPath] });
  return path;
}

/** Which entries of a folder the same workflow wrote; then it may write them again. */
export type Own = (names: readonly string[]) => boolean;

/**
 * Refuses a folder that holds anything, unless the same workflow made it or `force` is given.
 *
 * @throws InputError for a file, or a folder with entries
 */
export async function checkFolder(
  path: string,
  { force = false, own = () => false }: OutputOptions & { readonly own?: Own } = {},
): Promise<void> {
  const kind = await kindOf(path);
  if (kind === undefined) return checkWritable(path);
  if (kind !== "folder") {
    throw new InputError(`Cannot write ${path}: found a file, wanted a new or empty folder`);
  }
  await clearLeftovers(path);
  const names = await readdir(path).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
  if (names.length > 0 && !force && !own(names)) {
    throw new InputError(
      `Cannot write ${path}: found a folder with ${names.length} ${names.length === 1 ? "entry" : "entries"}, wanted a new or empty folder, or option force to write into it`,
    );
  }
  await access(path, constants.W_OK).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
}

/**
 * Fills a new folder, which appears with all its files or not at all. Into a folder that has entries the
 * files are moved one by one; what else lies there stays.
 *
 * @param fill gets the temporary folder to write into
 * @throws InputError as `checkFolder`
 */
export async function writeFolder<T>(
  path: string,
  fill: (folder: string) => Promise<T>,
  options: OutputOptions & { readonly own?: Own } = {},
): Promise<T> {
  await checkFolder(path, options);
  const target = resolve(path);
  return withParents(path, async () => {
    await clearLeftovers(dirname(target));
    const part = temporaryName(target);
    await mkdir(part, { mode: 0o700 }).catch((error: unknown) => {
      throw writeFailure(path, error);
    });
    try {
      const result = await fill(part);
      await place(part, target);
      return result;
    } finally {
      await rm(part, { recursive: true, force: true });
    }
  });
}

async function place(part: string, target: string): Promise<void> {
  const names = await readdir(target).catch(() => undefined);
  if (names === undefined || names.length === 0) {
    if (names !== undefined) await rmdir(target);
    await rename(part, target).catch(async (error: unknown) => {
      if (names !== undefined) await makeFolders(target);
      throw writeFailure(target, error);
    });
    return;
  }
  for (const name of await walkFolder(part)) {
    const path = join(target, name);
    await makeFolders(dirname(path))
      .then(() => rename(join(part, name), path))
      .catch((error: unknown) => {
        throw writeFailure(path, error);
      });
  }
}

/** Makes the folders above a place for some writing; where that fails they go again. */
export async function withParents<T>(path: string, write: () => Promise<T>): Promise<T> {
  const parent = dirname(resolve(path));
  const first = await makeFolders(parent);
  try {
    return await write();
  } catch (error) {
    if (first !== undefined) {
      const below = relative(dirname(first), parent).split(sep);
      for (; below.length > 0; below.pop()) {
        // Whatever another process put there stays.
        await rmdir(join(dirname(first), ...below)).catch(() => undefined);
      }
    }
    throw error;
  }
}

/** Writes files that belong together, and the folders above them. */
export async function writeFiles(
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
): Promise<void> {
  const [first, ...rest] = files;
  if (first === undefined) return;
  await withParents(first.path, async () => {
    for (const { path } of rest) await makeFolders(dirname(path));
    await writeWhole(files);
  });
}

/** Writes a picture that was drawn as SVG, as its name ends: `.svg` or `.png`. */
export async function writePicture(path: string, svg: string): Promise<void> {
  const { svgPng } = await import("../figures/index.ts");
  const png = /\.png$/i.test(path);
  await writeFiles([{ path, bytes: png ? await svgPng(svg) : new TextEncoder().encode(svg) }]);
}

/** @throws InputError when a picture's name has no ending that says what to draw */
export function checkPicture(path: string | undefined): void {
  if (path !== undefined && !/\.(png|svg)$/i.test(path)) {
    throw new InputError(`Cannot draw ${path}: found no known ending, wanted .png or .svg`);
  }
}
