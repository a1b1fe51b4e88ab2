import { describe, expect, it } from "vitest";
import { type Stream, streamOf } from "../core/random.ts";
import { normalCdf } from "./normal.ts";
import { fillNormals, fillNormalsPlain } from "./normals.ts";

function drawn(n: number, ...path: (string | number)[]): Float32Array {
  const out = new Float32Array(n);
  fillNormals(streamOf(5, ...path), out);
  return out;
}

describe("fillNormals", () => {
  it("equals its plain definition in every bit, for any size", () => {
    for (const n of [1, 3, 4, 15, 16, 17, 16384, 16385, 40003]) {
      const [a, b] = [new Float32Array(n), new Float32Array(n)];
      fillNormals(streamOf(1, "bits", n), a, { sigma: 0.3 });
      fillNormalsPlain(streamOf(1, "bits", n), b, { sigma: 0.3 });
      expect(new Int32Array(a.buffer)).toEqual(new Int32Array(b.buffer));
    }
  });

  it("passes the end of the counter's low word as the definition does", () => {
    const from = (block: number): Stream =>
      Object.assign(Object.create(streamOf(1)) as Stream, {
        reserve: () => ({ key: [7, 11], block }),
      });
    const [a, b, after] = [new Float32Array(96), new Float32Array(96), new Float32Array(64)];
    fillNormals(from(2 ** 32 - 8), a);
    fillNormalsPlain(from(2 ** 32 - 8), b);
    fillNormalsPlain(from(2 ** 32), after);
    expect(a).toEqual(b);
    expect(a.subarray(32)).toEqual(after);
  });

  it("joins calls of multiples of sixteen, and moves no single draw", () => {
    const stream = streamOf(2, "joined");
    const parts = new Float32Array(128);
    fillNormals(stream, parts.subarray(0, 48));
    const single = stream.normal();
    fillNormals(stream, parts.subarray(48));
    const whole = new Float32Array(128);
    fillNormals(streamOf(2, "joined"), whole);
    expect(parts).toEqual(whole);
    expect(single).toBe(streamOf(2, "joined").normal());
    expect(() => stream.reserve(-1)).toThrow(/whole number/);
  });

  // Bounds are five standard errors: of the k-th moment √((μ₂ₖ − μₖ²)/n), of a count √(np(1 − p)).
  const n = 4_000_000;

  it("has the moments and the tails of a normal distribution", () => {
    const x = drawn(n, "moments");
    const sums = new Float64Array(9);
    const beyond = [0, 0, 0, 0, 0];
    for (const v of x) {
      let power = 1;
      for (let k = 1; k <= 8; k++) {
        power *= v;
        sums[k]! += power;
      }
      for (let t = 1; t <= 4; t++) if (Math.abs(v) > t) beyond[t]!++;
    }
    const central = [1, 0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395, 0, 135135, 0, 2027025];
    for (let k = 1; k <= 8; k++) {
      const error = Math.sqrt((central[2 * k]! - central[k]! ** 2) / n);
      expect(Math.abs(sums[k]! / n - central[k]!)).toBeLessThan(5 * error);
    }
    for (let t = 1; t <= 4; t++) {
      const p = 2 * normalCdf(-t);
      expect(Math.abs(beyond[t]! - n * p)).toBeLessThan(5 * Math.sqrt(n * p * (1 - p)));
    }
  });

  it("has the distribution function of a normal distribution, and of a uniform angle", () => {
    const x = drawn(1_000_000, "distribution");
    const sorted = x.slice().sort();
    let distance = 0;
    sorted.forEach((v, i) => {
      const p = normalCdf(v);
      distance = Math.max(distance, p - i / sorted.length, (i + 1) / sorted.length - p);
    });
    // Kolmogorov: P(√n D > 2.2) = 2 exp(−2 · 2.2²) = 1e-4.
    expect(Math.sqrt(sorted.length) * distance).toBeLessThan(2.2);
    // Directions of pairs, in 64 sectors: χ² with 63 degrees of freedom, mean 63, sd 11.2.
    const sectors = new Float64Array(64);
    for (let i = 0; i < x.length; i += 2) {
      sectors[Math.floor((Math.atan2(x[i + 1]!, x[i]!) / (2 * Math.PI) + 0.5) * 64) % 64]!++;
    }
    const want = x.length / 2 / 64;
    const chi = sectors.reduce((s, v) => s + (v - want) ** 2 / want, 0);
    expect(Math.abs(chi - 63)).toBeLessThan(5 * 11.2);
  });

  it("has no correlation between neighbours, squares, or streams", () => {
    const m = 1_000_000;
    const x = drawn(m, "a", 1);
    const others = [drawn(m, "a", 2), drawn(m, "b", 1), drawn(m, "a", "1")];
    const correlation = (value: (i: number) => number) => {
      let sum = 0;
      for (let i = 0; i < m; i++) sum += value(i);
      return sum / Math.sqrt(m);
    };
    // Products of independent normals have variance 1; of centred squares 4.
    for (const lag of [1, 2, 3, 4, 16, 64]) {
      expect(Math.abs(correlation((i) => x[i]! * x[(i + lag) % m]!))).toBeLessThan(5);
      const squares = correlation((i) => (x[i]! ** 2 - 1) * (x[(i + lag) % m]! ** 2 - 1));
      expect(Math.abs(squares)).toBeLessThan(10);
    }
    for (const y of others) {
      expect(Math.abs(correlation((i) => x[i]! * y[i]!))).toBeLessThan(5);
      expect(Math.abs(correlation((i) => (x[i]! ** 2 - 1) * (y[i]! ** 2 - 1)))).toBeLessThan(10);
    }
  });
});
