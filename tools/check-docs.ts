/**
 * Fails on a dead link or anchor between the project's pages, on a citation without an entry in
 * docs/references.bib, and on an entry that nothing cites.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

export interface Page {
  /** Path from the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Text without code blocks and code spans, in which brackets mean something else. */
function prose(text: string): string {
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "``");
}

/** Anchors of a page as GitHub makes them from its headings. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const withoutBlocks = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "");
  for (const [, heading = ""] of withoutBlocks.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let name = slug;
    for (let n = 1; anchors.has(name); n++) name = `${slug}-${n}`;
    anchors.add(name);
  }
  return anchors;
}

/** Dead links of the pages, as sentences. */
export function deadLinks(pages: readonly Page[], exists: (path: string) => boolean): string[] {
  const anchors = new Map(pages.map((page) => [page.path, anchorsOf(page.text)]));
  const dead: string[] = [];
  for (const { path, text } of pages) {
    const inline = [...prose(text).matchAll(/!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)];
    const defined = [...prose(text).matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
    for (const [, target = ""] of [...inline, ...defined]) {
      if (/^[a-z]+:/i.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const resolved =
        file === "" ? path : posix.normalize(posix.join(posix.dirname(path), decodeURI(file)));
      if (!exists(resolved)) dead.push(`${path}: links to ${target}, which does not exist`);
      else if (anchor !== undefined && anchors.has(resolved)) {
        if (!anchors.get(resolved)!.has(anchor)) {
          dead.push(`${path}: links to ${target}, but ${resolved} has no heading "${anchor}"`);
        }
      }
    }
  }
  return dead;
}

/** Keys look like `buades2005nonlocal`: family name, year, a word. */
const keyShape = /[a-z][a-z-]*(?:19|20)\d{2}[a-z][a-z0-9]*/;
const citation = new RegExp(`\\[(${keyShape.source}(?:[,;]\\s*${keyShape.source})*)\\]`, "g");
const listed = new RegExp(`"(${keyShape.source})"`, "g");

/** Keys that a file cites: `[key]` anywhere, and `"key"` as a whole string in code and data. */
export function citationsOf({ path, text }: Page): string[] {
  const keys = [...text.matchAll(citation)].flatMap(([, list = ""]) => list.split(/[,;]\s*/));
  if (/\.(ts|json|ya?ml)$/.test(path)) {
    keys.push(...[...text.matchAll(listed)].map(([, key = ""]) => key));
  }
  return keys;
}

/** Entries of a bibliography with their fields' names. */
export function entriesOf(bibliography: string): { key: string; fields: string[] }[] {
  return bibliography
    .split(/^@/m)
    .slice(1)
    .map((entry) => ({
      key: /^\w+\s*\{\s*([^,\s]+)/.exec(entry)?.[1] ?? "",
      fields: [...entry.matchAll(/^\s*(\w+)\s*=/gm)].map(([, name = ""]) => name.toLowerCase()),
    }));
}

/** What is wrong between citations and bibliography, as sentences. */
export function bibliographyBreaches(citing: readonly Page[], bibliography: string): string[] {
  const breaches: string[] = [];
  const entries = entriesOf(bibliography);
  const known = new Set<string>();
  for (const { key, fields } of entries) {
    if (known.has(key)) breaches.push(`docs/references.bib: ${key} stands there twice`);
    known.add(key);
    if (!keyShape.test(key)) {
      breaches.push(`docs/references.bib: the key "${key}" does not read authorYEARword`);
    }
    for (const field of ["title", "year"]) {
      if (!fields.includes(field)) breaches.push(`docs/references.bib: ${key} has no ${field}`);
    }
  }
  const cited = new Set<string>();
  for (const page of citing) {
    for (const key of citationsOf(page)) {
      if (!known.has(key) && !cited.has(key)) {
        breaches.push(`${page.path}: cites ${key}, which docs/references.bib does not have`);
      }
      cited.add(key);
    }
  }
  for (const key of known) {
    if (!cited.has(key)) breaches.push(`docs/references.bib: nothing cites ${key}`);
  }
  return breaches;
}

const skipped = new Set([
  "node_modules",
  "dist",
  ".git",
  "demo-output",
  "generated",
  "coverage",
  ".vitepress",
]);

/** Files below a folder whose names end as asked. */
export function readPages(root: string, ending: RegExp): Page[] {
  const pages: Page[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (skipped.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (ending.test(entry.name) && statSync(path).size < 2 ** 20) {
        pages.push({
          path: relative(root, path).replaceAll("\\", "/"),
          text: readFileSync(path, "utf8"),
        });
      }
    }
  };
  visit(root);
  return pages;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const citing = readPages(root, /\.(ts|md|json|ya?ml)$/).filter(
    ({ path }) => !/^(test|tools)\/|\.test\.ts$|package/.test(path),
  );
  const breaches = [
    ...deadLinks(readPages(root, /\.md$/), (path) => existsSync(join(root, path))),
    ...bibliographyBreaches(citing, readFileSync(join(root, "docs/references.bib"), "utf8")),
  ];
  for (const breach of breaches) console.error(breach);
  console.log(breaches.length === 0 ? "docs: in order" : `docs: ${breaches.length} breaches`);
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
