import betainc from "@stdlib/math-base-special-betainc";
import erfcOther from "@stdlib/math-base-special-erfc";
import gammainc from "@stdlib/math-base-special-gammainc";
import gammaln from "@stdlib/math-base-special-gammaln";
import betaQuantile from "@stdlib/stats-base-dists-beta-quantile";
import fCdfOther from "@stdlib/stats-base-dists-f-cdf";
import normalCdfOther from "@stdlib/stats-base-dists-normal-cdf";
import normalQuantileOther from "@stdlib/stats-base-dists-normal-quantile";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { betaTails, inverseBetaTails, inverseRegularisedBeta, regularisedBeta } from "./beta.ts";
import {
  chiSquareCdf,
  chiSquareQuantile,
  fCdf,
  fQuantile,
  studentTCdf,
  studentTQuantile,
} from "./distributions.ts";
import { gammaTails, inverseRegularisedGamma, logGamma } from "./gamma.ts";
import { erf, erfc, logNormalCdf, normalCdf, normalQuantile, scaledErfc } from "./normal.ts";

/** Reference values of this file: 40-digit arithmetic (mpmath 1.3), rounded to 15 digits. */
const erfcRows = [
  [-3, 1.999977909503],
  [-0.5, 1.52049987781305],
  [1e-9, 0.999999998871621],
  [0.3, 0.671373240540873],
  [0.5, 0.479500122186953],
  [1, 0.157299207050285],
  [1.9, 0.00720957076474253],
  [2, 0.00467773498104727],
  [2.1, 0.00297946665633298],
  [3.7, 1.67151057909146e-7],
  [5, 1.53745979442803e-12],
  [8, 1.12242971729829e-29],
  [12.5, 6.23194278197991e-70],
  [20, 5.3958656116079e-176],
  [26, 5.66319240885614e-296],
] as const;
const logGammaRows = [
  [1e-8, 18.4206807381802],
  [0.1, 2.25271265173421],
  [0.49, 0.592249629335267],
  [0.51, 0.552973817929801],
  [0.9999, 5.77297915611939e-5],
  [1.00001, -5.77207440275048e-6],
  [1.3, -0.10817480950786],
  [1.9999, -4.22752087721535e-5],
  [2.0001, 4.22816581129199e-5],
  [2.5, 0.284682870472919],
  [3.3, 0.987098577894734],
  [7.7, 7.926541356269],
  [11.9, 17.2584774505955],
  [12.1, 17.7470072707987],
  [100.5, 361.435540467778],
  [1000000.0, 12815504.5691476],
  [1000000000000000.0, 3.35387763949107e16],
] as const;
/** a, x, P, Q */
const gammaRows = [
  [0.5, 0.001, 0.0356705917296799, 0.96432940827032],
  [0.5, 5, 0.998434597741997, 0.00156540225800255],
  [1, 30, 0.999999999999906, 9.35762296884017e-14],
  [3, 0.01, 1.65421652807488e-7, 0.999999834578347],
  [10, 9, 0.412591755668059, 0.587408244331941],
  [10, 80, 1.0, 7.50876732211522e-24],
  [100, 60, 1.48152763264605e-6, 0.999998518472367],
  [100, 170, 0.999999997569923, 2.43007726115518e-9],
  [1000.5, 1000, 0.497897150141977, 0.502102849858023],
  [1000.5, 1300, 1.0, 2.13998733122052e-18],
  [5, 200, 1.0, 9.41329199118348e-80],
] as const;
/** x, a, b, I */
const betaRows = [
  [0.3, 0.5, 0.5, 0.369010119565545],
  [1e-10, 2, 3, 5.9999999992e-20],
  [0.9, 10, 2, 0.6973568802],
  [0.01, 30, 40, 2.1646349506126e-41],
  [0.5, 300, 310, 0.657325182514916],
  [0.2, 300, 310, 1.99598748091543e-58],
  [0.999, 5, 0.25, 0.712388467994746],
  [0.1, 200.5, 3, 5.23159428989524e-197],
  [0.45, 2000, 2500, 0.773513721819954],
] as const;
const betaUpperRows = [
  [0.75, 30, 40, 6.08185582472293e-9],
  [0.75, 300, 310, 9.23706162873335e-43],
  [0.9, 0.5, 20, 1.31805316028037e-21],
] as const;
/** t, degrees of freedom, upper tail */
const tRows = [
  [0.1, 3, 0.463326174400403],
  [12, 2.5, 0.00141810751503916],
  [40, 8, 8.3928594395729e-11],
  [5, 1000, 3.38362818232432e-7],
  [100000.0, 1, 3.1830988617318e-6],
] as const;

const relative = (got: number, want: number) =>
  got === want ? 0 : Math.abs(got - want) / Math.abs(want);
// The promise of this room is 12 digits.
const digits12 = 1e-12;

