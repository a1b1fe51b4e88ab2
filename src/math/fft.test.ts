import fc from "fast-check";
import FftJs from "fft.js";
import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { fft, fftN, signedFrequency } from "./fft.ts";
import { irfftN, rfftN } from "./real-fft.ts";

/** Direct sum with compensated angles: the definition itself. */
function direct(re: Float64Array, im: Float64Array) {
  const n = re.length;
  const outRe = new Float64Array(n);
  const outIm = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      outRe[k]! += re[j]! * Math.cos(angle) - im[j]! * Math.sin(angle);
      outIm[k]! += re[j]! * Math.sin(angle) + im[j]! * Math.cos(angle);
    }
  }
  return { re: outRe, im: outIm };
}

function worst(a: Float64Array, b: Float64Array): number {
  let w = 0;
  for (let i = 0; i < a.length; i++) w = Math.max(w, Math.abs(a[i]! - b[i]!));
  return w;
}

// Rounding: values of size √n, about log n passes; the direct sum itself errs by n·1e-16.
const tolerance = (n: number) => 1e-14 * n + 1e-14;

describe("fft", () => {
  it("equals the direct sum for every length to 70 and some larger ones, Bluestein's too", () => {
    const stream = streamOf(1, "fft");
    const lengths = [
      ...Array.from({ length: 70 }, (_, i) => i + 1),
      74,
      97,
      128,
      210,
      331,
      372,
      1024,
    ];
    for (const n of lengths) {
      const re = stream.normals(n);
      const im = stream.normals(n);
      const want = direct(re, im);
      const got = fft(re, im);
      expect(worst(got.re, want.re)).toBeLessThan(tolerance(n));
      expect(worst(got.im, want.im)).toBeLessThan(tolerance(n));
    }
  });

  it("agrees with fft.js on a power of two", () => {
    const n = 4096;
    const other = new FftJs(n);
    const stream = streamOf(2, "fft");
    const re = stream.normals(n);
    const im = stream.normals(n);
    const x = other.createComplexArray();
    for (let i = 0; i < n; i++) {
      x[2 * i] = re[i]!;
      x[2 * i + 1] = im[i]!;
    }
    const y = other.createComplexArray();
    other.transform(y, x);
    const got = fft(re, im);
    expect(
      worst(
        got.re,
        Float64Array.from({ length: n }, (_, i) => y[2 * i]!),
      ),
    ).toBeLessThan(1e-12);
    expect(
      worst(
        got.im,
        Float64Array.from({ length: n }, (_, i) => y[2 * i + 1]!),
      ),
    ).toBeLessThan(1e-12);
  });

  it("comes back by the inverse, for any shape, and keeps Parseval's sum", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 41 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 1e6 }),
        (shape, seed) => {
          const n = shape.reduce((a, b) => a * b, 1);
          const stream = streamOf(seed, "inverse");
          const re = stream.normals(n);
          const im = stream.normals(n);
          const f = fftN(re, im, { shape });
          const back = fftN(f.re, f.im, { shape, inverse: true });
          expect(worst(back.re, re)).toBeLessThan(1e-13 * (1 + Math.log2(n)));
          expect(worst(back.im, im)).toBeLessThan(1e-13 * (1 + Math.log2(n)));
          const power = (a: Float64Array, b: Float64Array) =>
            a.reduce((s, v, i) => s + v * v + b[i]! * b[i]!, 0);
          expect(power(f.re, f.im) / n / power(re, im)).toBeCloseTo(1, 11);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("transforms axis by axis: a plane wave is one peak at its own index", () => {
    const shape = [5, 12, 37];
    const re = new Float64Array(5 * 12 * 37);
    const im = new Float64Array(re.length);
    for (let z = 0, i = 0; z < 5; z++)
      for (let y = 0; y < 12; y++)
        for (let x = 0; x < 37; x++, i++) {
          const angle = 2 * Math.PI * ((2 * z) / 5 + (7 * y) / 12 + (11 * x) / 37);
          re[i] = Math.cos(angle);
          im[i] = Math.sin(angle);
        }
    const f = fftN(re, im, { shape });
    const peak = (2 * 12 + 7) * 37 + 11;
    f.re.forEach((v, i) => expect(Math.abs(v - (i === peak ? re.length : 0))).toBeLessThan(1e-9));
  });

  it("gives the same through tiles as line by line, where a block is larger than the cache", () => {
    const shape = [240, 75];
    const stream = streamOf(4, "tiles");
    const re = stream.normals(240 * 75);
    const im = stream.normals(240 * 75);
    const whole = fftN(re, im, { shape });
    const column = 73;
    const lines = Array.from({ length: 240 }, (_, r) =>
      fft(re.slice(r * 75, (r + 1) * 75), im.slice(r * 75, (r + 1) * 75)),
    );
    const down = fft(
      Float64Array.from(lines, (l) => l.re[column]!),
      Float64Array.from(lines, (l) => l.im[column]!),
    );
    for (let k = 0; k < 240; k++) {
      expect(whole.re[k * 75 + column]!).toBeCloseTo(down.re[k]!, 10);
      expect(whole.im[k * 75 + column]!).toBeCloseTo(down.im[k]!, 10);
    }
  });

  it("refuses shapes that disagree and leaves its input alone", () => {
    const re = Float64Array.of(1, 2, 3, 4);
    fft(re, new Float64Array(4));
    expect([...re]).toEqual([1, 2, 3, 4]);
    expect(() => fftN(re, new Float64Array(4), { shape: [2, 3] })).toThrow(InputError);
    expect(() => fft(re, new Float64Array(3))).toThrow(InputError);
    expect([0, 1, 2, 3].map((k) => signedFrequency(k, 4))).toEqual([0, 1, -2, -1]);
    expect([0, 1, 2, 3, 4].map((k) => signedFrequency(k, 5))).toEqual([0, 1, 2, -2, -1]);
  });
});

describe("rfftN", () => {
  it("is the first half of the complex transform, and comes back", () => {
    for (const shape of [[8], [9], [1], [2], [3, 5], [4, 6], [3, 4, 7], [5, 1]]) {
      const n = shape.reduce((a, b) => a * b, 1);
      const x = streamOf(3, "real", ...shape).normals(n);
      const full = fftN(x, new Float64Array(n), { shape });
      const half = rfftN(x, { shape });
      const nx = shape[shape.length - 1]!;
      const hx = Math.floor(nx / 2) + 1;
      for (let r = 0; r < n / nx; r++) {
        for (let k = 0; k < hx; k++) {
          expect(half.re[r * hx + k]!).toBeCloseTo(full.re[r * nx + k]!, 12);
          expect(half.im[r * hx + k]!).toBeCloseTo(full.im[r * nx + k]!, 12);
        }
      }
      expect(worst(irfftN(half, { shape }), x)).toBeLessThan(1e-13);
    }
  });
});
