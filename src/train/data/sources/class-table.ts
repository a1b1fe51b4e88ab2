/** Classes of files: the same for all of a source, or a row of a table for each. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError, messageOf } from "../../../core/errors.ts";
import type { FileClasses } from "../image-classes-schema.ts";

/** Name of a file without its endings. */
const stem = (path: string): string => path.replace(/\.gz$/i, "").replace(/\.[^./]+$/, "");

/**
 * Classes of files by their path.
 *
 * @throws InputError when a table cannot be read, on cells that are neither 0 nor 1, and on files without a row or
 *   with several
 */
export async function openFileClasses(
  classes: FileClasses,
  folder: string,
): Promise<((path: string) => readonly string[]) | undefined> {
  if (classes === undefined) return undefined;
  if (!("table" in classes)) return () => classes;
  const path = join(folder, classes.table);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new InputError(`Cannot read the classes of ${path}: ${messageOf(cause)}`, { cause });
  }
  const rows = rowsOf(text, path);
  return (file) => {
    const own = rows.filter(({ key }) => {
      const without = stem(file);
      return [file, without].some((one) => one === key || one.endsWith(`/${key}`));
    });
    const found = new Set(own.map(({ names }) => names.join("|")));
    if (found.size !== 1) {
      throw new InputError(
        `Cannot tell the classes of ${file}: found ${own.length === 0 ? "no row" : `${own.length} rows that differ`} for it in ${path}, wanted one`,
      );
    }
    return own[0]!.names;
  };
}

function rowsOf(text: string, path: string): { key: string; names: readonly string[] }[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const cellsOf = (line: string) =>
    line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  const header = cellsOf(lines[0] ?? "");
  const wrong = (found: string, wanted: string) =>
    new InputError(`Cannot read the classes of ${path}: found ${found}, wanted ${wanted}`);
  if (header.length < 2) {
    throw wrong(`the header "${lines[0] ?? ""}"`, "a column of files and one of classes");
  }
  return lines.slice(1).map((line, i) => {
    const [key = "", ...cells] = cellsOf(line);
    if (cells.length !== header.length - 1) {
      throw wrong(`${cells.length + 1} cells in line ${i + 2}`, String(header.length));
    }
    if (header.length === 2) {
      const names = cells[0]!.split("|").map((one) => one.trim());
      return { key, names: names.filter((one) => one !== "").sort() };
    }
    const bad = cells.find((cell) => cell !== "0" && cell !== "1");
    if (bad !== undefined) throw wrong(`"${bad}" in line ${i + 2}`, "0 or 1");
    return { key, names: header.slice(1).filter((_, k) => cells[k] === "1") };
  });
}
