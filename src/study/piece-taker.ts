/**
 * Which piece a process takes next, of those that nobody is at. Any number of processes take from one store
 * with one plan: what each knows by itself is which pieces wait for which, everything else it asks.
 *
 * A process asks for the piece with the longest chain first. When another was quicker it looks once who is at
 * what, and takes one of the free ones by chance, so that many processes that start together do not all ask
 * for the same pieces one after the other.
 */
import { lostOwner } from "../store/failure-rows.ts";
import type { PieceFailure, Store } from "../store/store.ts";
import type { GraphPiece, PieceGraph } from "./piece-graph.ts";

export interface PieceTakerOptions {
  readonly store: Pick<Store, "claim" | "finished" | "held" | "failures" | "noteFailure">;
  readonly graph: PieceGraph;
  /** Keys of the pieces that are to be done. */
  readonly needed: ReadonlySet<string>;
  readonly owner: string;
  readonly leaseSeconds: number;
  /** Attempts after which a piece is given up, over all processes; never when absent. */
  readonly tries?: number | undefined;
  /** Hears of pieces that others finished. */
  readonly onFinished?: (piece: GraphPiece) => void;
  /** Now in ms. */
  readonly clock?: () => number;
  /** Uniform in [0, 1). Which process does a piece does not change its result. */
  readonly random?: () => number;
}

export interface PieceTaker {
  /** Takes a waiting piece that nobody is at and that fits; undefined when there is none now. */
  take(fits: (piece: GraphPiece) => boolean): Promise<GraphPiece | undefined>;
  /** Asks about the pieces that others are at, when it is time. */
  look(): Promise<void>;
  /** ms until the next look; undefined when nobody else is at anything. */
  lookIn(): number | undefined;
  complete(key: string): void;
  /** Gives a piece up that was taken here, unfinished. */
  drop(key: string): void;
  /** Takes a completed piece back; what needs it waits again. */
  restore(key: string): void;
  /** Notes a failed attempt and gives the piece free. */
  fail(key: string, reason: string): Promise<void>;
  /** Pieces that are unfinished and can be done: those that wait for one that was given up cannot. */
  left(): number;
  /** Pieces given up, with their failures. */
  givenUp(): ReadonlyMap<string, readonly PieceFailure[]>;
}

/** Processes are lost for reasons of their machines, and where one is too busy to renew its claims. */
const lossesPerTry = 4;

/** Free pieces among which one is drawn: the longest chains are to go first all the same. */
const drawnAmong = 64;

/** Free pieces that are looked at in one go. */
const mostCandidates = 1000;

/** Longest time between two looks in ms: a finished piece may let others begin. */
const longestPause = 10_000;

