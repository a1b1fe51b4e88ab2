/** Runs of cases, and the roles under which pieces get what was made of them. */
import { z } from "zod";
import type { Role } from "./tasks/task-kind.ts";

const roles = [
  "test",
  "validation",
  "observer-training",
  "network-training",
  "template",
] as const satisfies readonly Role[];

export const rangeSchema = z.object({
  role: z.enum(roles),
  /** Name of the class. */
  which: z.string(),
  first: z.int().nonnegative(),
  count: z.int().positive(),
});

/** Which cases a piece works on. */
export type CaseRange = z.output<typeof rangeSchema>;

type Named = Pick<CaseRange, "role" | "which">;

/** Start of the roles of a method's images. */
export const imagesRole = ({ role, which }: Named): string => `images ${role} ${which} `;

/** Start of the roles of the cases as they were drawn. */
export const drawnRole = ({ role, which }: Named): string => `drawn ${role} ${which} `;

/** Number of a chunk, so that names sort as numbers do. */
export const chunkName = (chunk: number): string => String(chunk).padStart(6, "0");

/** Ranges of so many cases, in chunks. */
export function chunksOf(named: Named, { total, chunk }: { total: number; chunk: number }) {
  return Array.from({ length: Math.ceil(total / chunk) }, (_, k): CaseRange => {
    const first = k * chunk;
    return { ...named, first, count: Math.min(chunk, total - first) };
  });
}
