/** Processes of this machine, which go on when the one that started them ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import type { Executor, IndexedTasks, TaskHandle } from "./executor.ts";
import { shellWord } from "./run-program.ts";

interface LocalProcess {
  readonly pid: number;
  /** When it started, as the system counts: a number alone is given to others later. */
  readonly start: string;
}

export const local: Executor = {
  name: "local",
  summary: "Processes of this machine.",
  shows: false,
  describe: ({ program, words }: IndexedTasks) =>
    `${[...program, ...words].map(shellWord).join(" ")}\n`,
  otherMachines: async () => [],

  async submit({ count, program, words, folder, secrets }) {
    const [command = "", ...before] = program;
    const processes: LocalProcess[] = [];
    for (let task = 0; task < count; task++) {
      const log = openSync(join(folder, `${task}.log`), "a");
      try {
        const child = spawn(command, [...before, ...words], {
          detached: true,
          stdio: ["ignore", log, log],
          env: {
            ...process.env,
            ...secrets,
            DPRIME_EXECUTOR: "local",
            DPRIME_TASK: String(task),
          },
        });
        await once(child, "spawn");
        child.unref();
        processes.push({ pid: child.pid!, start: startOf(child.pid!) ?? "" });
      } catch (error) {
        throw new InputError(`Cannot start task ${task} here: found ${messageOf(error)}`, {
          cause: error,
        });
      } finally {
        closeSync(log);
      }
    }
    return { host: hostname(), processes: processes.map(({ pid, start }) => ({ pid, start })) };
  },

  async states(handle) {
    const { host, processes } = processesOf(handle);
    if (host !== hostname()) {
      const notes = [`started on ${host}, which only ${host} can look at`];
      return { waiting: 0, running: 0, ended: 0, notes };
    }
    const running = processes.filter(isAlive).length;
    return { waiting: 0, running, ended: processes.length - running, notes: [] };
  },

  async cancel(handle) {
    const { host, processes } = processesOf(handle);
    if (host !== hostname()) {
      throw new InputError(
        `Cannot stop the processes: found them started on ${host}, wanted to be called there`,
      );
    }
    for (const one of processes.filter(isAlive)) process.kill(one.pid, "SIGTERM");
  },

  again: async () => false,
};

function processesOf(handle: TaskHandle): { host: string; processes: readonly LocalProcess[] } {
  return handle as unknown as { host: string; processes: readonly LocalProcess[] };
}

/** Start of a process in the system's ticks; undefined where it is gone or the system does not say. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // After the name, which may hold anything: field 22, where the state is field 3.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function isAlive({ pid, start }: LocalProcess): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return start === "" || startOf(pid) === start;
}
