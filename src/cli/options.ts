/** Options and arguments of commands: how the help shows them, and how their words become values. */
import { InputError } from "../core/errors.ts";
import { oneOf } from "../core/nearest-names.ts";

export interface Option<T> {
  /** One line without a final period; ranges, choices and defaults are added to it in the help. */
  readonly about: string;
  /** What the help shows for the value, such as `FILE`; absent for flags. */
  readonly placeholder?: string;
  /** One letter, as in `-o`. */
  readonly short?: string;
  /** A letter or name that is still taken and no longer shown. */
  readonly formerly?: string;
  /** The command cannot run without it. */
  readonly required: boolean;
  /** Takes several values, by commas and by repetition. */
  readonly many: boolean;
  /** A flag that `--no-NAME` turns off. */
  readonly negatable?: boolean;
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
}

/** A value that is there when the option is required or has a default. */
type Known<T, M> = M extends { required: true } | { default: T } ? T : T | undefined;

interface Single<T> {
  readonly placeholder: string;
  readonly facts?: readonly string[];
  /** The value, or what was wanted instead. */
  readonly parse: (word: string) => { readonly value: T } | { readonly wanted: string };
}

function single<T, M extends More<T>>(
  about: string,
  { placeholder, facts = [], parse }: Single<T>,
  more: M | undefined,
): Option<Known<T, M>> {
  const fallback = more?.default;
  return {
    about,
    placeholder,
    ...(more?.short === undefined ? {} : { short: more.short }),
    ...(more?.formerly === undefined ? {} : { formerly: more.formerly }),
    required: more?.required === true,
    many: false,
    facts: [...facts, ...(fallback === undefined ? [] : [`default: ${String(fallback)}`])],
    read(words, name) {
      const word = words.at(-1);
      if (word === undefined) return fallback as Known<T, M>;
      return parsed(word, name, parse) as Known<T, M>;
    },
  };
}

function parsed<T>(word: string, name: string, parse: Single<T>["parse"]): T {
  const found = parse(word);
  if ("value" in found) return found.value;
  throw new InputError(`Cannot read ${name}: found "${word}", wanted ${found.wanted}`);
}

/** Otherwise a forgotten value would swallow the next option, and `-o --quiet` write a file of that name. */
const plainWord = (word: string): { value: string } | { wanted: string } =>
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
  return single<C[number], M>(
    about,
    {
      placeholder: "NAME",
      facts: [`one of ${choices.join(", ")}`],
      parse(word) {
        const found = choices.find((one) => one === word);
        return found === undefined ? { wanted: oneOf(word, choices) } : { value: found };
      },
    },
    more,
  );
}

interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  readonly whole?: boolean;
}

function rangeText({ min, max, unit, whole = false }: Range): string {
  const range =
    min !== undefined && max !== undefined
      ? ` from ${min} to ${max}`
      : min !== undefined
        ? ` of at least ${min}`
        : max !== undefined
          ? ` of at most ${max}`
          : "";
  return `a ${whole ? "whole number" : "number"}${range}${unit === undefined ? "" : ` ${unit}`}`;
}

export function number<M extends More<number> & Range>(about: string, more?: M) {
  const { min = -Infinity, max = Infinity, whole = false } = more ?? {};
  const wanted = rangeText(more ?? {});
  return single<number, M>(
    about,
    {
      placeholder: whole ? "N" : "X",
      facts: [wanted],
      parse(word) {
        const value = numberOf(word);
        const fits = value >= min && value <= max && (!whole || Number.isInteger(value));
        return Number.isFinite(value) && fits ? { value } : { wanted };
      },
    },
    more,
  );
}

export function whole<M extends More<number> & Omit<Range, "whole">>(about: string, more?: M) {
  return number<M & { whole: true }>(about, { ...(more ?? ({} as M)), whole: true });
}

const numberOf = (word: string): number => (word.trim() === "" ? NaN : Number(word));

/** Numbers with commas between them. */
export function numbers<M extends More<readonly number[]> & { count?: number }>(
  placeholder: string,
  about: string,
  more: M & { readonly example: string },
) {
  return single<readonly number[], M & { readonly example: string }>(
    about,
    {
      placeholder,
      parse(word) {
        const value = word.split(",").map(numberOf);
        const fits = more.count === undefined || value.length === more.count;
        return fits && value.every(Number.isFinite) ? { value } : { wanted: more.example };
      },
    },
    more,
  );
}

export interface Limits {
  readonly low: number;
  readonly high: number;
}

/** Two rising numbers. */
export function limits(about: string, example: string) {
  return single<Limits, object>(
    about,
    {
      placeholder: "LOW,HIGH",
      parse(word) {
        const [low = NaN, high = NaN, ...rest] = word.split(",").map(numberOf);
        return rest.length === 0 && Number.isFinite(low) && Number.isFinite(high) && low < high
          ? { value: { low, high } }
          : { wanted: `two numbers such as ${example}, the smaller first` };
      },
    },
    undefined,
  );
}

