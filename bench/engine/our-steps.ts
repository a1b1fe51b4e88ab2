/**
 * Our side of bench/engine.ts, a process of its own so that its processor time and peak memory are its own:
 *
 *   tsx bench/engine/our-steps.ts WORK THREADS      WORK: place in works.ts
 *
 * Each line read from stdin is a number of steps; the answer is "wall cpu peak": mean milliseconds of a
 * step on the clock and of the processor, and the process's peak memory in MB.
 */
import { createInterface } from "node:readline";
import { openWork } from "./open-work.ts";
import { works } from "./works.ts";

const once = await openWork(works[Number(process.argv[2])]!, { threads: Number(process.argv[3]) });
await once();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const steps = Number(line);
  const [began, used] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < steps; i++) await once();
  const wall = (performance.now() - began) / steps;
  const { user, system } = process.cpuUsage(used);
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(wall, (user + system) / 1000 / steps, peak);
}
process.exit(0);
