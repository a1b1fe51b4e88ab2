/** Tables of a report as CSV (RFC 4180), with numbers in full. */
import type { ReportTable } from "../report.ts";

/** The table with one line of titles; numbers keep all 64 bits, null is an empty field. */
export function tableCsv(table: ReportTable): string {
  const lines = [
    table.columns.map(({ name }) => field(name)),
    ...table.rows.map((row) =>
      table.columns.map((_, c) => {
        const cell = row[c];
        return cell === null || cell === undefined ? "" : field(String(cell));
      }),
    ),
  ];
  return `${lines.map((cells) => cells.join(",")).join("\r\n")}\r\n`;
}

function field(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
