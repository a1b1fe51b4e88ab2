/** Descriptions with parts replaced: the sizes of a recipe and values set by their paths. */
import { InputError } from "../core/errors.ts";
import { oneOf } from "../core/nearest-names.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A description with overrides laid over it: records are merged member by member, everything else is
 * replaced whole, lists too. A record laid over a list, with indices as its names, changes these items.
 *
 * @throws InputError naming the place of an index that the list does not have
 */
export function mergeOverrides(base: unknown, overrides: unknown, place = ""): unknown {
  if (!isRecord(overrides)) return overrides;
  if (Array.isArray(base)) return mergeItems(base as readonly unknown[], overrides, place);
  if (!isRecord(base)) return overrides;
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(overrides)) {
    merged[name] = Object.hasOwn(base, name)
      ? mergeOverrides(base[name]!, value, joined(place, name))
      : value;
  }
  return merged;
}

function mergeItems(items: readonly unknown[], overrides: Fields, place: string): unknown {
  const merged = [...items];
  for (const [name, value] of Object.entries(overrides)) {
    if (!/^\d+$/.test(name) || Number(name) >= items.length) {
      throw new InputError(
        `Cannot change ${joined(place, name)}: found ${name}, wanted an index below ${items.length} or a whole new list`,
      );
    }
    merged[Number(name)] = mergeOverrides(items[Number(name)]!, value, joined(place, name));
  }
  return merged;
}

/**
 * A description with the value at a path replaced. The path's words are divided by points
 * (`methods.tv.lambda`, `panels.0`); the value is read as JSON, and as text when it is none.
 */
export function withValue(base: unknown, path: string, text: string): unknown {
  const names = path.split(".");
  if (names.some((name) => name === "")) {
    throw new InputError(`Cannot set ${path}: found an empty word, wanted words divided by points`);
  }
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // Words need no quotes on a command line.
  }
  return replaced(base, names, { value, path });
}

function replaced(
  base: unknown,
  names: readonly string[],
  what: { value: unknown; path: string },
): unknown {
  const [name, ...rest] = names;
  if (name === undefined) return what.value;
  if (Array.isArray(base)) {
    const items = [...(base as readonly unknown[])];
    if (!/^\d+$/.test(name) || Number(name) > items.length) {
      throw new InputError(
        `Cannot set ${what.path}: found ${name}, wanted an index from 0 to ${items.length}`,
      );
    }
    items[Number(name)] = replaced(items[Number(name)] ?? {}, rest, what);
    return items;
  }
  const record = isRecord(base) ? base : {};
  const member = Object.hasOwn(record, name) ? record[name]! : {};
  return { ...record, [name]: replaced(member, rest, what) };
}

/** A recipe's file: a study with sizes and, beside it, the paper's claims. */
export interface RecipeFile {
  readonly study: unknown;
  /** Overrides of the study by size. */
  readonly sizes: Fields;
}

const recipeFields = ["study", "sizes", "claims"];

/**
 * The recipe in a document, its claims moved into the study, or undefined for a plain study.
 *
 * @throws InputError naming a field that a recipe does not have
 */
function recipeOf(document: unknown): RecipeFile | undefined {
  if (!isRecord(document) || document.study === undefined) return undefined;
  const unknown = Object.keys(document).find((name) => !recipeFields.includes(name));
  if (unknown !== undefined) {
    throw new InputError(
      `Cannot use the recipe: ${unknown}: found an unknown field, wanted ${oneOf(unknown, recipeFields)}`,
    );
  }
  const { study, sizes = {}, claims } = document;
  if (!isRecord(study)) {
    throw new InputError("Cannot use the recipe: study: found no record, wanted a study");
  }
  if (!isRecord(sizes)) {
    throw new InputError(
      "Cannot use the recipe: sizes: found no record, wanted smoke, quick and full with what each changes",
    );
  }
  return { study: claims === undefined ? study : { ...study, claims }, sizes };
}

/**
 * The study of a document at a size, with values set. A plain study has no sizes.
 *
 * @throws InputError when the document has no such size
 */
export function studyOfDocument(
  document: unknown,
  options: { size?: string; set?: Readonly<Record<string, string>> } = {},
): unknown {
  const { size, set = {} } = options;
  const recipe = recipeOf(document);
  let study = recipe?.study ?? document;
  if (size !== undefined) {
    const sizes = recipe?.sizes ?? {};
    if (!Object.hasOwn(sizes, size)) {
      const known = Object.keys(sizes).join(", ");
      throw new InputError(
        `Cannot use size ${size}: found ${known === "" ? "no sizes" : "no such size"}, wanted ${known === "" ? "a recipe, with study and sizes" : oneOf(size, Object.keys(sizes))}`,
      );
    }
    study = mergeOverrides(study, sizes[size]!);
  }
  for (const [path, text] of Object.entries(set)) study = withValue(study, path, text);
  return study;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function joined(place: string, name: string): string {
  return place === "" ? name : `${place}.${name}`;
}
