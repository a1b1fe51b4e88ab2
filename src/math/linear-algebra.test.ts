import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { choleskyPlain, choleskySolve, forwardSolve, logDeterminant } from "./cholesky.ts";
import { thinSvd } from "./svd.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

function positiveDefinite(n: number, seed: number): Float64Array {
  const g = streamOf(seed, "spd").normals(n * n);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let s = i === j ? 1 : 0;
      for (let k = 0; k < n; k++) s += (g[i * n + k]! * g[j * n + k]!) / n;
      a[i * n + j] = s;
    }
  return a;
}

describe("choleskyPlain", () => {
  it.each([1, 2, 3, 7, 63, 64, 65, 131, 200])("factorises size %i: L Lᵀ = A and A x = b", (n) => {
    const a = positiveDefinite(n, n);
    const kept = Float64Array.from(a);
    const result = choleskyPlain(a, n);
    expect(result.status).toBe("ok");
    if (result.status !== "ok") return;
    expect(a).toEqual(kept);
    const { lower } = result.factor;
    let worst = 0;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let s = 0;
        for (let k = 0; k < n; k++) s += lower[i * n + k]! * lower[j * n + k]!;
        worst = Math.max(worst, Math.abs(s - a[i * n + j]!));
      }
    // Backward error n·ε times entries of about 2.
    expect(worst).toBeLessThan(n * 1e-15 + 1e-15);
    const x = streamOf(5, "x").normals(n);
    const b = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) b[i]! += a[i * n + j]! * x[j]!;
    const got = choleskySolve(result.factor, b);
    got.forEach((v, i) => expect(v).toBeCloseTo(x[i]!, 11));
  });

  it("gives determinant and whitening of a diagonal matrix in closed form", () => {
    const result = choleskyPlain(Float64Array.of(4, 0, 0, 9), 2);
    if (result.status !== "ok") throw new Error("unreachable");
    expect(logDeterminant(result.factor)).toBeCloseTo(Math.log(36), 14);
    expect([...forwardSolve(result.factor, Float64Array.of(2, 3))]).toEqual([1, 1]);
  });

  it("names the pivot of a matrix that is singular, indefinite or NaN", () => {
    expect(choleskyPlain(Float64Array.of(1, 2, 2, 1), 2)).toMatchObject({
      status: "not-positive-definite",
      pivot: 1,
    });
    expect(choleskyPlain(Float64Array.of(NaN), 1)).toMatchObject({ pivot: 0 });
    expect(choleskyPlain(new Float64Array(9), 3)).toMatchObject({ pivot: 0 });
    expect(() => choleskyPlain(new Float64Array(8), 3)).toThrow(InputError);
  });
});

describe("symmetricEigen", () => {
  it.each([1, 2, 3, 10, 64, 120])("size %i: A V = V Λ and VᵀV = 1", (n) => {
    const g = streamOf(n, "sym").normals(n * n);
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) a[i * n + j] = g[i * n + j]! + g[j * n + i]!;
    const { values, vectors } = symmetricEigen(a, n);
    for (let c = 0; c < n; c++) {
      if (c > 0) expect(values[c]!).toBeGreaterThanOrEqual(values[c - 1]!);
      for (let r = 0; r < n; r++) {
        let av = 0;
        let dot = 0;
        for (let k = 0; k < n; k++) {
          av += a[r * n + k]! * vectors[k * n + c]!;
          dot += vectors[k * n + r]! * vectors[k * n + c]!;
        }
        // Backward error of order n·ε·‖A‖, ‖A‖ about 2√(2n).
        expect(Math.abs(av - values[c]! * vectors[r * n + c]!)).toBeLessThan(1e-14 * (10 + n * 5));
        expect(Math.abs(dot - (r === c ? 1 : 0))).toBeLessThan(1e-13);
      }
    }
  });

  it("finds the known spectrum of the second difference, 2 − 2cos(πk/(n+1))", () => {
    const n = 40;
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      a[i * n + i] = 2;
      if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
    }
    const { values } = symmetricEigen(a, n);
    values.forEach((v, k) =>
      expect(v).toBeCloseTo(2 - 2 * Math.cos((Math.PI * (k + 1)) / (n + 1)), 13),
    );
  });

  it("takes repeated values, zeros, and extreme scales", () => {
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
    const scaled = symmetricEigen(Float64Array.of(2e200, 1e200, 1e200, 2e200), 2).values;
    expect(scaled[0]! / 1e200).toBeCloseTo(1, 12);
    expect(scaled[1]! / 1e200).toBeCloseTo(3, 12);
    expect(() => symmetricEigen(Float64Array.of(NaN), 1)).toThrow(InputError);
  });
});

describe("thinSvd", () => {
  it.each([
    [1, 1],
    [5, 3],
    [3, 5],
    [30, 30],
    [80, 12],
    [12, 80],
  ])("%i × %i: A = U S Vᵀ with orthonormal columns", (rows, columns) => {
    const a = streamOf(rows, "svd", columns).normals(rows * columns);
    const { u, s, v, k } = thinSvd(a, { rows, columns });
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let j = 0; j < k; j++) sum += u[r * k + j]! * s[j]! * v[c * k + j]!;
        expect(Math.abs(sum - a[r * columns + c]!)).toBeLessThan(1e-12);
      }
    for (const [m, length] of [
      [u, rows],
      [v, columns],
    ] as const)
      for (let i = 0; i < k; i++)
        for (let j = 0; j <= i; j++) {
          let dot = 0;
          for (let r = 0; r < length; r++) dot += m[r * k + i]! * m[r * k + j]!;
          expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-13);
        }
    for (let j = 1; j < k; j++) expect(s[j]!).toBeLessThanOrEqual(s[j - 1]!);
  });

  it("squares to the eigenvalues of AᵀA, and completes the basis of a rank-deficient matrix", () => {
    const rows = 20;
    const columns = 6;
    const a = streamOf(9, "svd").normals(rows * columns);
    for (let r = 0; r < rows; r++) a[r * columns + 5] = a[r * columns]! + a[r * columns + 1]!;
    const { s, u, k } = thinSvd(a, { rows, columns });
    expect(s[5]!).toBeLessThan(1e-13);
    const gram = new Float64Array(columns * columns);
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < columns; j++)
        for (let r = 0; r < rows; r++)
          gram[i * columns + j]! += a[r * columns + i]! * a[r * columns + j]!;
    const { values } = symmetricEigen(gram, columns);
    for (let j = 0; j < 5; j++) expect(s[j]! ** 2).toBeCloseTo(values[5 - j]!, 10);
    const zero = thinSvd(new Float64Array(6), { rows: 3, columns: 2 });
    expect([...zero.s]).toEqual([0, 0]);
    let dot = 0;
    for (let r = 0; r < rows; r++) dot += u[r * k + 5]! * u[r * k + 4]!;
    expect(Math.abs(dot)).toBeLessThan(1e-12);
  });

  it("keeps the relative accuracy of small singular values of a graded matrix", () => {
    // Columns scaled by 1e-12 of an orthogonal pair: singular values are exactly the scales.
    const a = Float64Array.of(0.6, -0.8e-12, 0.8, 0.6e-12);
    const { s } = thinSvd(a, { rows: 2, columns: 2 });
    expect(s[1]! / 1e-12).toBeCloseTo(1, 13);
  });
});
