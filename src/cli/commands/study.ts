/** `dprime study ACTION`: runs studies, goes on with stopped ones, reports and lists them. */
import { InputError } from "../../core/errors.ts";
import { oneOf } from "../../core/nearest-names.ts";
import { argument, flag, pairs, text } from "../options.ts";
import type { ValuesOf } from "../options.ts";
import { storeOptions, workers } from "../shared-options.ts";
import { finishStudy, hearRun } from "../study-report.ts";
import { type Command, command, type CommandContext } from "./command.ts";

const options = {
  ...storeOptions,
  workers,
  size: text("SIZE", "size of a recipe: smoke, quick or full; default: quick"),
  output: text("FOLDER", "where to write the report; default: the study's name", { short: "o" }),
  force: flag("write the report over other files in that folder"),
  set: pairs("replace a value of the study by its path, as in cases.test=100"),
  schema: flag("print the JSON Schema of a study and stop"),
};

type Values = ValuesOf<typeof options>;
type Action = (context: CommandContext, what: string, values: Values) => Promise<object>;

/** What may be done with a file or a run. */
const actions: Readonly<Record<string, Action>> = { run, status, resume, report, drop };

type StoreAction = (context: CommandContext, values: Values) => Promise<object>;

/** What may be done with the store as a whole. */
const storeActions: Readonly<Record<string, StoreAction>> = { list: listRuns };

const known = [...Object.keys(actions), ...Object.keys(storeActions), "check"];

export const study: Command = command({
  name: "study",
  summary: "Run a study from one file, go on with it, report it.",
  description:
    "A study (JSON or YAML; `--schema` prints its JSON Schema) names task, methods, observers and seeds, and re-runs to the same numbers anywhere. Finished work is kept in a store and never done twice; after Ctrl-C, kill -9 or a power cut `resume` goes on where it was.\n\n  run FILE     run a study or a recipe and write its report\n  status RUN   how far a run is\n  resume RUN   go on with a run that was stopped, failed or killed\n  report RUN   write the report of a finished run again\n  drop RUN     forget a run and what no other run needs\n  list         runs in the store, newest first; `killed`: nobody is at it\n  check        look whether everything in the store is as it was kept\n  check FOLDER the same for the files of a report",
  arguments: {
    action: argument(`one of ${known.join(", ")}`, { optional: true }),
    what: argument("file of a study for run, folder of a report for check; id of a run otherwise", {
      optional: true,
    }),
  },
  options,
  examples: [
    { line: "dprime study run my-study.yaml -o report", about: "run it and write the report" },
    { line: "dprime study list", about: "what there is" },
    { line: "dprime study resume 1f2e3d4c5b6a", about: "go on with a stopped run" },
    { line: "dprime study check", about: "look whether the store is whole" },
  ],
  async run({ action, what, ...values }, context) {
    if (values.schema) {
      const { studyJsonSchema } = await import("../../study/index.ts");
      const schema = await studyJsonSchema();
      context.printText(JSON.stringify(schema, null, 2));
      return schema;
    }
    const named = <T>(among: Readonly<Record<string, T>>): T | undefined =>
      action !== undefined && Object.hasOwn(among, action) ? among[action] : undefined;
    const onStore = named(storeActions);
    if (onStore !== undefined) {
      if (what !== undefined) {
        throw new InputError(`Cannot ${action}: found ${what}, wanted nothing after ${action}`);
      }
      return onStore(context, values);
    }
    if (action === "check") {
      return what === undefined ? check(context, values) : checkFolder(context, what);
    }
    const act = named(actions);
    if (act === undefined) {
      throw new InputError(
        `Cannot run: found ${action === undefined ? "no action" : `action ${action}`}, wanted ${oneOf(action ?? "", known)}`,
      );
    }
    if (what === undefined) {
      const wanted = action === "run" ? "the file of a study" : "the id of a run (see study list)";
      throw new InputError(`Cannot ${action}: found nothing after ${action}, wanted ${wanted}`);
    }
    return act(context, what, values);
  },
});

async function run(context: CommandContext, path: string, values: Values): Promise<object> {
  const workflow = await import("../../workflows/run-study.ts");
  const { store, workers: pieces, force } = values;
  const described = await workflow.studyFromFile(path, values);
  const folder = values.output ?? described.description.name;
  await workflow.checkReportFolder(folder, { force });
  const result = await hearRun(context, (onStart) =>
    workflow.runStudy(described, { store, workers: pieces, onStart, ...noticed(context) }),
  );
  return finishStudy(context, result, { folder, force });
}

