/** `dprime reproduce NAME`: runs a published paper's recipe and sets its claims beside what came out. */
import { argument, choice } from "../options.ts";
import { outputFolder, runOptions } from "../shared-options.ts";
import { runAndReport } from "../study-report.ts";
import { type Command, command } from "./command.ts";

export const reproduce: Command = command({
  name: "reproduce",
  summary: "Reproduce a published paper and compare its claims.",
  description:
    "Runs the recipe of a paper and prints the paper's claims beside the results. Sizes: smoke takes about a minute and shows that everything runs, quick takes up to half an hour on two cores, full has the paper's own numbers of images. Without a name, lists the recipes.",
  arguments: { name: argument("name of a recipe", { optional: true }) },
  options: {
    size: choice(["smoke", "quick", "full"], "amount of work", { default: "quick" }),
    ...runOptions,
    output: outputFolder("folder for the report; default: the recipe's name and the size"),
  },
  examples: {
    "dprime reproduce": "list the recipes",
    "dprime reproduce chen-zhou --size smoke": "the first paper, in about a minute",
  },
  async run({ name, output, force, ...values }, context) {
    const { listRecipes, reproduce: run } = await import("../../workflows/reproduce.ts");
    if (name === undefined) {
      const recipes = await listRecipes();
      context.table(recipes, [
        ["recipe", (recipe) => recipe.name],
        ["paper", ({ paper }) => paper],
        ["claims", ({ claims }) => claims],
        ["about", ({ title }) => title],
      ]);
      return { recipes };
    }
    const folder = output ?? `${name}-${values.size}`;
    return runAndReport(context, (heard) => run(name, { ...values, ...heard }), { folder, force });
  },
});
