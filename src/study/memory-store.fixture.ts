/** A store that forgets everything with the process, for tests of what stands above the store. */
import { createHash } from "node:crypto";
import { RunError } from "../core/errors.ts";
import type { NewPiece, PieceRecord, RunRecord, Store } from "../store/store.ts";

export interface MemoryStore extends Store {
  /** Keys of saved pieces in the order of saving, double ones included. */
  readonly saved: readonly string[];
}

export function memoryStore(): MemoryStore {
  const pieces = new Map<string, PieceRecord>();
  const blobs = new Map<string, Uint8Array>();
  const checkpoints = new Map<string, Uint8Array>();
  const claims = new Map<string, { owner: string; until: number }>();
  const runs = new Map<string, RunRecord>();
  const saved: string[] = [];
  const now = () => new Date().toISOString();
  const keep = (bytes: Uint8Array): string => {
    const hash = createHash("sha256").update(bytes).digest("hex");
    blobs.set(hash, new Uint8Array(bytes));
    return hash;
  };
  const store: MemoryStore = {
    place: "memory",
    saved,
    piece: async (key) => pieces.get(key),
    finished: async (keys) => new Set(keys.filter((key) => pieces.has(key))),
    savePiece: async (piece: NewPiece) => {
      saved.push(piece.key);
      claims.delete(piece.key);
      checkpoints.delete(piece.key);
      if (pieces.has(piece.key)) return;
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
      if (found === undefined) throw new RunError(`Cannot read blob ${hash}: found none`);
      return new Uint8Array(found);
    },
    checkpoint: async (key) => checkpoints.get(key),
    saveCheckpoint: async (key, bytes) => void checkpoints.set(key, new Uint8Array(bytes)),
    removePiece: async (key) => {
      for (const piece of pieces.values()) {
        if (Object.values(piece.depends).includes(key)) await store.removePiece(piece.key);
      }
      pieces.delete(key);
    },
    removeRun: async (id) => void runs.delete(id),
    claim: async (key, owner, seconds) => {
      const held = claims.get(key);
      if (pieces.has(key)) return false;
      if (held !== undefined && held.owner !== owner && held.until > Date.now()) return false;
      claims.set(key, { owner, until: Date.now() + seconds * 1000 });
      return true;
    },
    release: async (key, owner) => {
      if (claims.get(key)?.owner === owner) claims.delete(key);
    },
    startRun: async (run) => {
      const id = `run-${runs.size + 1}`;
      const record: RunRecord = { ...run, id, status: "running", started: now(), changed: now() };
      runs.set(id, record);
      return record;
    },
    changeRun: async (id, change) => {
      runs.set(id, { ...runs.get(id)!, ...change, changed: now() });
    },
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
    dispose: async () => undefined,
  };
  return store;
}
