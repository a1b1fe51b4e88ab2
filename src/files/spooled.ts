/** Bytes that flow in and out, as files while somebody works on them: formats read and write in any order. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { InputError } from "../core/errors.ts";

export interface Spooled {
  /** Bytes that become a file before the work. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
  /** Takes the bytes of the file that the work wrote, part by part. */
  readonly output?: ((bytes: Uint8Array) => Promise<void>) | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Runs work on paths of temporary files, which go afterwards. Their names have no extension: formats are found by
 * content.
 *
 * @throws InputError when the work wrote more files than one, or none
 */
export async function withSpooled<R>(
  { input, output, signal }: Spooled,
  work: (paths: { readonly input: string; readonly output: string }) => Promise<R>,
): Promise<R> {
  const folder = await mkdtemp(join(tmpdir(), "dprime-pipe-"));
  try {
    const paths = { input: join(folder, "input"), output: join(folder, "result", "output") };
    await mkdir(join(folder, "result"));
    if (input !== undefined) {
      await pipeline(Readable.from(input), createWriteStream(paths.input), { signal });
    }
    const result = await work(paths);
    if (output !== undefined) {
      const files = await readdir(join(folder, "result"));
      if (files.length !== 1) {
        throw new InputError(
          `Cannot hand on what was written: found ${files.length} files, wanted a format of a single one`,
        );
      }
      for await (const part of createReadStream(join(folder, "result", files[0]!))) {
        await output(part as Uint8Array);
      }
    }
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
