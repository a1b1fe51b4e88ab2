/**
 * What a store has to bear from a cluster: 10,000 pieces on 500 processes in virtual time, 2 % of the
 * attempts failing or dying. `npx tsx tools/long/cluster-load.ts [PIECES] [PROCESSES]`
 */
import { layered, simulateCluster } from "../../src/study/simulated-cluster.fixture.ts";

const [wanted = 10_000, workers = 500] = process.argv.slice(2).map(Number);
// Four pieces for every draw and its denoisings, and one answer over four of each.
const graph = layered({ draws: Math.round(wanted / 4.75), methods: 3, over: 4 });
const pieces = graph.pieces.size;
const trouble = { fails: 0.015, dies: 0.005, tries: 5 };
const started = performance.now();
const found = await simulateCluster(graph, { workers, ...trouble });
const { reads, writes, busiest } = found.load;
const calls = reads + writes;
console.log(`${found.finished} of ${pieces} pieces finished, ${found.doubles} done twice`);
console.log(`${found.attempts} attempts, ${found.attempts - pieces} of them failed or died`);
console.log(`${Math.round(found.seconds)} s of virtual time, ideal ${Math.round(found.ideal)} s`);
console.log(
  `${(reads / pieces).toFixed(1)} reads and ${(writes / pieces).toFixed(1)} writes a piece; ${Math.round(calls / found.seconds)} calls a second on average, ${busiest} in the busiest`,
);
console.log(`simulated in ${Math.round((performance.now() - started) / 1000)} s`);
if (found.finished !== pieces || found.doubles > 0) process.exitCode = 1;
