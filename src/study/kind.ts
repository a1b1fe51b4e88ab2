/**
 * What the kinds of a study's entries have in common. A kind is a member: one file that says how its entry
 * looks in a description, what it needs, and how it works. Nothing outside that file names it.
 */
import type { z } from "zod";

/** An entry of a description, by the kind that it names. */
export interface Kinded {
  readonly kind: string;
}

/** Schema of an entry: a record whose `kind` is the kind's own name. */
export type KindSchema<Plan> = z.ZodType<Plan> & z.core.$ZodTypeDiscriminable;

/** Where an entry names another entry of the description. */
export interface Reference {
  /** Role under which the entry's pieces get what it names. */
  readonly role: string;
  readonly of: "networks" | "templates" | "methods";
  readonly id: string;
  /** Field of the entry that names it. */
  readonly field: string;
  /** Whether a set of templates (channels) is refused. */
  readonly single?: boolean;
}

/** What a kind may look at when it checks an entry before anything runs. */
export interface EntryCheck {
  /** Place of the entry in the description: `methods.tv`. */
  readonly at: string;
  /** Entries of methods by id. */
  readonly methods: Readonly<Record<string, Kinded>>;
  /** Classes of the task's cases. */
  readonly classes: readonly string[];
  /** Spatial sizes of the objects, slowest axis first. */
  readonly shape: readonly number[];
}

export interface EntryKind<Plan extends Kinded = Kinded> {
  /** File name and the word after `kind:` at once. */
  readonly name: string;
  /** One sentence: what an entry of this kind is. */
  readonly summary: string;
  readonly schema: KindSchema<Plan>;
  /** Entries that this one names. */
  refers(plan: Plan): readonly Reference[];
  /**
   * What names and numbers alone cannot tell.
   *
   * @throws InputError naming the field, what was found and what was wanted
   */
  check?(plan: Plan, context: EntryCheck): Promise<void> | void;
  /** The entry with roles in place of the ids that it names: what decides its numbers, and nothing else. */
  anonymous(plan: Plan): Plan;
}
