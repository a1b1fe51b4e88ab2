/** `dprime study ACTION`: runs studies, resumes stopped ones, reports and lists them. */
import { InputError } from "../../core/errors.ts";
import { oneOf } from "../../core/nearest-names.ts";
import { counted } from "../number-text.ts";
import { argument, flag, text } from "../options.ts";
import type { ValuesOf } from "../options.ts";
import { clusterOptions, outputFolder, runOptions } from "../shared-options.ts";
import { handOver, printTasks, stop, work } from "../study-cluster.ts";
import { noticed, runAndReport } from "../study-report.ts";
import { type Command, command, type CommandContext } from "./command.ts";

const options = {
  ...runOptions,
  ...clusterOptions,
  size: text("SIZE", "size of a recipe: smoke, quick or full; default: quick"),
  output: outputFolder("folder for the report; default: the study's name"),
  schema: flag("print the JSON Schema of a study and stop"),
};

type Values = ValuesOf<typeof options>;

interface Action {
  /** What follows the action, and what that is called where it is missing. */
  readonly takes?: { readonly wanted: string; readonly optional?: true };
  readonly run: (context: CommandContext, what: string, values: Values) => Promise<object>;
}

const aRun = { takes: { wanted: "the id of a run (see study list)" } };

const actions: Readonly<Record<string, Action>> = {
  run: { takes: { wanted: "the file of a study" }, run },
  work: { ...aRun, run: work },
  status: { ...aRun, run: status },
  resume: { ...aRun, run: resume },
  stop: { ...aRun, run: stop },
  report: { ...aRun, run: report },
  drop: { ...aRun, run: drop },
  list: { run: listRuns },
  check: { takes: { wanted: "a folder", optional: true }, run: check },
};

export const study: Command = command({
  name: "study",
  summary: "Run a study from one file, resume it, report it.",
  description:
    "A study (JSON or YAML; `--schema` prints its JSON Schema) names task, methods, observers and seeds, and re-runs to the same numbers anywhere. A store keeps finished work, which is never done twice; after Ctrl-C, kill -9 or a power cut, `resume` continues.\n\n  run FILE     run a study or a recipe and write its report\n  work RUN     do what is left of a run beside others that share the store, as a task of a cluster does\n  status RUN   show how far a run and its tasks are\n  resume RUN   continue a run that was stopped, failed or killed\n  stop RUN     end the tasks that a scheduler was handed; finished work is kept\n  report RUN   write the report of a finished run again\n  drop RUN     delete a run and what no other run needs\n  list         list the runs in the store, newest first\n  check        check whether the store is intact\n  check FOLDER check whether the files of a report are intact",
  arguments: {
    action: argument(`one of ${Object.keys(actions).join(", ")}`, { optional: true }),
    what: argument("a study's file for run, a report's folder for check, else a run's id", {
      optional: true,
    }),
  },
  options,
  examples: {
    "dprime study run my-study.yaml -o report": "run it and write the report",
    "dprime study run my-study.yaml --on slurm --array 50 --time 2h --cpus 4 --memory 8G --store postgres://db.site/dprime":
      "hand it to a cluster",
    "dprime study list": "list the runs in the store",
    "dprime study resume 1f2e3d4c5b6a": "continue a stopped run",
    "dprime study check": "check the store",
  },
  async run({ action, what, ...values }, context) {
    if (values.schema) {
      const { studyJsonSchema } = await import("../../study/index.ts");
      const schema = await studyJsonSchema();
      context.printText(JSON.stringify(schema, null, 2));
      return schema;
    }
    if (action === undefined || !Object.hasOwn(actions, action)) {
      throw new InputError(
        `Cannot run: found ${action === undefined ? "no action" : `action ${action}`}, wanted ${oneOf(action ?? "", Object.keys(actions))}`,
      );
    }
    const { takes, run: act } = actions[action]!;
    if (takes === undefined && what !== undefined) {
      throw new InputError(`Cannot ${action}: found ${what}, wanted nothing after ${action}`);
    }
    if (takes !== undefined && takes.optional !== true && what === undefined) {
      throw new InputError(
        `Cannot ${action}: found nothing after ${action}, wanted ${takes.wanted}`,
      );
    }
    return act(context, what ?? "", values);
  },
});

async function run(context: CommandContext, path: string, values: Values): Promise<object> {
  const { runStudy, studyFromFile } = await import("../../workflows/run-study.ts");
  const { store, workers, force, output } = values;
  const described = await studyFromFile(path, values);
  if (values.on !== undefined) {
    const { submitStudy } = await import("../../workflows/cluster/submit-study.ts");
    return handOver(context, values, (given) => submitStudy(described, given));
  }
  const folder = output ?? described.description.name;
  return runAndReport(context, (heard) => runStudy(described, { store, workers, ...heard }), {
    folder,
    force,
  });
}

