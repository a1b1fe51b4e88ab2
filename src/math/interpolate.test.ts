import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import {
  type Boundary,
  type InterpolationKind,
  sampler1,
  sampler2,
  sampler3,
  splineCoefficients,
} from "./interpolate.ts";

const kinds: InterpolationKind[] = ["linear", "catmull-rom", "cubic-b-spline"];
const boundaries: Boundary[] = ["fill", "clamp", "mirror", "wrap"];

describe("samplers", () => {
  it("pass through the values, for every kind, boundary and rank", () => {
    const data = streamOf(1, "grid").normals(4 * 5 * 6);
    for (const kind of kinds)
      for (const boundary of boundaries) {
        const at = sampler3(data, { shape: [4, 5, 6], kind, boundary });
        for (let z = 0, i = 0; z < 4; z++)
          for (let y = 0; y < 5; y++)
            for (let x = 0; x < 6; x++, i++) expect(at(z, y, x)).toBeCloseTo(data[i]!, 12);
        const line = sampler1(data, { kind, boundary });
        expect(line(17)).toBeCloseTo(data[17]!, 12);
      }
  });

  it("reproduce polynomials away from the edge: degree 1, 2 and 3", () => {
    const n = 80;
    const f = (x: number, d: number) => ((x - 40) / 10) ** d;
    for (const [kind, degree] of [
      ["linear", 1],
      ["catmull-rom", 2],
      ["cubic-b-spline", 3],
    ] as const) {
      const line = sampler1(
        Float64Array.from({ length: n }, (_, x) => f(x, degree)),
        { kind },
      );
      for (let x = 37; x < 43; x += 0.13) expect(line(x)).toBeCloseTo(f(x, degree), 11);
    }
  });

  it("know their boundaries", () => {
    const d = Float64Array.of(1, 2, 4, 8);
    for (const kind of kinds) {
      const wrap = sampler1(d, { kind, boundary: "wrap" });
      const mirror = sampler1(d, { kind, boundary: "mirror" });
      const clamp = sampler1(d, { kind, boundary: "clamp" });
      const fill = sampler1(d, { kind, boundary: "fill", fill: -1 });
      for (const x of [-0.3, 0.4, 3.7, 1.25]) {
        expect(wrap(x)).toBeCloseTo(wrap(x + 4), 12);
        expect(mirror(x)).toBeCloseTo(mirror(-x), 12);
        expect(mirror(3 + x)).toBeCloseTo(mirror(3 - x), 12);
      }
      expect(clamp(-9)).toBeCloseTo(1, 12);
      expect(clamp(11.5)).toBeCloseTo(8, 12);
      expect(fill(-9)).toBe(-1);
      expect(fill(11.5)).toBe(-1);
    }
    expect(sampler1(d, { boundary: "fill", fill: 0 })(-0.25)).toBeCloseTo(0.75, 15);
  });

  it("solve the spline's tridiagonal system: coefficients smoothed by (1 4 1)/6 are the values", () => {
    for (const n of [2, 3, 5, 30])
      for (const boundary of ["mirror", "wrap"] as const) {
        const d = streamOf(n, "spline").normals(n);
        const c = splineCoefficients(d, { shape: [n], boundary });
        for (let k = 0; k < n; k++) {
          const left = boundary === "wrap" ? (k + n - 1) % n : k === 0 ? 1 : k - 1;
          const right = boundary === "wrap" ? (k + 1) % n : k === n - 1 ? n - 2 : k + 1;
          expect((c[left]! + 4 * c[k]! + c[right]!) / 6).toBeCloseTo(d[k]!, 12);
        }
      }
  });

  it("are separable: 2-D of a product is the product", () => {
    const a = streamOf(4, "a").normals(7);
    const b = streamOf(4, "b").normals(9);
    const d = new Float64Array(63).map((_, i) => a[Math.floor(i / 9)]! * b[i % 9]!);
    for (const kind of kinds) {
      const both = sampler2(d, { shape: [7, 9], kind });
      const along = sampler1(a, { kind });
      const across = sampler1(b, { kind });
      for (const [y, x] of [
        [0.3, 7.9],
        [-1.2, 3.5],
        [5.5, 11.1],
      ] as const)
        expect(both(y, x)).toBeCloseTo(along(y) * across(x), 12);
    }
  });

  it("do not let NaN in from a neighbour of weight nought, and refuse wrong shapes", () => {
    expect(sampler1(Float64Array.of(1, NaN))(0)).toBe(1);
    expect(sampler1(Float64Array.of(1, 2))(NaN)).toBeNaN();
    expect(() => sampler2(new Float64Array(5), { shape: [2, 3] })).toThrow(InputError);
  });
});