/** Sizes such as 10x256x256. */
export function sizes(placeholder: string, about: string) {
  return single<readonly number[], object>(
    about,
    {
      placeholder,
      parse(word) {
        const value = word.split(/[x×,]/i).map(numberOf);
        return value.every((n) => Number.isInteger(n) && n > 0)
          ? { value }
          : { wanted: "sizes such as 10x256x256" };
      },
    },
    undefined,
  );
}

/** A picture's path with an ending that says what to draw. */
export function picture(about: string): Option<string | undefined> {
  return single<string, object>(
    about,
    {
      placeholder: "FILE",
      parse: (word) => (/\.(png|svg)$/i.test(word) ? plainWord(word) : { wanted: ".png or .svg" }),
    },
    undefined,
  );
}

export function flag(about: string, more: { short?: string } = {}): Option<boolean> {
  return { about, ...more, required: false, many: false, facts: [], read: (w) => w.length > 0 };
}

/** A flag with its opposite: `--NAME`, `--no-NAME`, or neither. */
export function toggle(about: string): Option<boolean | undefined> {
  return {
    about,
    required: false,
    many: false,
    negatable: true,
    facts: [],
    read: (words) => (words.length === 0 ? undefined : words.at(-1) !== "no"),
  };
}

/** Items of a list; a comma inside one is written `\,`. */
const itemsOf = (word: string): string[] =>
  word.split(/(?<!\\),/).map((item) => item.replaceAll("\\,", ","));

function several<T>(
  about: string,
  { placeholder, short, formerly }: { placeholder: string; short?: string; formerly?: string },
  read: (words: readonly string[], name: string) => T,
): Option<T> {
  return {
    about,
    placeholder,
    ...(short === undefined ? {} : { short }),
    ...(formerly === undefined ? {} : { formerly }),
    required: false,
    many: true,
    facts: [],
    read,
  };
}

/** A list of names or paths, by commas and by repetition. */
export function list(placeholder: string, about: string): Option<readonly string[]> {
  return several(about, { placeholder }, (words, name) =>
    words.flatMap(itemsOf).map((item) => parsed(item, name, plainWord)),
  );
}

export interface PairsMore {
  readonly short?: string;
  readonly placeholder?: string;
}

/** Pairs of name and value; a comma begins the next pair where a name and an equals sign follow it. */
export function pairs(
  about: string,
  { short, placeholder = "NAME=VALUE" }: PairsMore = {},
): Option<Readonly<Record<string, string>>> {
  return several(about, { placeholder, ...(short === undefined ? {} : { short }) }, (words, name) =>
    Object.fromEntries(
      words
        .flatMap((word) => word.split(/,(?=[^,=]+=)/))
        .map((word) =>
          parsed<readonly [string, string]>(word, name, (given) => {
            const at = given.indexOf("=");
            return at < 1
              ? { wanted: "name=value" }
              : { value: [given.slice(0, at).trim(), given.slice(at + 1)] };
          }),
        ),
    ),
  );
}

/** A member with parameters of its own, such as `ssim:range-factor=2`. */
export interface MemberChoice {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** As it was given; tables call it so. */
  readonly label: string;
}

/** Members by commas and by repetition; `KEY=VALUE` after a comma belongs to the member before it. */
export function members(
  about: string,
  more: { short?: string; formerly?: string },
): Option<readonly MemberChoice[]> {
  const placeholder = "NAME[:KEY=VALUE,…]";
  return several(about, { placeholder, ...more }, (words, name) =>
    words
      .flatMap((word) => word.split(/,(?![^,:=]+=)/))
      .map((label) => {
        const [member = "", rest = ""] = label.split(/:(.*)/s);
        const parameters = Object.fromEntries(
          (rest === "" ? [] : rest.split(",")).map((pair) =>
            parsed<readonly [string, string]>(pair, name, (given) => {
              const at = given.indexOf("=");
              return at < 1
                ? { wanted: "KEY=VALUE" }
                : { value: [given.slice(0, at).trim(), given.slice(at + 1).trim()] };
            }),
          ),
        );
        return { name: parsed(member.trim(), name, plainWord), parameters, label };
      }),
  );
}

/** An argument: a word that stands for itself. */
export function argument<M extends { optional?: true }>(
  about: string,
  more?: M,
): Option<M extends { optional: true } ? string | undefined : string> {
  type Word = M extends { optional: true } ? string | undefined : string;
  return {
    about,
    required: more?.optional !== true,
    many: false,
    facts: [],
    // `readValues` refuses a required argument without a word before it is read.
    read: (words) => words[0] as Word,
  };
}

/** All arguments that follow. */
export function remaining(about: string): Option<readonly string[]> {
  return { about, required: true, many: true, facts: [], read: (words) => words };
}
