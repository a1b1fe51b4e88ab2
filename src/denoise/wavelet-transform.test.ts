import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { waveletFilter, waveletNames } from "./wavelet-filters.ts";
import {
  bandsOf,
  eachRow,
  levelsFor,
  type Sizes3,
  waveletForward,
  waveletInverse,
} from "./wavelet-transform.ts";

const moments: Record<string, number> = { haar: 1, coif1: 2, coif2: 4, coif3: 6 };

describe("waveletFilter", () => {
  // Coefficients are given to 16 digits (coiflets to about 10 in their sources).
  it.each(waveletNames)("%s is orthonormal with its vanishing moments", (name) => {
    const { low, high } = waveletFilter(name);
    const sum = low.reduce((s, v) => s + v, 0);
    expect(Math.abs(sum - Math.SQRT2)).toBeLessThan(1e-9);
    for (let m = 0; m < low.length / 2; m++) {
      let hh = 0;
      let hg = 0;
      for (let k = 0; k + 2 * m < low.length; k++) {
        hh += low[k]! * low[k + 2 * m]!;
        hg += high[k]! * low[k + 2 * m]!;
      }
      expect(Math.abs(hh - (m === 0 ? 1 : 0))).toBeLessThan(1e-9);
      expect(Math.abs(hg)).toBeLessThan(1e-9);
    }
    const vanishing = moments[name] ?? Number(name.slice(name.search(/\d/)));
    for (let p = 0; p < vanishing; p++) {
      let moment = 0;
      let scale = 0;
      for (let k = 0; k < high.length; k++) {
        moment += high[k]! * k ** p;
        scale += Math.abs(high[k]! * k ** p);
      }
      expect(Math.abs(moment) / scale).toBeLessThan(1e-9);
    }
  });
});

describe("waveletForward", () => {
  const cases: [string, Sizes3][] = [
    ["haar", [1, 16, 24]],
    ["db4", [1, 32, 16]],
    ["sym8", [1, 24, 40]],
    ["coif2", [8, 16, 8]],
  ];
  it.each(cases)("keeps the norm and inverts (%s)", (name, sizes) => {
    const stream = streamOf(1, name);
    const data = stream.normals(sizes[0] * sizes[1] * sizes[2]);
    const filter = waveletFilter(name);
    const levels = levelsFor(sizes, { shortest: 2 });
    expect(levels).toBeGreaterThan(1);
    const c = waveletForward(data, { sizes, levels, filter });
    const norm = (a: Float64Array) => a.reduce((s, v) => s + v * v, 0);
    expect(norm(c) / norm(data)).toBeCloseTo(1, 9);
    const back = waveletInverse(c, { sizes, levels, filter });
    let worst = 0;
    for (let i = 0; i < data.length; i++) worst = Math.max(worst, Math.abs(back[i]! - data[i]!));
    expect(worst).toBeLessThan(1e-9);
    let seen = 0;
    for (const band of bandsOf(sizes, levels)) eachRow(sizes, band, (_, n) => (seen += n));
    expect(seen).toBe(data.length);
  });

  it("has zero details on a constant and matches the definition on a row", () => {
    const filter = waveletFilter("db2");
    const x = streamOf(2).normals(64);
    const c = waveletForward(x, { sizes: [1, 8, 8], levels: 1, filter });
    let want = 0;
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        want += filter.high[a]! * filter.low[b]! * x[((6 + a) % 8) * 8 + ((4 + b) % 8)]!;
      }
    }
    expect(c[(4 + 3) * 8 + 2]).toBeCloseTo(want, 12); // detail along y only, i = (3, 2)
    const flat = waveletForward(new Float64Array(64).fill(5), {
      sizes: [1, 8, 8],
      levels: 1,
      filter,
    });
    for (const band of bandsOf([1, 8, 8], 1)) {
      if (band.detail === "") continue;
      eachRow([1, 8, 8], band, (offset, n) => {
        for (let i = 0; i < n; i++) expect(Math.abs(flat[offset + i]!)).toBeLessThan(1e-12);
      });
    }
  });

  it("refuses odd lengths", () => {
    expect(() =>
      waveletForward(new Float64Array(35), {
        sizes: [1, 5, 7],
        levels: 1,
        filter: waveletFilter("haar"),
      }),
    ).toThrow(/odd length 7/);
  });
});
