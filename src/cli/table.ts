/** Plain aligned tables for terminals, no wider than they are. */
import { visibleText } from "../core/visible-text.ts";
import { textWidth, wrapText } from "./wrap.ts";

export type Cell = string | number | undefined;

/** A column: its title, and its cell of a row; `false` leaves a column out. */
export type Column<R> = readonly [title: string, cell: (row: R, index: number) => Cell] | false;

const gap = 2;

/** Where words must break, no column becomes narrower than this. */
const narrowest = 8;

/** A number, with a unit of one sign, or several such as an interval or `3 + 4`. */
const figures =
  /^[<−-]?[\d∞][\d.e+−-]*( %)?((?: … | to | → | \+ | of |\/)[<−-]?[\d∞][\d.e+−-]*( %)?)*$/;
const blank = /^(–|NaN|-?Infinity|)$/;

/** Numbers stand on the right, words on the left. */
const isRight = (cells: readonly string[]): boolean =>
  cells.some((cell) => figures.test(cell)) &&
  cells.every((cell) => figures.test(cell) || blank.test(cell));

/**
 * Lines of a table: titles, a rule, rows. Numbers are shown with up to five significant digits. Where the
 * table would be wider than `width`, the widest columns wrap their words.
 */
export function tableLines<R>(
  rows: readonly R[],
  given: readonly Column<R>[],
  width = 80,
): string[] {
  const columns = given.filter((column) => column !== false);
  const titles = columns.map(([title]) => visibleText(title));
  const body = rows.map((row, i) => columns.map(([, cell]) => cellText(cell(row, i))));
  const right = columns.map((_, c) => isRight(body.map((row) => row[c]!)));
  const cells = columns.map((_, c) => [titles[c]!, ...body.map((row) => row[c]!)]);
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(textWidth));
  const widths = fitted(
    cells.map(widest),
    cells.map((own) => widest(own.flatMap((cell) => cell.split(" ")))),
    width - gap * (columns.length - 1),
  );
  const lines = (own: readonly string[]): string[] => {
    const wrapped = own.map((cell, c) => wrapText(cell, widths[c]!));
    const height = Math.max(...wrapped.map((parts) => parts.length));
    return Array.from({ length: height }, (_, k) =>
      wrapped
        .map((parts, c) => {
          const part = parts[k] ?? "";
          const space = " ".repeat(Math.max(0, widths[c]! - textWidth(part)));
          return right[c] ? space + part : part + space;
        })
        .join(" ".repeat(gap))
        .trimEnd(),
    );
  };
  return [
    ...lines(titles),
    widths.map((own) => "─".repeat(own)).join(" ".repeat(gap)),
    ...body.flatMap(lines),
  ];
}

/**
 * Widths that fit: the widest columns give up alike what is too much, first those whose words stay whole.
 */
function fitted(wanted: readonly number[], least: readonly number[], total: number): number[] {
  const sum = (widths: readonly number[]): number => widths.reduce((a, b) => a + b, 0);
  if (sum(wanted) <= total) return [...wanted];
  for (const floor of [least, least.map((own) => Math.min(own, narrowest))]) {
    const limited = (limit: number): number[] =>
      wanted.map((own, c) => Math.min(own, Math.max(limit, floor[c]!)));
    let limit = Math.max(...wanted);
    while (limit > 1 && sum(limited(limit)) > total) limit--;
    const widths = limited(limit);
    if (sum(widths) > total && floor === least) continue;
    // What the last step took too much goes to the first columns that still wrap.
    for (let rest = total - sum(widths), c = 0; rest > 0 && c < widths.length; c++) {
      const more = Math.min(rest, wanted[c]! - widths[c]!);
      widths[c]! += more;
      rest -= more;
    }
    return widths;
  }
  return [...wanted];
}

function cellText(cell: Cell): string {
  if (cell === undefined) return "";
  if (typeof cell === "string") return visibleText(cell);
  if (!Number.isFinite(cell)) return String(cell);
  return Number.isInteger(cell) ? String(cell) : String(Number(cell.toPrecision(5)));
}
