/**
 * Programs by key, such as the shape they are made for: compiled when first asked for, disposed when
 * others have been used since.
 */
import { InputError } from "../core/errors.ts";
import type { Program } from "./program.ts";

export interface ProgramCache {
  /** The program of a key, compiled by `build` unless it is there already. */
  get(key: string, build: () => Promise<Program>): Promise<Program>;
  readonly size: number;
  dispose(): Promise<void>;
}

/**
 * @param limit programs kept; the least recently used one goes first
 */
export function programCache({ limit = 8 }: { limit?: number } = {}): ProgramCache {
  if (!(Number.isInteger(limit) && limit > 0)) {
    throw new InputError(`Cannot make a cache: found limit ${limit}, wanted a whole number > 0`);
  }
  // A Map keeps the order of insertion: a key that is used again is moved to the end.
  const programs = new Map<string, Promise<Program>>();
  return {
    async get(key, build) {
      const known = programs.get(key);
      programs.delete(key);
      const program = known ?? build();
      programs.set(key, program);
      if (known === undefined) {
        // A failure to compile is not remembered.
        program.catch(() => programs.delete(key));
        while (programs.size > limit) {
          const [oldest, old] = programs.entries().next().value!;
          programs.delete(oldest);
          await (await old).dispose();
        }
      }
      return program;
    },
    get size() {
      return programs.size;
    },
    async dispose() {
      const all = [...programs.values()];
      programs.clear();
      for (const program of all) await (await program).dispose();
    },
  };
}
