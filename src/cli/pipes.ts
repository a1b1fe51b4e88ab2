/** `-` in place of a path: standard input and standard output by way of temporary files. */
import { createWriteStream } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createReadStream } from "node:fs";
import { InputError } from "../core/errors.ts";
import type { CommandContext } from "./commands/command.ts";

interface Paths {
  readonly input: string;
  readonly output?: string;
}

/**
 * Runs work on paths, each of which may be `-`. Formats are found by what is in the file, so that a pipe needs
 * no name; what was written goes to standard output as it is, and words for people to standard error.
 *
 * @throws InputError when the result is no single file, or `--json` asks for standard output too
 */
export async function withPipes<P extends Paths, R>(
  paths: P,
  context: CommandContext,
  work: (paths: P) => Promise<R>,
): Promise<R> {
  const { input, output } = paths;
  if (input !== "-" && output !== "-") return work(paths);
  if (output === "-" && context.json) {
    throw new InputError(
      "Cannot print to standard output: found -o - and --json, wanted one of them",
    );
  }
  if (output === "-" && (await isFolder(input))) {
    throw new InputError(
      `Cannot write to standard output: found the folder ${input}, whose result is a folder too, wanted a file`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "dprime-pipe-"));
  try {
    const given = join(folder, "standard-input");
    const made = join(folder, "result", "standard-output");
    if (input === "-") {
      await pipeline(Readable.from(context.pipes.input()), createWriteStream(given), {
        signal: context.work.signal,
      });
    }
    if (output === "-") context.pipes.claimOutput();
    const result = await work({
      ...paths,
      input: input === "-" ? given : input,
      ...(output === "-" ? { output: made } : {}),
    });
    if (output === "-") {
      const files = await readdir(join(folder, "result"));
      if (files.length !== 1) {
        throw new InputError(
          `Cannot write to standard output: found a format of ${files.length} files, wanted one of a single file`,
        );
      }
      for await (const part of createReadStream(join(folder, "result", files[0]!))) {
        await context.pipes.write(part as Uint8Array);
      }
    }
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
