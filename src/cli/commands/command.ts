/**
 * What a command is: a file `NAME.ts` of this folder that exports one `Command`, described as data,
 * so that parsing, `--help`, suggestions and the documentation come from one table.
 *
 * A command hands its words to a workflow and shows what comes back. It never touches `process`: it
 * prints through its context and throws an error of `core/errors.ts` when it cannot go on.
 */
import type { WorkOptions } from "../../core/progress.ts";
import type { Options, ValuesOf } from "../options.ts";
import type { Column } from "../table.ts";

export interface CommandContext {
  /**
   * For everything that takes long: a signal raised by Ctrl-C, SIGTERM and SIGHUP, and progress on stderr, as
   * a bar, as lines where stderr is no terminal, or as JSON lines with `--json`.
   */
  readonly work: Readonly<Required<WorkOptions>>;
  /** The line that was typed, quoted for a shell, for reports that say how to make them again. */
  readonly commandLine: string;
  /** How the program that runs is called, for those who start it again elsewhere. */
  readonly program: readonly string[];
  /** Prints a line for people on stdout. Control characters in it are shown, not sent. */
  print(line?: string): void;
  /** Prints a text of several lines for people on stdout. */
  printText(text: string): void;
  /**
   * Prints an aligned table for people on stdout, no wider than the terminal; none where there are no rows. An empty
   * line stands between two tables.
   */
  table<R>(rows: readonly R[], columns: readonly Column<NoInfer<R>>[]): void;
  /** Prints a line on stderr that starts with `note:`; silent with `--quiet`, and the second time. */
  note(line: string): void;
  /** The work is done and its answer is no: exit code 1 after the result. */
  fail(): void;
}

interface Described<A extends Options, O extends Options> {
  /** File name and the word on the command line. */
  readonly name: string;
  /** One line for `dprime --help`, a plain double-quoted string (it is read from the source). */
  readonly summary: string;
  /** Paragraphs for `dprime NAME --help`, wrapped when shown; lines that begin with a space stay lines. */
  readonly description?: string;
  /** In their order, by kebab-case or camelCase name; only the last may take several words. */
  readonly arguments: A;
  /**
   * By camelCase name, on the command line in kebab-case. Every command also has `--json`, `--quiet`,
   * `--debug` and `--help`. Arguments and options that are marked as pipes arrive as paths of files where the user
   * wrote `-`.
   */
  readonly options: O;
  /** Command lines, each with what it does. */
  readonly examples: Readonly<Record<string, string>>;
}

interface Typed<A extends Options, O extends Options> extends Described<A, O> {
  /**
   * @returns the command's one JSON document, printed when `--json` was given. NaN and infinities become
   *   the strings "NaN", "Infinity" and "-Infinity". Its `notes`, where it has some, are printed for people too.
   */
  run(values: ValuesOf<A> & ValuesOf<O>, context: CommandContext): Promise<object>;
}

/** A command as the command line sees it: its values are typed where it is written. */
export interface Command extends Described<Options, Options> {
  run(values: Readonly<Record<string, unknown>>, context: CommandContext): Promise<object>;
}

/** Types the values of a command by its arguments and options. */
export function command<const A extends Options, const O extends Options>(
  typed: Typed<A, O>,
): Command {
  return {
    ...typed,
    // `readValues` fills exactly the names that the command declares, each by its own option.
    run: (values, context) => typed.run(values as ValuesOf<A> & ValuesOf<O>, context),
  };
}
