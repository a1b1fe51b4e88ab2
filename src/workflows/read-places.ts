/** Tables of true places and parameters, one row for each case: CSV with a header, or JSON. */
import { readFile } from "node:fs/promises";
import { InputError } from "../core/errors.ts";
import type { Cases } from "../observers/cases.ts";

/** Numbers of each row by column; `case` apart. */
type Row = Readonly<{ name: string | undefined; values: Readonly<Record<string, number>> }>;

const columns = ["x", "y", "z", "parameter"];

function rowOf(path: string, at: string, fields: Readonly<Record<string, unknown>>): Row {
  const values: Record<string, number> = {};
  for (const column of columns) {
    const field = fields[column];
    if (field === undefined || field === "") continue;
    const value = typeof field === "string" ? Number(field) : field;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new InputError(
        `Cannot read places from ${path}: found ${column} = ${JSON.stringify(field)} in ${at}, wanted a finite number`,
      );
    }
    values[column] = value;
  }
  const { case: name } = fields;
  return {
    name: typeof name === "string" || typeof name === "number" ? String(name) : undefined,
    values,
  };
}

function csvRows(path: string, text: string): Row[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const header = (lines[0] ?? "").split(/[,;\t]/).map((name) => name.trim().toLowerCase());
  if (!header.some((name) => columns.includes(name))) {
    throw new InputError(
      `Cannot read places from ${path}: found the header "${lines[0] ?? ""}", wanted case,x,y (,z) and, for estimation, parameter`,
    );
  }
  return lines.slice(1).map((line, i) => {
    const cells = line.split(/[,;\t]/).map((cell) => cell.trim());
    const fields = Object.fromEntries(header.map((name, k) => [name, cells[k]]));
    return rowOf(path, `line ${i + 2}`, fields);
  });
}

function jsonRows(path: string, text: string): Row[] {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new InputError(`Cannot read places from ${path}: found no valid JSON, wanted a list`, {
      cause: error,
    });
  }
  const list: unknown[] = Array.isArray(data)
    ? data
    : Object.entries(data ?? {}).map(([name, row]) => ({ case: name, ...(row as object) }));
  return list.map((row, i) => {
    if (typeof row !== "object" || row === null) {
      throw new InputError(
        `Cannot read places from ${path}: found ${JSON.stringify(row)} in row ${i + 1}, wanted an object with case, x and y`,
      );
    }
    return rowOf(path, `row ${i + 1}`, row as Record<string, unknown>);
  });
}

async function rowsOf(path: string): Promise<Row[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(`Cannot read places from ${path}: found no such file`, { cause: error });
  });
  const rows = /^\s*[[{]/.test(text) ? jsonRows(path, text) : csvRows(path, text);
  if (rows.length === 0) {
    throw new InputError(`Cannot read places from ${path}: found no row, wanted at least one`);
  }
  return rows;
}

function placeOf(path: string, { values }: Row, dimensions: number): number[] {
  const axes = ["x", "y", "z"].slice(0, dimensions);
  return axes.map((axis) => {
    const value = values[axis];
    if (value === undefined) {
      throw new InputError(
        `Cannot read places from ${path}: found no ${axis}, wanted ${axes.join(", ")} in pixels in every row`,
      );
    }
    return value;
  });
}

export interface CaseTruth {
  /** x, y (, z) in pixels, one row per case; absent when the table has no places. */
  readonly places?: Float64Array;
  /** One value per case; absent when the table has none. */
  readonly parameters?: Float64Array;
}

/**
 * Places and parameters of the cases with signal, found by the cases' names; a table without names is taken
 * in the order of the cases.
 *
 * @throws InputError when a case has no row, or a row lacks a number that others have
 */
export async function readTruth(path: string, cases: Cases): Promise<CaseTruth> {
  const rows = await rowsOf(path);
  const named = rows.every((row) => row.name !== undefined);
  if (!named && rows.length !== cases.count) {
    throw new InputError(
      `Cannot read places from ${path}: found ${rows.length} rows without names for ${cases.count} cases, wanted a column "case" or one row each`,
    );
  }
  const byName = new Map(rows.map((row) => [row.name, row]));
  if (named && byName.size !== rows.length) {
    const twice = rows.find((row, i) => rows.findIndex((r) => r.name === row.name) !== i);
    throw new InputError(
      `Cannot read places from ${path}: found the case ${twice?.name} twice, wanted each once`,
    );
  }
  const own = cases.ids.map((id, i) => {
    const row = named ? byName.get(id) : rows[i];
    if (!row) {
      throw new InputError(
        `Cannot read places from ${path}: found no row for the case ${id}, wanted one for every image with signal`,
      );
    }
    return row;
  });
  const has = (column: string) => own.some((row) => row.values[column] !== undefined);
  const parameters = own.map((row) => row.values.parameter ?? NaN);
  if (has("parameter") && parameters.some(Number.isNaN)) {
    throw new InputError(
      `Cannot read places from ${path}: found cases with and without a parameter, wanted one for each`,
    );
  }
  const d = cases.shape.length;
  return {
    ...(has("x") ? { places: Float64Array.from(own.flatMap((row) => placeOf(path, row, d))) } : {}),
    ...(has("parameter") ? { parameters: Float64Array.from(parameters) } : {}),
  };
}

/** Places where a signal may be, x, y (, z) in pixels, one row each. */
export async function readCandidates(path: string, dimensions: number): Promise<Float64Array> {
  const rows = await rowsOf(path);
  return Float64Array.from(rows.flatMap((row) => placeOf(path, row, dimensions)));
}
