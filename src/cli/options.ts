/** Options and arguments of commands: how the help shows them, and how their words become values. */
import { InputError } from "../core/errors.ts";
import { oneOf } from "../core/nearest-names.ts";
import type { Parameter, ParameterTable, ParameterValuesOf } from "../core/parameters.ts";

export interface Option<T> {
  /** One line without a final period; ranges, choices and defaults are added to it in the help. */
  readonly about: string;
  /** What the help shows for the value, such as `FILE`; absent for flags. */
  readonly placeholder?: string | undefined;
  /** One letter, as in `-o`. */
  readonly short?: string | undefined;
  /** A letter or name that is still taken and no longer shown. */
  readonly formerly?: string | undefined;
  /** The command cannot run without it. */
  readonly required: boolean;
  /** Takes several values, by commas and by repetition. */
  readonly many: boolean;
  /** A flag that `--no-NAME` turns off. */
  readonly negatable?: boolean;
  /** A path that may be `-`: standard input or standard output. */
  readonly pipe?: "input" | "output" | undefined;
  /** Ranges, choices and defaults, one clause each. */
  readonly facts: readonly string[];
  /**
   * @param words as they were given, none when the option is absent
   * @param name as the user writes it, for errors
   * @throws InputError saying what was found and what was wanted
   */
  read(words: readonly string[], name: string): T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

/** What a command gets of its options: one value under each option's name. */
export type ValuesOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

interface More<T> {
  readonly short?: string;
  readonly formerly?: string;
  readonly required?: true;
  readonly default?: T;
  readonly pipe?: Option<T>["pipe"];
}

/** A value that is there when the option is required or has a default. */
type Known<T, M> = M extends { required: true } | { default: T } ? T : T | undefined;

/** The value, or what was wanted instead. */
type Parse<T> = (word: string) => { readonly value: T } | { readonly wanted: string };

interface Single<T> {
  readonly placeholder: string;
  readonly facts?: readonly string[];
  readonly parse: Parse<T>;
}

function single<T, M extends More<T>>(
  about: string,
  { placeholder, facts = [], parse }: Single<T>,
  more?: M,
): Option<Known<T, M>> {
  const { required, default: fallback, short, formerly, pipe }: More<T> = more ?? {};
  return {
    about,
    placeholder,
    short,
    formerly,
    pipe,
    required: required === true,
    many: false,
    facts: [
      ...facts,
      ...(fallback === undefined ? [] : [`default: ${String(fallback)}`]),
      ...pipeFacts(pipe),
    ],
    read(words, name) {
      const word = words.at(-1);
      return (word === undefined ? fallback : parsed(word, name, parse)) as Known<T, M>;
    },
  };
}

const pipeFacts = (pipe: "input" | "output" | undefined): readonly string[] =>
  pipe === undefined ? [] : [`- is standard ${pipe}`];

function parsed<T>(word: string, name: string, parse: Parse<T>): T {
  const found = parse(word);
  if ("value" in found) return found.value;
  throw new InputError(`Cannot read ${name}: found "${word}", wanted ${found.wanted}`);
}

/** Otherwise a forgotten value would swallow the next option, and `-o --quiet` write a file of that name. */
const plainWord: Parse<string> = (word) =>
  word === ""
    ? { wanted: "a value" }
    : word.startsWith("--")
      ? { wanted: "a value before the next option" }
      : { value: word };

export function text<M extends More<string>>(placeholder: string, about: string, more?: M) {
  return single(about, { placeholder, parse: plainWord }, more);
}

export function choice<const C extends readonly string[], M extends More<C[number]>>(
  choices: C,
  about: string,
  more?: M,
) {
  const parse: Parse<C[number]> = (word) => {
    const found = choices.find((one) => one === word);
    return found === undefined ? { wanted: oneOf(word, choices) } : { value: found };
  };
  const facts = [choices.join(", ")];
  return single<C[number], M>(about, { placeholder: "NAME", facts, parse }, more);
}

interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  readonly whole?: boolean;
}

/** `from 0 to 10 HU`, `of at least 0`; empty where anything goes. */
function rangeText({ min, max, unit = "" }: Range): string {
  const both = min !== undefined && max !== undefined ? `from ${min} to ${max}` : undefined;
  const least = min === undefined ? "" : `of at least ${min}`;
  const most = max === undefined ? "" : `of at most ${max}`;
  return `${both ?? least + most} ${unit}`.trim();
}

