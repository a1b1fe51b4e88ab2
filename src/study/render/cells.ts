/** What the cells of a report's tables say as text; the same in every form of the report. */
import type { ClaimOutcome, ReportColumn, ReportTable } from "../report.ts";

export type Cell = string | number | null;

/** A number with so many digits after the point, or as short as it is; empty for null. */
export function cellText(cell: Cell | undefined, column: Pick<ReportColumn, "digits">): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "string") return cell;
  if (!Number.isFinite(cell)) return String(cell);
  const text = column.digits === undefined ? String(cell) : cell.toFixed(column.digits);
  // Rounding must not leave "-0.00".
  return Number(text) === 0 ? text.replace(/^-/, "") : text;
}

/** Whether a column holds numbers alone, to be set on the right. */
export function isNumeric(table: ReportTable, column: number): boolean {
  const cells = table.rows.map((row) => row[column]).filter((cell) => cell !== null);
  return cells.length > 0 && cells.every((cell) => typeof cell === "number");
}

const columns = ["status", "claim", "figure", "paper", "found", "tolerance", "why"] as const;

/** The claims as a table: paper and product side by side. */
export function claimTable(claims: readonly ClaimOutcome[]): ReportTable {
  const short = (value: number | null) => (value === null ? null : Number(value.toPrecision(6)));
  return {
    name: "claims",
    caption: "The paper's statements against what came out here.",
    columns: columns.map((name) => ({ name })),
    rows: claims.map((claim) => [
      claim.status,
      claim.claim,
      claim.figure,
      short(claim.paper),
      short(claim.found),
      short(claim.tolerance),
      claim.why,
    ]),
  };
}

/** `12 reproduced, 2 deviate, 1 not attempted`. */
export function claimCount(claims: readonly ClaimOutcome[]): string {
  const of = (status: ClaimOutcome["status"]) => claims.filter((c) => c.status === status).length;
  const deviating = of("deviates");
  return `${of("reproduced")} reproduced, ${deviating} ${deviating === 1 ? "deviates" : "deviate"}, ${of("not attempted")} not attempted`;
}
