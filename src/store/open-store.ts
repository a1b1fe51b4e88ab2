/** Opens the store that is kept in SQLite or PostgreSQL. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { sha256 } from "../core/checksum.ts";
import { InputError } from "../core/errors.ts";
import type { Backend } from "./backend.ts";
import { readBlob, readCheckpoint, writeCheckpoint } from "./byte-rows.ts";
import { checkStore } from "./check.ts";
import { heldOf, longestClaimSeconds, takeClaim } from "./claim-rows.ts";
import { nowText } from "./clock.ts";
import { readFailures, removeFailures, writeFailureRow } from "./failure-rows.ts";
import { exactJsonText } from "./json-text.ts";
import {
  damagedOf,
  finishedOf,
  harmedChecksum,
  lineageOf,
  piecesWith,
  setPieceAside,
  writePiece,
} from "./piece-rows.ts";
import { parsePlace } from "./place.ts";
import { openPostgres, type PostgresOptions } from "./postgres.ts";
import { holdPieces, removeUnneeded, removeWithDerived } from "./removal.ts";
import { changeRunRow, readRuns, writeBeat, writeRun } from "./run-rows.ts";
import { openSqlite, type SqliteOptions } from "./sqlite.ts";
import { readSubmissions, writeSubmission } from "./submission-rows.ts";
import { DamageError, type Store } from "./store.ts";

export interface OpenStoreOptions extends SqliteOptions, PostgresOptions {}

/**
 * Opens a store, making it when it is not there.
 *
 * @param place a file's path; `postgres://…[?schema=name]` (schema `dprime` when not given); absent: the
 *   file `store.sqlite` in the user's data folder (`DPRIME_DATA`, or `dprime` in the platform's place)
 * @param options.maxBytes bytes that the file of SQLite may have; what would pass them fails as on a
 *   full disk
 * @param options.patienceSeconds for how long a server that is lost after the opening is waited for
 * @param options.signal ends such waiting
 * @param options.onNotice told when the waiting begins and ends
 * @throws InputError when the place cannot be written, holds something else or tables of a newer dprime,
 *   or the database's driver is not installed
 * @throws RunError when the server does not answer
 */
export async function openStore(place?: string, options: OpenStoreOptions = {}): Promise<Store> {
  const parsed = parsePlace(place);
  return storeOn(
    parsed.dialect === "sqlite"
      ? await openSqlite(parsed.path, options)
      : await openPostgres(parsed, options),
  );
}

/** Version of this package, which pieces carry. */
function packageVersion(): string {
  const path = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

function wantHash(text: string, what: string): void {
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new InputError(
      `Cannot use the ${what} "${text}": found ${text.length} characters, wanted the 64 hex digits of a sha256`,
    );
  }
}

function wantText(text: string, what: string): void {
  if (text === "" || text.includes("\0")) {
    throw new InputError(`Cannot use the ${what}: found an empty text or NUL, wanted a name`);
  }
}

function wantSpan(seconds: number, action: string): void {
  if (!(seconds > 0 && seconds <= longestClaimSeconds)) {
    throw new InputError(
      `Cannot ${action}: found ${seconds} seconds, wanted more than 0 and at most ${longestClaimSeconds}`,
    );
  }
}

/** A piece's key as messages show it. */
function short(key: string): string {
  return `${key.slice(0, 12)}…`;
}