export function number<M extends More<number> & Range>(about: string, more?: M) {
  const { min = -Infinity, max = Infinity, whole = false } = more ?? {};
  const range = rangeText(more ?? {});
  const kind = whole ? "a whole number" : "a number";
  const parse: Parse<number> = (word) => {
    const value = numberOf(word);
    const fits = value >= min && value <= max && (!whole || Number.isInteger(value));
    return Number.isFinite(value) && fits ? { value } : { wanted: `${kind} ${range}`.trim() };
  };
  return single<number, M>(
    about,
    {
      placeholder: whole ? "N" : "X",
      facts: range === "" ? [] : [range.replace(/^(from|of) /, "")],
      parse,
    },
    more,
  );
}

export function whole<M extends More<number> & Omit<Range, "whole">>(about: string, more?: M) {
  return number<M & { whole: true }>(about, { ...(more ?? ({} as M)), whole: true });
}

const numberOf = (word: string): number => (word.trim() === "" ? NaN : Number(word));

/** A number with a unit: `90m`, `8G`; the bare number counts in the smallest one. */
function measured<M extends More<number>>(
  about: string,
  {
    placeholder,
    units,
    example,
  }: { placeholder: string; units: Readonly<Record<string, number>>; example: string },
  more: M | undefined,
) {
  return single<number, M>(
    about,
    {
      placeholder,
      facts: [`such as ${example}`],
      parse(word) {
        const [, digits = "", unit = ""] = /^([\d.]+)([a-z]*)$/i.exec(word) ?? [];
        const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()]! : NaN;
        const value = numberOf(digits) * factor;
        return Number.isFinite(value) && value > 0 ? { value } : { wanted: example };
      },
    },
    more,
  );
}

/** Seconds. */
export function duration<M extends More<number>>(about: string, more?: M) {
  const units = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };
  return measured(about, { placeholder: "TIME", units, example: "90s, 30m, 2h or 1d" }, more);
}

/** Bytes, in powers of 1024 as schedulers count. */
export function bytes<M extends More<number>>(about: string, more?: M) {
  const units = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
  return measured(about, { placeholder: "SIZE", units, example: "500M or 8G" }, more);
}

/** Numbers with commas between them. */
export function numbers(
  placeholder: string,
  about: string,
  { example, count }: { readonly example: string; readonly count?: number },
) {
  const parse: Parse<readonly number[]> = (word) => {
    const value = word.split(",").map(numberOf);
    const fits = count === undefined || value.length === count;
    return fits && value.every(Number.isFinite) ? { value } : { wanted: example };
  };
  return single<readonly number[], object>(about, { placeholder, parse });
}

export interface Limits {
  readonly low: number;
  readonly high: number;
}

/** Two rising numbers. */
export function limits(about: string, example: string) {
  const parse: Parse<Limits> = (word) => {
    const [low = NaN, high = NaN, ...rest] = word.split(",").map(numberOf);
    return rest.length === 0 && Number.isFinite(low) && Number.isFinite(high) && low < high
      ? { value: { low, high } }
      : { wanted: `two numbers such as ${example}, the smaller first` };
  };
  return single<Limits, object>(about, { placeholder: "LOW,HIGH", parse });
}

/** Sizes such as 10x256x256. */
export function sizes(placeholder: string, about: string) {
  const parse: Parse<readonly number[]> = (word) => {
    const value = word.split(/[x×,]/i).map(numberOf);
    const fits = value.every((n) => Number.isInteger(n) && n > 0);
    return fits ? { value } : { wanted: "sizes such as 10x256x256" };
  };
  return single<readonly number[], object>(about, { placeholder, parse });
}

/** A picture's path with an ending that says what to draw. */
export function picture(about: string) {
  const parse: Parse<string> = (word) =>
    /\.(png|svg)$/i.test(word) ? plainWord(word) : { wanted: ".png or .svg" };
  return single<string, object>(about, { placeholder: "FILE", parse });
}

export function flag(about: string, { short }: { short?: string } = {}): Option<boolean> {
  return { about, short, required: false, many: false, facts: [], read: (w) => w.length > 0 };
}

/** Options of a workflow's settings, as its table has them. */
export function settings<const T extends ParameterTable>(
  table: T,
): { readonly [K in keyof T]: Option<ParameterValuesOf<T>[K]> } {
  const options = Object.entries(table).map(([name, row]) => [name, settingOf(row)] as const);
  // Each row gives the option of its own type.
  return Object.fromEntries(options) as { [K in keyof T]: Option<ParameterValuesOf<T>[K]> };
}

