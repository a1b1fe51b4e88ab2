/** The command line without a process: words and effects in, exit code out. */
import { InputError } from "../core/errors.ts";
import { type FailureKind, failureOf } from "../core/failure.ts";
import { nearestNames } from "../core/nearest-names.ts";
import { visibleLines, visibleText } from "../core/visible-text.ts";
import { catalogue } from "./commands/catalogue.ts";
import type { Command, CommandContext } from "./commands/command.ts";
import { summaries } from "./commands/summaries.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { jsonText } from "../core/json-text.ts";
import { kebab } from "./kebab.ts";
import { type Parsed, parseWords, readValues } from "./parse.ts";
import { withArchives } from "./archive-paths.ts";
import { type Pipes, withPipes } from "./pipes.ts";
import { progressBar } from "./progress-bar.ts";
import { tableLines } from "./table.ts";

/** Everything that a command line does to the world around it. */
export interface Effects {
  out(text: string): void;
  err(text: string): void;
  /** Whether stderr is a terminal, and how many columns lines may take. */
  readonly terminal: { readonly isTerminal: boolean; readonly columns: number };
  /** Whether a person types and reads: standard input and output are terminals. */
  readonly interactive?: boolean;
  readonly signal: AbortSignal;
  /** Bytes of standard input, and bytes to standard output: what the path `-` stands for. */
  readonly bytes?: {
    input(): AsyncIterable<Uint8Array>;
    output(bytes: Uint8Array): Promise<void>;
  };
  /** Milliseconds, monotonic. */
  now(): number;
  version(): string;
  /** How the program that runs is called, for those who start it again elsewhere; `dprime` when absent. */
  readonly program?: readonly string[];
  /** Hands on what the process is warned of, such as a part that is not installed; returns an undo. */
  readonly onWarning?: (listener: (message: string) => void) => () => void;
  /** Commands by name; the catalogue of `commands/` unless a test brings its own. */
  readonly commands?: {
    readonly catalogue: Readonly<Record<string, () => Promise<Command>>>;
    readonly summaries: Readonly<Record<string, string>>;
  };
}

const exitCodes: Readonly<Record<FailureKind, number>> = {
  failed: 1,
  input: 2,
  format: 2,
  cancelled: 130,
};

/** Runs one command line (words after `dprime`) and resolves to the exit code. */
export async function runCommandLine(words: readonly string[], effects: Effects): Promise<number> {
  const members = effects.commands ?? { catalogue, summaries };
  const { columns } = effects.terminal;
  let called: string | undefined;
  try {
    // Whoever types the bare name in a terminal wants to look; a script gets the help.
    const bare = words.length === 0 && effects.interactive === true;
    const [first, ...rest] = bare ? ["workbench"] : words;
    if (first === "-V" || first === "--version") {
      effects.out(`${effects.version()}\n`);
      return 0;
    }
    const asksHelp = first === "help";
    const name = asksHelp ? rest.find((word) => !word.startsWith("-")) : first;
    if (name === undefined || name === "-h" || name === "--help") {
      effects.out(generalHelp(members.summaries, columns));
      return 0;
    }
    const open = Object.hasOwn(members.catalogue, name) ? members.catalogue[name] : undefined;
    if (open === undefined) throw unknownCommand(name, Object.keys(members.catalogue));
    called = name;
    const surplus = asksHelp ? rest.filter((word) => !word.startsWith("-")).slice(1) : [];
    if (surplus.length > 0) {
      throw new InputError(
        `Cannot show help: found ${surplus.join(" ")} after the command ${name}, wanted one command`,
      );
    }
    const command = await open();
    const parsed = asksHelp ? undefined : parseWords(command, rest);
    if (parsed === undefined || parsed.shared.help) {
      effects.out(commandHelp(command, columns));
      return 0;
    }
    return await act(command, parsed, { ...effects, words });
  } catch (error) {
    const who = called === undefined ? "dprime" : `dprime ${called}`;
    const failure = failureOf(error);
    const exitCode = exitCodes[failure.kind];
    // Also where the words could not be parsed: whoever asked for JSON reads JSON.
    if (words.includes("--json")) {
      effects.out(`${jsonText({ command: called ?? null, error: { exitCode, ...failure } }, 2)}\n`);
    }
    const debug = words.includes("--debug");
    // Nobody foresaw it, so that only its stack says more.
    const more = !debug && failure.message.endsWith("(unexpected)") ? "; --debug shows where" : "";
    effects.err(`${who}: ${failure.message}${more}\n`);
    if (debug && error instanceof Error) {
      effects.err(`${visibleLines(stackOf(error))}\n`);
    }
    return exitCode;
  }
}

