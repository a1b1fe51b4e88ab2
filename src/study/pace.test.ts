import { expect, it } from "vitest";
import { paceOf } from "./pace.ts";
import type { GraphPiece } from "./piece-graph.ts";

function piece(key: string, kind: string, weight: number): GraphPiece {
  const cost = { memory: 0, stored: 0, chain: 0, order: 0 };
  const rest = { label: key, inputs: null, depends: {}, dependents: [], ...cost };
  return { key, kind, weight, ...rest };
}

it("corrects weights by what each kind took, and divides what is left by the workers", () => {
  let time = 0;
  const fast = [1, 2, 3, 4].map((i) => piece(`f${i}`, "fast", 1));
  const slow = [1, 2].map((i) => piece(`s${i}`, "slow", 1));
  const pace = paceOf([...fast, ...slow], { workers: 2, clock: () => time });
  expect(pace.now()).toEqual({ share: 0, piecesDone: 0, pieces: 6, secondsLeft: undefined });
  pace.start(fast[0]!);
  pace.finish(fast[0]!, 2);
  // No slow piece was measured yet: it counts as the mean, 2 s. Five pieces of 2 s on two workers.
  expect(pace.now().secondsLeft).toBeCloseTo(5, 12);
  pace.start(slow[0]!);
  time = 4;
  pace.share(slow[0]!, 0.5);
  // Half of a slow piece took 4 s, so a slow one takes 8: left 3 · 2 + 4 + 8 = 18 s of 24 in all.
  expect(pace.now().secondsLeft).toBeCloseTo(9, 12);
  expect(pace.now().share).toBeCloseTo(1 / 4, 12);
  for (const one of fast.slice(1)) pace.finish(one, 2);
  pace.finish(slow[0]!, 8);
  // One piece cannot be divided between the workers.
  expect(pace.now().secondsLeft).toBeCloseTo(8, 12);
  expect(pace.now().share).toBeCloseTo(16 / 24, 12);
  pace.finish(slow[1]!);
  expect(pace.now()).toEqual({ share: 1, piecesDone: 6, pieces: 6, secondsLeft: 0 });
});