/** A greater bound is no bound that a user has to know. */
const bound = 1e9;

function settingOf(row: Parameter): Option<unknown> {
  if (row.type === "boolean") return flag(row.about);
  if (row.type === "choice") return choice(row.choices, row.about, { default: row.default });
  const { min, max, unit, type, default: fallback } = row;
  return number(row.about, {
    ...(min > -bound ? { min } : {}),
    ...(max < bound ? { max } : {}),
    ...(unit === "1" ? {} : { unit }),
    ...(fallback === undefined ? {} : { default: fallback }),
    whole: type === "integer",
  });
}

/** A flag with its opposite: `--NAME`, `--no-NAME`, or neither. */
export function toggle(about: string): Option<boolean | undefined> {
  const read = (words: readonly string[]) =>
    words.length === 0 ? undefined : words.at(-1) !== "no";
  return { about, required: false, many: false, negatable: true, facts: [], read };
}

/** Items of a list; a comma inside one is written `\,`. */
const itemsOf = (word: string): string[] =>
  word.split(/(?<!\\),/).map((item) => item.replaceAll("\\,", ","));

interface SeveralMore {
  readonly placeholder?: string;
  readonly short?: string;
  readonly formerly?: string;
}

const several = <T>(about: string, more: SeveralMore, read: Option<T>["read"]): Option<T> => ({
  about,
  ...more,
  required: false,
  many: true,
  facts: [],
  read,
});

/** A list of names or paths, by commas and by repetition. */
export function list(placeholder: string, about: string): Option<readonly string[]> {
  return several(about, { placeholder }, (words, name) =>
    words.flatMap(itemsOf).map((item) => parsed(item, name, plainWord)),
  );
}

const pairAs =
  (wanted: string): Parse<readonly [string, string]> =>
  (word) => {
    const at = word.indexOf("=");
    return at < 1 ? { wanted } : { value: [word.slice(0, at).trim(), word.slice(at + 1)] };
  };

/** Pairs of name and value; a comma begins the next pair where a name and an equals sign follow it. */
export function pairs(
  about: string,
  { placeholder = "NAME=VALUE", ...more }: SeveralMore = {},
): Option<Readonly<Record<string, string>>> {
  const parse = pairAs("name=value");
  return several(about, { placeholder, ...more }, (words, name) => {
    const items = words.flatMap((word) => word.split(/,(?=[^,=]+=)/));
    return Object.fromEntries(items.map((item) => parsed(item, name, parse)));
  });
}

/** A member with parameters of its own, such as `ssim:range-factor=2`. */
export interface MemberChoice {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** As it was given; tables call it so. */
  readonly label: string;
}

/** Members by commas and by repetition; `KEY=VALUE` after a comma belongs to the member before it. */
export function members(about: string, more: SeveralMore = {}): Option<readonly MemberChoice[]> {
  const parse = pairAs("KEY=VALUE");
  const placeholder = "NAME[:KEY=VALUE,…]";
  return several(about, { placeholder, ...more }, (words, option) =>
    words
      .flatMap((word) => word.split(/,(?![^,:=]+=)/))
      .map((label) => {
        const [member = "", rest = ""] = label.split(/:(.*)/s);
        const given = rest === "" ? [] : rest.split(",");
        return {
          name: parsed(member.trim(), option, plainWord),
          parameters: Object.fromEntries(given.map((pair) => parsed(pair, option, parse))),
          label,
        };
      }),
  );
}

/** An argument: a word that stands for itself. */
export function argument<M extends { optional?: true; pipe?: "input" | "output" }>(
  about: string,
  more?: M,
): Option<M extends { optional: true } ? string | undefined : string> {
  type Word = M extends { optional: true } ? string | undefined : string;
  return {
    about,
    pipe: more?.pipe,
    required: more?.optional !== true,
    many: false,
    facts: pipeFacts(more?.pipe),
    // `readValues` refuses a required argument without a word before it is read.
    read: (words) => words[0] as Word,
  };
}

/** All arguments that follow. */
export function remaining(
  about: string,
  { pipe, optional }: { readonly pipe?: "input"; readonly optional?: true } = {},
): Option<readonly string[]> {
  return {
    about,
    pipe,
    required: optional !== true,
    many: true,
    facts: pipeFacts(pipe),
    read: (words) => words,
  };
}
