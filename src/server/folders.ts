/** The folders that a user opened for the workbench, and nothing beside them. */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { InputError } from "../core/errors.ts";
import type { FolderListing, OpenFolder } from "../workflows/view/documents.ts";

export interface Folders {
  /** Folders with the ids by which a page names them. */
  readonly open: readonly OpenFolder[];
  /**
   * The real path of an entry below an opened folder.
   *
   * @throws InputError when it lies elsewhere, also by way of a link, or does not exist
   */
  pathOf(id: string, path: string): Promise<string>;
  list(id: string, path: string): Promise<FolderListing>;
}

/** Most entries of a folder that are told of. */
const mostEntries = 2000;

/** @throws InputError when one of the paths is no folder */
export async function openFolders(paths: readonly string[]): Promise<Folders> {
  const roots = await Promise.all(
    paths.map(async (path, i) => {
      const root = await realpath(resolve(path)).catch(() => undefined);
      if (root === undefined || !(await stat(root)).isDirectory()) {
        throw new InputError(`Cannot open ${path}: found no folder there, wanted one`);
      }
      return { id: String(i), root, name: basename(root) || root };
    }),
  );
  async function pathOf(id: string, path: string): Promise<string> {
    const found = roots.find((one) => one.id === id);
    const real = found && (await realpath(join(found.root, path)).catch(() => undefined));
    // One answer for what is outside and for what does not exist: a page is not told which.
    if (found === undefined || real === undefined || !isBelow(found.root, real)) {
      throw new InputError(
        "Cannot open this path: found nothing there inside the folders that were opened, wanted one of their entries",
      );
    }
    return real;
  }
  return {
    open: roots.map(({ id, name }) => ({ id, name })),
    pathOf,
    async list(id, path) {
      const real = await pathOf(id, path);
      const entries = await readdir(real, { withFileTypes: true }).catch(() => {
        throw new InputError("Cannot list this entry: found no folder that can be read");
      });
      const shown = entries
        .filter((entry) => !entry.name.startsWith("."))
        .filter((entry) => entry.isDirectory() || entry.isFile())
        .map((entry) => ({ name: entry.name, folder: entry.isDirectory() }))
        .sort((a, b) => Number(b.folder) - Number(a.folder) || (a.name < b.name ? -1 : 1));
      return { entries: shown.slice(0, mostEntries), more: shown.length > mostEntries };
    },
  };
}

/** Whether a real path is a folder itself or lies below it. */
export function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && resolve(root, way) === path);
}
