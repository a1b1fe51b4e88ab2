/** The files of the built page, held in memory: no path of a request ever reaches the disk. */
import { readdir, readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { RunError } from "../core/errors.ts";

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * The files by their path in an address, such as `/assets/main.js`.
 *
 * @throws RunError when the page was not built
 */
export async function pageFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, PageFile>();
  for (const entry of entries) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = new Uint8Array(await readFile(path));
    files.set(
      `/${path
        .slice(folder.length + 1)
        .split(sep)
        .join("/")}`,
      { type, bytes },
    );
  }
  const page = files.get("/index.html");
  if (page === undefined) {
    throw new RunError(
      `Cannot show the workbench: found no page in ${folder}, wanted the built package (npm run build)`,
    );
  }
  files.set("/", page);
  return files;
}
