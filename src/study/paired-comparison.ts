/** Methods compared with the reference by values on the same cases. */
import { streamOf } from "../core/random.ts";
import { type AdjustedTest, compareValues } from "../stats/compare-values.ts";
import { countText, summaryOf } from "../stats/summary.ts";
import { type Adjustment, adjustmentName, pText } from "./multiplicity.ts";
import type { ReportTable } from "./report.ts";

export interface PairedOptions {
  /** Stem of the table's file. */
  readonly name: string;
  readonly caption: string;
  /** Values of each method, one per case in one order; null where a case has none. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  readonly reference: string;
  readonly level: number;
  readonly adjust: Adjustment;
  readonly seed: number;
}

/** What the columns of such a table are. */
export const pairedText = (level: number, adjust: Adjustment, reference: string): string =>
  `Differences from \`${reference}\` on the same cases: mean with the interval of Student's t (${100 * level} %); p of t, of Wilcoxon's signed ranks and of sign flips, ${
    adjust === "holm"
      ? "adjusted over the methods by Holm, of sign flips by Westfall and Young's max-t"
      : "adjusted over the methods by Benjamini and Hochberg"
  }.`;

/** One row a method: its mean, and how it differs from the reference. Undefined with one method alone. */
export function pairedTable({
  name,
  caption,
  values,
  reference,
  level,
  adjust,
  seed,
}: PairedOptions): ReportTable | undefined {
  if (values[reference] === undefined || Object.keys(values).length < 2) return undefined;
  const stream = streamOf(seed, "paired", name);
  const rows = compareValues(values, { reference, level, stream });
  const adjustedP = (test: AdjustedTest): string | null => {
    const p = adjust === "holm" ? test.adjustedP : test.falseDiscoveryP;
    return Number.isNaN(p) ? null : pText(p);
  };
  const finite = (v: number): number | null => (Number.isFinite(v) ? v : null);
  const short = adjustmentName(adjust);
  return {
    name,
    caption,
    columns: [
      { name: "method" },
      { name: "mean", digits: 4 },
      { name: `difference from ${reference}`, digits: 4 },
      { name: "lower", digits: 4 },
      { name: "upper", digits: 4 },
      { name: `p of t (${short})` },
      { name: `p of signed ranks (${short})` },
      { name: `p of sign flips (${adjust === "holm" ? "max-t" : short})` },
      { name: "cases" },
      { name: "remark" },
    ],
    rows: [
      [
        reference,
        finite(summaryOf(values[reference]).mean),
        null,
        null,
        null,
        null,
        null,
        null,
        countText(summaryOf(values[reference])),
        "",
      ],
      ...rows.map(({ method, t, signedRank, permutation, of, counted }) => [
        method,
        finite(summaryOf(values[method]!).mean),
        finite(t.estimate),
        finite(t.interval.lower),
        finite(t.interval.upper),
        adjustedP(t),
        adjustedP(signedRank),
        adjustedP(permutation),
        counted === of ? String(of) : `${counted} of ${of}`,
        t.remedy,
      ]),
    ],
  };
}
