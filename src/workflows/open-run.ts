/** A store for some work, and runs in it by their id. */
import { InputError } from "../core/errors.ts";
import { openStore, type RunRecord, type Store } from "../store/index.ts";

export interface StoreOptions {
  /** A file, `postgres://…`, or a store that is open; the one in the user's data folder when absent. */
  readonly store?: string | Store | undefined;
  /** Ends the waiting for a database that was lost. */
  readonly signal?: AbortSignal | undefined;
  /** Told what a user should know and nobody has to act on, such as damaged work that is done again. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** Opens a store for some work and closes it after; one that is open already stays so. */
export async function withStore<T>(
  { store: place, signal, onNotice }: StoreOptions,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  if (typeof place === "object") return work(place);
  const store = await openStore(place, {
    ...(signal === undefined ? {} : { signal }),
    ...(onNotice === undefined ? {} : { onNotice }),
  });
  try {
    return await work(store);
  } finally {
    await store.dispose();
  }
}

/**
 * A run by its id or the first letters of it.
 *
 * @throws InputError when there is none, or more than one
 */
export async function runOf(store: Store, id: string): Promise<RunRecord> {
  const exact = await store.run(id);
  if (exact !== undefined) return exact;
  const runs = await store.runs();
  const alike = runs.filter((run) => run.id.startsWith(id));
  if (alike.length === 1) return alike[0]!;
  const known = runs.slice(0, 5).map((run) => `${run.id} (${run.study})`);
  const wanted =
    known.length === 0
      ? "one that was started; the store is empty"
      : `one of ${known.join(", ")}${runs.length > known.length ? ` and ${runs.length - known.length} more` : ""}`;
  throw new InputError(
    `Cannot find run ${id} in ${store.place}: found ${alike.length === 0 ? "none" : alike.length}, wanted ${wanted}`,
  );
}

/**
 * A run whose description can be relied on.
 *
 * @throws InputError as `runOf` does, and on a damaged record
 */
export async function wholeRunOf(store: Store, id: string): Promise<RunRecord> {
  const run = await runOf(store, id);
  if (run.status !== "damaged") return run;
  throw new InputError(
    `Cannot use run ${run.id} in ${store.place}: found its record damaged, wanted it as it was kept; run its study again (finished pieces are kept), then drop it`,
  );
}

/** Numbers of finished and of all pieces of a run. */
export async function piecesOf(
  store: Store,
  run: RunRecord,
): Promise<{ finished: number; all: number }> {
  const { pieces } = run;
  return { finished: (await store.finished(pieces)).size, all: pieces.length };
}
