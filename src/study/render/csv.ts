/** Tables of a report as CSV (RFC 4180), with numbers in full. */
import { csvField } from "../../core/csv-field.ts";
import type { ReportTable } from "../report.ts";

/** The table with one line of titles; numbers keep all 64 bits, null is an empty field. */
export function tableCsv(table: ReportTable): string {
  const lines = [
    table.columns.map(({ name }) => csvField(name)),
    ...table.rows.map((row) =>
      table.columns.map((_, c) => {
        const cell = row[c];
        return cell === null || cell === undefined ? "" : csvField(String(cell));
      }),
    ),
  ];
  return `${lines.map((cells) => cells.join(",")).join("\r\n")}\r\n`;
}
