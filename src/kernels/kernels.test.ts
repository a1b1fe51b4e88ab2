import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { cholesky, choleskyPlain } from "../math/cholesky.ts";
import { gramPlain, openGram } from "../math/gram.ts";
import { blockSums, centredBlocks } from "./centred-blocks.ts";
import { choleskyKernel } from "./cholesky.ts";
import { choleskySource } from "./generated/cholesky.ts";
import { openKernel } from "./load.ts";

function shifted(n: number, seed: number): Float64Array {
  const a = gramPlain(streamOf(seed, "gram").normals(n * (n + 5)), n);
  for (let i = 0; i < n; i++) a[i * n + i] = a[i * n + i]! + 1;
  return a;
}

describe("choleskyKernel", () => {
  it.each([1, 3, 4, 61, 64, 65, 68, 130, 200, 257])("equals the plain factor at size %i", (n) => {
    const a = shifted(n, n);
    const plain = choleskyPlain(a, n);
    const fast = choleskyKernel(a, n);
    if (plain.status !== "ok") throw new Error("unreachable");
    expect(fast.pivot).toBe(-1);
    // Same factor up to the order of sums: n·ε·condition (below 1e3) relative to √n.
    fast.lower.forEach((v, i) => expect(Math.abs(v - plain.factor.lower[i]!)).toBeLessThan(1e-11));
  });

  it("fails at the same pivot", () => {
    const n = 150;
    const a = shifted(n, 1);
    a[130 * n + 130] = -1;
    expect(cholesky(a, n)).toMatchObject({ status: "not-positive-definite", pivot: 130 });
    expect(choleskyPlain(a, n)).toMatchObject({ pivot: 130 });
    a[70 * n + 3] = NaN;
    expect(cholesky(a, n)).toMatchObject({ pivot: 70 });
    expect(choleskyPlain(a, n)).toMatchObject({ pivot: 70 });
  });
});

describe("gramKernel", () => {
  it.each([1, 4, 5, 64, 150])(
    "sums outer products of %i columns over uneven batches",
    (columns) => {
      const rows = 700;
      const x = streamOf(columns, "rows").normals(rows * columns);
      const sum = openGram(columns);
      sum.add(x.subarray(0, 300 * columns));
      sum.add(x.subarray(300 * columns));
      const want = gramPlain(x, columns);
      // 700 products of order one summed in another order.
      sum.matrix().forEach((v, i) => expect(Math.abs(v - want[i]!)).toBeLessThan(1e-11));
      const single = openGram(columns);
      const x32 = Float32Array.from(x);
      single.add(x32);
      const want32 = gramPlain(x32, columns);
      single.matrix().forEach((v, i) => expect(Math.abs(v - want32[i]!)).toBeLessThan(1e-11));
      const rough = openGram(columns, { products: "float32" });
      rough.add(x);
      const scale = Math.sqrt(rows);
      // 256 float32 sums of unit products err by some √256 · 6e-8 · 16; three batches.
      rough.matrix().forEach((v, i) => expect(Math.abs(v - want32[i]!)).toBeLessThan(2e-5 * scale));
      expect(() => (columns > 1 ? sum.add(new Float64Array(columns + 1)) : openGram(0))).toThrow(
        InputError,
      );
    },
  );
});

describe("openKernel", () => {
  it("aligns, grows, keeps values and reuses released memory", () => {
    const kernel = openKernel<{ panelBytes(n: number): number }>(choleskySource);
    const a = kernel.putFloat32(Float32Array.of(1, 2, 3));
    const b = kernel.allocate(200_000);
    expect([a % 16, b % 16]).toEqual([0, 0]);
    expect([...kernel.float32(a, 3)]).toEqual([1, 2, 3]);
    expect(kernel.float64(b, 25_000).every((v) => v === 0)).toBe(true);
    kernel.release();
    expect(kernel.putUint8(Uint8Array.of(7))).toBe(a);
    expect(() => kernel.allocate(-1)).toThrow(InputError);
    expect(() => kernel.allocate(2 ** 33)).toThrow(/no room/);
  });
});

describe("centredBlocks", () => {
  it("takes the shift off, cuts and transposes, and sums columns row after row", () => {
    const [columns, count] = [10, 19];
    const rows = Float32Array.from(streamOf(3, "blocks").normals(columns * count), (v) => v + 5);
    const shift = Float32Array.from({ length: columns }, (_, j) => 5 + j / 7);
    const laid = centredBlocks(columns, { batch: 30, block: 6 });
    expect([laid.batch, laid.block, laid.right.length]).toEqual([32, 8, 2]);
    // Twice, so that a shorter batch must clear what a longer one left.
    for (const n of [count, 5]) {
      const sums = laid.fill(rows.subarray(0, n * columns), shift);
      for (let b = 0; b < 2; b++) {
        for (let r = 0; r < 32; r++) {
          for (let c = 0; c < 8; c++) {
            const j = 8 * b + c;
            const want = r < n && j < columns ? Math.fround(rows[r * columns + j]! - shift[j]!) : 0;
            expect(laid.right[b]![r * 8 + c]).toBe(want);
            expect(laid.left[b]![c * 32 + r]).toBe(want);
          }
        }
      }
      for (let j = 0; j < columns; j++) {
        let want = 0;
        for (let r = 0; r < n; r++) want += rows[r * columns + j]!;
        expect(sums[j]).toBe(want);
      }
    }
  });
});

describe("blockSums", () => {
  it("adds blocks on and above the diagonal, and mirrors them", () => {
    const [columns, block] = [10, 4];
    const sums = blockSums(columns, { block });
    const want = new Float64Array(columns * columns);
    for (let time = 0; time < 3; time++) {
      for (let i = 0; i < 3; i++) {
        for (let j = i; j < 3; j++) {
          const product = Float32Array.from({ length: 16 }, (_, k) => {
            const [a, b] = [4 * i + Math.floor(k / 4), 4 * j + (k % 4)];
            return Math.fround(Math.sin(time + Math.min(a, b) + 20 * Math.max(a, b)));
          });
          sums.add(product, { i, j });
          product.forEach((v, k) => {
            const [a, b] = [4 * i + Math.floor(k / 4), 4 * j + (k % 4)];
            if (a >= columns || b >= columns || a > b) return;
            want[a * columns + b]! += v;
            if (a !== b) want[b * columns + a]! += v;
          });
        }
      }
    }
    const found = sums.matrix();
    expect(found).toEqual(want);
    found.fill(0);
    expect(sums.matrix()).toEqual(want);
  });
});
