/** A store for some work, and runs in it by their id. */
import { InputError } from "../core/errors.ts";
import { openStore, type RunRecord, type Store } from "../store/index.ts";

/** Opens the store of a place for some work and closes it after. */
export async function withStore<T>(
  place: string | undefined,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(place);
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

/** Numbers of finished and of all pieces of a run. */
export async function piecesOf(
  store: Store,
  run: RunRecord,
): Promise<{ finished: number; all: number }> {
  const { pieces } = run;
  return { finished: (await store.finished(pieces)).size, all: pieces.length };
}
