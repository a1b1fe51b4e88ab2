/** Rooms below the command line do not know its words: a page, a server and a program use them too. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { catalogue } from "../src/cli/commands/catalogue.ts";
import { kebab } from "../src/cli/kebab.ts";
import { sharedOptions } from "../src/cli/parse.ts";

const sources = join(import.meta.dirname, "..", "src");

/** Words that only look so, or have to be there, with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  "cluster/kubernetes.ts": "words of kubectl",
  "cluster/slurm.ts": "words of Slurm",
  "study/render/style.ts": "names of colours",
  "workflows/cluster/submit-study.ts": "the task of a cluster is a command",
};

/** Where a text writes an option as a user does, or a command. */
function wordsIn(text: string, words: RegExp): string[] {
  return text.split("\n").flatMap((line, i) => {
    const [found] = words.exec(line) ?? [];
    return found === undefined ? [] : [`line ${i + 1}: ${found}`];
  });
}

async function commandWords(): Promise<RegExp> {
  const commands = await Promise.all(Object.values(catalogue).map((open) => open()));
  const options = [
    ...Object.keys(sharedOptions),
    ...commands.flatMap((c) => Object.keys(c.options)),
  ];
  const names = commands.map(({ name }) => name);
  return new RegExp(
    `(?<![\\w-])--(${[...new Set(options)].map(kebab).join("|")})(?![\\w:-])|\`dprime (${names.join("|")})\\b|\\bdprime (study|train) [a-z]+`,
  );
}

it("finds words of the command line", async () => {
  const words = await commandWords();
  expect(wordsIn("wanted more,\nsuch as --memory 4", words)).toEqual(["line 2: --memory"]);
  expect(wordsIn("see `dprime list`", words)).toHaveLength(1);
  expect(wordsIn("`option memory`, --unknown, x--memory, dprime lists", words)).toEqual([]);
});

it("finds none in the rooms below", async () => {
  const words = await commandWords();
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter(
    (name) =>
      name.endsWith(".ts") &&
      !name.endsWith(".test.ts") &&
      !name.startsWith("cli/") &&
      !(name in exceptions),
  );
  expect(files.length).toBeGreaterThan(500);
  const found = files.flatMap((name) =>
    wordsIn(readFileSync(join(sources, name), "utf8"), words).map((line) => `${name}, ${line}`),
  );
  expect(found).toEqual([]);
});
