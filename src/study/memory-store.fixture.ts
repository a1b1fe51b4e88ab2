/** A store that forgets everything with the process, for tests of what stands above the store. */
import { sha256 } from "../core/checksum.ts";
import { InputError } from "../core/errors.ts";
import {
  DamageError,
  type NewPiece,
  type PieceFailure,
  type PieceRecord,
  type RunRecord,
  type Store,
  type Submission,
} from "../store/store.ts";

export interface MemoryStore extends Store {
  /** Keys of saved pieces in the order of saving, double ones included. */
  readonly saved: readonly string[];
  /** Changes a kept piece's record, or the bytes of all its blobs. */
  harm(key: string, what: "record" | "blobs" | "checkpoint"): void;
}

/** @param clock ms since 1970 */
export function memoryStore(clock: () => number = Date.now): MemoryStore {
  const pieces = new Map<string, PieceRecord>();
  const blobs = new Map<string, Uint8Array>();
  const checkpoints = new Map<string, Uint8Array>();
  const claims = new Map<string, { owner: string; until: number }>();
  const runs = new Map<string, RunRecord>();
  const failures = new Map<string, PieceFailure[]>();
  const submissions: Submission[] = [];
  const note = (key: string, failure: PieceFailure) =>
    void failures.set(key, [...(failures.get(key) ?? []), failure]);
  const saved: string[] = [];
  /** Keys of pieces with a damaged record, hashes of damaged blobs, `checkpoint KEY`. */
  const harmed = new Set<string>();
  const now = () => new Date().toISOString();
  const isFinished = (key: string) => pieces.has(key) && !harmed.has(key);
  const keep = (bytes: Uint8Array): string => {
    const hash = sha256(bytes);
    harmed.delete(hash);
    blobs.set(hash, new Uint8Array(bytes));
    return hash;
  };
  const store: MemoryStore = {
    place: "memory",
    saved,
    harm: (key, what) => {
      if (what === "record") harmed.add(key);
      else if (what === "checkpoint") harmed.add(`checkpoint ${key}`);
      else for (const hash of Object.values(pieces.get(key)!.blobs)) harmed.add(hash);
    },
    piece: async (key) => (harmed.has(key) ? undefined : pieces.get(key)),
    finished: async (keys) => new Set(keys.filter(isFinished)),
    damaged: async (keys) => new Set(keys.filter((key) => pieces.has(key) && harmed.has(key))),
    setAside: async (key) => {
      const piece = pieces.get(key);
      const bad = piece !== undefined && Object.values(piece.blobs).some((h) => harmed.has(h));
      if (bad) harmed.add(key);
      return piece !== undefined && harmed.has(key);
    },
    savePiece: async (piece: NewPiece) => {
      saved.push(piece.key);
      claims.delete(piece.key);
      checkpoints.delete(piece.key);
      failures.delete(piece.key);
      if (isFinished(piece.key)) return;
      harmed.delete(piece.key);
      const hashes = Object.entries(piece.blobs).map(([name, bytes]) => [name, keep(bytes)]);
      pieces.set(piece.key, {
        ...structuredClone({ ...piece, blobs: {} }),
        blobs: Object.fromEntries(hashes) as Record<string, string>,
        finished: now(),
        version: "0.0.0",
      });
    },
    blob: async (hash) => {
      const found = blobs.get(hash);
      if (found === undefined) throw new InputError(`Cannot read blob ${hash}: found none`);
      if (harmed.has(hash)) throw new DamageError(`Cannot read blob ${hash}: found another hash`);
      return new Uint8Array(found);
    },
    checkpoint: async (key) => {
      if (harmed.has(`checkpoint ${key}`)) {
        throw new DamageError(`Cannot read the checkpoint of ${key}: found another hash`);
      }
      return checkpoints.get(key);
    },
    saveCheckpoint: async (key, bytes) => {
      harmed.delete(`checkpoint ${key}`);
      checkpoints.set(key, new Uint8Array(bytes));
    },
    removePiece: async (key) => {
      for (const piece of pieces.values()) {
        if (Object.values(piece.depends).includes(key)) await store.removePiece(piece.key);
      }
      pieces.delete(key);
    },
    removeRun: async (id) => void runs.delete(id),
    claim: async (key, owner, seconds) => {
      const held = claims.get(key);
      if (isFinished(key)) return false;
      if (held !== undefined && held.owner !== owner && held.until > clock()) return false;
      if (held !== undefined && held.owner !== owner) {
        note(key, { owner: held.owner, reason: "its process ended without a word" });
      }
      claims.set(key, { owner, until: clock() + seconds * 1000 });
      return true;
    },
    release: async (key, owner) => {
      if (claims.get(key)?.owner === owner) claims.delete(key);
    },
    held: async (keys) => new Set(keys.filter((key) => (claims.get(key)?.until ?? 0) > clock())),
    noteFailure: async (key, failure) => {
      note(key, failure);
      if (claims.get(key)?.owner === failure.owner) claims.delete(key);
    },
    failures: async (keys) =>
      new Map(keys.filter((key) => failures.has(key)).map((key) => [key, failures.get(key)!])),
    forgetFailures: async (keys) => {
      for (const key of keys) failures.delete(key);
    },
    addSubmission: async (submission) => {
      const kept = { ...submission, id: `submission-${submissions.length + 1}`, submitted: now() };
      submissions.push(kept);
      return kept;
    },
    submissions: async (run) => submissions.filter((one) => one.run === run),
    startRun: async (run) => {
      const id = `run-${runs.size + 1}`;
      const times = { started: now(), changed: now() };
      const record: RunRecord = { ...run, id, status: "running", owners: [], ...times };
      runs.set(id, record);
      return record;
    },
    changeRun: async (id, change) => {
      runs.set(id, { ...runs.get(id)!, ...change, changed: now() });
    },
    beat: async () => undefined,
    endBeat: async () => undefined,
    run: async (id) => runs.get(id),
    runs: async () => [...runs.values()].reverse(),
    lineage: async (key) => {
      const found = new Map<string, PieceRecord>();
      const visit = (one: string) => {
        const piece = pieces.get(one);
        if (piece === undefined || found.has(one)) return;
        for (const other of Object.values(piece.depends)) visit(other);
        found.set(one, piece);
      };
      visit(key);
      return [...found.values()];
    },
    piecesOfKind: async (kind) => [...pieces.values()].filter((p) => p.kind === kind).reverse(),
    prune: async () => 0,
    check: async () => ({
      pieces: pieces.size,
      blobs: blobs.size,
      bytes: 0,
      checkpoints: checkpoints.size,
      runs: runs.size,
      faults: [],
    }),
    dispose: async () => undefined,
  };
  return store;
}
