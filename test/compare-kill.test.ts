/** Comparisons in real processes: killed at any moment, and gone on with. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { makeImage } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { saveImage } from "../src/files/files.ts";
import type { CompareResult } from "../src/workflows/compare/result.ts";
import { buildOnce, newFolder } from "./cli/dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 240_000 });

beforeAll(buildOnce);

const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

const main = join(import.meta.dirname, "..", "dist", "cli", "main.js");

const piecesOf = (report: string): string[] => {
  const folder = join(report, "pieces");
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".piece")) : [];
};

/** Runs the command; it is killed once its folder holds so many pieces. */
async function run(words: readonly string[], report: string, killAt = Infinity) {
  const child = spawn(process.execPath, [main, ...words, "-o", report, "--json"]);
  children.add(child);
  let out = "";
  let err = "";
  child.stdout.on("data", (data: Buffer) => void (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => void (err += data.toString()));
  const timer = setInterval(() => {
    if (piecesOf(report).length >= killAt) child.kill("SIGKILL");
  }, 5);
  const signal = await new Promise((resolve) => child.on("close", (_, s) => resolve(s)));
  clearInterval(timer);
  return { killed: signal === "SIGKILL", out, err };
}

/** What a comparison found, without how long that took. */
function found(out: string): unknown {
  const { arms, methods, verdict } = JSON.parse(out) as CompareResult;
  return {
    verdict,
    arms: arms.map(({ seconds: _seconds, ...arm }) => arm),
    methods: methods.map(({ secondsPerSlice: _seconds, ...method }) => method),
  };
}

it("ends in the same numbers after kills, without doing finished work again", async () => {
  const folder = newFolder("compare-kill");
  // Slices that hold places lie so far apart that every method has a piece of each.
  const [nz, n] = [40, 96];
  const stream = streamOf(1, "compare-kill");
  const data = Float32Array.from({ length: nz * n * n }, (_, i) => {
    const inside = Math.hypot((i % n) - 48, (Math.floor(i / n) % n) - 48) < 45;
    return (inside ? 60 : -1000) + 20 * stream.normal();
  });
  const volume = join(folder, "volume.nii");
  await saveImage(volume, makeImage(data, [nz, n, n], { spacing: [5, 0.8, 0.8], unit: "HU" }));
  const words = ["compare", volume, "--method", "median", "--method", "gaussian", "--dose", "1"];
  words.push(
    "--resolution",
    "0.6",
    "--diameter",
    "4",
    "--contrast",
    "12",
    "--threads",
    "1",
    "--count",
    "40",
  );
  const straight = await run(words, join(folder, "straight"));
  expect(straight.err).not.toMatch(/error/i);
  const all = piecesOf(join(folder, "straight")).length;
  expect(all).toBeGreaterThan(5);

  const report = join(folder, "killed");
  const kept = new Map<string, number>();
  for (const killAt of [2, 5]) {
    const { killed } = await run(words, report, killAt);
    expect(killed).toBe(true);
    expect(existsSync(join(report, "report.html"))).toBe(false);
    for (const name of piecesOf(report)) {
      const at = statSync(join(report, "pieces", name)).mtimeMs;
      // A piece that was there is read and not made again.
      expect(kept.get(name) ?? at).toBe(at);
      kept.set(name, at);
    }
  }
  const rest = await run(words, report);
  expect(found(rest.out)).toEqual(found(straight.out));
  expect(piecesOf(report).sort()).toEqual(piecesOf(join(folder, "straight")).sort());
  for (const [name, at] of kept) {
    expect(statSync(join(report, "pieces", name)).mtimeMs).toBe(at);
  }
  expect(readFileSync(join(report, "report.html"), "utf8")).toContain("Verdict");
});