describe("erf and the normal distribution", () => {
  it("has 14 digits of erfc against 40-digit arithmetic, tails included", () => {
    for (const [x, want] of erfcRows) expect(relative(erfc(x), want)).toBeLessThan(2e-14);
  });

  it("agrees with @stdlib over both tails", () => {
    for (let x = -8; x < 26; x += 0.173) {
      expect(relative(erfc(x), erfcOther(x))).toBeLessThan(digits12);
      expect(relative(normalCdf(-x), normalCdfOther(-x, 0, 1))).toBeLessThan(digits12);
    }
    // @stdlib's quantile works on 2p − 1 and so loses digits as ε/p; the round trip below goes further.
    for (let e = -3; e < 0; e += 0.037) {
      const p = 10 ** e / 2;
      expect(relative(normalQuantile(p), normalQuantileOther(p, 0, 1))).toBeLessThan(digits12);
    }
  });

  it("comes back from the quantile in the far tails, and is odd", () => {
    fc.assert(
      fc.property(fc.double({ min: -300, max: -0.302, noNaN: true }), (e) => {
        const p = 10 ** e;
        // d ln Φ/dx is up to 38 there, so that 14 digits of x are 11 to 12 of Φ.
        expect(relative(normalCdf(normalQuantile(p)), p)).toBeLessThan(1e-11);
      }),
    );
    expect(normalQuantile(0.5 + 2 ** -40)).toBe(-normalQuantile(0.5 - 2 ** -40));
    const small = 2 ** -40;
    expect(relative(normalQuantile(0.5 + small), small * Math.sqrt(2 * Math.PI))).toBeLessThan(
      1e-14,
    );
    expect([normalQuantile(0), normalQuantile(1), normalQuantile(-1)]).toEqual([
      -Infinity,
      Infinity,
      NaN,
    ]);
    expect(erf(-0.7)).toBe(-erf(0.7));
    expect(erf(Infinity)).toBe(1);
    expect(normalCdf(NaN)).toBeNaN();
  });

  it("keeps the logarithm where the value underflows: Mills' series at −40", () => {
    const x = 40;
    const mills = 1 / x - 1 / x ** 3 + 3 / x ** 5 - 15 / x ** 7 + 105 / x ** 9;
    const want = -(x * x) / 2 - Math.log(2 * Math.PI) / 2 + Math.log(mills);
    expect(relative(logNormalCdf(-x), want)).toBeLessThan(1e-12);
    expect(scaledErfc(5000)).toBeCloseTo(1 / (5000 * Math.sqrt(Math.PI)), 11);
    expect(relative(scaledErfc(1), Math.E * 0.157299207050285)).toBeLessThan(1e-14);
  });
});

describe("gamma functions", () => {
  it("has the logarithm to 13 digits, also beside its zeros", () => {
    for (const [x, want] of logGammaRows) expect(relative(logGamma(x), want)).toBeLessThan(1e-13);
    for (let x = -5.43; x < 200; x += 0.377) {
      expect(Math.abs(logGamma(x) - gammaln(x))).toBeLessThan(1e-12 * (1 + Math.abs(gammaln(x))));
    }
    expect(logGamma(-2)).toBe(Infinity);
  });

  it("has both tails to 12 digits", () => {
    for (const [a, x, p, q] of gammaRows) {
      const tails = gammaTails(a, x);
      expect(relative(tails.lower, p)).toBeLessThan(digits12);
      expect(relative(tails.upper, q)).toBeLessThan(digits12);
    }
    for (const a of [0.5, 2, 17, 130])
      for (const r of [0.2, 0.8, 1, 1.5, 3]) {
        const tails = gammaTails(a, a * r);
        expect(relative(tails.lower, gammainc(a * r, a))).toBeLessThan(digits12);
        expect(relative(tails.upper, gammainc(a * r, a, true, true))).toBeLessThan(digits12);
      }
  });

  it("comes back from its inverse, in both far tails", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -200, max: -0.31, noNaN: true }),
        fc.double({ min: -1, max: 4, noNaN: true }),
        fc.boolean(),
        (e, logA, upper) => {
          const p = 10 ** e;
          const a = 10 ** logA;
          const x = inverseRegularisedGamma(p, { a, upper });
          if (x < 1e-300) return;
          const back = gammaTails(a, x)[upper ? "upper" : "lower"];
          // The tail multiplies the rounding of x by its logarithmic slope, up to some 10⁴.
          expect(relative(back, p)).toBeLessThan(1e-10);
        },
      ),
    );
    expect(inverseRegularisedGamma(0, { a: 2 })).toBe(0);
    expect(inverseRegularisedGamma(1, { a: 2 })).toBe(Infinity);
    expect(() => gammaTails(0, 1)).toThrow(InputError);
  });
});

