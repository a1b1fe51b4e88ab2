/** The command line without a process: words and effects in, exit code out. */
import { Command as Parser, CommanderError, Option } from "commander";
import { InputError } from "../core/errors.ts";
import { catalogue } from "./commands/catalogue.ts";
import type { ArgumentSpec, Command, CommandContext, OptionSpec } from "./commands/command.ts";
import { summaries } from "./commands/summaries.ts";
import { failureOf } from "./failure.ts";
import { progressBar } from "./progress-bar.ts";
import { tableLines } from "./table.ts";
import { numberText, readValues } from "./values.ts";

/** Everything that a command line does to the world around it. */
export interface Effects {
  out(text: string): void;
  err(text: string): void;
  /** Whether stderr is a terminal, and how wide it is. */
  readonly terminal: { readonly isTerminal: boolean; readonly columns: number };
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Milliseconds, monotonic. */
  now(): number;
  version(): string;
  /** Hands on what the process is warned of, such as a part that is not installed; returns an undo. */
  readonly onWarning?: (listener: (message: string) => void) => () => void;
  /** Commands by name; the catalogue of `commands/` unless a test brings its own. */
  readonly commands?: {
    readonly catalogue: Readonly<Record<string, () => Promise<Command>>>;
    readonly summaries: Readonly<Record<string, string>>;
  };
}

