/** What the store knows about runs. */
import type { RunRecord } from "../store/index.ts";
import type { CommandContext } from "../cli/commands/command.ts";
import { piecesOf, runOf, withStore } from "./store-of.ts";

/** `dprime study list`. */
export async function listRuns(context: CommandContext): Promise<void> {
  await withStore(context, async (store) => {
    const rows = [];
    for (const run of await store.runs()) rows.push(summary(run, await piecesOf(store, run)));
    if (rows.length === 0) context.print(`No runs in ${store.place}`);
    else {
      context.table(
        [
          { title: "run" },
          { title: "study" },
          { title: "status" },
          { title: "pieces", align: "right" },
          { title: "started" },
        ],
        rows.map((row) => [
          row.run,
          row.study,
          row.status,
          `${row.finished}/${row.all}`,
          row.started,
        ]),
      );
    }
    context.result({ store: store.place, runs: rows });
  });
}

/** `dprime study status RUN`. */
export async function showStatus(context: CommandContext, id: string): Promise<void> {
  await withStore(context, async (store) => {
    const run = await runOf(store, id);
    const { finished, all } = await piecesOf(store, run);
    let seconds = 0;
    for (const key of run.pieces) seconds += (await store.piece(key))?.seconds ?? 0;
    context.print(`${run.study}, run ${run.id}: ${run.status}`);
    context.print(`${finished} of ${all} pieces finished, ${Math.round(seconds)} s of work kept`);
    context.print(`started ${run.started}, last change ${run.changed}`);
    if (run.cause !== undefined) context.print(run.cause);
    if (run.status !== "done") {
      // A killed process cannot say so: its run stays "running".
      context.print(`dprime study resume ${run.id} goes on unless another process is at it`);
    }
    context.result({ ...summary(run, { finished, all }), seconds, cause: run.cause });
  });
}

function summary(run: RunRecord, pieces: { finished: number; all: number }) {
  const { id, study, status, started, changed } = run;
  return { run: id, study, status, ...pieces, started, changed };
}
