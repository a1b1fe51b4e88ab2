/** What every kind of answer is: a file of this folder exporting one such object. */
import type { z } from "zod";
import type { Adjustment } from "../multiplicity.ts";
import type { ReportColumn, ReportSection } from "../report.ts";

/** Why an observer gave no answer. */
export interface RefusedAnswer {
  readonly status: "refused";
  readonly why: string;
}

export interface AnalysisContext<Values> {
  /** Id of the observer. */
  readonly observer: string;
  /** Sentence about it. */
  readonly about: string;
  /** What it said, by method. */
  readonly answers: Readonly<Record<string, Values | RefusedAnswer>>;
  /** Methods of the main tables; the others only serve sweeps. */
  readonly main: ReadonlySet<string>;
  /** Methods that a figure shows first. */
  readonly panels: readonly string[];
  readonly reference: string;
  readonly level: number;
  readonly adjust: Adjustment;
  readonly seed: number;
}

/** A number about a method, for tables, sweeps and claims. */
export interface Measure {
  readonly value: number;
  /** As the overview writes it. */
  readonly text: string;
  readonly interval?: { readonly lower: number; readonly upper: number };
}

/** A difference of two methods on the same cases. */
export interface Difference {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

export interface Analysis {
  /** By method, then by the name that claims use: `auc:ID`. */
  readonly measures: Readonly<Record<string, Readonly<Record<string, Measure>>>>;
  /** Measures that the overview and sweeps show, with the column's name. */
  readonly columns: readonly (ReportColumn & { readonly measure: string })[];
  readonly sections: readonly ReportSection[];
  /** Of one of its measures, a method less another; undefined where it has no paired comparison. */
  difference?(pair: {
    readonly measure: string;
    readonly method: string;
    readonly reference: string;
  }): Difference | undefined;
}

export interface AnswerKind<Values = unknown> {
  /** File name and the word by which observers name it at once. */
  readonly name: string;
  readonly summary: string;
  /** Form in which answers pass through the store. */
  readonly values: z.ZodType<Values>;
  analyse(context: AnalysisContext<Values>): Analysis;
}