function unknownCommand(name: string, known: readonly string[]): InputError {
  if (name.startsWith("-")) {
    return new InputError(
      `Cannot run: found option ${name} before a command, wanted a command that "dprime --help" lists`,
    );
  }
  const near = nearestNames(name, known);
  return new InputError(
    `Cannot run: found unknown command ${name}, wanted ${near.length > 0 ? near.join(" or ") : 'one that "dprime --help" lists'}`,
  );
}

/** Words as a shell takes them. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

async function act(
  command: Command,
  parsed: Parsed,
  effects: Effects & { readonly words: readonly string[] },
): Promise<number> {
  const { json, quiet } = parsed.shared;
  const { isTerminal, columns } = effects.terminal;
  const bar = quiet
    ? undefined
    : progressBar({
        write: (text) => effects.err(text),
        kind: isTerminal ? "bar" : json ? "json" : "lines",
        columns,
        now: () => effects.now(),
      });
  let code = 0;
  let forPeople = (text: string): void => effects.out(text);
  let tableBefore = false;
  const say = (text: string, isTable = false): void => {
    bar?.clear();
    if (!json) forPeople(tableBefore && isTable ? `\n${text}` : text);
    tableBefore = isTable;
  };
  const noPipes = (): never => {
    throw new InputError("Cannot use -: found no standard input and output here, wanted a path");
  };
  const pipes: Pipes = {
    signal: effects.signal,
    json,
    input: () => effects.bytes?.input() ?? noPipes(),
    write: async (bytes) => effects.bytes?.output(bytes) ?? noPipes(),
    claimOutput: () => void (forPeople = quiet ? () => {} : (text) => effects.err(text)),
  };
  const told = new Set<string>();
  const note = (line: string): void => {
    bar?.clear();
    if (!quiet && !told.has(line)) effects.err(`note: ${visibleText(inOptions(line, command))}\n`);
    told.add(line);
  };
  const context: CommandContext = {
    work: { signal: effects.signal, onProgress: (progress) => bar?.listen(progress) },
    program: effects.program ?? ["dprime"],
    commandLine: ["dprime", ...effects.words.map(quoted)].join(" "),
    print: (line = "") => say(`${visibleText(line)}\n`),
    printText: (text) => say(`${visibleLines(text).replace(/\n$/, "")}\n`),
    table(rows, titled) {
      if (rows.length > 0) say(`${tableLines(rows, titled, columns).join("\n")}\n`, true);
    },
    note,
    fail: () => void (code = 1),
  };
  const stopListening = effects.onWarning?.(note);
  try {
    const values = readValues(command, parsed);
    const document = await withArchives(command, { values, work: context.work, note }, (local) =>
      withPipes(command, { values: local, pipes }, (piped) => command.run(piped, context)),
    );
    bar?.clear();
    if ("notes" in document && Array.isArray(document.notes)) document.notes.forEach(note);
    // A JSON Schema is printed as it is.
    const named = "$schema" in document ? document : { command: command.name, ...document };
    if (json) effects.out(`${jsonText(named, 2)}\n`);
    return code;
  } catch (error) {
    if (error instanceof Error) error.message = inOptions(error.message, command);
    throw error;
  } finally {
    stopListening?.();
    bar?.clear();
  }
}

/** Workflows name their options as they are in code; the user knows them as they are on the command line. */
const inOptions = (text: string, { options }: Command): string =>
  text.replace(/\boption ([A-Za-z]+)\b/g, (found, name: string) =>
    Object.hasOwn(options, name) ? `--${kebab(name)}` : found,
  );

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
