import { describe, expect, it } from "vitest";
import { streamOf } from "../../core/random.ts";
import {
  filterHardKernel,
  filterWienerKernel,
  matchBlocksKernel,
} from "../../kernels/block-matching.ts";
import { filterHardPlainly, filterWienerPlainly, matchBlocksPlainly } from "./definition.ts";
import {
  bior15Matrix,
  blockTransform,
  dctMatrix,
  inverseMatrix,
  kaiserWindow,
} from "./transforms.ts";

const product = (a: Float64Array, b: Float64Array, n: number) =>
  Float64Array.from({ length: n * n }, (_, i) => {
    let s = 0;
    for (let k = 0; k < n; k++) s += a[Math.floor(i / n) * n + k]! * b[k * n + (i % n)]!;
    return s;
  });

describe("transforms", () => {
  it.each([4, 8])(
    "bior1.5 of %i points: unit rows, exact inverse, a constant meets the first row only",
    (n) => {
      const t = bior15Matrix(n);
      const identity = product(t, inverseMatrix(t, n), n);
      identity.forEach((v, i) => expect(v).toBeCloseTo(i % (n + 1) === 0 ? 1 : 0, 12));
      for (let k = 0; k < n; k++) {
        const row = t.subarray(k * n, (k + 1) * n);
        expect(row.reduce((s, v) => s + v * v, 0)).toBeCloseTo(1, 12);
        expect(row.reduce((s, v) => s + v, 0)).toBeCloseTo(k === 0 ? Math.sqrt(n) : 0, 12);
      }
      // The analysis high-pass is Haar's: the last row is one difference.
      expect([...t.subarray((n - 1) * n)].map((v) => Math.round(v * 1e6))).toEqual([
        ...new Array<number>(n - 2).fill(0),
        -707107,
        707107,
      ]);
    },
  );

  it("the DCT is orthonormal", () => {
    const t = dctMatrix(11);
    const transposed = t.map((_, i) => t[(i % 11) * 11 + Math.floor(i / 11)]!);
    product(t, transposed, 11).forEach((v, i) => expect(v).toBeCloseTo(i % 12 === 0 ? 1 : 0, 12));
  });

  it("the Kaiser window of eight points and β = 2 has its tabulated ends and middle", () => {
    const w = kaiserWindow({ bz: 1, n: 8 }, 2);
    // I0(0)/I0(2) = 0.4387 at the ends of one axis.
    expect(w[0]).toBeCloseTo(0.4387 ** 2, 3);
    expect(w[3 * 8 + 4]!).toBeGreaterThan(0.96);
  });
});

const cases = [
  { nz: 1, ny: 27, nx: 30, bz: 1, n: 8, step: 3, reachZ: 0, reach: 7, most: 16, rows: 5, z: 0 },
  { nz: 1, ny: 24, nx: 33, bz: 1, n: 11, step: 6, reachZ: 0, reach: 6, most: 8, rows: 3, z: 0 },
  { nz: 7, ny: 13, nx: 14, bz: 4, n: 4, step: 3, reachZ: 2, reach: 3, most: 16, rows: 3, z: 2 },
  { nz: 1, ny: 12, nx: 12, bz: 1, n: 5, step: 4, reachZ: 0, reach: 20, most: 70, rows: 2, z: 0 },
] as const;

describe.each(cases)("kernel against definition: $bz × $n blocks in $nz × $ny × $nx", (c) => {
  const stream = streamOf(3, "blocks", c.n, c.bz);
  const size = c.nz * c.ny * c.nx;
  const image = Float32Array.from(
    { length: size },
    (_, i) => 40 * Math.sin((i % c.nx) / 2) + 10 * stream.normal(),
  );
  const estimate = image.map((v) => 0.9 * v + 2 * stream.normal());
  const columns = Int32Array.from([0, 3, 7, c.nx - c.n]);
  const request = { image, geometry: c, ...c, y0: 1, columns, limit: 900 * c.bz * c.n * c.n };
  const wanted = matchBlocksPlainly(request);

  it("finds the same blocks in the same order", () => {
    const found = matchBlocksKernel(request);
    expect([...found.counts]).toEqual([...wanted.counts]);
    for (let r = 0; r < wanted.references; r++) {
      for (let k = 0; k < wanted.counts[r]!; k++) {
        const at = r * c.most + k;
        expect(found.places[at]).toBe(wanted.places[at]);
        // Sums of up to 121 float32 squares in another order.
        expect(
          Math.abs(found.distances[at]! / (wanted.distances[at]! || 1) - (k === 0 ? 0 : 1)),
        ).toBeLessThan(1e-5);
      }
    }
  });

  it.each(["bior1.5", "dct"] as const)("filters the groups alike by %s", (family) => {
    const transform = blockTransform(family, c);
    const window = kaiserWindow(c, 2);
    const common = { image, geometry: c, matches: wanted, transform, window };
    const check = (a: Float32Array, b: Float32Array, unit: number) =>
      a.forEach((v, i) => expect(Math.abs(v - b[i]!)).toBeLessThan(unit));
    const hard = { ...common, threshold: 27.3 };
    const wiener = { ...common, estimate, variance: 100 };
    for (const [fast, plain] of [
      [filterHardKernel(hard), filterHardPlainly(hard)],
      [filterWienerKernel(wiener), filterWienerPlainly(wiener)],
    ] as const) {
      const scale = plain.weights.reduce((m, v) => Math.max(m, v), 0);
      // Float32 over a few hundred operations on values near 50.
      check(fast.weights, plain.weights, 2e-5 * scale);
      check(fast.sum, plain.sum, 2e-3 * scale);
    }
  });
});
