/**
 * What a command is: a file `NAME.ts` of this folder that exports one `Command`, described as data,
 * so that parsing, `--help`, suggestions and the documentation come from one table.
 *
 * A command never touches `process`: it reads its values from the context, prints through it, and
 * throws an error of `core/errors.ts` when it cannot go on.
 */
import type { ProgressListener } from "../../core/progress.ts";
import type { Column, TableRow } from "../table.ts";

interface Described {
  /** Name in kebab-case without dashes, as in `--pixel-spacing`. */
  readonly name: string;
  /** One line without a final period. Defaults, units, ranges and choices are added to it in the help. */
  readonly about: string;
}

export interface ArgumentSpec extends Described {
  /** Absent means required. */
  readonly optional?: boolean;
  /** Takes all that follows; only the last argument may. */
  readonly many?: boolean;
}

interface OptionBase extends Described {
  /** One letter, as in `-o`. */
  readonly short?: string;
  /** The command cannot run without it. */
  readonly required?: boolean;
  /** May be given several times; read it by `list`. */
  readonly repeat?: boolean;
}

export interface NumberOption extends OptionBase {
  readonly type: "number" | "integer";
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly default?: number;
}

export interface TextOption extends OptionBase {
  readonly type: "text";
  /** What the help shows for the value, such as `FILE`; `NAME=VALUE` is checked and read by `pairs`. */
  readonly placeholder: string;
  readonly default?: string;
}

export interface ChoiceOption extends OptionBase {
  readonly type: "choice";
  readonly choices: readonly string[];
  readonly default?: string;
}

export interface FlagOption extends OptionBase {
  readonly type: "flag";
}

export type OptionSpec = NumberOption | TextOption | ChoiceOption | FlagOption;

/**
 * What the user gave, already checked against the specs. Names are kebab-case, as declared; asking
 * for a name that the command does not declare, or as another type, is a programming error and throws.
 */
export interface Values {
  /** Value of an argument, a text option or a choice; absent when not given and without a default. */
  text(name: string): string | undefined;
  /** The same where a value is sure to be there: required, or with a default. */
  need(name: string): string;
  number(name: string): number | undefined;
  flag(name: string): boolean;
  /** Values of a `many` argument or a `repeat` option; empty when not given. */
  list(name: string): readonly string[];
  /** A `repeat` option of the form `name=value`, as an object. */
  pairs(name: string): Readonly<Record<string, string>>;
}

export interface CommandContext {
  readonly values: Values;
  /** Raised by Ctrl-C and SIGTERM. Hand it to everything that takes long. */
  readonly signal: AbortSignal;
  /** Draws the progress bar on stderr (JSON lines when stderr is no terminal, nothing with `--quiet`). */
  readonly onProgress: ProgressListener;
  /** Whether `--json` was given; `print` and `table` are silent then. */
  readonly json: boolean;
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Prints a line for people on stdout. */
  print(line?: string): void;
  /** Prints an aligned table for people on stdout. */
  table(columns: readonly Column[], rows: readonly TableRow[]): void;
  /** Prints a line on stderr that starts with `note:`; silent with `--quiet`. */
  note(line: string): void;
  /**
   * The command's one JSON document, printed when `--json` was given. Call it exactly once, at the
   * end. NaN and infinities become the strings "NaN", "Infinity" and "-Infinity".
   */
  result(document: unknown): void;
}

export interface Command {
  /** File name and the word on the command line. */
  readonly name: string;
  /** One line for `dprime --help`, a plain double-quoted string (it is read from the source). */
  readonly summary: string;
  /** Some sentences for `dprime NAME --help`. */
  readonly description?: string;
  readonly arguments: readonly ArgumentSpec[];
  /** Every command also has `--json`, `--quiet`, `--debug` and `--help`. */
  readonly options: readonly OptionSpec[];
  readonly examples: readonly { readonly line: string; readonly about: string }[];
  /** Resolves when done; throws when not. May return an exit code other than 0 for a failed check. */
  run(context: CommandContext): Promise<void | number>;
}
