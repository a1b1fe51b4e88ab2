/** `-` in place of a path: standard input and standard output by way of temporary files. */
import { InputError } from "../core/errors.ts";
import { isFolder } from "../files/files-disk.ts";
import { withSpooled } from "../files/spooled.ts";
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
 * Runs a command on paths of files in place of `-`.
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
  const inputs = named("input").flatMap((name) => pathsIn(values[name]));
  const reads = inputs.filter((path) => path === "-").length;
  const writes = named("output").some((name) => values[name] === "-");
  if (reads === 0 && !writes) return work(values);
  if (reads > 1) throw new InputError("Cannot read standard input: found - twice, wanted it once");
  if (writes && pipes.json) {
    throw new InputError(
      "Cannot write to standard output: found -o - and --json, wanted one of them",
    );
  }
  for (const input of writes ? inputs : []) {
    if (await isFolder(input)) {
      throw new InputError(
        `Cannot write to standard output: found the folder ${input}, whose result is a folder too, wanted a file`,
      );
    }
  }
  const { signal } = pipes;
  const input = reads > 0 ? pipes.input() : undefined;
  const output = writes ? (bytes: Uint8Array) => pipes.write(bytes) : undefined;
  return withSpooled({ input, output, signal }, async (paths) => {
    if (writes) pipes.claimOutput();
    const replaced = (["input", "output"] as const).flatMap((pipe) =>
      named(pipe).map((name) => [name, withPath(values[name], paths[pipe])] as const),
    );
    return work({ ...values, ...Object.fromEntries(replaced) });
  });
}

/** The paths of a value: itself, or its items. */
const pathsIn = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.flatMap((item) => pathsIn(item))
    : typeof value === "string"
      ? [value]
      : [];

/** A value, or the items of one, with a file's path in place of `-`. */
function withPath(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withPath(item, path));
  return value === "-" ? path : value;
}
