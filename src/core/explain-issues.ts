/** What is wrong with a description, in words that name the field and the fix. */
import { InputError } from "./errors.ts";
import { nearestNames, oneOf } from "./nearest-names.ts";

/** The part of a schema library's issue that is read here. */
export interface Issue {
  readonly code?: string | undefined;
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
  /** Issues of every branch of a union. */
  readonly errors?: readonly (readonly Issue[])[];
}

/** The part of a JSON Schema that is read here. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
}

/**
 * One error for the issues of a description: the field by its path, what was found, and what was wanted, the
 * nearest names first.
 *
 * @param options.what what the description is: `small.yaml`
 * @param options.value the description as it was given
 * @param options.schema its JSON Schema
 */
export function explainIssues(
  issues: readonly Issue[],
  options: { readonly what: string; readonly value: unknown; readonly schema: unknown },
): InputError {
  const { what, value, schema } = options;
  const issue = telling(issues.flatMap((one) => insideUnion(one, value)));
  const place = issue.path.map(String);
  const here = isSchema(schema) ? schemasAt(schema, place, value) : [];
  const refuse = (field: readonly string[], found: string, wanted: string) =>
    new InputError(
      `Cannot use ${what}: ${field.join(".") || "the document"}: found ${found}, wanted ${wanted}`,
    );
  if (issue.code === "unrecognized_keys" && issue.keys?.[0] !== undefined) {
    const [key] = issue.keys;
    const known = [...new Set(here.flatMap((one) => Object.keys(one.properties ?? {})))];
    return refuse([...place, key], "an unknown field", wantedField(key, known));
  }
  const found = valueAt(value, place);
  const told = found === undefined ? "nothing" : shown(found);
  const choices = [...new Set(here.flatMap(choicesOf))];
  if (choices.length > 0) {
    const wanted =
      typeof found === "string" ? oneOf(found, choices) : `one of ${choices.join(", ")}`;
    return refuse(place, told, wanted);
  }
  const types = [...new Set(here.flatMap(({ type }) => type ?? []))];
  if (issue.code === "invalid_union" && types.length > 0) {
    return refuse(place, told, types.map(typeWord).join(" or "));
  }
  return refuse(place, told, wantedText(issue.message));
}

/** A misspelt field also leaves the right one missing: the misspelling is what to tell. */
const telling = (issues: readonly Issue[]): Issue =>
  issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;

function wantedField(key: string, known: readonly string[]): string {
  if (known.length === 0) return "none here";
  const [near] = nearestNames(key, known);
  const others = known.filter((name) => name !== near);
  if (near === undefined) return `one of ${known.join(", ")}`;
  return others.length === 0 ? near : `${near} (others: ${others.join(", ")})`;
}

/** Issues of the branch of a union that the value comes nearest to; the union's own where there is none. */
function insideUnion(issue: Issue, value: unknown): readonly Issue[] {
  const { errors = [], path } = issue;
  if (issue.code !== "invalid_union" || errors.length === 0) return [issue];
  const found = valueAt(value, path.map(String));
  // A branch of another type says only that: of a record its fields are at fault.
  const near = errors.filter((branch) => !branch.some(isOfOtherType));
  if (typeof found !== "object" || found === null || near.length === 0) return [issue];
  const wrong = (branch: readonly Issue[]) =>
    branch.reduce((n, { keys }) => n + (keys?.length ?? 1), 0);
  const least = near.reduce((best, one) => (wrong(one) < wrong(best) ? one : best));
  return least.flatMap((inner) => insideUnion({ ...inner, path: [...path, ...inner.path] }, value));
}

const isOfOtherType = ({ code, path, errors }: Issue): boolean =>
  path.length === 0 &&
  (code === "invalid_type" ||
    (code === "invalid_union" && (errors ?? []).every((branch) => branch.some(isOfOtherType))));

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null;

function choicesOf(schema: Schema): string[] {
  if (schema.enum !== undefined) return schema.enum.map(String);
  return typeof schema.const === "string" ? [schema.const] : [];
}

/** Schemas of the field at a place: one of each branch that the description may have meant. */
function schemasAt(schema: Schema, place: readonly string[], value: unknown): Schema[] {
  const [name, ...rest] = place;
  const here = branchesOf(schema, value);
  if (name === undefined) return here;
  const next = here.flatMap((one) => memberSchemas(one, name));
  // Where the name that chooses the branch is itself wrong, its choices over all branches.
  const all =
    next.length > 0
      ? next
      : [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap((one) =>
          memberSchemas(one, name),
        );
  return all.flatMap((one) => schemasAt(one, rest, memberOf(value, name)));
}

function memberSchemas(schema: Schema, name: string): Schema[] {
  const { properties = {}, additionalProperties: other, items, prefixItems } = schema;
  if (Object.hasOwn(properties, name)) return [properties[name]!];
  if (typeof other === "object") return [other];
  if (!/^\d+$/.test(name)) return [];
  const item = prefixItems?.[Number(name)] ?? items;
  return item === undefined ? [] : [item];
}

/** A schema, or the branches of it that fit the description's own words. */
function branchesOf(schema: Schema, value: unknown): Schema[] {
  const branches = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  if (branches.length === 0) return [schema];
  const fits = (branch: Schema) => {
    const fixed = Object.entries(branch.properties ?? {}).filter(([, s]) => s.const !== undefined);
    return fixed.every(([name, s]) => memberOf(value, name) === s.const);
  };
  const record = typeof value === "object" && value !== null && !Array.isArray(value);
  const wanted = branches.filter(
    (one) => !record || one.type === "object" || one.oneOf || one.anyOf,
  );
  return (wanted.length > 0 ? wanted : branches)
    .filter(fits)
    .flatMap((one) => branchesOf(one, value));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

const valueAt = (value: unknown, place: readonly string[]): unknown =>
  place.reduce(memberOf, value);

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The wish in a schema library's message, in plain words. */
function wantedText(message: string): string {
  const limit = /^Too (?:small|big): expected (\w+) to (?:be|have) ([<>]=?)\s*(\S+)/.exec(message);
  if (limit !== null) {
    const [, type = "", sign = "", bound = ""] = limit;
    const end = { ">": `above ${bound}`, "<": `below ${bound}` }[sign];
    const words = end ?? `${bound} or ${sign === ">=" ? "more" : "less"}`;
    return type === "array" || type === "string"
      ? `${words} ${type === "array" ? "items" : "letters"}`
      : `a number ${words}`;
  }
  const type = /^Invalid input: expected (\w+)/.exec(message)?.[1];
  if (type !== undefined) return typeWord(type);
  return lowered(message).replace(/^wanted /, "");
}

const typeWords: Readonly<Record<string, string>> = {
  object: "a record",
  array: "a list",
  string: "text",
  boolean: "true or false",
  integer: "a whole number",
  int: "a whole number",
  record: "a record",
  number: "a number",
};

const typeWord = (type: string): string => typeWords[type] ?? type;

function lowered(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}
