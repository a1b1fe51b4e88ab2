/** Words of a command line sorted to the arguments and options of a command. */
import { InputError } from "../core/errors.ts";
import { nearestNames } from "../core/nearest-names.ts";
import type { Command } from "./commands/command.ts";
import { kebab } from "./kebab.ts";
import { flag, type Option } from "./options.ts";

/** Options that every command has. */
export const sharedOptions = {
  json: flag("print one JSON document on stdout"),
  quiet: flag("no progress and no notes on stderr"),
  debug: flag("show the stack of an error"),
  help: flag("show this help", { short: "h" }),
} as const satisfies Record<string, Option<boolean>>;

export interface Parsed {
  /** Words of every argument and option that was given, by their names in the command. */
  readonly words: ReadonlyMap<string, readonly string[]>;
  readonly shared: Readonly<Record<keyof typeof sharedOptions, boolean>>;
}

interface Known {
  readonly name: string;
  readonly option: Option<unknown>;
  /** What a flag written so says. */
  readonly says?: "no";
}

/** Options under everything that they may be written as. */
function spellings(command: Command): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const [name, option] of Object.entries({ ...command.options, ...sharedOptions })) {
    known.set(`--${kebab(name)}`, { name, option });
    if (option.negatable) known.set(`--no-${kebab(name)}`, { name, option, says: "no" });
    if (option.short !== undefined) known.set(`-${option.short}`, { name, option });
    const { formerly } = option;
    if (formerly !== undefined) {
      known.set(formerly.length === 1 ? `-${formerly}` : `--${formerly}`, { name, option });
    }
  }
  return known;
}

/**
 * @param given the words after the command's name
 * @throws InputError on options that the command does not have, values that are missing and too many words
 */
export function parseWords(command: Command, given: readonly string[]): Parsed {
  const known = spellings(command);
  const options = new Map<string, string[]>();
  const operands: string[] = [];
  const take = ({ name, says }: Known, value?: string): void => {
    options.set(name, [...(options.get(name) ?? []), value ?? says ?? "yes"]);
  };
  for (let i = 0; i < given.length; i++) {
    const word = given[i]!;
    if (word === "--") {
      operands.push(...given.slice(i + 1));
      break;
    }
    if (!/^-[^\d.]/.test(word)) {
      operands.push(word);
      continue;
    }
    const at = word.startsWith("--") ? word.indexOf("=") : word.length > 2 ? 2 : -1;
    const spelling = at < 0 ? word : word.slice(0, at);
    const rest = at < 0 ? undefined : word.slice(at).replace(/^=/, "");
    const found = known.get(spelling);
    if (found === undefined) throw unknownOption(spelling, known);
    if (found.option.placeholder !== undefined) {
      const value = rest ?? given[++i];
      if (value === undefined) {
        throw new InputError(
          `Cannot run: found no value for ${spelling} <${found.option.placeholder}>, wanted one`,
        );
      }
      take(found, value);
      continue;
    }
    take(found);
    if (rest === undefined) continue;
    if (word.startsWith("--")) {
      throw new InputError(`Cannot run: found a value for ${spelling}, which takes none`);
    }
    // `-hq` is `-h -q`.
    given = [...given.slice(0, i + 1), `-${rest}`, ...given.slice(i + 1)];
  }
  const asked = (name: string): boolean => options.has(name);
  return {
    words: new Map([...options, ...sorted(command, operands)]),
    shared: {
      json: asked("json"),
      quiet: asked("quiet"),
      debug: asked("debug"),
      help: asked("help"),
    },
  };
}

function unknownOption(spelling: string, known: ReadonlyMap<string, Known>): InputError {
  const names = [...known.keys()].filter((one) => one.startsWith("--")).map((one) => one.slice(2));
  const near = nearestNames(spelling.replace(/^-+/, ""), names).map((name) => `--${name}`);
  return new InputError(
    `Cannot run: found unknown option ${spelling}, wanted ${near.length > 0 ? near.join(" or ") : "one that --help lists"}`,
  );
}

/** Operands under the names of the arguments; the last may take all that are left. */
function sorted(command: Command, operands: readonly string[]): [string, readonly string[]][] {
  const out: [string, readonly string[]][] = [];
  let at = 0;
  for (const [name, { many }] of Object.entries(command.arguments)) {
    if (at >= operands.length) break;
    const own = many ? operands.slice(at) : operands.slice(at, at + 1);
    out.push([name, own]);
    at += own.length;
  }
  if (at < operands.length) {
    throw new InputError(
      `Cannot run: found too many arguments; ${operands[at]} is one more than ${command.name} takes`,
    );
  }
  return out;
}

/**
 * The values of a command, checked.
 *
 * @throws InputError naming what is missing, or what was found and what was wanted
 */
export function readValues(command: Command, { words }: Parsed): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const see = `(see "dprime ${command.name} --help")`;
  for (const [name, option] of Object.entries(command.arguments)) {
    const own = words.get(name) ?? [];
    if (option.required && own.length === 0) {
      throw new InputError(`Cannot run: found no argument ${kebab(name)}, wanted one ${see}`);
    }
    values[name] = option.read(own, kebab(name));
  }
  for (const [name, option] of Object.entries(command.options)) {
    const own = words.get(name) ?? [];
    if (option.required && own.length === 0) {
      const short = option.short === undefined ? "" : `-${option.short}, `;
      throw new InputError(
        `Cannot run: found no option ${short}--${kebab(name)} <${option.placeholder}>, wanted one ${see}`,
      );
    }
    values[name] = option.read(own, `--${kebab(name)}`);
  }
  return values;
}
