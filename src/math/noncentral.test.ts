import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { chiSquareCdf, fCdf } from "./distributions.ts";
import {
  nonCentralChiSquareCdf,
  nonCentralChiSquareNoncentrality,
  nonCentralChiSquareQuantile,
  nonCentralFCdf,
  nonCentralFNoncentrality,
  nonCentralFQuantile,
  nonCentralTCdf,
  nonCentralTNoncentrality,
  nonCentralTQuantile,
} from "./noncentral.ts";

/** Reference values: mixtures and integrals in 30- to 60-digit arithmetic (mpmath 1.3). f, df1, df2, λ, below, above. */
const fRows = [
  [1, 3, 20, 2, 0.352555823650071, 0.647444176349929],
  [0.1, 10, 50, 30, 2.75535299268104e-10, 0.999999999724465],
  [12, 10, 50, 30, 0.999488347824316, 0.000511652175684485],
  [5, 40, 159, 150, 0.616834961653084, 0.383165038346916],
  [0.5, 40, 159, 150, 2.9563709393055e-23, 1.0],
  [20, 2, 5, 1, 0.990684753756745, 0.00931524624325487],
] as const;
/** x, df, λ, below, above */
const chiRows = [
  [1, 3, 2, 0.0878731118073454, 0.912126888192655],
  [5, 4, 60, 2.41804732394807e-9, 0.999999997581953],
  [200, 4, 60, 0.999999999801025, 1.98975248791292e-10],
  [30, 0.5, 10, 0.991222556235264, 0.00877744376473561],
] as const;
/** t, df, δ, below, above */
const tRows = [
  [1, 5, 1, 0.48092614124211, 0.51907385875789],
  [2.5, 10, -1, 0.99884735583091, 0.0011526441690867],
  [-1, 7, 2, 0.0020277159916493, 0.99797228400835],
  [30, 20, 3, 0.99999999999982, 1.8136483335591e-13],
  [6, 3.5, 2, 0.94441330783537, 0.055586692164633],
  [40, 30, 40, 0.46658019492243, 0.53341980507757],
] as const;

const relative = (got: number, want: number) => Math.abs(got - want) / Math.abs(want);

describe("non-central distributions", () => {
  it("has both tails of F, chi-square and t to 12 digits", () => {
    for (const [f, df1, df2, noncentrality, below, above] of fRows) {
      const at = { df1, df2, noncentrality };
      expect(relative(nonCentralFCdf(f, at), below)).toBeLessThan(1e-12);
      expect(relative(nonCentralFCdf(f, { ...at, upper: true }), above)).toBeLessThan(1e-12);
    }
    for (const [x, df, noncentrality, below, above] of chiRows) {
      const at = { df, noncentrality };
      expect(relative(nonCentralChiSquareCdf(x, at), below)).toBeLessThan(1e-12);
      expect(relative(nonCentralChiSquareCdf(x, { ...at, upper: true }), above)).toBeLessThan(
        1e-12,
      );
    }
    for (const [t, df, noncentrality, below, above] of tRows) {
      const at = { df, noncentrality };
      expect(relative(nonCentralTCdf(t, at), below)).toBeLessThan(1e-12);
      expect(relative(nonCentralTCdf(t, { ...at, upper: true }), above)).toBeLessThan(1e-12);
    }
  });

  it("agrees with simulation", () => {
    const n = 40_000;
    const stream = streamOf(1, "noncentral");
    let below = 0;
    let belowT = 0;
    for (let k = 0; k < n; k++) {
      let top = (stream.normal() + 2) ** 2;
      for (let j = 0; j < 3; j++) top += stream.normal() ** 2;
      const bottom = 2 * stream.gamma(10);
      if (top / 4 / (bottom / 20) < 2.2) below++;
      if ((stream.normal() + 1.5) / Math.sqrt((2 * stream.gamma(4)) / 8) < 2) belowT++;
    }
    const p = nonCentralFCdf(2.2, { df1: 4, df2: 20, noncentrality: 4 });
    const pT = nonCentralTCdf(2, { df: 8, noncentrality: 1.5 });
    // Four standard errors of a binomial proportion.
    expect(Math.abs(below / n - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
    expect(Math.abs(belowT / n - pT)).toBeLessThan(4 * Math.sqrt((pT * (1 - pT)) / n));
  });

  it("is central at zero, and t² is F", () => {
    expect(nonCentralFCdf(1.3, { df1: 3, df2: 8, noncentrality: 0 })).toBe(
      fCdf(1.3, { df1: 3, df2: 8 }),
    );
    expect(nonCentralChiSquareCdf(1.3, { df: 3, noncentrality: 0 })).toBe(
      chiSquareCdf(1.3, { df: 3 }),
    );
    const t = nonCentralTCdf(2, { df: 9, noncentrality: 1.2 });
    const lower = nonCentralTCdf(-2, { df: 9, noncentrality: 1.2 });
    const f = nonCentralFCdf(4, { df1: 1, df2: 9, noncentrality: 1.44 });
    expect(Math.abs(t - lower - f)).toBeLessThan(1e-13);
    expect(nonCentralFCdf(1.3, { df1: 3, df2: Infinity, noncentrality: 2 })).toBe(
      nonCentralChiSquareCdf(3.9, { df: 3, noncentrality: 2 }),
    );
  });

  it("inverts the non-centrality and the quantile", () => {
    for (const probability of [0.025, 0.5, 0.975]) {
      const noncentrality = nonCentralFNoncentrality(7, { df1: 10, df2: 80, probability });
      const back = nonCentralFCdf(7, { df1: 10, df2: 80, noncentrality });
      expect(relative(back, probability)).toBeLessThan(1e-9);
      const chi = nonCentralChiSquareNoncentrality(40, { df: 5, probability });
      const chiBack = nonCentralChiSquareCdf(40, { df: 5, noncentrality: chi });
      expect(relative(chiBack, probability)).toBeLessThan(1e-9);
      const delta = nonCentralTNoncentrality(3, { df: 12, probability });
      const tBack = nonCentralTCdf(3, { df: 12, noncentrality: delta });
      expect(relative(tBack, probability)).toBeLessThan(1e-9);
      const f = nonCentralFQuantile(probability, { df1: 4, df2: 30, noncentrality: 6 });
      const atF = nonCentralFCdf(f, { df1: 4, df2: 30, noncentrality: 6 });
      expect(relative(atF, probability)).toBeLessThan(1e-10);
      const x = nonCentralChiSquareQuantile(probability, { df: 4, noncentrality: 6 });
      const atX = nonCentralChiSquareCdf(x, { df: 4, noncentrality: 6 });
      expect(relative(atX, probability)).toBeLessThan(1e-10);
      const t = nonCentralTQuantile(probability, { df: 4, noncentrality: -6 });
      const atT = nonCentralTCdf(t, { df: 4, noncentrality: -6 });
      expect(relative(atT, probability)).toBeLessThan(1e-10);
    }
    // Too small an F for any non-centrality: nought, by the definition of the exact interval.
    expect(nonCentralFNoncentrality(0.01, { df1: 10, df2: 80, probability: 0.5 })).toBe(0);
    expect(() => nonCentralFNoncentrality(1, { df1: 1, df2: 1, probability: 1 })).toThrow(
      InputError,
    );
  });
});
