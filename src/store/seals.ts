/**
 * Checksums of what rows say. A database gives back what its disk gives back: one changed digit would
 * be a result like any other.
 */
import type { Kysely, Selectable } from "kysely";
import { sha256 } from "../core/checksum.ts";
import type { Tables } from "./tables.ts";

/** A row of a piece with what belongs to it. */
export interface PieceParts {
  readonly row: Omit<Selectable<Tables["pieces"]>, "arrival" | "checksum">;
  /** Role to key. */
  readonly depends: Readonly<Record<string, string>>;
  /** Name to hash. */
  readonly blobs: Readonly<Record<string, string>>;
}

/** Checksum of a piece that is to be done again: no sha256 reads so. */
export const setAside = "";

/** By code units: the same order from every database, whatever its collation. */
function byName(record: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function pieceChecksum({ row, depends, blobs }: PieceParts): string {
  const { key, kind, inputs, results, seconds, finished, version } = row;
  const links = [Object.entries(byName(depends)), Object.entries(byName(blobs))];
  const columns = [key, kind, inputs, results, seconds, finished, version];
  return sha256(JSON.stringify([columns, links]));
}

type RunRow = Selectable<Tables["runs"]>;

/** A piece's place in the plan of a run. */
export type RunPiece = Pick<Tables["run_pieces"], "ordinal" | "piece">;

export function runChecksum(
  { id, study, description, started }: Pick<RunRow, "id" | "study" | "description" | "started">,
  pieces: readonly RunPiece[],
): string {
  const plan = pieces.map(({ ordinal, piece }) => [ordinal, piece]);
  return sha256(JSON.stringify([id, study, description, started, plan]));
}

export function stateChecksum({
  id,
  status,
  cause,
  changed,
}: Pick<RunRow, "id" | "status" | "cause" | "changed">): string {
  return sha256(JSON.stringify([id, status, cause, changed]));
}

/** Rows of a table without an index of its own are few at a time, for their results may be long. */
const rowsAtOnce = 200;

/** Parts of pieces, a few hundred at a time, in the order of their arrival. */
export async function* allPieces(
  db: Kysely<Tables>,
): AsyncGenerator<readonly (PieceParts & { readonly checksum: string })[]> {
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom("pieces")
      .selectAll()
      .where("arrival", ">", after)
      .orderBy("arrival")
      .limit(rowsAtOnce)
      .execute();
    if (rows.length === 0) return;
    yield await withLinks(db, rows);
    after = rows.at(-1)!.arrival;
  }
}

/** Rows with their links, in their order. */
export async function withLinks(
  db: Kysely<Tables>,
  rows: readonly Selectable<Tables["pieces"]>[],
): Promise<(PieceParts & { readonly checksum: string })[]> {
  if (rows.length === 0) return [];
  const keys = rows.map(({ key }) => key);
  const depends = new Map<string, Record<string, string>>();
  const blobs = new Map<string, Record<string, string>>();
  for (const { piece, role, origin } of await db
    .selectFrom("piece_depends")
    .selectAll()
    .where("piece", "in", keys)
    .execute()) {
    depends.set(piece, { ...depends.get(piece), [role]: origin });
  }
  for (const { piece, name, hash } of await db
    .selectFrom("piece_blobs")
    .selectAll()
    .where("piece", "in", keys)
    .execute()) {
    blobs.set(piece, { ...blobs.get(piece), [name]: hash });
  }
  return rows.map((row) => ({
    row,
    checksum: row.checksum,
    depends: byName(depends.get(row.key)),
    blobs: byName(blobs.get(row.key)),
  }));
}

/** Gives pieces of an older store the checksum of what they say now. */
export async function sealPieces(db: Kysely<Tables>): Promise<void> {
  for await (const pieces of allPieces(db)) {
    for (const parts of pieces) {
      await db
        .updateTable("pieces")
        .set({ checksum: pieceChecksum(parts) })
        .where("key", "=", parts.row.key)
        .execute();
    }
  }
}

/** The same for runs. */
export async function sealRuns(db: Kysely<Tables>): Promise<void> {
  for (const row of await db.selectFrom("runs").selectAll().execute()) {
    const pieces = await piecesOfRun(db, row.id);
    await db
      .updateTable("runs")
      .set({ checksum: runChecksum(row, pieces), state_checksum: stateChecksum(row) })
      .where("id", "=", row.id)
      .execute();
  }
}

/** A run's pieces in the order of its plan. */
export async function piecesOfRun(db: Kysely<Tables>, run: string): Promise<RunPiece[]> {
  return db
    .selectFrom("run_pieces")
    .select(["ordinal", "piece"])
    .where("run", "=", run)
    .orderBy("ordinal")
    .execute();
}
