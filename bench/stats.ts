/**
 * Areas and their variances on many scores.
 *
 *   npx tsx bench/stats.ts [scores, 1000000]
 */
import { streamOf } from "../src/core/random.ts";
import { aucDeLong } from "../src/stats/auc.ts";
import { compareDeLong } from "../src/stats/compare.ts";
import { rocCurve } from "../src/stats/roc.ts";

const total = Number(process.argv[2] ?? 1_000_000);
const n = total / 2;
const stream = streamOf(1, "bench");
const a = { present: stream.normals(n).map((v) => v + 1), absent: stream.normals(n) };
const b = {
  present: a.present.map((v) => v + 0.5 * stream.normal()),
  absent: a.absent.map((v) => v + 0.5 * stream.normal()),
};

function timed(name: string, work: () => unknown): void {
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    const cpu = process.cpuUsage();
    work();
    walls.push(performance.now() - start);
    const used = process.cpuUsage(cpu);
    cpus.push((used.user + used.system) / 1e3);
  }
  console.log(
    `${name}, ${total.toLocaleString("en")} scores: wall ${Math.min(...walls).toFixed(0)}–${Math.max(...walls).toFixed(0)} ms, CPU ${Math.min(...cpus).toFixed(0)}–${Math.max(...cpus).toFixed(0)} ms`,
  );
}

timed("area with DeLong's variance", () => aucDeLong(a));
timed("paired comparison", () => compareDeLong(a, b));
timed("ROC curve", () => rocCurve(a));
