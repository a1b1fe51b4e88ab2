/** State that programs carry from run to run: values by name, held by the runtime. */
import { InputError } from "../core/errors.ts";
import type { Held, Session, Value } from "./backend.ts";

export interface ProgramState {
  readonly names: readonly string[];
  /** A copy of the present value. */
  read(name: string): Promise<Value>;
  /** Replaces a value; it is copied. */
  set(name: string, value: Value): void;
  dispose(): void;
  /** For programs: gives a name its first value, unless it has one. */
  start(name: string, initial: Value, session: Pick<Session, "hold">): void;
  /** For programs: the held value of a name that was started. */
  held(name: string): Held;
  /** For programs: takes over the next value and lets the old one go. */
  move(name: string, next: Held): void;
}

/** An empty state. */
export function programState(): ProgramState {
  const values = new Map<string, { readonly held: Held; readonly hold: (value: Value) => Held }>();
  const entry = (name: string, doing: string) => {
    const found = values.get(name);
    if (found === undefined) {
      throw new InputError(
        `Cannot ${doing} state "${name}": wanted one of ${[...values.keys()].join(", ") || "none"}`,
      );
    }
    return found;
  };
  const move = (name: string, next: Held) => {
    const { held, hold } = entry(name, "move");
    held.dispose();
    values.set(name, { held: next, hold });
  };
  return {
    get names() {
      return [...values.keys()];
    },
    async read(name) {
      const value = await entry(name, "read").held.read();
      return { ...value, data: value.data.slice() };
    },
    set(name, value) {
      const { hold } = entry(name, "set");
      move(name, hold({ ...value, data: value.data.slice() }));
    },
    dispose() {
      for (const { held } of values.values()) held.dispose();
      values.clear();
    },
    start(name, initial, session) {
      if (values.has(name)) return;
      const hold = (value: Value) => session.hold(value);
      values.set(name, { held: hold(initial), hold });
    },
    held: (name) => entry(name, "use").held,
    move,
  };
}
