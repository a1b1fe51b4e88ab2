/** Gradients whose forward pass is computed again: the same training in less memory. */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gradient } from "../graph/gradient.ts";
import { topologicalOrder } from "../graph/node.ts";
import { input } from "../graph/ops/input.ts";
import { conv } from "../graph/ops/conv.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { relu } from "../graph/ops/relu.ts";
import { recomputed } from "../graph/recompute.ts";
import { trainLarge } from "./recompute.fixture.ts";

describe("a forward pass that is computed again", () => {
  it.each([
    { network: "dncnn" as const },
    { network: "dncnn" as const, batchNorm: true },
    { network: "drunet" as const },
  ])("leads to the same weights: %j", async (kind) => {
    const size = { images: 2, side: 32 };
    const plain = await trainLarge({ ...kind, ...size });
    const again = await trainLarge({ ...kind, ...size, mostBytes: 1 });
    // The same operators on the same numbers; a layout that differs adds in another order.
    again.losses.forEach((loss, i) => expect(loss / plain.losses[i]!).toBeCloseTo(1, 5));
    for (const [name, values] of Object.entries(plain.state)) {
      const scale = Math.max(1e-6, ...values.map(Math.abs));
      const worst = values.reduce(
        (w, v, i) => Math.max(w, Math.abs(v - again.state[name]![i]!)),
        0,
      );
      // Adam divides by the size of a gradient, so that rounding of one near zero moves a weight by up to a rate.
      expect(worst / scale).toBeLessThan(name.includes("weights") ? 5e-3 : 1e-3);
    }
  });

  it("reads few values of the first pass", () => {
    const image = input("image", [1, 8, 64, 64]);
    const kernels = Array.from({ length: 16 }, (_, k) => input(`kernel ${k}`, [8, 8, 3, 3]));
    let x = image;
    const values = kernels.map((kernel) => {
      x = relu(conv(x, kernel, { padding: "same" }));
      return x;
    });
    const loss = mean(multiply(x, x));
    const slopes = gradient(loss, kernels);
    const bytes = 8 * 64 * 64 * 4;
    const first = new Set(topologicalOrder([loss]));
    const kept = (found: typeof slopes) => {
      const read = topologicalOrder(found)
        .filter((node) => !first.has(node) && node.operator.name !== "after")
        .flatMap(({ inputs }) => inputs);
      return values.filter((value) => read.includes(value)).length;
    };
    expect(kept(slopes)).toBe(16);
    // In two segments the last 8 are read as they are, and the one between them.
    const half = recomputed(loss, slopes, { xs: kernels, mostBytes: 12 * bytes });
    expect(kept(half)).toBe(9);
    const least = recomputed(loss, slopes, { xs: kernels, mostBytes: 1 });
    expect(kept(least)).toBeLessThanOrEqual(8);
    expect(recomputed(loss, slopes, { xs: kernels, mostBytes: 1e9 })).toEqual(slopes);
  });

  it("takes less memory at its peak", () => {
    const script = fileURLToPath(new URL("./recompute.fixture.ts", import.meta.url));
    const tsx = createRequire(import.meta.url).resolve("tsx");
    const run = (...limit: string[]) =>
      JSON.parse(
        execFileSync(process.execPath, ["--import", tsx, script, ...limit], {
          encoding: "utf8",
          env: { ...process.env, NODE_OPTIONS: "" },
        }),
      ) as { peak: number; losses: number[] };
    const [plain, again] = [run(), run("1")];
    again.losses.forEach((loss, i) => expect(loss / plain.losses[i]!).toBeCloseTo(1, 5));
    // 12 layers of 4 × 16 × 256² float32 are 200 MB, twice with what the rectifiers leave.
    expect(plain.peak - again.peak).toBeGreaterThan(60);
  }, 120_000);
});
