/**
 * Runs the toy study of `src/study/kinds.fixture.ts` in a process that a test may kill. Plain JavaScript
 * on the built package: compiling in every process would take longer than the study.
 */
import { appendFileSync } from "node:fs";
import { openStore } from "../dist/store/index.js";
import { executeRun } from "../dist/study/execute.js";
import { kinds, toyStudy } from "../dist/study/kinds.fixture.js";

const [place, workers, lease, resume] = process.argv.slice(2);
const opened = await openStore(place);
const store = {
  ...opened,
  savePiece: async (piece) => {
    await opened.savePiece(piece);
    appendFileSync(process.env.DPRIME_TEST_LOG, `saved ${piece.inputs.name}\n`);
  },
};
const run = await executeRun(
  { study: "toy", description: { toy: true }, roots: toyStudy({ steps: 30, sleepMs: 8 }) },
  { store, workers: Number(workers), kinds, leaseSeconds: Number(lease), resume },
);
const left = [];
for (const key of run.pieces) {
  const { values, blobs } = await store.piece(key);
  left.push({ key, values, blobs });
}
await new Promise((done) => {
  process.stdout.write(JSON.stringify({ status: run.status, left }), done);
});
await store.dispose();
process.exit(0);
