/** Raw words of the command line checked against a command's specs. */
import { InputError } from "../core/errors.ts";
import type { Command, OptionSpec, Values } from "./commands/command.ts";

export type Raw = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** A text option with this placeholder is checked to be a pair, and read by `pairs`. */
const pairPlaceholder = "NAME=VALUE";

type Value = string | number | boolean | readonly string[];

/**
 * @param raw words by kebab-case name: arguments and options together
 * @throws InputError naming the option, what was found and what was wanted
 */
export function readValues(command: Command, raw: Raw): Values {
  const values = new Map<string, Value>();
  const declared = new Set<string>();
  for (const argument of command.arguments) {
    declared.add(argument.name);
    const word = raw[argument.name];
    if (word !== undefined && typeof word !== "boolean") values.set(argument.name, word);
  }
  for (const option of command.options) {
    declared.add(option.name);
    const word = raw[option.name];
    const value = word === undefined ? defaultOf(option) : readOption(option, word);
    if (value !== undefined) values.set(option.name, value);
  }
  const take = (name: string): Value | undefined => {
    if (!declared.has(name)) throw new Error(`command ${command.name} declares no "${name}"`);
    return values.get(name);
  };
  const text = (name: string): string | undefined => {
    const value = take(name);
    if (value === undefined || typeof value === "string") return value;
    throw new Error(`"${name}" of command ${command.name} is no text`);
  };
  const list = (name: string): readonly string[] => {
    const value = take(name);
    if (value === undefined) return [];
    return typeof value === "object" ? value : [String(value)];
  };
  return {
    text,
    list,
    need(name) {
      const value = text(name);
      if (value === undefined) throw new InputError(`Cannot run: found no --${name}, wanted one`);
      return value;
    },
    number(name) {
      const value = take(name);
      if (value === undefined || typeof value === "number") return value;
      throw new Error(`"${name}" of command ${command.name} is no number`);
    },
    flag: (name) => take(name) === true,
    pairs(name) {
      const pairs: Record<string, string> = {};
      for (const word of list(name)) {
        const at = word.indexOf("=");
        pairs[word.slice(0, at)] = word.slice(at + 1);
      }
      return pairs;
    },
  };
}

function defaultOf(option: OptionSpec): Value | undefined {
  return option.type === "flag" ? undefined : option.default;
}

function readOption(option: OptionSpec, word: string | readonly string[] | boolean): Value {
  if (option.type === "flag") return true;
  if (typeof word === "object") {
    for (const one of word) readOption(option, one);
    return word;
  }
  const given = String(word);
  const refuse = (wanted: string): never => {
    throw new InputError(`Cannot read --${option.name}: found "${given}", wanted ${wanted}`);
  };
  if (option.type === "text") {
    // Otherwise a forgotten value would swallow the next option, and `-o --quiet` write a file of that name.
    if (given.startsWith("--")) return refuse("a value before the next option");
    if (option.placeholder === pairPlaceholder && given.indexOf("=") < 1) {
      return refuse("name=value");
    }
    return given;
  }
  if (option.type === "choice") {
    return option.choices.includes(given) ? given : refuse(`one of ${option.choices.join(", ")}`);
  }
  const number = given.trim() === "" ? NaN : Number(given);
  const { min, max } = option;
  const outside = (min !== undefined && number < min) || (max !== undefined && number > max);
  const fraction = option.type === "integer" && !Number.isInteger(number);
  return Number.isFinite(number) && !outside && !fraction ? number : refuse(numberText(option));
}

/** `a number from 0 to 1 HU`, for messages and help. */
export function numberText(option: Extract<OptionSpec, { type: "number" | "integer" }>): string {
  const { min, max } = option;
  const range =
    min !== undefined && max !== undefined
      ? ` from ${min} to ${max}`
      : min !== undefined
        ? ` of at least ${min}`
        : max !== undefined
          ? ` of at most ${max}`
          : "";
  const unit = option.unit === undefined || option.unit === "1" ? "" : ` ${option.unit}`;
  return `a ${option.type === "integer" ? "whole number" : "number"}${range}${unit}`;
}
