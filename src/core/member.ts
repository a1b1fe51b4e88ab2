/** Members of a catalogue by name. */
import { InputError } from "./errors.ts";
import { oneOf } from "./nearest-names.ts";
import type { ParameterValues } from "./parameters.ts";

/** Members under their names, each opened when it is first wanted. */
export type Members<T> = Readonly<Record<string, () => Promise<T>>>;

/**
 * Settings of the member of a name, from a table of all members' settings: a misspelt one does not compile. Where only
 * run time knows the name, anything that a setting may be.
 */
export type SettingsOf<Table, Name> = Name extends keyof Table ? Table[Name] : ParameterValues;

/**
 * Opens a member by its name.
 *
 * @param refusal what cannot be done and what was found, as the start of the error's sentence
 * @throws InputError that ends with the nearest names, or with all there are
 */
export async function openMember<T>(
  members: Members<T>,
  name: string,
  refusal: string,
): Promise<T> {
  const open = Object.hasOwn(members, name) ? members[name] : undefined;
  if (open === undefined) {
    throw new InputError(`${refusal}, wanted ${oneOf(name, Object.keys(members))}`);
  }
  return open();
}

/** All members, opened. */
export async function openAll<T>(members: Members<T>): Promise<Readonly<Record<string, T>>> {
  const opened = Object.entries(members).map(async ([name, open]) => [name, await open()] as const);
  return Object.fromEntries(await Promise.all(opened));
}
