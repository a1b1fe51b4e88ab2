/**
 * Per-image adaptation (64×64, DnCNN 8×32, one thread): 500 Adam steps in PyTorch, as published, against
 * Gauss–Newton and the solution path here, with the objectives that each reaches; images per hour with
 * two workers; peak memory.
 *
 *   npm run bench -- adaptation [--rounds 3] [--steps 1200] [--smoke]
 *
 * The settings are those of the prototypes; γ = 178 is 1e7 divided by the number of weights. Needs
 * Debian's python3-torch; without it our side alone is timed. "--smoke" trains a few steps and asks no peer.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { peerEnvironment } from "./peers/environment.ts";
import { joinValues } from "../src/learn/flat-weights.ts";
import { adaptationGraph, gaussNewtonSolver, pathSolver } from "../src/adapt/index.ts";
import { decodeNetwork } from "../src/study/network-file.ts";
import { keptJson } from "../src/study/piece-key.ts";
import { drawCases } from "../src/study/pieces/draw-cases.ts";
import { taskFacts } from "../src/study/pieces/task-facts.ts";
import { trainNetwork } from "../src/study/pieces/train-network.ts";
import { openScene } from "../src/study/task-inputs.ts";
import { startLineServer } from "./peers/line-server.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "1200" },
    smoke: { type: "boolean", default: false },
  },
});
const smoke = values.smoke;
const rounds = smoke ? 1 : Number(values.rounds);
const [depth, width] = [8, 32];
const settings = [
  { alpha: 1, beta: 10, gamma: 1e7 },
  { alpha: 1, beta: 1e5, gamma: 1e7 },
  { alpha: 1, beta: 10, gamma: 1e5 },
  { alpha: 1, beta: 1e5, gamma: 1e5 },
  { alpha: 1, beta: 10, gamma: 178 },
];
const compile = { threads: 1 };
const task = {
  kind: "detection",
  object: { name: "binary-texture", options: { slope: 2.5, contrast: 1 } },
  signal: { name: "disk", options: {} },
  noise: { name: "gaussian", options: { sigma: 0.1 } },
};

const scene = await openScene({ task, seed: 1 });
const work = {
  signal: new AbortController().signal,
  onProgress: () => undefined,
  checkpoint: undefined,
  saveCheckpoint: async () => undefined,
};
const known = await taskFacts.run({ task, seed: 1 }, { ...work, depends: {} });
const facts = { values: keptJson(known.values, "facts"), blobs: known.blobs ?? {} };
const { blobs, values: found } = await trainNetwork.run(
  {
    task,
    seed: 1,
    validation: 16,
    plan: {
      network: { name: "dncnn", options: { depth, width, batchNorm: false } },
      loss: { name: "mse", options: {} },
      optimiser: { name: "adam", options: {} },
      rate: 1e-3,
      schedule: "cosine",
      warmup: 50,
      steps: smoke ? 10 : Number(values.steps),
      batch: 8,
      averaging: 0,
      images: 2000,
    },
  },
  { ...work, depends: { facts } },
);
const trained = await decodeNetwork(blobs!["network"]!);
const drawn = await scene.draw({ role: "test", which: "present", index: 0 });
const image = drawn.noisy.data;
const [ny = 0, nx = 0] = drawn.noisy.shape;
const { values: signal } = await scene.signal!();
const graph = adaptationGraph({
  ...trained,
  statistics: { kind: "linear", templates: [signal] },
  ny,
  nx,
});

const folder = mkdtempSync(join(tmpdir(), "dprime-bench-"));
const bytes = (data: Float32Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
writeFileSync(join(folder, "weights.f32"), bytes(joinValues(trained.weights, graph.adapted)));
writeFileSync(join(folder, "image.f32"), bytes(image));
writeFileSync(join(folder, "template.f32"), bytes(Float32Array.from(signal)));
const script = fileURLToPath(new URL("peers/torch-adapt.py", import.meta.url));
const peer = smoke
  ? undefined
  : await startLineServer("/usr/bin/python3", [script, folder, String(depth), String(width)], {
      env: peerEnvironment(1),
    });
const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]!;
const range = (list: readonly number[], digits = 0) =>
  `${median(list).toFixed(digits)} (${Math.min(...list).toFixed(digits)}–${Math.max(...list).toFixed(digits)})`;

const psnr = found.validationPsnr ?? Number.NaN;
console.log(
  `DnCNN ${depth}×${width}, ${graph.theta0.length} weights, ${psnr.toFixed(2)} dB on validation images; one thread, ${rounds} alternating rounds, median (range).\n`,
);
console.log(
  "| α, β, γ | Adam 500 in PyTorch: objective | ms | Gauss–Newton: objective | ms | products | time ratio | processor time ratio | objective ratio |",
);
console.log("|---|---|---|---|---|---|---|---|---|");
try {
  for (const setting of settings) {
    const solver = await gaussNewtonSolver(graph, setting, { compile });
    await solver.adapt(image);
    const own: number[] = [];
    const theirs: number[] = [];
    const ownCpu: number[] = [];
    const theirsCpu: number[] = [];
    let adam = Number.NaN;
    let result = await solver.adapt(image);
    for (let round = 0; round < rounds; round++) {
      if (peer !== undefined) {
        const { alpha, beta, gamma } = setting;
        const answer = await peer.ask(`${alpha} ${beta} ${gamma} 500 1e-4`);
        const [ms, cpu, objective] = answer.split(" ").map(Number) as [number, number, number];
        theirs.push(ms);
        theirsCpu.push(cpu);
        adam = objective;
      }
      const used = process.cpuUsage();
      result = await solver.adapt(image);
      own.push(result.milliseconds);
      const { user, system } = process.cpuUsage(used);
      ownCpu.push((user + system) / 1000);
    }
    const ratios = theirs.map((ms, i) => ms / own[i]!);
    const cpuRatios = theirsCpu.map((ms, i) => ms / ownCpu[i]!);
    const cells = [
      `${setting.alpha}, ${setting.beta}, ${setting.gamma}`,
      adam.toFixed(3),
      theirs.length > 0 ? range(theirs) : "–",
      result.objective.total.toFixed(3),
      range(own),
      String(result.iterations),
      ratios.length > 0 ? range(ratios) : "–",
      cpuRatios.length > 0 ? range(cpuRatios) : "–",
      (result.objective.total / adam).toFixed(4),
    ];
    console.log(`| ${cells.join(" | ")} |`);
    await solver.dispose();
  }
  const betas = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];
  const grid = betas.map((beta) => ({ alpha: 1, beta, gamma: 1e7 }));
  const solver = await pathSolver(graph, { settings: grid, compile });
  await solver.path(image);
  const times: number[] = [];
  const slides: number[] = [];
  for (let round = 0; round < Math.max(3, rounds); round++) {
    const began = performance.now();
    const path = await solver.path(image);
    times.push(performance.now() - began);
    const start = performance.now();
    for (const setting of grid) path.at(setting);
    slides.push((performance.now() - start) / grid.length);
  }
  await solver.dispose();
  console.log(
    `\nSolution path for ${betas.length} values of β at γ = 1e7: ${range(times)} ms an image for all of them; moving a slider ${range(slides, 1)} ms.`,
  );
  const workers = await imagesPerHour();
  console.log(
    `\nAll of β = 10, 1e3, 1e5 at γ = 1e7 with two workers: ${workers.toFixed(0)} images an hour.`,
  );
  console.log(
    `\nPeak memory of this process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB.`,
  );
} finally {
  peer?.stop();
  rmSync(folder, { recursive: true });
}

/** Adapted images per hour when two worker threads share the chunks of a study. */
async function imagesPerHour(): Promise<number> {
  const { runInWorker } = await import("../src/parallel/index.ts");
  const { runPieceCall } = await import("../src/study/run-piece.ts");
  const count = smoke ? 1 : 12;
  const cases = async (first: number) => {
    const range = { role: "test", which: "present", first, count } as const;
    const made = await drawCases.run({ task, seed: 1, cases: range }, { ...work, depends: {} });
    return { values: keptJson(made.values, "cases"), blobs: made.blobs ?? {} };
  };
  const taskOf = async (first: number) => ({
    module: undefined,
    kind: "denoise-cases",
    label: "adapt",
    inputs: {
      method: {
        kind: "adapted",
        network: "network",
        templates: ["template-0"],
        beta: [10, 1e3, 1e5],
        gamma: 1e7,
      },
      settings: ["10", "1e3", "1e5"],
      bases: {},
      metrics: {},
    },
    depends: {
      facts,
      cases: await cases(first),
      network: { values: null, blobs: { network: new Uint8Array(blobs!["network"]!) } },
      "template 0": { values: null, blobs: { rows: new Uint8Array(signal.slice().buffer) } },
    },
    checkpoint: undefined,
  });
  const tasks = await Promise.all([0, 1, 2, 3].map((k) => taskOf(k * count)));
  const one = (k: number) => runInWorker(runPieceCall, tasks[k]!, { label: "adapt" });
  await Promise.all([one(0), one(1)]);
  const began = performance.now();
  await Promise.all([one(2), one(3)]);
  const hours = (performance.now() - began) / 3_600_000;
  return (2 * count) / hours;
}
process.exit(0);
