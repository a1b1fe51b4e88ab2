/**
 * Runs a recipe and keeps its report as a page of the documentation, docs/recipes/NAME.md with its figures:
 *
 *   npm run recipe-page -- chen-zhou [--size quick] [--workers 2] [--store PLACE]
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { reportMarkdown } from "../src/study/render/markdown.ts";
import type { Report } from "../src/study/report.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", default: "quick" },
    workers: { type: "string" },
    store: { type: "string" },
  },
});
const [name] = positionals;
if (name === undefined) {
  console.error("Cannot make a page: found no recipe, wanted its name");
  process.exit(2);
}
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dprime-page-"));
try {
  const words = ["reproduce", name, "--size", values.size, "-o", folder];
  for (const option of ["workers", "store"] as const) {
    const value = values[option];
    if (value !== undefined) words.push(`--${option}`, value);
  }
  const { status } = spawnSync(
    join(root, "node_modules/.bin/tsx"),
    [join(root, "src/cli/main.ts"), ...words],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  if (status !== 0) process.exit(status ?? 1);
  const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
  const pages = join(root, "docs/recipes");
  rmSync(join(pages, name), { recursive: true, force: true });
  mkdirSync(join(pages, name), { recursive: true });
  for (const file of readdirSync(join(folder, "figures")).filter((f) => f.endsWith(".svg"))) {
    cpSync(join(folder, "figures", file), join(pages, name, file));
  }
  const command = `npm run recipe-page -- ${name} --size ${values.size}`;
  const [title = "", ...rest] = reportMarkdown(report, { figures: name }).split("\n");
  const made = `Made by \`${command}\`; do not edit.`;
  writeFileSync(join(pages, `${name}.md`), [title, "", made, ...rest].join("\n"));
} finally {
  rmSync(folder, { recursive: true });
}
