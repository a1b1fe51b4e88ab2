/** Simulated scans of `dprime train` on disk: kept through a kill, and never half-written on a full disk. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { buildOnce, dprime, interrupted, newFolder } from "./dprime.ts";

vi.setConfig({ testTimeout: 240_000 });

beforeAll(buildOnce);

const source = {
  kind: "simulated",
  object: { name: "water-inserts", options: { size: 96 } },
  acquisition: { name: "ct-fan", options: { views: 360, dose: { from: 0.05, to: 0.5 } } },
  windows: [{ low: -200, high: 200 }],
};

function place(count: number): { words: string[]; cache: string } {
  const folder = newFolder("train-data");
  const file = join(folder, "training.json");
  const description = {
    name: "tiny",
    network: { name: "dncnn", options: { depth: 3, width: 4, batchNorm: false } },
    steps: 2,
    batch: 2,
    patch: 16,
    data: { sources: [{ ...source, count }], level: { from: 0.02, to: 0.1 } },
  };
  writeFileSync(file, JSON.stringify(description));
  const cache = join(folder, "scans");
  const words = ["train", file, "-o", join(folder, "out"), "--cache", cache, "--threads", "1"];
  return { words, cache };
}

const scansIn = (cache: string): string[] =>
  readdirSync(cache, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("."));

describe("scans of a training", () => {
  it("stay when it is killed while drawing: the next goes on and ends in the same model", async () => {
    const count = 12;
    const whole = place(count);
    expect(dprime(whole.words).code).toBe(0);
    expect(scansIn(whole.cache)).toHaveLength(count);

    const killed = place(count);
    await interrupted(killed.words, { when: /drawing scans {2}[1-9]/, signal: "SIGKILL" });
    const left = scansIn(killed.cache).filter((name) => name.endsWith(".safetensors"));
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(count);
    const next = dprime(killed.words);
    expect(next.code, next.err).toBe(0);
    expect(next.err).toContain(`drew ${count - left.length} of ${count} scans`);
    // What the killed run had begun to write is gone, and every file is that of the whole run.
    expect(scansIn(killed.cache).sort()).toEqual(scansIn(whole.cache).sort());
    for (const name of scansIn(whole.cache)) {
      const [a, b] = [killed, whole].map(({ cache }) => readFileSync(join(cache, name)));
      expect(a!.equals(b!), name).toBe(true);
    }
    const model = ({ cache }: { cache: string }) =>
      readFileSync(join(cache, "..", "out", "model.onnx"));
    expect(model(killed).equals(model(whole))).toBe(true);
  });

  it("are no file at all on a full disk, which is told in one sentence", () => {
    const { words, cache } = place(2);
    const { code, err } = dprime([...words, "--quiet"], { shell: "ulimit -f 8" });
    expect(code).toBe(1);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).toMatch(/Cannot write .*safetensors: found the file beyond the allowed size/);
    expect(scansIn(cache)).toEqual([]);
  });
});
