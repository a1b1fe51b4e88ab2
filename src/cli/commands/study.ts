/** `dprime study ACTION`: runs studies, goes on with stopped ones, reports and lists them. */
import { InputError } from "../../core/errors.ts";
import type { Command } from "./command.ts";

const actions = ["run", "status", "resume", "report", "list"];

export const study: Command = {
  name: "study",
  summary: "Run a study from one file, go on with it, report it.",
  description:
    "A study (JSON or YAML; `--schema` prints its JSON Schema) names task, methods, observers and seeds, and re-runs\nto the same numbers anywhere. Finished work is kept in a store and never done twice; after Ctrl-C, kill -9 or a\npower cut `resume` goes on where it was.\n\n  run FILE     run a study or a recipe and write its report\n  status RUN   how far a run is\n  resume RUN   go on with a run that was stopped, failed or killed\n  report RUN   write the report of a finished run again\n  list         runs in the store, newest first",
  arguments: [
    { name: "action", about: `one of ${actions.join(", ")}`, optional: true },
    { name: "what", about: "file of a study for run; id of a run otherwise", optional: true },
  ],
  options: [
    {
      name: "store",
      type: "text",
      placeholder: "PLACE",
      about: "file or postgres:// URL of the store; one in the user's data folder when absent",
    },
    {
      name: "workers",
      type: "integer",
      min: 1,
      max: 256,
      about: "pieces at the same time, each on one thread; all cores when absent",
    },
    {
      name: "size",
      type: "text",
      placeholder: "SIZE",
      about: "size of a recipe: smoke, quick or full; quick when absent",
    },
    {
      name: "output",
      short: "o",
      type: "text",
      placeholder: "FOLDER",
      about: "where to write the report; the study's name when absent",
    },
    {
      name: "set",
      type: "text",
      placeholder: "NAME=VALUE",
      repeat: true,
      about: "replace a value of the study by its path, as in cases.test=100",
    },
    { name: "schema", type: "flag", about: "print the JSON Schema of a study and stop" },
  ],
  examples: [
    { line: "dprime study run my-study.yaml -o report", about: "run it and write the report" },
    { line: "dprime study list", about: "what there is" },
    { line: "dprime study resume 1f2e3d4c5b6a", about: "go on with a stopped run" },
  ],
  async run(context) {
    const { values } = context;
    if (values.flag("schema")) {
      const { studyJsonSchema } = await import("../../study/index.ts");
      const schema = studyJsonSchema();
      context.print(JSON.stringify(schema, null, 2));
      context.result(schema);
      return;
    }
    const action = values.text("action");
    const what = values.text("what");
    if (action === undefined || !actions.includes(action)) {
      throw new InputError(
        `Cannot run: found ${action === undefined ? "no action" : `action ${action}`}, wanted one of ${actions.join(", ")}`,
      );
    }
    if (action === "list") {
      if (what !== undefined) {
        throw new InputError(`Cannot list: found ${what}, wanted nothing after list`);
      }
      await (await import("../../workflows/show-runs.ts")).listRuns(context);
      return;
    }
    if (what === undefined) {
      const wanted = action === "run" ? "the file of a study" : "the id of a run (see study list)";
      throw new InputError(`Cannot ${action}: found nothing after ${action}, wanted ${wanted}`);
    }
    if (action === "status") {
      await (await import("../../workflows/show-runs.ts")).showStatus(context, what);
      return;
    }
    const { reportRun, resumeRun, runFile } = await import("../../workflows/run-study.ts");
    if (action === "run") await runFile(context, what);
    else if (action === "resume") await resumeRun(context, what);
    else await reportRun(context, what);
  },
};
