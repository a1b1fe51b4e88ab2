/**
 * Dragonfly search [mirjalili2016dragonfly]: every agent moves by
 *
 *   ΔX ← s S + a A + c C + f F + e E + w ΔX,   X ← X + ΔX,
 *
 * S separation from, A alignment with and C cohesion to its neighbours, F pull to the best point and E
 * push from the worst. Weights s, a, c, e fall to zero over the first half, w from 0.9 to 0.4;
 * the neighbourhood grows from a quarter of the box to all of it. An agent without neighbours makes a
 * Lévy walk (exponent 1.5). Coordinates are scaled to the unit box.
 */
import type { Stream } from "../../core/random.ts";
import { clampPoint, drawPoint, scorer, type SearchOptions, type SearchResult } from "./search.ts";

/** Maximises a function of a few variables; needs (rounds + 1) × agents evaluations. */
export async function dragonflySearch(options: SearchOptions): Promise<SearchResult> {
  const { low, high, fitness, stream, agents = 8, rounds = 10 } = options;
  const dims = low.length;
  const unit = { low: low.map(() => 0), high: low.map(() => 1) };
  const real = (x: readonly number[]) => x.map((v, k) => low[k]! + v * (high[k]! - low[k]!));
  const { score, endRound, result } = scorer(fitness);
  const x = Array.from({ length: agents }, () => drawPoint(unit, stream));
  const dx = Array.from({ length: agents }, () =>
    drawPoint(unit, stream).map((v) => 0.2 * (v - 0.5)),
  );
  let food = x[0]!;
  let foodValue = -Infinity;
  let enemy = x[0]!;
  let enemyValue = Infinity;
  for (let round = 0; round <= rounds; round++) {
    for (const point of x) {
      const value = await score(real(point));
      if (value > foodValue) [food, foodValue] = [[...point], value];
      if (value < enemyValue) [enemy, enemyValue] = [[...point], value];
    }
    endRound();
    if (round === rounds) break;
    const part = round / rounds;
    const w = 0.9 - 0.5 * part;
    const mine = Math.max(0, 0.1 - 0.2 * part);
    const radius = 0.25 + 0.75 * part;
    const before = x.map((p) => [...p]);
    const steps = dx.map((p) => [...p]);
    for (let i = 0; i < agents; i++) {
      const here = before[i]!;
      const near = before
        .map((p, j) => ({ p, j }))
        .filter(({ p, j }) => j !== i && p.every((v, k) => Math.abs(v - here[k]!) <= radius));
      const foodNear = food.every((v, k) => Math.abs(v - here[k]!) <= radius);
      if (near.length === 0 && !foodNear) {
        const walk = Array.from({ length: dims }, () => 0.1 * levy(stream));
        x[i] = clampPoint(
          here.map((v, k) => v + walk[k]!),
          unit,
        );
        dx[i] = here.map(() => 0);
        continue;
      }
      const [s, a, c] = [0, 1, 2].map(() => 2 * mine * stream.uniform()) as [
        number,
        number,
        number,
      ];
      const f = 2 * stream.uniform();
      const count = Math.max(1, near.length);
      dx[i] = here.map((v, k) => {
        let separation = 0;
        let alignment = 0;
        let centre = 0;
        for (const { p, j } of near) {
          separation -= v - p[k]!;
          alignment += steps[j]![k]! / count;
          centre += p[k]! / count;
        }
        const cohesion = near.length > 0 ? centre - v : 0;
        const step =
          s * -separation +
          a * alignment +
          c * cohesion +
          f * (food[k]! - v) +
          mine * (v - enemy[k]!) +
          w * steps[i]![k]!;
        return Math.min(0.3, Math.max(-0.3, step));
      });
      x[i] = clampPoint(
        here.map((v, k) => v + dx[i]![k]!),
        unit,
      );
    }
  }
  return result();
}

/** A Lévy-distributed step by Mantegna's method, exponent 1.5. */
function levy(stream: Stream): number {
  const sigma = 0.6965745025576968; // [Γ(2.5) sin(0.75π) / (Γ(1.25) 1.5 · 2^0.25)]^(2/3)
  return 0.1 * ((stream.normal() * sigma) / Math.abs(stream.normal()) ** (1 / 1.5));
}
