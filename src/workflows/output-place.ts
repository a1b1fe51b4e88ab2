/** Where results go: looked at before the work, and filled whole or not at all. */
import { constants } from "node:fs";
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../core/errors.ts";
import { formatOfName, writeFailure } from "../files/files.ts";

/**
 * Looks at the place before the work, so that an hour is not lost to a mistyped folder.
 *
 * @throws InputError when the folder does not exist or cannot be written to
 */
export async function checkPlace(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new InputError(
      `Cannot write ${path}: found ${found === undefined ? "no folder" : "no folder but a file"} ${folder}, wanted an existing folder`,
    );
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
 * Where the result goes: into an existing folder under the input's name, else to the path itself.
 *
 * @throws InputError when that is the input itself
 */
export async function outputFile(output: string, inputPath: string): Promise<string> {
  const isFolder = await stat(output).then(
    (s) => s.isDirectory(),
    () => false,
  );
  const path = isFolder || /[/\\]$/.test(output) ? join(output, basename(inputPath)) : output;
  const ending = /\.[a-z][a-z0-9]{0,5}$/i.exec(basename(path))?.[0];
  // Scanners leave the ending out, or write a UID; such names take the input's format.
  if (ending !== undefined && (await formatOfName(path)) === undefined) {
    throw new InputError(
      `Cannot write ${path}: found the unknown ending ${ending}, wanted one of "dprime list formats"`,
    );
  }
  const same = await Promise.all([path, inputPath].map((p) => realpath(p).catch(() => resolve(p))));
  if (same[0] === same[1]) {
    throw new InputError(
      `Cannot write ${path}: found the input itself, wanted another file, so that the original stays`,
    );
  }
  return path;
}

/**
 * Fills a new folder, which appears with all its files or not at all.
 *
 * @param fill gets the temporary folder to write into
 * @throws InputError when the folder exists and is not empty
 */
export async function writeFolder<T>(
  path: string,
  fill: (folder: string) => Promise<T>,
): Promise<T> {
  const names = await readdir(path).catch((error: unknown) => {
    const code = (error as { code?: string }).code;
    if (code === "ENOENT") return undefined;
    if (code === "ENOTDIR") {
      throw new InputError(`Cannot write ${path}: found a file, wanted a new or empty folder`);
    }
    throw writeFailure(path, error);
  });
  if (names !== undefined && names.length > 0) {
    throw new InputError(
      `Cannot write ${path}: found a folder with ${names.length} entries, wanted a new or empty folder`,
    );
  }
  const target = resolve(path);
  const part = await mkdtemp(join(dirname(target), `.${basename(target)}.part-`)).catch(
    (error: unknown) => {
      throw writeFailure(path, error);
    },
  );
  try {
    const result = await fill(part);
    if (names !== undefined) await rmdir(target);
    await rename(part, target);
    return result;
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    if (names !== undefined) await mkdir(target, { recursive: true });
    throw error;
  }
}

/** Makes a folder with its parents. @throws InputError or RunError naming it */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
}
