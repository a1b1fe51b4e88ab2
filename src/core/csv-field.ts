/** Cells of CSV files (RFC 4180) that a spreadsheet shows and does not run. */
import { visibleLines } from "./visible-text.ts";

const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/**
 * A text as one field. Spreadsheets take a field that begins with `=`, `+`, `-` or `@` for a formula: such a
 * text is quoted and begins with an apostrophe. Numbers stay numbers.
 */
export function csvField(text: string): string {
  const plain = visibleLines(text);
  const formula = /^\s*[=+@-]/.test(plain) && !number.test(plain);
  const safe = formula ? `'${plain}` : plain;
  return formula || /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
