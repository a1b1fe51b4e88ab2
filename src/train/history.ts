/** A training's rows as a table. */
import type { TrainingRow } from "./loop.ts";

/**
 * Rows as CSV: step, loss, gradient norm and rate of the product, then loss, terms, norms and figures of every
 * update where there are several, then the validation.
 */
export function historyCsv(rows: readonly TrainingRow[]): string {
  const cells = rows.map(cellsOf);
  const columns = [...new Set(cells.flatMap((row) => Object.keys(row)))];
  const line = (row: Readonly<Record<string, number>>) =>
    columns.map((column) => row[column] ?? "").join(",");
  return `${columns.join(",")}\n${cells.map(line).join("\n")}\n`;
}

function cellsOf({ step, loss, norm, rate, updates, termNorms, validation }: TrainingRow) {
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
  if (validation !== undefined) cells["validation"] = validation.value;
  return cells;
}
