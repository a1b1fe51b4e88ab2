/**
 * The engine against PyTorch: training steps of the product's networks and inference, both sides in turn
 * in processes of their own.
 *
 *   npm run bench -- engine -- [--rounds 7] [--only unet] [--threads 1]
 *
 * Ratio > 1 means that dprime is faster. Processor time is compared beside the clock: on one thread it
 * hardly depends on what else the machine does. Peak memory is that of the whole process, Node or Python
 * included. PyTorch (Debian's python3-torch) runs with an allocator that keeps its memory; without it our
 * side alone is timed. "--smoke" takes a step of a few works and asks no peer.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Work, works } from "./engine/works.ts";
import { peerEnvironment } from "./peers/environment.ts";
import { type LineServer, startLineServer } from "./peers/line-server.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    only: { type: "string" },
    threads: { type: "string" },
    smoke: { type: "boolean", default: false },
  },
});
const smoke = values.smoke;
const rounds = smoke ? 1 : Number(values.rounds);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface Measured {
  readonly wall: number[];
  readonly cpu: number[];
  peak: number;
}

async function measure(side: LineServer, steps: number, into: Measured): Promise<void> {
  const [wall = Number.NaN, cpu = Number.NaN, peak = Number.NaN] = (await side.ask(String(steps)))
    .split(" ")
    .map(Number);
  into.wall.push(wall);
  into.cpu.push(cpu);
  into.peak = peak;
  // Threads of either side spin for a moment after a run; they would disturb the other.
  await new Promise((resolve) => setTimeout(resolve, 150));
}

const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b);
const median = (list: readonly number[]) => sorted(list)[list.length >> 1]!;
const ratio = (theirs: readonly number[], own: readonly number[]) => {
  const all = sorted(theirs.map((t, i) => t / own[i]!));
  return all.length === 0
    ? "–"
    : `**${median(all).toFixed(2)}** (${all[0]!.toFixed(2)}–${all.at(-1)!.toFixed(2)})`;
};
const cell = (list: readonly number[]) => (list.length === 0 ? "–" : median(list).toFixed(0));

async function row(work: Work, threads: number): Promise<void> {
  const own = await startLineServer(
    here("../node_modules/.bin/tsx"),
    [here("engine/our-steps.ts"), String(works.indexOf(work)), String(threads)],
    // The script's own name for itself must not reach a child of tsx.
    { env: { ...process.env, NODE_OPTIONS: "" } },
  );
  if (own === undefined) throw new Error(`Cannot time ${work.title}: our side did not start`);
  const width = String(work.options["width"]);
  const peer = smoke
    ? undefined
    : await startLineServer(
        "/usr/bin/python3",
        [
          here("peers/torch-steps.py"),
          work.kind,
          String(threads),
          width,
          ...work.shape.map(String),
        ],
        { env: peerEnvironment(threads) },
      );
  const mine: Measured = { wall: [], cpu: [], peak: Number.NaN };
  const theirs: Measured = { wall: [], cpu: [], peak: Number.NaN };
  for (let round = 0; round < rounds; round++) {
    await measure(own, smoke ? 1 : work.steps, mine);
    if (peer !== undefined) await measure(peer, work.steps, theirs);
  }
  own.stop();
  peer?.stop();
  const memory =
    peer === undefined
      ? `${mine.peak.toFixed(0)} | –`
      : `${mine.peak.toFixed(0)} / ${theirs.peak.toFixed(0)} | ${(mine.peak / theirs.peak).toFixed(2)}`;
  const wanted = threads === 1 && work.wanted !== undefined ? String(work.wanted) : "";
  console.log(
    `| ${work.title} | ${threads} | ${cell(mine.cpu)} / ${cell(theirs.cpu)} | ${ratio(theirs.cpu, mine.cpu)} | ${wanted} | ${cell(mine.wall)} / ${cell(theirs.wall)} | ${ratio(theirs.wall, mine.wall)} | ${memory} |`,
  );
}

console.log(
  "A training step (or one image), dprime / PyTorch; ratios are medians over rounds with their range.\n",
);
console.log(
  "| work | threads | processor time (ms) | ratio | wanted | clock (ms) | ratio | peak memory (MB) | share |",
);
console.log("|---|---|---|---|---|---|---|---|---|");
for (const work of works) {
  if (values.only !== undefined && !work.kind.startsWith(values.only)) continue;
  if (smoke && !["unet3d", "unet2d"].includes(work.kind)) continue;
  if (smoke && work.options["width"] === 16) continue;
  for (const threads of smoke ? [1] : [1, 2]) {
    if (values.threads !== undefined && Number(values.threads) !== threads) continue;
    await row(work, threads);
  }
}
process.exit(0);
