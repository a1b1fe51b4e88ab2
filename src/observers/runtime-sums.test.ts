import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { gramPlain } from "../math/gram.ts";
import { streamingMoments } from "./moments.ts";
import { runtimeSums } from "./runtime-sums.ts";

describe("sums of outer products by the runtime", () => {
  it("equal the plain definition for any batching, and serve streaming moments", async () => {
    const rows = Float32Array.from(streamOf(1, "sums").normals(37 * 12));
    const sums = await runtimeSums(12, { batch: 16, block: 8, threads: 1 });
    await sums.add(rows.subarray(0, 20 * 12));
    await sums.add(rows.subarray(20 * 12));
    const want = gramPlain(rows, 12);
    const found = await sums.matrix();
    await sums.dispose();
    // float32 products of a batch of sixteen: 16 · 2⁻²⁴ · |x|² is about 1e-5.
    found.forEach((v, i) => expect(Math.abs(v - want[i]!)).toBeLessThan(2e-5));

    const own = await runtimeSums(12, { batch: 16, threads: 1 });
    const [a, b] = [streamingMoments(12, { sums: own }), streamingMoments(12)];
    for (const m of [a, b]) {
      await m.add(rows.slice(0, 15 * 12), false);
      await m.add(rows.slice(15 * 12), true);
    }
    const [ra, rb] = [await a.result(), await b.result()];
    await own.dispose();
    ra.covariance.forEach((v, i) => expect(v).toBeCloseTo(rb.covariance[i]!, 5));
  });

  it("refuse values that are not finite, and a result after half a batch", async () => {
    const sums = await runtimeSums(4, { batch: 16, threads: 1 });
    const moments = streamingMoments(4, { sums });
    const rows = Float32Array.from(streamOf(2, "sums").normals(40 * 4));
    await moments.add(rows, true);
    await moments.add(rows, false);
    await expect(moments.result()).resolves.toBeDefined();
    const spoilt = rows.slice();
    // In the second piece of sixteen rows: the first has been added by then.
    spoilt[17 * 4] = NaN;
    await expect(moments.add(spoilt, true)).rejects.toThrow(/not finite/);
    await expect(moments.result()).rejects.toThrow(/half way/);
    await sums.dispose();
  });
});
