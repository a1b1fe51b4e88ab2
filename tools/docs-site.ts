/**
 * Builds the pages of docs/ as a site with the reference of the API, below docs/.vitepress/dist, and fails on a link to
 * something that is not there and on a page that nothing leads to.
 *
 *   npm run docs:site
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export interface SitePage {
  /** Path from the site's root, with forward slashes. */
  readonly path: string;
  readonly html: string;
}

/** What is wrong with a site's links, as sentences; pages below `api` may be reached by script alone. */
export function brokenLinks(
  pages: readonly SitePage[],
  exists: (path: string) => boolean,
): string[] {
  const ids = new Map(
    pages.map(({ path, html }) => [
      path,
      new Set([...html.matchAll(/\s(?:id|name)="([^"]+)"/g)].map(([, id = ""]) => id)),
    ]),
  );
  const broken: string[] = [];
  const reached = new Set(["index.html", "404.html"]);
  for (const { path, html } of pages) {
    for (const [, raw = ""] of html.matchAll(/<(?:a|img)\s[^>]*?(?:href|src)="([^"]+)"/g)) {
      const link = raw.replaceAll("&amp;", "&");
      if (/^([a-z]+:|\/\/)/i.test(link)) continue;
      const { pathname, hash } = new URL(link, `http://site/${path}`);
      const found = decodeURIComponent(pathname).slice(1);
      const target = found === "" || found.endsWith("/") ? `${found}index.html` : found;
      const page = ids.has(target) ? target : `${target}.html`;
      if (!ids.has(page) && !exists(target)) {
        broken.push(`${path}: links to ${link}, which does not exist`);
      } else if (page !== path) reached.add(page);
      const anchor = decodeURIComponent(hash.slice(1));
      if (anchor !== "" && ids.has(page) && !ids.get(page)!.has(anchor)) {
        broken.push(`${path}: links to ${link}, but ${page} has no "${anchor}"`);
      }
    }
  }
  for (const { path } of pages) {
    if (!path.startsWith("api/") && !reached.has(path)) broken.push(`${path}: nothing leads to it`);
  }
  return broken;
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const site = join(root, "docs", ".vitepress", "dist");

function main(): void {
  for (const words of [
    ["vitepress", "build", "docs"],
    ["typedoc", "--logLevel", "Warn"],
  ]) {
    const { status } = spawnSync("npx", words, { cwd: root, stdio: "inherit" });
    if (status !== 0) process.exit(1);
  }
  const pages = readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".html"))
    .map((name) => ({
      path: relative(site, join(site, name)).replaceAll("\\", "/"),
      html: readFileSync(join(site, name), "utf8"),
    }));
  const broken = brokenLinks(pages, (path) => {
    const place = join(site, path);
    return existsSync(place) && statSync(place).isFile();
  });
  for (const one of broken) console.error(one);
  console.log(
    broken.length === 0
      ? `docs: ${pages.length} pages, no broken link`
      : `docs: ${broken.length} broken links`,
  );
  process.exitCode = broken.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
