/** Members of a catalogue chosen by name, with parameters of their own. */
import { InputError } from "../core/errors.ts";
import { type Members, openMember, type SettingsOf } from "../core/member.ts";
import type { ParameterValues } from "../core/parameters.ts";

/** A name alone, or a member with parameters and what tables call it. */
export type ChoiceOf<Table, Name extends string> =
  | Name
  | (Name extends unknown
      ? {
          readonly name: Name;
          readonly parameters?: SettingsOf<Table, Name>;
          /** The name by default; the same member may be chosen twice under two labels. */
          readonly label?: string;
        }
      : never);

/** The same where only run time knows the name. */
export type MemberChoice = ChoiceOf<unknown, string>;

export interface ChosenMember<T> {
  readonly member: T;
  readonly parameters: ParameterValues;
  readonly label: string;
}

/**
 * Opens the members that are chosen.
 *
 * @param kind what one of them is called, for errors
 * @throws InputError when there is no such member, or a label is given twice
 */
export async function openChoices<T>(
  members: Members<T>,
  choices: readonly MemberChoice[],
  kind: string,
): Promise<ChosenMember<T>[]> {
  const chosen: ChosenMember<T>[] = [];
  for (const choice of choices) {
    const {
      name,
      parameters = {},
      label = name,
    } = typeof choice === "string" ? { name: choice } : choice;
    if (chosen.some((one) => one.label === label)) {
      throw new InputError(`Cannot use ${kind} ${label}: found it twice, wanted each once`);
    }
    const member = await openMember(
      members,
      name,
      `Cannot use ${kind} ${name}: found no such ${kind}`,
    );
    chosen.push({ member, parameters, label });
  }
  return chosen;
}
