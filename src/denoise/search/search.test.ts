import { describe, expect, it } from "vitest";
import { streamOf } from "../../core/random.ts";
import { dragonflySearch } from "./dragonfly.ts";
import { fireflySearch } from "./firefly.ts";
import { gridSearch } from "./grid.ts";

// A ridge with its top of 5 at (1.3, −0.4) and a lower hill of 3 at (−2, 2).
const hill = ([x = 0, y = 0]: readonly number[]) =>
  Promise.resolve(
    5 * Math.exp(-((x - 1.3) ** 2 + 2 * (y + 0.4) ** 2) / 4) +
      3 * Math.exp(-((x + 2) ** 2 + (y - 2) ** 2)),
  );
const space = { low: [-4, -4], high: [4, 4] };

describe.each([
  ["dragonfly", dragonflySearch],
  ["firefly", fireflySearch],
])("%s", (name, search) => {
  it("finds the higher of two hills, repeats itself, and never leaves the box", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const inside = async (p: readonly number[]) => {
        for (const v of p) expect(Math.abs(v)).toBeLessThanOrEqual(4);
        return hill(p);
      };
      const run = () =>
        search({ ...space, fitness: inside, stream: streamOf(seed, name), agents: 10, rounds: 20 });
      const found = await run();
      // 98 % of the top's height: within 0.3 of it along x.
      expect(found.fitness).toBeGreaterThan(4.9);
      expect(await run()).toEqual(found);
      expect(found.history).toEqual([...found.history].sort((a, b) => a - b));
      expect(found.evaluations).toBeLessThanOrEqual(21 * 10 + 20);
    }
  });
});

describe("gridSearch", () => {
  it("scores every point", async () => {
    const found = await gridSearch({ ...space, fitness: hill, points: 17 });
    expect(found.evaluations).toBe(289);
    expect(found.best).toEqual([1.5, -0.5]);
  });
});
