/** The work of `dprime reproduce`. */
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { InputError } from "../core/errors.ts";
import { parseStudy, readStudy, readStudyFile, studyOfDocument } from "../study/index.ts";
import type { CommandContext } from "../cli/commands/command.ts";
import { finish, perform } from "./run-study.ts";
import { withStore } from "./store-of.ts";

/** The package's folder of recipes, from the sources and from the built program alike. */
const folder = new URL("../../recipes/", import.meta.url);

async function recipeNames(): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.slice(0, -".yaml".length))
    .sort();
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`${name}.yaml`, folder));
}

/** `dprime reproduce` without a name. */
export async function listRecipes(context: CommandContext): Promise<void> {
  const rows: { name: string; title: string; paper: string | undefined; claims: number }[] = [];
  for (const name of await recipeNames()) {
    const { title, paper, claims } = parseStudy(studyOfDocument(await readStudyFile(pathOf(name))));
    rows.push({ name, title: title ?? name, paper, claims: claims.length });
  }
  context.table(
    [
      { title: "recipe" },
      { title: "paper" },
      { title: "claims", align: "right" },
      { title: "about" },
    ],
    rows.map(({ name, title, paper, claims }) => [name, paper, claims, title]),
  );
  context.result({ recipes: rows });
}

/** `dprime reproduce NAME`. */
export async function reproduceRecipe(context: CommandContext, name: string): Promise<void> {
  const known = await recipeNames();
  if (!known.includes(name)) {
    throw new InputError(
      `Cannot reproduce ${name}: found no such recipe, wanted one of ${known.join(", ")}`,
    );
  }
  const { values } = context;
  const size = values.need("size");
  const document = await readStudyFile(pathOf(name));
  const study = readStudy(document, { size, set: values.pairs("set"), what: `recipe ${name}` });
  await withStore(context, async (store) => {
    const done = await perform(context, { store, study });
    await finish(context, { ...done, store, folder: values.text("output") ?? `${name}-${size}` });
  });
}
