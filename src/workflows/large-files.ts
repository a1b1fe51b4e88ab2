/** Which files and series are read a few planes at a time. */
import { stat } from "node:fs/promises";
import { FormatError, messageOf } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { openSlabs } from "../files/files-slabs.ts";

/** The most voxels that are held at once. */
const mostVoxels = 2 ** 28;

/**
 * Whether a file, or a folder with one series, that can be read slab by slab has more voxels than are
 * held at once.
 */
export async function isTooLarge(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || (found.isFile() && found.size < 2 ** 20)) return false;
  const slabs = await openSlabs(path).catch(() => undefined);
  await slabs?.close();
  return slabs !== undefined && sizeOf(slabs.image.shape) > mostVoxels;
}

/** Whether a file was refused for its size alone. */
export function saysTooLarge(error: unknown): boolean {
  return error instanceof FormatError
    ? error.kind === "too-large"
    : /slab by slab/.test(messageOf(error));
}
