/** Grid search: the control against which a swarm must hold. */
import { scorer, type SearchOptions, type SearchResult } from "./search.ts";

/** Scores a regular grid with so many points along each dimension, ends included. */
export async function gridSearch(
  options: Pick<SearchOptions, "low" | "high" | "fitness"> & { readonly points?: number },
): Promise<SearchResult> {
  const { low, high, fitness, points = 9 } = options;
  const { score, endRound, result } = scorer(fitness);
  let list: number[][] = [[]];
  low.forEach((l, k) => {
    const values = Array.from(
      { length: points },
      (_, i) => l + ((high[k]! - l) * i) / Math.max(1, points - 1),
    );
    list = list.flatMap((partial) => values.map((v) => [...partial, v]));
  });
  for (const point of list) {
    await score(point);
    endRound();
  }
  return result();
}
