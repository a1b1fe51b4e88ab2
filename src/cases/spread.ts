/** Values that are drawn anew for every case: one for all, a list to choose from, or a range. */
import { z } from "zod";
import { InputError } from "../core/errors.ts";
import {
  type Parameter,
  type ParameterTable,
  type ParameterValue,
  type ParameterValues,
  resolveParameters,
} from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";

const single = z.union([z.number(), z.string(), z.boolean()]);

export const spreadSchema = z
  .union([
    single,
    z.strictObject({ oneOf: z.array(single).min(1) }).describe("Each with equal chance."),
    z
      .strictObject({
        from: z.number(),
        to: z.number(),
        scale: z.enum(["linear", "log"]).default("linear"),
      })
      .describe("Drawn evenly, or evenly on a logarithmic scale; both ends included."),
  ])
  .describe("One value, or a list or range from which every case draws its own.");

export type Spread = z.output<typeof spreadSchema>;

/** Options of a member by name, each one value or drawn for every case. */
export const spreadsSchema = z.record(z.string(), spreadSchema);

export type Spreads = Readonly<Record<string, Spread>>;

/** The values that every case has; undefined when one of them varies. */
export function fixedValues(spreads: Spreads): ParameterValues | undefined {
  const entries = Object.entries(spreads).flatMap(([name, spread]) =>
    typeof spread === "object" ? [] : [[name, spread] as const],
  );
  return entries.length === Object.keys(spreads).length ? Object.fromEntries(entries) : undefined;
}

/**
 * Checks options against a member's parameters: names, and both ends of every range.
 *
 * @throws InputError naming the parameter, what was found and what was wanted
 */
export function checkSpreads(owner: string, table: ParameterTable, spreads: Spreads): void {
  const tried: Record<string, ParameterValue>[] = [{}];
  for (const [name, spread] of Object.entries(spreads)) {
    const ends = endsOf(spread);
    if (typeof spread === "object" && "from" in spread) {
      const problem =
        spread.to < spread.from
          ? `from ${spread.from} to ${spread.to}, wanted them rising`
          : spread.scale === "log" && spread.from <= 0
            ? `from ${spread.from} on a logarithmic scale, wanted a number above 0`
            : undefined;
      if (problem !== undefined) {
        throw new InputError(`Cannot draw ${name} of ${owner}: found a range ${problem}`);
      }
    }
    ends.forEach((end, i) => ((tried[i] ??= {})[name] = end));
  }
  for (const values of tried) resolveParameters(owner, table, values);
}

const endsOf = (spread: Spread): readonly ParameterValue[] =>
  typeof spread !== "object"
    ? [spread]
    : "oneOf" in spread
      ? spread.oneOf
      : [spread.from, spread.to];

/**
 * Values for one case. Every option that varies has a stream of its own, named by the option, so that what
 * one draws does not depend on the others.
 *
 * @param table says which parameters are whole numbers; ranges of those are drawn as whole numbers
 */
export function drawSpreads(
  stream: Stream,
  spreads: Spreads,
  table: ParameterTable,
): ParameterValues {
  return Object.fromEntries(
    Object.entries(spreads).map(([name, spread]) => [
      name,
      drawSpread(stream.child(name), spread, table[name]),
    ]),
  );
}

function drawSpread(
  stream: Stream,
  spread: Spread,
  parameter: Parameter | undefined,
): ParameterValue {
  if (typeof spread !== "object") return spread;
  if ("oneOf" in spread) return spread.oneOf[stream.integer(spread.oneOf.length)]!;
  const { from, to, scale } = spread;
  if (parameter?.type === "integer") {
    // An evenly drawn whole number, whatever the scale: the halves of the end bins count in full.
    return scale === "log"
      ? Math.min(to, Math.max(from, Math.round(logBetween(stream, from - 0.5, to + 0.5))))
      : from + stream.integer(to - from + 1);
  }
  return scale === "log" ? logBetween(stream, from, to) : from + (to - from) * stream.uniform();
}

const logBetween = (stream: Stream, from: number, to: number): number =>
  from * (to / from) ** stream.uniform();
