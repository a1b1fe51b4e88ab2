/** What `dprime study` does with a cluster: hands tasks over, is one, stops them. */
import { InputError } from "../core/errors.ts";
import type { SubmitOptions, Submitted } from "../workflows/cluster/submit-study.ts";
import type { RunDetails } from "../workflows/list-runs.ts";
import type { CommandContext } from "./commands/command.ts";
import type { ValuesOf } from "./options.ts";
import type { clusterOptions, runOptions } from "./shared-options.ts";
import { noticed } from "./study-report.ts";

type Values = ValuesOf<typeof clusterOptions & typeof runOptions>;

/** Hands a run's tasks to an executor and says how to look at them. */
export async function handOver(
  context: CommandContext,
  values: Values,
  submit: (options: SubmitOptions) => Promise<Submitted>,
): Promise<object> {
  const { on, array, time, cpus, memory, gpus, partition, account, image, logs } = values;
  const { store, tries, lease, apply } = values;
  if (values.workers !== undefined) {
    throw new InputError("Cannot hand tasks over: found --workers, wanted --cpus with --on");
  }
  const submitted = await submit({
    on: on!,
    tasks: array,
    resources: { seconds: time, cpus, memory, gpus, partition, account },
    program: context.program,
    logs,
    image,
    ...(apply ? { apply } : {}),
    tries,
    leaseSeconds: lease,
    store,
    ...noticed(context),
  });
  const { run, tasks, pieces, submission, text } = submitted;
  if (submission === undefined) context.printText(text);
  context.note(`run ${run} in ${submitted.store}`);
  context.note(
    submission === undefined
      ? `${pieces} pieces for ${tasks} tasks; hand the above over, or call again with --apply`
      : `${pieces} pieces for ${tasks} tasks on ${submission.executor}; dprime study status ${run} says how far they are, dprime study report ${run} writes the report`,
  );
  return submitted;
}

/** Is one task of a run. */
export async function work(context: CommandContext, id: string, values: Values): Promise<object> {
  const { workOnStudy } = await import("../workflows/cluster/work.ts");
  const { store, workers: pieces, memory, time, tries, lease } = values;
  const done = await workOnStudy(id, {
    ...noticed(context),
    store,
    workers: pieces,
    memory,
    seconds: time,
    tries,
    leaseSeconds: lease,
  });
  const { run, study, status, finished, left, over, again, cause } = done;
  context.print(`${study}, run ${run}: ${finished} pieces finished by this task`);
  if (cause !== undefined) context.print(cause);
  if (status === "stopped") context.print("the run was stopped");
  if (status === "left") {
    context.print(
      `${left} pieces are left; ${again ? "this task stands in line again" : over ? `its time is over, dprime study resume ${run} goes on` : "others are at them"}`,
    );
  }
  // A scheduler that starts failed tasks again is to do so where work is left.
  if (status === "failed" || (over && !again)) context.fail();
  return done;
}

/** Ends the tasks that schedulers were handed for a run. */
export async function stop(
  context: CommandContext,
  id: string,
  { store }: Values,
): Promise<object> {
  const { stopRun } = await import("../workflows/cluster/work.ts");
  const stopped = await stopRun(id, { store, ...noticed(context) });
  context.print(`Stopped run ${stopped.run} of ${stopped.study}; dprime study resume goes on`);
  return stopped;
}

/** Says how far tasks are and what failed. @returns whether tasks wait or run */
export function printTasks(
  context: CommandContext,
  { tasks, failures }: Pick<RunDetails, "tasks" | "failures">,
): boolean {
  for (const { executor, waiting, running, ended, notes } of tasks) {
    context.print(`tasks on ${executor}: ${waiting} wait, ${running} run, ${ended} ended`);
    for (const note of notes) context.print(`  ${note}`);
  }
  for (const { piece, tries, reason } of failures) {
    context.print(`piece ${piece} failed ${tries} ${tries === 1 ? "time" : "times"}: ${reason}`);
  }
  return tasks.some(({ waiting, running }) => waiting + running > 0);
}