function storeOn(backend: Backend): Store {
  const { dialect } = backend;
  let closing: Promise<void> | undefined;
  const transaction: Backend["transaction"] = async (work, options) => {
    if (closing !== undefined) {
      throw new InputError(`Cannot ${options.action}: found the store closed, wanted it open`);
    }
    return backend.transaction(work, options);
  };

  const store: Store = {
    place: backend.place,

    piece: async (key) => {
      wantHash(key, "piece's key");
      const [record] = await transaction((db) => piecesWith(db, "key", key), {
        mode: "read",
        action: `read the piece ${short(key)}`,
      });
      return record;
    },

    finished: async (keys) => {
      for (const key of keys) wantHash(key, "piece's key");
      return transaction((db) => finishedOf(db, keys), {
        mode: "read",
        action: "look which pieces are finished",
      });
    },

    savePiece: async ({ key, kind, inputs, depends, values, blobs, seconds }) => {
      wantHash(key, "piece's key");
      wantText(kind, "kind of piece");
      for (const [role, origin] of Object.entries(depends)) {
        wantText(role, "role");
        wantHash(origin, `key of "${role}"`);
      }
      if (!(Number.isFinite(seconds) && seconds >= 0)) {
        throw new InputError(
          `Cannot keep the piece ${short(key)}: found ${seconds} seconds, wanted a finite number from 0`,
        );
      }
      const row = {
        key,
        kind,
        inputs: exactJsonText(inputs, "inputs"),
        results: exactJsonText(values, "values"),
        seconds,
        version: packageVersion(),
      };
      const hashed = Object.entries(blobs).map(([name, bytes]) => {
        wantText(name, "blob's name");
        return { name, hash: sha256(bytes), bytes };
      });
      await transaction(
        async (db) => {
          await holdPieces(db, { dialect, to: "add" });
          await writePiece(db, { row, depends, blobs: hashed, dialect });
          await db.deleteFrom("checkpoints").where("key", "=", key).execute();
          await db.deleteFrom("claims").where("key", "=", key).execute();
          await removeFailures(db, [key]);
        },
        {
          mode: "write",
          action: `keep the piece ${short(key)} (${kind})`,
          bytes: hashed.reduce(
            (sum, { bytes }) => sum + bytes.length,
            row.inputs.length + row.results.length,
          ),
        },
      );
    },

    damaged: async (keys) => {
      for (const key of keys) wantHash(key, "piece's key");
      return transaction((db) => damagedOf(db, keys), {
        mode: "read",
        action: "look which pieces are damaged",
      });
    },

    setAside: async (key) => {
      wantHash(key, "piece's key");
      return transaction(
        async (db) => {
          await holdPieces(db, { dialect, to: "add" });
          return setPieceAside(db, key);
        },
        { mode: "write", action: `set the piece ${short(key)} aside` },
      );
    },

    removePiece: async (key) => {
      wantHash(key, "piece's key");
      await transaction(
        async (db) => {
          await holdPieces(db, { dialect, to: "remove" });
          await removeWithDerived(db, key);
        },
        { mode: "write", action: `remove the piece ${short(key)}` },
      );
    },

    blob: async (hash) => {
      wantHash(hash, "blob's hash");
      const action = `read the blob ${short(hash)}`;
      const found = await transaction((db) => readBlob(db, hash), { mode: "read", action });
      if (found.status === "ok") return found.bytes;
      if (found.status === "absent") {
        throw new InputError(
          `Cannot ${action}: found none in ${backend.place}, wanted it kept first`,
        );
      }
      throw new DamageError(
        `Cannot ${action}: found bytes of another hash in ${backend.place}, wanted them as they were kept; resuming their study makes them again`,
      );
    },

    checkpoint: async (key) => {
      wantHash(key, "piece's key");
      const action = `read the checkpoint of ${short(key)}`;
      const found = await transaction((db) => readCheckpoint(db, key), { mode: "read", action });
      if (found.status === "damaged") {
        throw new DamageError(
          `Cannot ${action}: found bytes of another hash in ${backend.place}, wanted them as they were kept`,
        );
      }
      return found.status === "ok" ? found.bytes : undefined;
    },

    saveCheckpoint: async (key, bytes) => {
      wantHash(key, "piece's key");
      const hash = sha256(bytes);
      await transaction(
        async (db) => {
          await holdPieces(db, { dialect, to: "add" });
          if ((await finishedOf(db, [key])).has(key)) return;
          await writeCheckpoint(db, { key, hash, bytes });
        },
        {
          mode: "write",
          action: `keep the checkpoint of ${short(key)}`,
          bytes: bytes.length,
        },
      );
    },

    claim: async (key, owner, seconds) => {
      wantHash(key, "piece's key");
      wantText(owner, "owner");
      wantSpan(seconds, `claim the piece ${short(key)}`);
      return transaction(
        async (db) => {
          const harmed = await harmedChecksum(db, key);
          return takeClaim(db, { key, owner, seconds, harmed, dialect });
        },
        { mode: "write", action: `claim the piece ${short(key)}` },
      );
    },

    release: async (key, owner) => {
      wantHash(key, "piece's key");
      await transaction(
        (db) => db.deleteFrom("claims").where("key", "=", key).where("owner", "=", owner).execute(),
        { mode: "write", action: `release the piece ${short(key)}` },
      );
    },

    held: async (keys) => {
      for (const key of keys) wantHash(key, "piece's key");
      return transaction((db) => heldOf(db, { keys, dialect }), {
        mode: "read",
        action: "look who is at which piece",
      });
    },

    noteFailure: async (key, { owner, reason }) => {
      wantHash(key, "piece's key");
      wantText(owner, "owner");
      await transaction(
        async (db) => {
          await writeFailureRow(db, { piece: key, owner, reason });
          await db.deleteFrom("claims").where("key", "=", key).where("owner", "=", owner).execute();
        },
        { mode: "write", action: `note that the piece ${short(key)} failed` },
      );
    },

    failures: async (keys) => {
      for (const key of keys) wantHash(key, "piece's key");
      return transaction((db) => readFailures(db, keys), {
        mode: "read",
        action: "look which pieces failed",
      });
    },

    forgetFailures: async (keys) => {
      for (const key of keys) wantHash(key, "piece's key");
      await transaction((db) => removeFailures(db, keys), {
        mode: "write",
        action: "forget which pieces failed",
      });
    },

    addSubmission: async ({ run, executor, handle }) => {
      wantText(executor, "executor's name");
      // Chosen here, so that a try after a lost connection does not add a second one.
      const id = randomBytes(6).toString("hex");
      const text = exactJsonText(handle, "handle");
      const action = `keep what ${executor} was handed for the run ${run}`;
      return transaction(
        async (db) => {
          const [known] = await readRuns(db, { id: run, dialect });
          if (known === undefined) {
            throw new InputError(
              `Cannot ${action}: found none in ${backend.place}, wanted the id of a run`,
            );
          }
          const { rows } = await sql<{ now: string }>`select ${nowText[dialect]} as now`.execute(
            db,
          );
          const submitted = rows[0]!.now;
          await writeSubmission(db, { id, run, executor, handle: text, submitted });
          return { id, run, executor, handle, submitted };
        },
        { mode: "write", action },
      );
    },

    submissions: (run) =>
      transaction((db) => readSubmissions(db, run), {
        mode: "read",
        action: `read what schedulers were handed for the run ${run}`,
      }),

    startRun: async ({ study, description, pieces }, beat) => {
      wantText(study, "study's name");
      if (beat !== undefined) wantSpan(beat.seconds, `start a run of ${study}`);
      for (const key of pieces) wantHash(key, "piece's key");
      // Chosen here, so that a try after a lost connection does not start a second run.
      const id = randomBytes(6).toString("hex");
      const text = exactJsonText(description, "description");
      const [run] = await transaction(
        async (db) => {
          await holdPieces(db, { dialect, to: "add" });
          await writeRun(db, { id, study, description: text, pieces, dialect });
          if (beat !== undefined) await writeBeat(db, { run: id, ...beat, dialect });
          return readRuns(db, { id, dialect });
        },
        { mode: "write", action: `start a run of ${study}`, bytes: text.length },
      );
      return run!;
    },

    changeRun: async (id, { status, cause }) => {
      const known = await transaction((db) => changeRunRow(db, { id, status, cause, dialect }), {
        mode: "write",
        action: `change the run ${id}`,
      });
      if (!known) {
        throw new InputError(
          `Cannot change the run ${id}: found none in ${backend.place}, wanted the id of a run`,
        );
      }
    },

    beat: async (id, { owner, seconds }) => {
      const action = `say that a process is at the run ${id}`;
      wantText(owner, "owner");
      wantSpan(seconds, action);
      const known = await transaction((db) => writeBeat(db, { run: id, owner, seconds, dialect }), {
        mode: "write",
        action,
      });
      if (!known) {
        throw new InputError(
          `Cannot ${action}: found none in ${backend.place}, wanted the id of a run`,
        );
      }
    },

    endBeat: async (id, owner) => {
      await transaction(
        (db) =>
          db.deleteFrom("run_beats").where("run", "=", id).where("owner", "=", owner).execute(),
        { mode: "write", action: `say that a process left the run ${id}` },
      );
    },

    run: async (id) => {
      const [run] = await transaction((db) => readRuns(db, { id, dialect }), {
        mode: "read",
        action: `read the run ${id}`,
      });
      return run;
    },

    runs: () =>
      transaction((db) => readRuns(db, { dialect }), { mode: "read", action: "list the runs" }),

    removeRun: async (id) => {
      await transaction((db) => db.deleteFrom("runs").where("id", "=", id).execute(), {
        mode: "write",
        action: `remove the run ${id}`,
      });
    },

    lineage: async (key) => {
      wantHash(key, "piece's key");
      return transaction((db) => lineageOf(db, key), {
        mode: "read",
        action: `read where the piece ${short(key)} came from`,
      });
    },

    piecesOfKind: (kind) =>
      transaction((db) => piecesWith(db, "kind", kind), {
        mode: "read",
        action: `list the pieces of kind ${kind}`,
      }),

    prune: async () => {
      const freed = await transaction(
        async (db) => {
          await holdPieces(db, { dialect, to: "remove" });
          return removeUnneeded(db, dialect);
        },
        { mode: "write", action: `prune ${backend.place}` },
      );
      await backend.shrink();
      return freed;
    },

    check: (work) => checkStore({ ...backend, transaction }, work),

    dispose: () => (closing ??= backend.dispose()),
  };
  return Object.freeze(store);
}
