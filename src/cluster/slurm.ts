/**
 * Slurm: job arrays by `sbatch`, looked at by `squeue`, ended by `scancel`. Nothing is asked of `sacct`, which
 * many sites leave off: what was done stands in the store.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import {
  type Executor,
  type ExecutorTools,
  type IndexedTasks,
  secondsToSave,
  type TaskHandle,
} from "./executor.ts";
import { saidBy, shellWord } from "./run-program.ts";

/** Slurm's own default. */
const usualArraySize = 1001;

/** Job states in which a task still waits. */
const waitingStates = new Set([
  "PENDING",
  "REQUEUED",
  "REQUEUE_HOLD",
  "REQUEUE_FED",
  "SPECIAL_EXIT",
]);

export const slurm: Executor = {
  name: "slurm",
  summary: "Job arrays of a Slurm cluster.",
  shows: false,
  describe: (tasks) => scriptOf(tasks, { first: 0 }),

  async otherMachines({ partition }, tools) {
    const words = ["sinfo", "--noheader", "--Node", "--format=%n"];
    const out = await ask(
      partition === undefined ? words : [...words, `--partition=${partition}`],
      tools,
    );
    const names = new Set(out.split(/\s+/).filter((name) => name !== ""));
    if (names.size === 0) {
      throw new InputError(
        `Cannot use Slurm: found no machine${partition === undefined ? "" : ` in the partition ${partition}`}, wanted one; sinfo lists the partitions`,
      );
    }
    const own = hostname().split(".")[0]!;
    return [...names].filter((name) => name.split(".")[0] !== own);
  },

  async submit(tasks, tools) {
    const most = await largestArray(tools);
    const jobs: string[] = [];
    for (let first = 0; first < tasks.count; first += most) {
      const last = Math.min(most, tasks.count - first) - 1;
      const end = await tools.run(["sbatch", "--parsable", `--array=0-${last}`], {
        input: scriptOf(tasks, { first }),
        ...(tasks.secrets === undefined ? {} : { environment: tasks.secrets }),
      });
      const job = /^\d+/.exec(end.out.trim())?.[0];
      if (end.code === 0 && job !== undefined) jobs.push(job);
      // What was accepted does all the work, only more slowly.
      else if (jobs.length > 0) break;
      else throw noSlurm(end.code, `${saidBy(end)} from sbatch`);
    }
    return { jobs };
  },

  async states(handle, tools) {
    const jobs = jobsOf(handle);
    let waiting = 0;
    let running = 0;
    const reasons = new Map<string, number>();
    const known = new Set<string>();
    // Of a job that Slurm has forgotten, squeue says that the id is invalid and nothing of the others.
    const words = ["squeue", "--noheader", "--array", "--me", "--format=%F|%T|%r"];
    for (const line of (await ask(words, tools)).split("\n")) {
      const [job = "", state = "", reason = ""] = line.trim().split("|");
      if (!jobs.includes(job)) continue;
      known.add(job);
      if (!waitingStates.has(state)) running++;
      else {
        waiting++;
        if (reason !== "None") reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
    return {
      waiting,
      running,
      ended: jobs.filter((job) => !known.has(job)).length,
      notes: [...reasons].map(([reason, count]) => `${count} wait: ${reason}`),
    };
  },

  async cancel(handle, tools) {
    const end = await tools.run(["scancel", ...jobsOf(handle)]);
    const over = end.err.split("\n").every((line) => /^\s*$|Invalid job id/i.test(line));
    if (end.code !== 0 && !over) throw noSlurm(end.code, `${saidBy(end)} from scancel`);
  },

  async again(environment, tools) {
    const {
      SLURM_ARRAY_JOB_ID: job,
      SLURM_ARRAY_TASK_ID: task,
      SLURM_JOB_ID: single,
    } = environment;
    const id = job !== undefined && task !== undefined ? `${job}_${task}` : single;
    if (id === undefined) return false;
    return (await tools.run(["scontrol", "requeue", id])).code === 0;
  },
};

function jobsOf(handle: TaskHandle): string[] {
  const jobs =
    typeof handle === "object" && handle !== null && "jobs" in handle ? handle.jobs : undefined;
  return Array.isArray(jobs) ? jobs.map(String) : [];
}

function noSlurm(code: number | undefined, found: string): InputError {
  return new InputError(
    code === undefined
      ? "Cannot use Slurm: found no sbatch on this machine, wanted a login node of the cluster, or option on local"
      : `Cannot use Slurm: found ${found}, wanted tasks that the cluster accepts`,
  );
}

async function ask(words: readonly string[], tools: ExecutorTools): Promise<string> {
  const end = await tools.run(words);
  if (end.code !== 0) throw noSlurm(end.code, `${saidBy(end)} from ${words[0]}`);
  return end.out;
}

/** Tasks that one array may have at this site. */
async function largestArray(tools: ExecutorTools): Promise<number> {
  const out = await ask(["scontrol", "show", "config"], tools);
  const found = Number(/^\s*MaxArraySize\s*=\s*(\d+)/m.exec(out)?.[1] ?? usualArraySize);
  if (found === 0) throw noSlurm(0, "MaxArraySize = 0, which forbids arrays,");
  return found;
}

/** A value as a line of options takes it. */
const quoted = (value: string): string =>
  /^[\w%+=:,./@-]+$/.test(value) ? value : `"${value.replaceAll('"', "")}"`;

/** The batch script of an array whose tasks count from `first`. */
function scriptOf(tasks: IndexedTasks, { first }: { first: number }): string {
  const { name, program, words, folder, resources } = tasks;
  const { seconds, cpus, memory, gpus, partition, account } = resources;
  const options: readonly [string, string | undefined][] = [
    ["job-name", name],
    // A folder's own % would be read as a pattern.
    ["output", join(folder.replaceAll("%", "%%"), "%A_%a.log")],
    ["open-mode", "append"],
    ["cpus-per-task", String(cpus)],
    ["mem", memory === undefined ? undefined : `${Math.ceil(memory / 2 ** 20)}M`],
    ["time", seconds === undefined ? undefined : clockText(seconds)],
    ["gpus", gpus === 0 ? undefined : String(gpus)],
    ["partition", partition],
    ["account", account],
    // To the batch shell, which `exec` makes the program itself.
    ["signal", seconds === undefined ? undefined : `B:TERM@${Math.round(secondsToSave(seconds))}`],
  ];
  return [
    "#!/bin/sh",
    ...options
      .filter(([, value]) => value !== undefined)
      .map(([option, value]) => `#SBATCH --${option}=${quoted(value!)}`),
    "#SBATCH --requeue",
    `export DPRIME_EXECUTOR=slurm DPRIME_TASK=$((SLURM_ARRAY_TASK_ID + ${first}))`,
    `exec ${[...program, ...words].map(shellWord).join(" ")}`,
    "",
  ].join("\n");
}

/** `D-HH:MM:SS` as Slurm reads it. */
function clockText(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const whole = Math.ceil(seconds);
  const days = Math.floor(whole / 86_400);
  const [hours, minutes] = [Math.floor((whole % 86_400) / 3600), Math.floor((whole % 3600) / 60)];
  return `${days}-${two(hours)}:${two(minutes)}:${two(whole % 60)}`;
}