export function pieceTaker(options: PieceTakerOptions): PieceTaker {
  const { store, graph, needed, owner, leaseSeconds, tries } = options;
  const { onFinished, clock = Date.now, random = Math.random } = options;
  const { pieces } = graph;
  const queue = queueOf(needed, pieces);
  const own = new Set<string>();
  /** Pieces that another process is at, or that failed here a moment ago, with the time of the next look. */
  const elsewhere = new Map<string, number>();
  const lost = new Map<string, readonly PieceFailure[]>();
  const firstPause = Math.min(1000, leaseSeconds * 250);
  let nextPause = firstPause;

  const giveUp = (key: string, failures: readonly PieceFailure[]): boolean => {
    if (tries === undefined) return false;
    const errors = failures.filter(({ reason }) => reason !== lostOwner).length;
    if (errors < tries && failures.length - errors < lossesPerTry * tries) return false;
    lost.set(key, failures);
    elsewhere.delete(key);
    queue.block(key);
    return true;
  };
  const complete = (key: string) => {
    elsewhere.delete(key);
    own.delete(key);
    nextPause = firstPause;
    queue.complete(key);
  };
  const finishedElsewhere = (keys: Iterable<string>) => {
    for (const key of keys) {
      complete(key);
      onFinished?.(pieces.get(key)!);
    }
  };
  const candidates = (fits: (piece: GraphPiece) => boolean): GraphPiece[] => {
    const found: GraphPiece[] = [];
    for (const piece of queue.ready()) {
      if (own.has(piece.key) || elsewhere.has(piece.key) || !fits(piece)) continue;
      if (found.push(piece) === mostCandidates) break;
    }
    return found;
  };
  /** What is elsewhere stays so until a look says otherwise. */
  const setAside = (keys: Iterable<string>) => {
    for (const key of keys) elsewhere.set(key, clock() + nextPause);
  };

  return {
    async take(fits) {
      let free = candidates(fits);
      for (let at = 0; free.length > 0; ) {
        const piece = free[at]!;
        const { key } = piece;
        if (tries !== undefined) {
          const failures = (await store.failures([key])).get(key);
          if (failures !== undefined && giveUp(key, failures)) {
            free = candidates(fits);
            at = 0;
            continue;
          }
        }
        if (await store.claim(key, owner, leaseSeconds)) {
          own.add(key);
          nextPause = firstPause;
          return piece;
        }
        const keys = free.map((one) => one.key);
        const finished = await store.finished(keys.slice(0, drawnAmong));
        const held = await store.held(keys);
        finishedElsewhere(finished);
        setAside(finished.has(key) ? held : new Set(held).add(key));
        free = candidates(fits);
        at = Math.floor(random() * Math.min(drawnAmong, free.length));
      }
      return undefined;
    },
    async look() {
      const now = clock();
      const due = [...elsewhere].filter(([, time]) => time <= now).map(([key]) => key);
      if (due.length === 0) return;
      // Asked less and less often while nothing changes: many idle processes are a load.
      nextPause = Math.min(longestPause, 2 * nextPause);
      const finished = await store.finished(due);
      const open = due.filter((key) => !finished.has(key));
      const held = await store.held(open);
      for (const key of open) if (!held.has(key)) elsewhere.delete(key);
      setAside(held);
      finishedElsewhere(finished);
    },
    lookIn: () =>
      elsewhere.size === 0 ? undefined : Math.max(0, Math.min(...elsewhere.values()) - clock()),
    complete,
    drop: (key) => void own.delete(key),
    restore: (key) => queue.restore(key),
    async fail(key, reason) {
      // Nobody here takes it before it is free.
      setAside([key]);
      own.delete(key);
      await store.noteFailure(key, { owner, reason });
      const failures = (await store.failures([key])).get(key) ?? [];
      // Another process, or this one a little later, may have more luck.
      if (!giveUp(key, failures)) {
        elsewhere.set(key, clock() + Math.min(longestPause, firstPause * 2 ** failures.length));
      }
    },
    left: () => queue.left(),
    givenUp: () => lost,
  };
}

interface Queue {
  /** Pieces that wait for nothing, the longest chain first. */
  ready(): readonly GraphPiece[];
  complete(key: string): void;
  restore(key: string): void;
  /** Takes a piece out with all that wait for it. */
  block(key: string): void;
  left(): number;
}

function queueOf(needed: ReadonlySet<string>, pieces: ReadonlyMap<string, GraphPiece>): Queue {
  const left = new Set(needed);
  const blocked = new Set<string>();
  const ready: GraphPiece[] = [];
  /** How many pieces each waits for: looking through all of them at every change would be quadratic. */
  const waits = new Map<string, number>();
  const origins = (piece: GraphPiece) => new Set(Object.values(piece.depends));
  const before = (a: GraphPiece, b: GraphPiece) => b.chain - a.chain || a.order - b.order;
  const add = (piece: GraphPiece) => {
    if (blocked.has(piece.key)) return;
    let low = 0;
    for (let high = ready.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (before(ready[middle]!, piece) < 0) low = middle + 1;
      else high = middle;
    }
    ready.splice(low, 0, piece);
  };
  const remove = (key: string) => {
    const at = ready.findIndex((piece) => piece.key === key);
    if (at >= 0) ready.splice(at, 1);
  };
  for (const key of needed) {
    const piece = pieces.get(key)!;
    const count = [...origins(piece)].filter((other) => left.has(other)).length;
    waits.set(key, count);
    if (count === 0) ready.push(piece);
  }
  ready.sort(before);
  return {
    ready: () => ready,
    complete: (key) => {
      if (!left.delete(key)) return;
      remove(key);
      for (const other of pieces.get(key)!.dependents) {
        const count = (waits.get(other) ?? 0) - 1;
        waits.set(other, count);
        if (count === 0 && left.has(other)) add(pieces.get(other)!);
      }
    },
    restore: (key) => {
      const piece = pieces.get(key)!;
      if (left.has(key)) return;
      left.add(key);
      waits.set(key, [...origins(piece)].filter((other) => left.has(other)).length);
      // What waits for it is not ready any more; what runs already finds that out by itself.
      for (const other of piece.dependents) {
        waits.set(other, (waits.get(other) ?? 0) + 1);
        remove(other);
      }
      if (waits.get(key) === 0) add(piece);
    },
    block: (key) => {
      const open = [key];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (blocked.has(next) || !left.has(next)) continue;
        blocked.add(next);
        remove(next);
        open.push(...pieces.get(next)!.dependents);
      }
    },
    left: () => left.size - blocked.size,
  };
}
