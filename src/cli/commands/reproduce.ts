/** `dprime reproduce NAME`: runs a published paper's recipe and sets its claims beside what came out. */
import type { Command } from "./command.ts";

export const reproduce: Command = {
  name: "reproduce",
  summary: "Reproduce a published paper and compare its claims.",
  description:
    "Runs the recipe of a paper and prints what the paper says beside what came out. Sizes: smoke takes about a\nminute and shows that everything runs, quick up to half an hour on two cores, full has the paper's own numbers of\nimages. Without a name it lists the recipes.",
  arguments: [{ name: "name", about: "name of a recipe", optional: true }],
  options: [
    {
      name: "size",
      type: "choice",
      choices: ["smoke", "quick", "full"],
      default: "quick",
      about: "how much work",
    },
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
      name: "output",
      short: "o",
      type: "text",
      placeholder: "FOLDER",
      about: "where to write the report; the recipe's name and the size when absent",
    },
    {
      name: "set",
      type: "text",
      placeholder: "NAME=VALUE",
      repeat: true,
      about: "replace a value of the study by its path, as in cases.test=100",
    },
  ],
  examples: [
    { line: "dprime reproduce", about: "the recipes there are" },
    {
      line: "dprime reproduce chen-zhou --size smoke",
      about: "the first paper, in about a minute",
    },
  ],
  async run(context) {
    const { listRecipes, reproduceRecipe } = await import("../../workflows/reproduce-recipe.ts");
    const name = context.values.text("name");
    if (name === undefined) await listRecipes(context);
    else await reproduceRecipe(context, name);
  },
};
