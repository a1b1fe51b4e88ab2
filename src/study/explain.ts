/** What is wrong with a description, in words that name the field and the fix. */
import { InputError } from "../core/errors.ts";

/** The part of a zod issue that is read here. */
export interface Issue {
  readonly code: string;
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

/** The part of a JSON Schema that is read here. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
}

/**
 * One error for the issues of a description.
 *
 * @param options.value the description as it was given
 * @param options.schema its JSON Schema
 */
export function explainIssues(
  issues: readonly Issue[],
  options: { what: string; value: unknown; schema: unknown },
): InputError {
  const { what, value, schema } = options;
  // A misspelt field also leaves the right one missing: the misspelling is what to tell.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;
  const place = issue.path.map(String);
  const here = schemaAt(schema as Schema, place, value);
  if (issue.code === "unrecognized_keys" && issue.keys?.[0] !== undefined) {
    const [key] = issue.keys;
    const known = Object.keys(here?.properties ?? {});
    const near = nearest(key, known);
    const wanted = near ?? (known.length > 0 ? `one of ${known.join(", ")}` : "none");
    const field = [...place, key].join(".");
    return new InputError(`Cannot use ${what}: ${field}: found an unknown field, wanted ${wanted}`);
  }
  const found = valueAt(value, place);
  const field = place.join(".") || "the document";
  const told = found === undefined ? "nothing" : shown(found);
  const choices = [here, ...(here?.oneOf ?? here?.anyOf ?? [])].flatMap(choicesOf);
  const wanted =
    choices.length > 0
      ? `one of ${[...new Set(choices)].join(", ")}${near(found, choices)}`
      : lowered(
          issue.message.replace(/^Invalid input: expected /, "").replace(/, received .*$/, ""),
        );
  return new InputError(`Cannot use ${what}: ${field}: found ${told}, wanted ${wanted}`);
}

function near(found: unknown, choices: readonly string[]): string {
  const one = typeof found === "string" ? nearest(found, choices) : undefined;
  return one === undefined ? "" : ` (${one}?)`;
}

function choicesOf(schema: Schema | undefined): string[] {
  if (schema?.enum !== undefined) return schema.enum.map(String);
  return typeof schema?.const === "string" ? [schema.const] : [];
}

/** Schema of the field at a place, following the branch that the description's own `kind` chose. */
function schemaAt(schema: Schema, place: readonly string[], value: unknown): Schema | undefined {
  const here = branchOf(schema, value);
  const [name, ...rest] = place;
  if (name === undefined) return here;
  const other = here.additionalProperties;
  const next =
    here.properties?.[name] ?? (typeof other === "object" ? other : undefined) ?? here.items;
  if (next !== undefined) return schemaAt(next, rest, memberOf(value, name));
  // The name that chooses the branch is itself wrong: its choices over all branches.
  const options = (here.oneOf ?? here.anyOf ?? []).flatMap((s) => choicesOf(s.properties?.[name]));
  return options.length > 0 ? { enum: options } : undefined;
}

function branchOf(schema: Schema, value: unknown): Schema {
  const branches = schema.oneOf ?? schema.anyOf ?? [];
  const fits = (branch: Schema) => {
    const fixed = Object.entries(branch.properties ?? {}).filter(([, s]) => s.const !== undefined);
    return fixed.length > 0 && fixed.every(([name, s]) => memberOf(value, name) === s.const);
  };
  return branches.find(fits) ?? schema;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function valueAt(value: unknown, place: readonly string[]): unknown {
  return place.reduce(memberOf, value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function lowered(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}

/** The known name that is at most two letters away, if any. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, 1 + Math.floor(name.length / 2));
  for (const one of known) {
    const distance = editDistance(name.toLowerCase(), one.toLowerCase());
    if (distance < least) {
      best = one;
      least = distance;
    }
  }
  return best;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
