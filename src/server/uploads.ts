/** Files that a page sends, one request each, into a folder of their own. */
import { open, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError } from "../core/errors.ts";
import { isBelow } from "./folders.ts";

export interface UploadLimits {
  readonly fileBytes: number;
  readonly totalBytes: number;
  readonly files: number;
}

export const uploadLimits: UploadLimits = {
  fileBytes: 4 * 2 ** 30,
  totalBytes: 16 * 2 ** 30,
  files: 20_000,
};

/** What a file's path may be: relative, and nothing that leaves the folder or hides. */
export function checkedPath(path: string): string {
  const parts = path.split("/");
  const bad =
    path.length > 1000 ||
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\\\0-\x1f]/.test(path) ||
    parts.some((part) => part === "" || part === "." || part === ".." || part.length > 255);
  if (bad) {
    throw new InputError(
      "Cannot take the file: found a path that is none inside of a folder, wanted names with / between them",
    );
  }
  return path;
}

export class TooLarge extends InputError {}

/**
 * Writes a file as it comes.
 *
 * @throws TooLarge as soon as it is; nothing of it stays then
 */
export async function takeFile(
  body: ReadableStream<Uint8Array> | null,
  {
    folder,
    path,
    limit,
  }: { readonly folder: string; readonly path: string; readonly limit: number },
): Promise<number> {
  const target = join(folder, checkedPath(path));
  if (!isBelow(folder, target)) throw new InputError("Cannot take the file: found a path outside");
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const file = await open(target, "wx", 0o600);
  let bytes = 0;
  try {
    const reader = body?.getReader();
    for (;;) {
      const part = await reader?.read();
      if (part === undefined || part.done) break;
      bytes += part.value.length;
      if (bytes > limit) {
        await reader?.cancel();
        throw new TooLarge(
          `Cannot take the file: found more than ${limit} bytes, wanted at most that many; open its folder with dprime workbench FOLDER`,
        );
      }
      await file.writeFile(part.value);
    }
    return bytes;
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
