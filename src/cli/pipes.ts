/** `-` in place of a path: standard input and standard output by way of temporary files. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { InputError } from "../core/errors.ts";
import type { Command } from "./commands/command.ts";

/** Standard input and output as bytes. */
export interface Pipes {
  readonly signal: AbortSignal;
  /** Whether standard output is kept for a JSON document. */
  readonly json: boolean;
  input(): AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  /** Keeps standard output for bytes: what is printed for people goes to stderr from now on. */
  claimOutput(): void;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Runs a command on paths of files in place of `-`. Formats are found by what is in the file, so that a pipe needs
 * no name; what was written goes to standard output as it is, and words for people to standard error.
 *
 * @throws InputError when the result is no single file, or `--json` asks for standard output too
 */
export async function withPipes<R>(
  command: Command,
  { values, pipes }: { readonly values: Values; readonly pipes: Pipes },
  work: (values: Values) => Promise<R>,
): Promise<R> {
  const options = Object.entries({ ...command.arguments, ...command.options });
  const named = (pipe: "input" | "output") =>
    options.flatMap(([name, option]) => (option.pipe === pipe ? [name] : []));
  const given = (names: readonly string[]) => names.flatMap((name) => values[name] ?? []);
  const inputs = given(named("input"));
  const reads = inputs.filter((path) => path === "-").length;
  const writes = given(named("output")).includes("-");
  if (reads === 0 && !writes) return work(values);
  if (reads > 1) {
    throw new InputError("Cannot read standard input: found - twice, wanted it once");
  }
  if (writes && pipes.json) {
    throw new InputError(
      "Cannot write to standard output: found -o - and --json, wanted one of them",
    );
  }
  for (const input of writes ? inputs : []) {
    if (await isFolder(String(input))) {
      throw new InputError(
        `Cannot write to standard output: found the folder ${String(input)}, whose result is a folder too, wanted a file`,
      );
    }
  }
  const folder = await mkdtemp(join(tmpdir(), "dprime-pipe-"));
  try {
    const read = join(folder, "standard-input");
    const made = join(folder, "result", "standard-output");
    if (reads > 0) {
      const { signal } = pipes;
      await pipeline(Readable.from(pipes.input()), createWriteStream(read), { signal });
    }
    if (writes) pipes.claimOutput();
    const result = await work({
      ...values,
      ...replaced(values, named("input"), read),
      ...replaced(values, named("output"), made),
    });
    if (writes) {
      const files = await readdir(join(folder, "result"));
      if (files.length !== 1) {
        throw new InputError(
          `Cannot write to standard output: found a format of ${files.length} files, wanted one of a single file`,
        );
      }
      for await (const part of createReadStream(join(folder, "result", files[0]!))) {
        await pipes.write(part as Uint8Array);
      }
    }
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Values of these names, with a file's path in place of `-`. */
function replaced(values: Values, names: readonly string[], path: string): Values {
  const one = (value: unknown): unknown => (value === "-" ? path : value);
  return Object.fromEntries(
    names.map((name) => {
      const value = values[name];
      return [name, Array.isArray(value) ? value.map(one) : one(value)];
    }),
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
