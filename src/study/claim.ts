/** Statements of a paper, as data, and what becomes of them against the numbers found. */
import { z } from "zod";
import { countText, type Summary } from "../stats/summary.ts";
import type { Difference } from "./answers/answer-kind.ts";
import type { ClaimOutcome } from "./report.ts";

const measure = z
  .string()
  .describe(
    "A metric's id, or `auc:` and an observer's id; `@absent` or `@present` for one class.",
  );
const common = {
  claim: z.string().describe("What the paper says, in one line."),
  figure: z.string().describe("Where it stands in the paper."),
};

export const claimSchema = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("value"),
      ...common,
      measure,
      method: z.string(),
      paper: z.number(),
      tolerance: z.number().nonnegative(),
    })
    .describe("A method's value equals the paper's within the tolerance."),
  z
    .strictObject({
      kind: z.literal("rises"),
      ...common,
      measure,
      methods: z.array(z.string()).min(2),
      slack: z.number().nonnegative().default(0),
    })
    .describe(
      "A value rises along a list of methods: from first to last by more than the slack, and nowhere falling by more than it.",
    ),
  z
    .strictObject({
      kind: z.literal("exceeds"),
      ...common,
      measure,
      method: z.string(),
      paper: z.number(),
    })
    .describe("A method's value lies above the paper's."),
  z
    .strictObject({
      kind: z.literal("keeps"),
      ...common,
      measure,
      method: z.string(),
      reference: z.string(),
      tolerance: z.number().nonnegative(),
    })
    .describe("A method's value differs from another's by no more than the tolerance."),
  z
    .strictObject({
      kind: z.literal("gain"),
      ...common,
      measure,
      method: z.string(),
      reference: z.string(),
      paper: z.number(),
      tolerance: z.number().nonnegative(),
    })
    .describe("Difference of two methods equals the paper's within the tolerance."),
  z
    .strictObject({
      kind: z.literal("differs"),
      ...common,
      measure,
      method: z.string(),
      reference: z.string(),
      way: z
        .enum(["above", "below", "within"])
        .describe("Where the whole interval of the paired difference lies."),
      by: z
        .number()
        .nonnegative()
        .default(0)
        .describe("At least so much above or below; of `within`, at most so much either way."),
    })
    .describe("A method lies above or below another, or within a margin, by the paired interval."),
  z
    .strictObject({ kind: z.literal("not attempted"), ...common, why: z.string() })
    .describe("A statement that this study does not look at, and why."),
]);

export type Claim = z.output<typeof claimSchema>;

/** Values of methods by measure; undefined when the study does not hold them. */
export type ValueOf = (method: string, measure: string) => number | undefined;

/** A method less another on the same cases, with its interval; undefined where the study cannot say. */
export type DifferenceOf = (pair: {
  readonly measure: string;
  readonly method: string;
  readonly reference: string;
}) => Difference | undefined;

/**
 * Compares one statement with the numbers found.
 *
 * @param numbers.summary counts of the images that a mean runs over, where the measure is a metric
 */
export function outcomeOf(
  claim: Claim,
  numbers: {
    readonly valueOf: ValueOf;
    readonly difference?: DifferenceOf;
    readonly summary?: (method: string, measure: string) => Summary;
  },
): ClaimOutcome {
  const outcome = compared(claim, numbers);
  if (claim.kind === "not attempted" || !numbers.summary) return outcome;
  const partly = namedBy(claim).flatMap((method) => {
    const summary = numbers.summary!(method, claim.measure);
    return summary.counted < summary.of ? [`${countText(summary)} images of ${method}`] : [];
  });
  return partly.length === 0
    ? outcome
    : { ...outcome, why: `${outcome.why}; means over ${partly.join(", ")}` };
}

/** The methods that a statement speaks of. */
function namedBy(claim: Exclude<Claim, { kind: "not attempted" }>): readonly string[] {
  if (claim.kind === "rises") return claim.methods;
  return "reference" in claim ? [claim.method, claim.reference] : [claim.method];
}

function liesWhere(
  { lower, upper }: Difference,
  { way, by }: Extract<Claim, { kind: "differs" }>,
): boolean {
  if (way === "above") return lower > by;
  return way === "below" ? upper < -by : lower > -by && upper < by;
}

function compared(
  claim: Claim,
  { valueOf, difference: differenceOf }: { valueOf: ValueOf; difference?: DifferenceOf },
): ClaimOutcome {
  const base = { claim: claim.claim, figure: claim.figure };
  const empty = { paper: null, found: null, tolerance: null };
  if (claim.kind === "not attempted") {
    return { ...base, ...empty, status: "not attempted", why: claim.why };
  }
  const named = namedBy(claim);
  const found = named.map((method) => valueOf(method, claim.measure));
  const missing = named.filter((_, i) => found[i] === undefined);
  if (missing.length > 0) {
    const why = `this size has no ${claim.measure} of ${missing.join(", ")}`;
    return { ...base, ...empty, status: "not attempted", why };
  }
  const numbers = found as number[];
  const text = (v: number) => v.toFixed(4);
  const decide = (holds: boolean) => (holds ? ("reproduced" as const) : ("deviates" as const));
  if (claim.kind === "rises") {
    const falls = numbers.findIndex((v, i) => i > 0 && v < numbers[i - 1]! - claim.slack);
    const why = `${named.map((m, i) => `${m} ${text(numbers[i]!)}`).join(", ")}${falls < 0 ? "" : `: falls at ${named[falls]}`}`;
    const change = numbers[numbers.length - 1]! - numbers[0]!;
    const status = decide(falls < 0 && change > claim.slack);
    return { ...base, paper: null, found: change, tolerance: claim.slack, status, why };
  }
  const value = numbers[0]!;
  if (claim.kind === "value") {
    const off = value - claim.paper;
    const why = `${claim.measure} of ${claim.method} differs by ${text(off)}`;
    const status = decide(Math.abs(off) <= claim.tolerance);
    return { ...base, paper: claim.paper, found: value, tolerance: claim.tolerance, status, why };
  }
  if (claim.kind === "exceeds") {
    const why = `${claim.measure} of ${claim.method} is ${text(value - claim.paper)} above`;
    return {
      ...base,
      paper: claim.paper,
      found: value,
      tolerance: null,
      status: decide(value > claim.paper),
      why,
    };
  }
  if (claim.kind === "differs") {
    const found = differenceOf?.(claim);
    if (found === undefined) {
      const why = `no paired difference of ${claim.method} and ${claim.reference} in ${claim.measure}`;
      return { ...base, ...empty, status: "not attempted", why };
    }
    return {
      ...base,
      paper: null,
      found: found.estimate,
      tolerance: claim.by,
      status: decide(liesWhere(found, claim)),
      why: `${claim.measure} of ${claim.method} less that of ${claim.reference}: ${text(found.estimate)} (${text(found.lower)} to ${text(found.upper)})`,
    };
  }
  const difference = value - numbers[1]!;
  const of = `${claim.measure} of ${claim.method} less that of ${claim.reference}`;
  if (claim.kind === "keeps") {
    const status = decide(Math.abs(difference) <= claim.tolerance);
    return {
      ...base,
      paper: 0,
      found: difference,
      tolerance: claim.tolerance,
      status,
      why: `${of}: ${text(difference)}`,
    };
  }
  const status = decide(Math.abs(difference - claim.paper) <= claim.tolerance);
  return {
    ...base,
    paper: claim.paper,
    found: difference,
    tolerance: claim.tolerance,
    status,
    why: `${of}: ${text(difference)}`,
  };
}