describe("beta functions", () => {
  it("has both tails to 12 digits", () => {
    for (const [x, a, b, want] of betaRows)
      expect(relative(regularisedBeta(x, a, b), want)).toBeLessThan(digits12);
    for (const [x, a, b, want] of betaUpperRows)
      expect(relative(betaTails(x, 1 - x, a, b).upper, want)).toBeLessThan(digits12);
    for (const [a, b] of [
      [0.5, 0.5],
      [2, 7.5],
      [30, 3],
      [400, 500],
    ] as const)
      for (const x of [0.01, 0.2, 0.44, 0.5, 0.9, 0.999]) {
        const tails = betaTails(x, 1 - x, a, b);
        const lower = betainc(x, a, b);
        const upper = betainc(x, a, b, true, true);
        if (lower > 1e-290) expect(relative(tails.lower, lower)).toBeLessThan(digits12);
        if (upper > 1e-290) expect(relative(tails.upper, upper)).toBeLessThan(digits12);
      }
  });

  it("inverts: against @stdlib, and round trips in both far tails", () => {
    for (const [p, a, b] of [
      [0.025, 1, 100],
      [0.975, 5, 2],
      [0.5, 40, 60],
      [1e-8, 3, 4],
    ] as const)
      expect(relative(inverseRegularisedBeta(p, { a, b }), betaQuantile(p, a, b))).toBeLessThan(
        digits12,
      );
    fc.assert(
      fc.property(
        fc.double({ min: -150, max: -0.31, noNaN: true }),
        fc.double({ min: -0.5, max: 3.5, noNaN: true }),
        fc.double({ min: -0.5, max: 3.5, noNaN: true }),
        fc.boolean(),
        (e, logA, logB, upper) => {
          const p = 10 ** e;
          const a = 10 ** logA;
          const b = 10 ** logB;
          const { x, y } = inverseBetaTails(p, { a, b, upper });
          if (x < 1e-300 || y < 1e-300) return;
          expect(relative(betaTails(x, y, a, b)[upper ? "upper" : "lower"], p)).toBeLessThan(1e-10);
        },
      ),
    );
    expect(inverseRegularisedBeta(0, { a: 1, b: 1 })).toBe(0);
    expect(inverseRegularisedBeta(1, { a: 1, b: 1 })).toBe(1);
    expect(() => regularisedBeta(0.5, -1, 2)).toThrow(InputError);
  });
});

describe("Student's t, chi-square and F", () => {
  it("has t's tails and quantiles to 12 digits", () => {
    for (const [t, df, want] of tRows) {
      expect(relative(studentTCdf(t, { df, upper: true }), want)).toBeLessThan(digits12);
      expect(relative(studentTCdf(-t, { df }), want)).toBeLessThan(digits12);
    }
    for (const df of [1, 2, 5, 11.5, 300])
      for (const p of [1e-12, 0.001, 0.025, 0.3, 0.49, 0.7, 0.975, 0.9999])
        expect(relative(studentTQuantile(p, { df }), tQuantile(p, df))).toBeLessThan(digits12);
    // tan(π(p − ½)) with one degree of freedom.
    expect(studentTQuantile(0.75, { df: 1 })).toBeCloseTo(1, 14);
    expect(studentTQuantile(0.975, { df: 5 })).toBeCloseTo(2.5705818356363, 12);
    expect(studentTQuantile(0.025, { df: Infinity })).toBe(normalQuantile(0.025));
    expect(studentTCdf(-Infinity, { df: 3 })).toBe(0);
  });

  it("agrees with @stdlib's F, and its quantiles come back", () => {
    for (const [df1, df2] of [
      [1, 10],
      [5, 2],
      [40, 359],
      [2.5, 7.5],
    ] as const)
      for (const f of [0.05, 0.5, 1, 3, 50]) {
        expect(relative(fCdf(f, { df1, df2 }), fCdfOther(f, df1, df2))).toBeLessThan(digits12);
        const upper = f > 1;
        const p = fCdf(f, { df1, df2, upper });
        expect(relative(fQuantile(p, { df1, df2, upper }), f)).toBeLessThan(1e-12);
      }
    // 50-digit value; @stdlib's has 11 digits there.
    expect(relative(fCdf(0.01, { df1: 40, df2: 359 }), 9.6941045768402e-33)).toBeLessThan(1e-13);
    // F with infinite denominator is chi-square/df1; chi-square with 2 is exponential.
    expect(fCdf(1.7, { df1: 4, df2: Infinity })).toBe(chiSquareCdf(6.8, { df: 4 }));
    expect(relative(chiSquareCdf(90, { df: 2, upper: true }), Math.exp(-45))).toBeLessThan(1e-13);
    expect(relative(chiSquareQuantile(Math.exp(-45), { df: 2, upper: true }), 90)).toBeLessThan(
      1e-13,
    );
    expect(() => fCdf(1, { df1: 0, df2: 3 })).toThrow(InputError);
  });
});
