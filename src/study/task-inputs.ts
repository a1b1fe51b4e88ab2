/** The task of a study as pieces get it, and opening its kind. */
import { z } from "zod";
import { openMember } from "../core/member.ts";
import { InputError } from "../core/errors.ts";
import type { Kinded } from "./kind.ts";
import { catalogue } from "./tasks/catalogue.ts";
import type { Scene, TaskKind } from "./tasks/task-kind.ts";

/** An entry of some kind; the kind itself knows the rest of it. */
export const entrySchema: z.ZodType<Kinded> = z.looseObject({ kind: z.string() });

export const taskInputs = { task: entrySchema, seed: z.int().nonnegative() };

export interface TaskInputs {
  readonly task: Kinded;
  readonly seed: number;
}

const taskKindOf = (name: string): Promise<TaskKind> =>
  openMember<TaskKind>(catalogue, name, `Cannot use the study: task.kind: found ${name}`);

/** @throws InputError on names that do not exist and options out of range */
export async function openScene({ task, seed }: TaskInputs): Promise<Scene> {
  const kind = await taskKindOf(task.kind);
  const parsed = kind.schema.safeParse(task);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(
      `Cannot use the task: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "found another form"}`,
    );
  }
  return kind.open(parsed.data, seed);
}
