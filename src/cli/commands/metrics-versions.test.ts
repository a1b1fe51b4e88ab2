/** `dprime metrics` over several versions of the same images, and what it says where a metric has no value. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandLine } from "../../../test/command-line.ts";
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { saveImage } from "../../files/files.ts";
import { pairedT } from "../../stats/paired.ts";

const [images, side] = [8, 48];
let folder = "";
const at = (name: string) => join(folder, name);
/** Wide enough that no cell wraps. */
const terminal = { isTerminal: false, columns: 240 };
const call = (...words: string[]) => commandLine(["metrics", ...words], { terminal });

interface Report {
  readonly rows: readonly { image: string; arm?: string; label: string; value?: number }[];
  readonly summary: readonly { label: string; arm?: string; images: number; of: number }[];
  readonly comparisons: readonly {
    label: string;
    method: string;
    counted: number;
    of: number;
    t: { pValue: number; adjustedP: number; estimate: number };
    permutation: { adjustedP: number };
  }[];
}

/** Case 3 of the truth is constant: VIF has no value there. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "metrics-versions-"));
  const sigmas = { truth: 0, noisy: 0.2, good: 0.1, same: 0.2 };
  for (const [name, sigma] of Object.entries(sigmas)) {
    await mkdir(at(name));
    for (let k = 0; k < images; k++) {
      const s = streamOf(k, name);
      const data = Float32Array.from({ length: side * side }, (_, i) => {
        const clean = k === 3 ? 0.5 : 0.5 + 0.3 * Math.sin(i / 5) * Math.cos(i / side / 4);
        return clean + sigma * s.normal();
      });
      await saveImage(at(`${name}/case${k}.npy`), makeImage(data, [side, side]));
    }
  }
  const labels = (with3: boolean) =>
    makeImage(
      Float32Array.from({ length: 400 }, (_, i) =>
        i % 20 < 4 ? 1 : i % 20 > 15 ? 2 : with3 && i < 40 ? 3 : 0,
      ),
      [20, 20],
    );
  await saveImage(at("a.npy"), labels(false));
  await saveImage(at("b.npy"), labels(true));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const report = async (...words: string[]): Promise<Report> => {
  const { code, out, err } = await call(...words, "--json", "--quiet");
  expect(code, err).toBe(0);
  return JSON.parse(out) as Report;
};

describe("dprime metrics over versions", () => {
  const words = () => {
    const arms = ["--arm", `good=${at("good")}`, "--arm", `same=${at("same")}`];
    const chosen = ["-m", "rmse", "-m", "vif", "--data-range", "1"];
    return [at("noisy"), at("truth"), ...arms, ...chosen];
  };

  it("compares every version with the first over the same images, and counts", async () => {
    const found = await report(...words());
    const values = (arm: string) =>
      found.rows.filter((r) => r.arm === arm && r.label === "rmse").map((r) => r.value!);
    expect(values("good")).toHaveLength(images);
    const good = found.comparisons.find((c) => c.method === "good" && c.label === "rmse")!;
    const d = values("good").map((v, i) => v - values("images")[i]!);
    expect(good.t.pValue).toBeCloseTo(pairedT(d).pValue, 10);
    expect(good.t.estimate).toBeLessThan(0);
    expect(good.permutation.adjustedP).toBeLessThan(0.05);
    const same = found.comparisons.find((c) => c.method === "same" && c.label === "rmse")!;
    expect(same.t.adjustedP).toBeGreaterThanOrEqual(same.t.pValue - 1e-12);
    const vif = found.comparisons.find((c) => c.method === "good" && c.label === "vif")!;
    expect(vif).toMatchObject({ counted: 7, of: 8 });
    expect(found.summary.find((s) => s.label === "vif" && s.arm === "good")).toMatchObject({
      images: 7,
      of: 8,
    });
  });

  it("prints versions, counts and adjusted p values", async () => {
    const { code, out } = await call(...words());
    expect(code).toBe(0);
    expect(out).toMatch(/good − images\s+rmse/);
    expect(out).toMatch(/good\s+vif\s+7 of 8/);
    expect(out).toContain("by max-t for sign flips");
  });

  it("names labels that one image lacks beside the mean over the others", async () => {
    const { code, out } = await call(at("a.npy"), at("b.npy"), "-m", "hausdorff95");
    expect(code).toBe(0);
    expect(out).toContain("mean over 2 of 3 labels");
    expect(out).toContain("has no value for label 3");
  });

  it("names the file of what it refuses", async () => {
    const bad = makeImage(new Float32Array(side * side).fill(NaN), [side, side]);
    await mkdir(at("broken"), { recursive: true });
    for (let k = 0; k < images; k++) await saveImage(at(`broken/case${k}.npy`), bad);
    const { code, err } = await call(at("broken"), at("truth"), "-m", "rmse");
    expect(code).toBe(2);
    expect(err).toMatch(/case0.*not finite|not finite.*case0/);
    const alone = await call(at("noisy"), "--arm", `good=${at("good")}`);
    expect(alone.code).toBe(2);
    expect(alone.err).toContain("found no reference");
  });
});
