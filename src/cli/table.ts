/** Plain aligned tables for terminals. */

export interface Column {
  readonly title: string;
  /** Numbers look better on the right. Defaults to left. */
  readonly align?: "left" | "right";
}

export type TableRow = readonly (string | number | undefined)[];

/** Lines of a table: titles, a rule, rows. Numbers are shown with up to five significant digits. */
export function tableLines(columns: readonly Column[], rows: readonly TableRow[]): string[] {
  const body = rows.map((row) => columns.map((_, c) => cellText(row[c])));
  const widths = columns.map((column, c) =>
    Math.max(column.title.length, ...body.map((row) => row[c]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, c) =>
        columns[c]!.align === "right" ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!),
      )
      .join("  ")
      .trimEnd();
  return [
    line(columns.map((column) => column.title)),
    line(widths.map((width) => "─".repeat(width))),
    ...body.map(line),
  ];
}

function cellText(cell: string | number | undefined): string {
  if (cell === undefined) return "";
  if (typeof cell === "string") return cell;
  if (!Number.isFinite(cell)) return String(cell);
  return Number.isInteger(cell) ? String(cell) : String(Number(cell.toPrecision(5)));
}
