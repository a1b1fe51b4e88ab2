import { describe, expect, it } from "vitest";
import { InputError } from "../../core/errors.ts";
import {
  bandKeeping,
  bandOf,
  bandForms,
  besselJ1,
  lesionPower,
  shareKept,
  wienerTransfer,
} from "./band.ts";

/** J_n by its power series; cancellation leaves 1e-10 up to x = 15. */
function series(n: number, x: number): number {
  let term = 1;
  for (let k = 1; k <= n; k++) term *= x / 2 / k;
  let sum = 0;
  for (let k = 0; k < 60; k++) {
    sum += term;
    term *= -((x / 2) ** 2) / ((k + 1) * (k + 1 + n));
  }
  return sum;
}

describe("share of a disk or ball", () => {
  it("has J1 of the power series", () => {
    for (const x of [0, 0.5, 2, 3.8317, 9, 14]) expect(besselJ1(x)).toBeCloseTo(series(1, x), 9);
  });

  it("is 1 − J0² − J1² after an ideal low-pass (the Airy pattern's encircled energy)", () => {
    for (const edge of [0.4, 0.8, 1.2197, 2.233, 4]) {
      for (const diameterMm of [1, 5]) {
        const x = Math.PI * edge;
        const wanted = 1 - series(0, x) ** 2 - series(1, x) ** 2;
        const { transfer } = bandOf("ideal", edge / diameterMm);
        // Steps of 0.005 D f: the edge falls inside one of them.
        expect(shareKept(transfer, { diameterMm, dimensions: 2 })).toBeCloseTo(wanted, 2);
      }
    }
    const all = (dimensions: 2 | 3) => shareKept(() => 1, { diameterMm: 3, dimensions });
    expect(all(2)).toBeGreaterThan(0.98);
    expect(all(3)).toBeGreaterThan(0.98);
    expect(lesionPower(1.2197, 2)).toBeLessThan(1e-8);
  });

  it("of a disk drawn in pixels is the predicted one", () => {
    // Direct sums over a disk of 40 px drawn with 8 × 8 points a pixel, and its discrete spectrum along a ray.
    const diameter = 40;
    const at = (f: number) => {
      let [sum, all] = [0, 0];
      for (let x = -20.4375; x < 21; x += 0.125) {
        const chord = 2 * Math.sqrt(Math.max(0, (diameter / 2) ** 2 - x * x));
        sum += chord * Math.cos(2 * Math.PI * f * x);
        all += chord;
      }
      return (sum / all) ** 2;
    };
    for (const f of [0.005, 0.015, 0.022, 0.04]) {
      expect(lesionPower(f * diameter, 2)).toBeCloseTo(at(f), 3);
    }
  });

  it.each(bandForms)("is what a %s band is made for, at every size alike", (form) => {
    for (const dimensions of [2, 3] as const) {
      for (const share of [0.6, 0.8, 0.9]) {
        const five = bandKeeping({ diameterMm: 5, share, form, dimensions });
        const ten = bandKeeping({ diameterMm: 10, share, form, dimensions });
        expect(five.edge).toBeCloseTo(2 * ten.edge, 12);
        const kept = shareKept(five.transfer, { diameterMm: 5, dimensions });
        expect(kept).toBeGreaterThanOrEqual(share - 1e-9);
        expect(kept).toBeLessThan(share + 0.01);
        // Larger lesions keep more.
        for (const larger of [7, 10, 15, 30]) {
          expect(shareKept(five.transfer, { diameterMm: larger, dimensions })).toBeGreaterThan(
            kept,
          );
        }
        expect(five.transfer(0)).toBe(1);
        expect(five.transfer(five.core)).toBe(1);
        expect(five.transfer(1.0001 * five.end)).toBeLessThan(1e-8);
      }
    }
  });

  it("refuses what cannot be kept", () => {
    const given = { diameterMm: 5, share: 0.8, form: "ideal", dimensions: 2 } as const;
    expect(() => bandKeeping({ ...given, share: 1 })).toThrow(InputError);
    expect(() => bandKeeping({ ...given, diameterMm: 0 })).toThrow(/above 0/);
  });
});

describe("the Wiener filter", () => {
  const noises = {
    white: () => 1,
    ramp: (f: number) => f,
    blurred: (f: number) => f * Math.exp(-30 * f * f),
  };

  it.each(Object.entries(noises))(
    "has less %s noise than any band of the same share",
    (name, power) => {
      const variance = (transfer: (f: number) => number) => {
        let sum = 0;
        for (let f = 0.0005; f < 0.77; f += 0.001) sum += transfer(f) ** 2 * power(f) * f;
        return sum;
      };
      const given = { diameterMm: 5, share: 0.8, dimensions: 2 } as const;
      const least = wienerTransfer(power, given);
      expect(shareKept(least, given)).toBeCloseTo(0.8, 2);
      for (const form of bandForms) {
        const { transfer } = bandKeeping({ ...given, form });
        expect(variance(least)).toBeLessThan(variance(transfer) * 1.0001);
      }
      // The flat-top band is nearly as good on either spectrum, though it knows none. Of noise without high
      // frequencies the filter would hand all of those back; a lesion seen through the same blur has none there.
      if (name === "blurred") return;
      const { transfer } = bandKeeping({ ...given, form: "flat-top" });
      expect(Math.sqrt(variance(transfer) / variance(least))).toBeLessThan(1.06);
    },
  );
});
