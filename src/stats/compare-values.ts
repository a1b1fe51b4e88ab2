/** Methods compared by per-case values on the same cases: every method against a reference. */
import { InputError } from "../core/errors.ts";
import { holm } from "./compare.ts";
import { benjaminiHochberg, westfallYoung } from "./multiplicity.ts";
import {
  type FlipOptions,
  pairedT,
  type PairedTest,
  signFlipTest,
  wilcoxonSignedRank,
} from "./paired.ts";

export interface AdjustedTest extends PairedTest {
  /** For the family of all methods: by Holm, for the permutation test by Westfall and Young's max-t. */
  readonly adjustedP: number;
  /** By Benjamini and Hochberg, for the false discovery rate. */
  readonly falseDiscoveryP: number;
}

export interface ValueComparison {
  readonly method: string;
  readonly reference: string;
  /** Number of cases, and of those on which both have a value. */
  readonly of: number;
  readonly counted: number;
  readonly t: AdjustedTest;
  readonly signedRank: AdjustedTest;
  readonly permutation: AdjustedTest;
}

/**
 * Paired comparisons (method − reference) with multiplicity over the methods. Pairs of which one value is missing are
 * left out and counted; the max-t adjustment uses the cases on which all methods have a value.
 *
 * @param values of each method, one per case in one order; null or not finite where there is none
 * @throws InputError on fewer than two methods, different numbers of cases, or a reference that is none of them
 */
export function compareValues(
  values: Readonly<Record<string, readonly (number | null)[]>>,
  options: FlipOptions & { readonly reference: string; readonly level?: number },
): ValueComparison[] {
  const { reference } = options;
  const base = values[reference];
  const methods = Object.keys(values).filter((name) => name !== reference);
  if (base === undefined || methods.length === 0) {
    throw new InputError(
      `Cannot compare by cases: found ${Object.keys(values).join(", ") || "no method"} and reference ${reference}, wanted the reference and another`,
    );
  }
  for (const name of methods) {
    if (values[name]!.length !== base.length) {
      throw new InputError(
        `Cannot compare by cases: found ${values[name]!.length} values of ${name} and ${base.length} of ${reference}, wanted the same cases`,
      );
    }
  }
  const has = (v: number | null): v is number => v !== null && Number.isFinite(v);
  const differences = methods.map((name) =>
    values[name]!.map((v, i) => (has(v) && has(base[i]!) ? v - base[i]! : NaN)),
  );
  const own = differences.map((row) => row.filter((d) => !Number.isNaN(d)));
  const all = base.flatMap((_, i) => (differences.some((row) => Number.isNaN(row[i])) ? [] : [i]));
  const t = own.map((d) => pairedT(d, options));
  const signedRank = own.map((d) => wilcoxonSignedRank(d, options));
  const permutation = own.map((d, k) =>
    signFlipTest(d, { ...options, stream: options.stream.child("flips", k) }),
  );
  const maxT =
    all.length < 2
      ? methods.map(() => NaN)
      : westfallYoung(
          differences.map((row) => all.map((i) => row[i]!)),
          { ...options, stream: options.stream.child("max-t") },
        );
  const families = [t, signedRank, permutation].map((family) => {
    const p = family.map(({ pValue }) => pValue);
    return { holm: holm(p), rate: benjaminiHochberg(p) };
  });
  const adjusted = (one: PairedTest, adjustedP: number, falseDiscoveryP: number): AdjustedTest =>
    Object.freeze({ ...one, adjustedP, falseDiscoveryP });
  return methods.map((method, k) =>
    Object.freeze({
      method,
      reference,
      of: base.length,
      counted: own[k]!.length,
      t: adjusted(t[k]!, families[0]!.holm[k]!, families[0]!.rate[k]!),
      signedRank: adjusted(signedRank[k]!, families[1]!.holm[k]!, families[1]!.rate[k]!),
      permutation: adjusted(permutation[k]!, maxT[k]!, families[2]!.rate[k]!),
    }),
  );
}
