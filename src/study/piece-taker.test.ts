import { expect, it } from "vitest";
import { memoryStore } from "./memory-store.fixture.ts";
import { pieceTaker } from "./piece-taker.ts";
import { layered, simulateCluster } from "./simulated-cluster.fixture.ts";

it("loses no piece and does none twice: 1,000 pieces, 50 processes, 2 % that fail or die", async () => {
  // Ten times as much by tools/long/cluster-load.ts.
  const graph = layered({ draws: 212, methods: 3, over: 4 });
  const pieces = graph.pieces.size;
  expect(pieces).toBeGreaterThan(1000);
  const trouble = { fails: 0.015, dies: 0.005, tries: 5 };
  const found = await simulateCluster(graph, { workers: 50, ...trouble });
  expect(found.finished).toBe(pieces);
  expect(found.doubles).toBe(0);
  for (const end of found.ends) expect(end).toEqual({ left: 0, givenUp: 0 });
  // Every failed attempt is repeated, none without need.
  expect(found.attempts / pieces).toBeLessThan(1.04);
  // No plan ends sooner than its work on all processes, and this one not much later.
  expect(found.seconds).toBeGreaterThan(found.ideal);
  expect(found.seconds).toBeLessThan(1.35 * found.ideal + 300);
  // A server answers thousands of such calls in a second.
  expect((found.load.reads + found.load.writes) / pieces).toBeLessThan(20);
});

it("gives up what always fails, with all that waits for it, and finishes the rest", async () => {
  const graph = layered({ draws: 20, methods: 2, over: 5 });
  const kept = memoryStore();
  const bad = "draw 3";
  const owners = ["a", "b"];
  const takers = owners.map((owner) =>
    pieceTaker({
      store: kept,
      graph,
      needed: new Set(graph.pieces.keys()),
      owner,
      leaseSeconds: 1,
      tries: 3,
      random: () => 0,
      clock: () => Infinity,
    }),
  );
  for (let open = true; open; ) {
    open = false;
    for (const taker of takers) {
      await taker.look();
      const piece = await taker.take(() => true);
      if (piece === undefined) continue;
      open = true;
      const { key, kind, inputs, depends } = piece;
      if (key === bad) await taker.fail(key, `disk ${owners[0]} full`);
      else {
        await kept.savePiece({ key, kind, inputs, depends, values: 0, blobs: {}, seconds: 0 });
        taker.complete(key);
      }
    }
  }
  // The draw, two denoisings of it, and two answers over them.
  expect(kept.saved).toHaveLength(graph.pieces.size - 5);
  expect((await kept.failures([bad])).get(bad)).toHaveLength(3);
  for (const taker of takers) {
    expect(taker.left()).toBe(0);
    expect([...taker.givenUp().keys()]).toEqual([bad]);
  }
  await kept.forgetFailures([bad]);
  expect((await kept.failures([bad])).size).toBe(0);
});

it("gives a piece up after fewer errors than lost processes, which may be their machines' fault", async () => {
  const graph = layered({ draws: 1, methods: 0, over: 1 });
  const key = "draw 0";
  const takes = async (losses: number, errors: number): Promise<boolean> => {
    let now = 0;
    const kept = memoryStore(() => now);
    for (let i = 0; i <= losses; i++, now += 2000) await kept.claim(key, `lost ${i}`, 1);
    for (let i = 0; i < errors; i++) await kept.noteFailure(key, { owner: "x", reason: "no" });
    expect((await kept.failures([key])).get(key) ?? []).toHaveLength(losses + errors);
    const needed = new Set([key]);
    const one = { store: kept, graph, needed, owner: "o", leaseSeconds: 1, clock: () => now };
    return (await pieceTaker({ ...one, tries: 3 }).take(() => true)) !== undefined;
  };
  expect(await takes(11, 2)).toBe(true);
  expect(await takes(12, 0)).toBe(false);
  expect(await takes(0, 3)).toBe(false);
});