async function resume(context: CommandContext, id: string, values: Values): Promise<object> {
  refuseChanges(values);
  const { checkReportFolder, resumeStudy } = await import("../../workflows/run-study.ts");
  const { store, workers: pieces, force, output } = values;
  if (output !== undefined) await checkReportFolder(output, { force });
  const result = await hearRun(context, (onStart) =>
    resumeStudy(id, { store, workers: pieces, onStart, ...noticed(context) }),
  );
  return finishStudy(context, result, { folder: output ?? result.run.study, force });
}

async function report(context: CommandContext, id: string, values: Values): Promise<object> {
  refuseChanges(values);
  const { reportStudy } = await import("../../workflows/run-study.ts");
  const result = await reportStudy(id, { store: values.store, ...noticed(context) });
  return finishStudy(context, result, {
    folder: values.output ?? result.run.study,
    force: values.force,
  });
}

async function status(context: CommandContext, id: string, values: Values): Promise<object> {
  const { statusOfRun } = await import("../../workflows/list-runs.ts");
  const found = await statusOfRun(id, { store: values.store, ...noticed(context) });
  const { run: name, finished, all, seconds, started, changed, cause, at } = found;
  context.print(`${found.study}, run ${name}: ${found.status}`);
  if (at.length > 0) context.print(`at work: ${at.join(", ")}`);
  context.print(`${finished} of ${all} pieces finished, ${Math.round(seconds)} s of work kept`);
  context.print(`started ${started}, last change ${changed}`);
  if (cause !== undefined) context.print(cause);
  const ended = found.status !== "done" && found.status !== "damaged" && at.length === 0;
  if (ended) context.print(`dprime study resume ${name} goes on`);
  return found;
}

async function listRuns(context: CommandContext, values: Values): Promise<object> {
  const { listRuns: list } = await import("../../workflows/list-runs.ts");
  const found = await list({ store: values.store, ...noticed(context) });
  if (found.runs.length === 0) context.print(`No runs in ${found.store}`);
  else {
    context.table(
      [
        { title: "run" },
        { title: "study" },
        { title: "status" },
        { title: "pieces", align: "right" },
        { title: "started" },
      ],
      found.runs.map((row) => [
        row.run,
        row.study,
        row.status,
        `${row.finished}/${row.all}`,
        row.started,
      ]),
    );
  }
  return found;
}

async function drop(context: CommandContext, id: string, values: Values): Promise<object> {
  const { dropRun } = await import("../../workflows/list-runs.ts");
  const dropped = await dropRun(id, { store: values.store, ...noticed(context) });
  const freed = `${(dropped.freed / 1e6).toFixed(1)} MB`;
  context.print(`Dropped run ${dropped.run} of ${dropped.study}; ${freed} are free again`);
  return dropped;
}

async function check(context: CommandContext, values: Values): Promise<object> {
  const { checkStore } = await import("../../workflows/list-runs.ts");
  const found = await checkStore({ store: values.store, ...noticed(context) });
  const { faults, pieces, blobs, bytes, checkpoints, runs } = found;
  context.print(
    `${found.store}: ${runs} runs, ${pieces} pieces, ${blobs} files (${(bytes / 1e6).toFixed(1)} MB), ${checkpoints} checkpoints`,
  );
  if (faults.length === 0) {
    context.print("Everything is as it was kept.");
    return found;
  }
  context.table(
    [{ title: "damaged" }, { title: "id" }, { title: "what is wrong" }],
    faults.map(({ what, id, about }) => [what, id.slice(0, 12), about]),
  );
  const harmed = new Set(faults.flatMap((fault) => fault.pieces)).size;
  if (harmed > 0) {
    context.print(
      `${harmed} pieces of work are affected; running or resuming their studies computes them again`,
    );
  }
  context.fail();
  return found;
}

async function checkFolder(context: CommandContext, folder: string): Promise<object> {
  const { checkReport } = await import("../../study/index.ts");
  const found = await checkReport(folder, context.work);
  if (found.faults.length === 0)
    context.print(`${folder}: ${found.files} files as they were written.`);
  else {
    context.table(
      [{ title: "file" }, { title: "what is wrong" }],
      found.faults.map(({ file, about }) => [file, about]),
    );
    context.fail();
  }
  return { folder, ...found };
}

/** Progress, the signal, and notes of what a user should know. */
const noticed = (context: CommandContext) => ({
  ...context.work,
  onNotice: (notice: string): void => context.note(notice),
});

function refuseChanges({ size, set }: Values): void {
  if (size !== undefined || Object.keys(set).length > 0) {
    throw new InputError(
      "Cannot change a run: found --size or --set, wanted them with run, which keeps what is common",
    );
  }
}