/** Runs one command line (words after `dprime`) and resolves to the exit code. */
export async function runCommandLine(words: readonly string[], effects: Effects): Promise<number> {
  const members = effects.commands ?? { catalogue, summaries };
  const debug = words.includes("--debug");
  const called = calledCommand(words, members.catalogue);
  let code = 0;
  try {
    const command = called === undefined ? undefined : await members.catalogue[called]!();
    const parser = program(members.summaries, effects);
    if (command !== undefined) {
      const sub = parser.commands.find((c) => c.name() === command.name)!;
      declare(sub, command);
      sub.action(async () => {
        code = await act(sub, command, effects);
      });
    }
    if (words.length === 0) {
      effects.out(parser.helpInformation());
      return 0;
    }
    await parser.parseAsync([...words], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const who = called === undefined ? "dprime" : `dprime ${called}`;
    const failure = failureOf(
      error instanceof CommanderError ? new InputError(misuse(error, who)) : error,
    );
    effects.err(`${who}: ${failure.line}\n`);
    if (debug && error instanceof Error) effects.err(`${stackOf(error)}\n`);
    return failure.code;
  }
}

function calledCommand(
  words: readonly string[],
  known: Readonly<Record<string, unknown>>,
): string | undefined {
  const operands = words.filter((word) => !word.startsWith("-"));
  const name = operands[0] === "help" ? operands[1] : operands[0];
  return name !== undefined && Object.hasOwn(known, name) ? name : undefined;
}

function program(summaryOf: Readonly<Record<string, string>>, effects: Effects): Parser {
  const parser = new Parser("dprime")
    .description("Denoise medical images and measure what an observer can still do with them.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => effects.out(text),
      writeErr: (text) => effects.err(text),
      outputError: () => {},
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError(true)
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .option("--version", "show the version")
    .on("option:version", () => {
      effects.out(`${effects.version()}\n`);
      throw new CommanderError(0, "dprime.version", "");
    });
  for (const [name, summary] of Object.entries(summaryOf)) {
    parser.command(name).description(summary);
  }
  parser.addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed, 2 misuse or bad input, 130 cancelled.\nFor research use only; not a medical device.",
  );
  return parser;
}

function declare(parser: Parser, command: Command): void {
  parser.description(
    command.description === undefined
      ? command.summary
      : `${command.summary}\n\n${command.description}`,
  );
  for (const argument of command.arguments) parser.argument(argumentText(argument), argument.about);
  for (const option of command.options) parser.addOption(optionOf(option));
  parser.option("--json", "print one JSON document on stdout");
  parser.option("--quiet", "no progress and no notes on stderr");
  parser.option("--debug", "show the stack of an error");
  if (command.examples.length > 0) {
    parser.addHelpText(
      "after",
      `\nExamples:\n${command.examples.map((e) => `  $ ${e.line}\n      ${e.about}`).join("\n")}`,
    );
  }
}

function argumentText({ name, optional, many }: ArgumentSpec): string {
  const text = `${name}${many ? "..." : ""}`;
  return optional ? `[${text}]` : `<${text}>`;
}

function optionOf(spec: OptionSpec): Option {
  const value =
    spec.type === "flag"
      ? ""
      : spec.type === "text"
        ? ` <${spec.placeholder}>`
        : spec.type === "choice"
          ? " <name>"
          : ` <${spec.type === "integer" ? "n" : "x"}>`;
  const extra: string[] = [];
  if (spec.type === "choice") extra.push(`one of ${spec.choices.join(", ")}`);
  if (spec.type === "number" || spec.type === "integer") extra.push(numberText(spec));
  if (spec.type !== "flag" && spec.default !== undefined) extra.push(`default ${spec.default}`);
  if (spec.repeat) extra.push("may be repeated");
  const about = extra.length === 0 ? spec.about : `${spec.about} (${extra.join("; ")})`;
  const option = new Option(
    `${spec.short === undefined ? "" : `-${spec.short}, `}--${spec.name}${value}`,
    about,
  ).makeOptionMandatory(spec.required === true);
  if (spec.repeat) {
    option.argParser((word: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      word,
    ]);
  }
  return option;
}

async function act(parser: Parser, command: Command, effects: Effects): Promise<number> {
  const given: Record<string, unknown> = parser.opts();
  const raw: Record<string, string | readonly string[] | boolean | undefined> = {};
  command.arguments.forEach(({ name }, i) => {
    raw[name] = parser.processedArgs[i] as string | readonly string[] | undefined;
  });
  for (const { name } of command.options) {
    raw[name] = given[camel(name)] as string | readonly string[] | boolean | undefined;
  }
  const json = given["json"] === true;
  const quiet = given["quiet"] === true;
  const bar = quiet
    ? undefined
    : progressBar({
        write: (text) => effects.err(text),
        ...effects.terminal,
        now: () => effects.now(),
      });
  let documents = 0;
  const context: CommandContext = {
    values: readValues(command, raw),
    signal: effects.signal,
    onProgress: (progress) => bar?.listen(progress),
    json,
    environment: effects.environment,
    print(line = "") {
      bar?.clear();
      if (!json) effects.out(`${line}\n`);
    },
    table(columns, rows) {
      bar?.clear();
      if (!json) effects.out(`${tableLines(columns, rows).join("\n")}\n`);
    },
    note(line) {
      bar?.clear();
      if (!quiet) effects.err(`note: ${line}\n`);
    },
    result(document) {
      documents++;
      bar?.clear();
      if (json && documents === 1) effects.out(`${JSON.stringify(document, jsonNumber, 2)}\n`);
    },
  };
  const stopListening = effects.onWarning?.((message) => context.note(message));
  try {
    const code = (await command.run(context)) ?? 0;
    if (documents !== 1) {
      throw new Error(`command ${command.name} gave ${documents} results instead of one`);
    }
    return code;
  } finally {
    stopListening?.();
    bar?.clear();
  }
}

/** JSON has no NaN and no infinities; `null` would hide which it was. */
function jsonNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

const camel = (name: string): string =>
  name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Commander's message as found and wanted. */
function misuse(error: CommanderError, who: string): string {
  const [first = "", hint] = error.message.replace(/^error: /, "").split("\n");
  const near = hint === undefined ? undefined : /Did you mean (?:one of )?(.+)\?/.exec(hint)?.[1];
  const found = first.replaceAll("'", "");
  const wanted = near ?? `what "${who} --help" lists`;
  switch (error.code) {
    case "commander.missingArgument":
    case "commander.missingMandatoryOptionValue":
      return `Cannot run: found ${found.replace(/ not specified$/, "").replace(/^(missing )?required /, "no ")}, wanted one (see "${who} --help")`;
    case "commander.optionMissingArgument":
      return `Cannot run: found no value for ${found.replace(/ argument missing$/, "").replace(/^option /, "")}, wanted one`;
    case "commander.excessArguments":
      return `Cannot run: found ${found.replace(/^too many arguments( for \S+)?\. ?/, "too many arguments; ")}`;
    default:
      return `Cannot run: found ${found}, wanted ${wanted}`;
  }
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
