/** Published papers as recipes: which there are, and what came out beside what the paper says. */
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { InputError } from "../core/errors.ts";
import { oneOf } from "../core/nearest-names.ts";
import { readStudy, readStudyFile } from "../study/index.ts";
import { runStudy, type RunStudyOptions, type StudyResult } from "./run-study.ts";

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

export interface Recipe {
  readonly name: string;
  readonly title: string;
  readonly paper: string | undefined;
  /** How many claims are compared. */
  readonly claims: number;
}

/** The recipes there are. */
export async function listRecipes(): Promise<Recipe[]> {
  const recipes: Recipe[] = [];
  for (const name of await recipeNames()) {
    const { description } = await readStudy(await readStudyFile(pathOf(name)), {
      what: `recipe ${name}`,
    });
    const { title, paper, claims } = description;
    recipes.push({ name, title: title ?? name, paper, claims: claims.length });
  }
  return recipes;
}

export interface ReproduceOptions extends RunStudyOptions {
  /** How much work: `smoke`, `quick` or `full`, where the recipe has it. Defaults to `quick`. */
  readonly size?: string;
  /** Values to replace, by path. */
  readonly set?: Readonly<Record<string, string>>;
}

/**
 * Runs a recipe; the report's claims say what was reproduced.
 *
 * @throws InputError when there is no such recipe or size; whatever `runStudy` throws
 */
export async function reproduce(
  name: string,
  options: ReproduceOptions = {},
): Promise<StudyResult> {
  const { size = "quick", set } = options;
  const known = await recipeNames();
  if (!known.includes(name)) {
    throw new InputError(
      `Cannot reproduce ${name}: found no such recipe, wanted ${oneOf(name, known)}`,
    );
  }
  const document = await readStudyFile(pathOf(name));
  const study = await readStudy(document, {
    size,
    ...(set === undefined ? {} : { set }),
    what: `recipe ${name}`,
  });
  return runStudy(study, options);
}
