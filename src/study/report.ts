/** What a study says in the end, before it takes the form of Markdown, HTML, CSV or JSON. */
import type { Json } from "../store/store.ts";

export interface ReportColumn {
  readonly name: string;
  /** Digits after the point of numbers; as short as they are when absent. */
  readonly digits?: number;
}

export interface ReportTable {
  /** Stem of its CSV file. */
  readonly name: string;
  readonly caption: string;
  readonly columns: readonly ReportColumn[];
  /** Cells; null is left empty. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface ReportFigure {
  /** Stem of its SVG and PNG files. */
  readonly name: string;
  readonly caption: string;
  readonly svg: string;
}

export interface ReportSection {
  readonly heading: string;
  /** Paragraphs in Markdown's inline syntax (emphasis, code, links). */
  readonly text: readonly string[];
  readonly tables?: readonly ReportTable[];
  readonly figures?: readonly ReportFigure[];
}

/** A statement of a paper set against what came out here. */
export interface ClaimOutcome {
  /** What the paper says, in one line. */
  readonly claim: string;
  /** Where it stands in the paper. */
  readonly figure: string;
  /** The paper's value; null for an ordering or a statement without a number. */
  readonly paper: number | null;
  readonly found: number | null;
  readonly tolerance: number | null;
  readonly status: "reproduced" | "deviates" | "not attempted";
  readonly why: string;
}

export interface Report {
  readonly title: string;
  readonly sections: readonly ReportSection[];
  readonly claims?: readonly ClaimOutcome[];
  /** Everything needed to repeat it: description, version, machine, seconds. */
  readonly provenance: Readonly<Record<string, Json>>;
}
