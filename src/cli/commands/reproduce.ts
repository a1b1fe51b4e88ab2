/** `dprime reproduce NAME`: runs a published paper's recipe and sets its claims beside what came out. */
import { argument, choice, flag, pairs, text } from "../options.ts";
import { storeOptions, workers } from "../shared-options.ts";
import { finishStudy, hearRun } from "../study-report.ts";
import { type Command, command } from "./command.ts";

export const reproduce: Command = command({
  name: "reproduce",
  summary: "Reproduce a published paper and compare its claims.",
  description:
    "Runs the recipe of a paper and prints what the paper says beside what came out. Sizes: smoke takes about a minute and shows that everything runs, quick up to half an hour on two cores, full has the paper's own numbers of images. Without a name it lists the recipes.",
  arguments: { name: argument("name of a recipe", { optional: true }) },
  options: {
    size: choice(["smoke", "quick", "full"], "how much work", { default: "quick" }),
    ...storeOptions,
    workers,
    output: text("FOLDER", "where to write the report; default: the recipe's name and the size", {
      short: "o",
    }),
    force: flag("write the report over other files in that folder"),
    set: pairs("replace a value of the study by its path, as in cases.test=100"),
  },
  examples: [
    { line: "dprime reproduce", about: "the recipes there are" },
    {
      line: "dprime reproduce chen-zhou --size smoke",
      about: "the first paper, in about a minute",
    },
  ],
  async run({ name, output, force, ...values }, context) {
    const { listRecipes, reproduce: run } = await import("../../workflows/reproduce.ts");
    const { checkReportFolder } = await import("../../workflows/run-study.ts");
    if (name === undefined) {
      const recipes = await listRecipes();
      context.table(
        [
          { title: "recipe" },
          { title: "paper" },
          { title: "claims", align: "right" },
          { title: "about" },
        ],
        recipes.map(({ name: recipe, title, paper, claims }) => [recipe, paper, claims, title]),
      );
      return { recipes };
    }
    const folder = output ?? `${name}-${values.size}`;
    await checkReportFolder(folder, { force });
    const result = await hearRun(context, (onStart) =>
      run(name, {
        ...values,
        onStart,
        ...context.work,
        onNotice: (notice) => context.note(notice),
      }),
    );
    return finishStudy(context, result, { folder, force });
  },
});
