/** What the parameter searches share. */
import type { Stream } from "../../core/random.ts";

/** A point of the search space: one value per dimension. */
export type Point = readonly number[];

export interface SearchSpace {
  /** Lowest and highest value of every dimension. */
  readonly low: Point;
  readonly high: Point;
}

export interface SearchOptions extends SearchSpace {
  /** To be maximised. */
  readonly fitness: (point: Point) => Promise<number>;
  readonly stream: Stream;
  /** Agents of the swarm; default 8. */
  readonly agents?: number;
  /** Rounds after the first; default 10. */
  readonly rounds?: number;
}

export interface SearchResult {
  readonly best: Point;
  readonly fitness: number;
  /** Best fitness after each round. */
  readonly history: readonly number[];
  /** How often the fitness was asked for. */
  readonly evaluations: number;
}

/** A point drawn uniformly from the box. */
export function drawPoint({ low, high }: SearchSpace, stream: Stream): number[] {
  return low.map((l, k) => l + (high[k]! - l) * stream.uniform());
}

/** The nearest point inside the box. */
export function clampPoint(point: Point, { low, high }: SearchSpace): number[] {
  return point.map((x, k) => Math.min(high[k]!, Math.max(low[k]!, x)));
}

/** Keeps the best point seen and counts evaluations. */
export function scorer(fitness: SearchOptions["fitness"]) {
  const state = { best: [] as Point, fitness: -Infinity, evaluations: 0, history: [] as number[] };
  const score = async (point: Point): Promise<number> => {
    const value = await fitness(point);
    state.evaluations++;
    if (value > state.fitness) {
      state.fitness = value;
      state.best = [...point];
    }
    return value;
  };
  const endRound = (): void => {
    state.history.push(state.fitness);
  };
  const result = (): SearchResult => ({ ...state });
  return { score, endRound, result };
}
