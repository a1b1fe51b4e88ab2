/** How much of a run is done and how long the rest will take. */
import type { GraphPiece } from "./piece-graph.ts";

export interface Pace {
  start(piece: GraphPiece): void;
  /** Share of a running piece, 0 to 1. */
  share(piece: GraphPiece, share: number): void;
  /** Seconds of work when it was done here; absent when it was there already or another process did it. */
  finish(piece: GraphPiece, seconds?: number): void;
  drop(piece: GraphPiece): void;
  /** Counts a finished piece as left again. */
  restore(piece: GraphPiece): void;
  /** Seconds that a piece will take, from what was measured here, else the plan's guess. */
  seconds(piece: GraphPiece): number;
  now(): PaceReading;
}

export interface PaceReading {
  /** Share of the whole, 0 to 1; never falls. */
  readonly share: number;
  readonly piecesDone: number;
  readonly pieces: number;
  /** Absent before anything is measured. */
  readonly secondsLeft: number | undefined;
}

/**
 * Pace of a run. A plan's weights are guesses in seconds; each kind's are multiplied by the seconds per
 * weight measured on its pieces in this run, and kinds without a measurement by the mean of all.
 */
export function paceOf(
  pieces: Iterable<GraphPiece>,
  options: { workers: number; clock?: () => number },
): Pace {
  const { workers, clock = () => performance.now() / 1000 } = options;
  const left = new Map<string, GraphPiece>();
  for (const piece of pieces) left.set(piece.key, piece);
  const total = left.size;
  const finished: GraphPiece[] = [];
  const running = new Map<string, { piece: GraphPiece; started: number; share: number }>();
  const measured = new Map<string, { seconds: number; weight: number }>();
  let best = 0;

  const rates = (): ((kind: string) => number | undefined) => {
    const sums = new Map([...measured].map(([kind, sum]) => [kind, { ...sum }]));
    const time = clock();
    for (const { piece, started, share } of running.values()) {
      // The first twentieth tells little: it may be reading data.
      if (share < 0.05) continue;
      const sum = sums.get(piece.kind) ?? { seconds: 0, weight: 0 };
      sum.seconds += time - started;
      sum.weight += piece.weight * share;
      sums.set(piece.kind, sum);
    }
    let seconds = 0;
    let weight = 0;
    for (const sum of sums.values()) {
      seconds += sum.seconds;
      weight += sum.weight;
    }
    const mean = weight > 0 ? seconds / weight : undefined;
    return (kind) => {
      const sum = sums.get(kind);
      return sum !== undefined && sum.weight > 0 ? sum.seconds / sum.weight : mean;
    };
  };

  return {
    start: (piece) => void running.set(piece.key, { piece, started: clock(), share: 0 }),
    share: (piece, share) => {
      const one = running.get(piece.key);
      if (one !== undefined) one.share = Math.min(1, Math.max(0, share));
    },
    finish: (piece, seconds) => {
      running.delete(piece.key);
      if (left.delete(piece.key)) finished.push(piece);
      if (seconds === undefined) return;
      const sum = measured.get(piece.kind) ?? { seconds: 0, weight: 0 };
      sum.seconds += seconds;
      sum.weight += piece.weight;
      measured.set(piece.kind, sum);
    },
    drop: (piece) => void running.delete(piece.key),
    restore: (piece) => {
      const at = finished.indexOf(piece);
      if (at < 0) return;
      finished.splice(at, 1);
      left.set(piece.key, piece);
    },
    seconds: (piece) => piece.weight * (rates()(piece.kind) ?? 1),
    now: () => {
      const rate = rates();
      const seconds = (piece: GraphPiece) => piece.weight * (rate(piece.kind) ?? 1);
      let done = 0;
      for (const piece of finished) done += seconds(piece);
      let rest = 0;
      let longest = 0;
      for (const piece of left.values()) {
        const share = running.get(piece.key)?.share ?? 0;
        done += share * seconds(piece);
        rest += (1 - share) * seconds(piece);
        longest = Math.max(longest, (1 - share) * seconds(piece));
      }
      best = Math.max(best, rest === 0 ? 1 : done / (done + rest));
      const known = [...left.values()].every(({ kind }) => rate(kind) !== undefined);
      return {
        share: best,
        piecesDone: total - left.size,
        pieces: total,
        secondsLeft: known ? Math.max(longest, rest / workers) : undefined,
      };
    },
  };
}
