/** A training's rows as a table: what is written while it runs, and what charts are drawn from. */
import { InputError } from "../core/errors.ts";
import type { TrainingRow } from "./loop.ts";

/** One row by column; columns differ from row to row. */
export type HistoryCells = Readonly<Record<string, number>>;

/** Rows as CSV, with every column that any row has. */
export function historyCsv(rows: readonly HistoryCells[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (row: HistoryCells) => columns.map((column) => row[column] ?? "").join(",");
  return `${columns.join(",")}\n${rows.map(line).join("\n")}\n`;
}

/**
 * Reads what `historyCsv` wrote.
 *
 * @param what names the file in errors
 * @throws InputError when a row has another number of cells than the header, or a cell is no number
 */
export function readHistoryCsv(text: string, what: string): HistoryCells[] {
  const [header = "", ...lines] = text.trim().split("\n");
  const columns = header.split(",");
  return lines.map((line, i) => {
    const cells = line.split(",");
    const wrong = cells.find((cell) => cell !== "" && Number.isNaN(Number(cell)));
    if (cells.length !== columns.length || wrong !== undefined) {
      throw new InputError(
        `Cannot read ${what}: found ${wrong === undefined ? `${cells.length} cells` : `"${wrong}"`} in row ${i + 1}, wanted ${columns.length} numbers`,
      );
    }
    return Object.fromEntries(
      cells.flatMap((cell, k) => (cell === "" ? [] : [[columns[k]!, Number(cell)]])),
    );
  });
}

/**
 * A row's cells: step, loss, gradient norm and rate of the product, then loss, terms, norms and figures of every
 * update where there are several, then the validation and that of each group where there are several.
 */
export function cellsOf(row: TrainingRow): HistoryCells {
  const { step, loss, norm, rate, updates, termNorms, validation } = row;
  const cells: Record<string, number> = { step, loss, gradient_norm: norm, rate };
  const single = Object.keys(updates).length === 1;
  for (const [name, update] of Object.entries(updates)) {
    const put = (column: string, value: number) => {
      cells[single ? column : `${name}.${column}`] = value;
    };
    if (!single) {
      put("loss", update.loss);
      for (const [role, own] of Object.entries(update.norms)) put(`gradient_norm.${role}`, own);
    }
    if (Object.keys(update.terms).length > 1) {
      for (const [term, value] of Object.entries(update.terms)) put(`term.${term}`, value);
    }
    for (const [term, value] of Object.entries(termNorms?.[name] ?? {})) {
      put(`term_gradient_norm.${term}`, value);
    }
    for (const [figure, value] of Object.entries(update.figures)) put(`figure.${figure}`, value);
    if (update.judged !== undefined) {
      put("score.real", update.judged.real);
      put("score.generated", update.judged.generated);
    }
  }
  if (validation !== undefined) {
    cells["validation"] = validation.value;
    const groups = Object.entries(validation.groups);
    if (groups.length > 1) {
      for (const [group, value] of groups) cells[`validation.${group}`] = value;
    }
  }
  return cells;
}
