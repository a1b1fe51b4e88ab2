/**
 * Modified firefly search [yang2009firefly]: an agent moves to every brighter one,
 *
 *   x_i ← x_i + β0 exp(−γ r²)(x_j − x_i) + α (u − ½),
 *
 * in the unit box, β0 = 1, γ = 1. Modifications: α falls geometrically from 0.3 by a factor 0.85 a
 * round, and after every round the darkest agent is replaced by its opposite point 1 − x where that is
 * brighter.
 */
import { clampPoint, drawPoint, scorer, type SearchOptions, type SearchResult } from "./search.ts";

/** Maximises a function of a few variables; needs at most (rounds + 1) × agents + rounds evaluations. */
export async function fireflySearch(options: SearchOptions): Promise<SearchResult> {
  const { low, high, fitness, stream, agents = 8, rounds = 10 } = options;
  const unit = { low: low.map(() => 0), high: low.map(() => 1) };
  const real = (x: readonly number[]) => x.map((v, k) => low[k]! + v * (high[k]! - low[k]!));
  const { score, endRound, result } = scorer(fitness);
  const x = Array.from({ length: agents }, () => drawPoint(unit, stream));
  const light: number[] = [];
  for (const point of x) light.push(await score(real(point)));
  endRound();
  let alpha = 0.3;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < agents; i++) {
      let here = [...x[i]!];
      let brighter = 0;
      for (let j = 0; j < agents; j++) {
        if (light[j]! <= light[i]!) continue;
        brighter++;
        const other = x[j]!;
        const r2 = here.reduce((sum, v, k) => sum + (v - other[k]!) ** 2, 0);
        const pull = Math.exp(-r2);
        here = here.map((v, k) => v + pull * (other[k]! - v));
      }
      // The brightest one searches around itself; a worse place is not taken.
      here = clampPoint(
        here.map((v) => v + alpha * (stream.uniform() - 0.5)),
        unit,
      );
      const value = await score(real(here));
      if (brighter > 0 || value > light[i]!) {
        x[i] = here;
        light[i] = value;
      }
    }
    const darkest = light.reduce((at, v, k) => (v < light[at]! ? k : at), 0);
    const opposite = x[darkest]!.map((v) => 1 - v);
    const value = await score(real(opposite));
    if (value > light[darkest]!) {
      x[darkest] = opposite;
      light[darkest] = value;
    }
    alpha *= 0.85;
    endRound();
  }
  return result();
}