async function resume(context: CommandContext, id: string, values: Values): Promise<object> {
  refuseChanges(values);
  if (values.on !== undefined) {
    const { resubmitStudy } = await import("../../workflows/cluster/submit-study.ts");
    return handOver(context, values, (given) => resubmitStudy(id, given));
  }
  const { resumeStudy } = await import("../../workflows/run-study.ts");
  const { store, workers, force, output: folder } = values;
  return runAndReport(context, (heard) => resumeStudy(id, { store, workers, ...heard }), {
    folder,
    force,
  });
}

async function report(context: CommandContext, id: string, values: Values): Promise<object> {
  refuseChanges(values);
  const { reportStudy } = await import("../../workflows/run-study.ts");
  const { store, force, output: folder } = values;
  return runAndReport(context, (heard) => reportStudy(id, { store, ...heard }), { folder, force });
}

async function status(context: CommandContext, id: string, values: Values): Promise<object> {
  const { statusOfRun } = await import("../../workflows/list-runs.ts");
  const found = await statusOfRun(id, { store: values.store, ...noticed(context) });
  const { run: name, finished, all, seconds, started, changed, cause, at } = found;
  context.print(`${found.study}, run ${name}: ${found.status}`);
  if (at.length > 0) context.print(`running in: ${at.join(", ")}`);
  context.print(`${finished} of ${all} pieces finished, ${Math.round(seconds)} s of work kept`);
  context.print(`started ${started}, last change ${changed}`);
  if (cause !== undefined) context.print(cause);
  const underWay = at.length > 0 || printTasks(context, found);
  const ended = found.status !== "done" && found.status !== "damaged" && !underWay;
  if (ended) context.print(`dprime study resume ${name} continues it`);
  return found;
}

async function listRuns(context: CommandContext, _: string, values: Values): Promise<object> {
  const { listRuns: list } = await import("../../workflows/list-runs.ts");
  const found = await list({ store: values.store, ...noticed(context) });
  if (found.runs.length === 0) context.print(`No runs in ${found.store}`);
  context.table(found.runs, [
    ["run", (row) => row.run],
    ["study", (row) => row.study],
    ["status", (row) => row.status],
    ["pieces", ({ finished, all }) => `${finished}/${all}`],
    ["started", ({ started }) => started],
  ]);
  return found;
}

async function drop(context: CommandContext, id: string, values: Values): Promise<object> {
  const { dropRun } = await import("../../workflows/list-runs.ts");
  const dropped = await dropRun(id, { store: values.store, ...noticed(context) });
  const freed = `${(dropped.freed / 1e6).toFixed(1)} MB`;
  context.print(`Dropped run ${dropped.run} of ${dropped.study}; freed ${freed}`);
  return dropped;
}

async function check(context: CommandContext, folder: string, values: Values): Promise<object> {
  if (folder !== "") return checkFolder(context, folder);
  const { checkStore } = await import("../../workflows/list-runs.ts");
  const found = await checkStore({ store: values.store, ...noticed(context) });
  const { faults, pieces, blobs, bytes, checkpoints, runs } = found;
  context.print(
    `${found.store}: ${runs} runs, ${pieces} pieces, ${blobs} files (${(bytes / 1e6).toFixed(1)} MB), ${checkpoints} checkpoints`,
  );
  context.table(faults, [
    ["damaged", ({ what }) => what],
    ["id", ({ id }) => id.slice(0, 12)],
    ["what is wrong", ({ about }) => about],
  ]);
  const harmed = new Set(faults.flatMap((fault) => fault.pieces)).size;
  if (harmed > 0) {
    context.print(
      `${counted(harmed, "piece")} of work affected; running or resuming their studies computes them again`,
    );
  }
  if (faults.length > 0) context.fail();
  else context.print("Everything is intact.");
  return found;
}

async function checkFolder(context: CommandContext, folder: string): Promise<object> {
  const { checkReport } = await import("../../study/index.ts");
  const found = await checkReport(folder, context.work);
  context.table(found.faults, [
    ["file", ({ file }) => file],
    ["what is wrong", ({ about }) => about],
  ]);
  if (found.faults.length > 0) context.fail();
  else context.print(`${folder}: ${found.files} files, all intact.`);
  return { folder, ...found };
}

function refuseChanges({ size, set }: Values): void {
  if (size === undefined && Object.keys(set).length === 0) return;
  throw new InputError(
    "Cannot change a run: found --size or --set, wanted them with run, which keeps the work in common",
  );
}
