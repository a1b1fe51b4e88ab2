import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { saveImage } from "../../files/files.ts";
import { commandLine } from "../../../test/command-line.ts";

const call = (...words: string[]) => commandLine(words);

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dprime-truths-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("observe with known backgrounds", () => {
  const [n, side] = [60, 16];
  const sigma = 1;
  const stream = streamOf(41, "known");
  const signal = Float32Array.from({ length: side * side }, (_, i) =>
    Math.hypot((i % side) - 8, Math.floor(i / side) - 8) <= 2 ? 0.5 : 0,
  );
  // A white Gaussian background of variance 1 beside noise of variance 1: every spectrum value is 1.
  const background = () => stream.normals(n * side * side);
  const saved = (name: string, data: ArrayLike<number>, shape: number[]) =>
    saveImage(at(name), makeImage(Float32Array.from(data), shape));
  const classes = () => ["--present", at("known-sp.npy"), "--absent", at("known-sa.npy")];
  const truths = () => ["--signal", at("known-s.npy"), "--sigma", String(sigma)];
  const words = (...more: string[]) => [
    "observe",
    ...classes(),
    ...truths(),
    "--json",
    "--quiet",
    ...more,
  ];
  const figures = (out: string) =>
    (
      JSON.parse(out) as {
        tasks: { rows: { status: string; figures?: Record<string, number> }[] }[];
      }
    ).tasks[0]!.rows;
  beforeAll(async () => {
    const stack = [n, side, side];
    const present = background().map((v, i) => v + stream.normal() + signal[i % side ** 2]!);
    await saved("known-sp.npy", present, stack);
    await saved(
      "known-sa.npy",
      background().map((v) => v + stream.normal()),
      stack,
    );
    await saved("known-b.npy", background(), stack);
    await saved("known-s.npy", signal, [side, side]);
    await saved("known-p.npy", new Float32Array(side * side).fill(1), [side, side]);
    await saved("known-mean.npy", new Float32Array(side * side), [side, side]);
  });

  it("reach the observers that need them", async () => {
    const norm = Math.sqrt(signal.reduce((s, v) => s + v * v, 0));
    const ran = await call(
      ...words("--power-spectrum", at("known-p.npy"), "--background", at("known-mean.npy")),
      "-n",
      "fourier-hotelling",
      "-n",
      "ideal-gaussian",
    );
    expect(ran.err).toBe("");
    // K = (1 + 1) I: d' = ‖s‖/√2.
    for (const row of figures(ran.out))
      expect(row.figures!.detectability).toBeCloseTo(norm / Math.SQRT2, 6);
    const known = await call(
      ...words("--backgrounds", at("known-b.npy"), "-n", "hotelling:method=known-noise"),
    );
    expect(figures(known.out)[0]!.figures!.backgrounds).toBe(n);
    const lumpy = await call(
      ...words("--lumpy", "4,1,2", "--train-fraction", "0.9"),
      "-n",
      "ideal-lumpy:steps=100,burn-in=20",
    );
    expect(figures(lumpy.out)[0]!.status, lumpy.err).toBe("ok");
    const without = await call(...words("-n", "fourier-hotelling"));
    expect(figures(without.out)[0]!.status).toBe("refused");
  });

  it("are refused where they do not fit", async () => {
    await saved("known-small.npy", new Float32Array(3 * 64), [3, 8, 8]);
    await saved("known-negative.npy", new Float32Array(side * side).fill(-1), [side, side]);
    for (const [more, told] of [
      [["--power-spectrum", at("known-sp.npy")], /found 60×16×16, wanted 16×16/],
      [["--power-spectrum", at("known-negative.npy")], /found -1, wanted no value below 0/],
      [["--backgrounds", at("known-small.npy")], /Cannot use the backgrounds/],
      [["--lumpy", "0,1,2"], /Cannot use --lumpy/],
      [["--lumpy", "5,,2"], /Cannot read --lumpy/],
      [["--method", "noisy"], /found no --study/],
      [["--study", "0123", "--store", at("store.sqlite")], /with --study/],
    ] as const) {
      const ran = await call(...words(...more));
      expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(told)]);
    }
  });
});
