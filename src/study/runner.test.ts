import { afterAll, describe, expect, it } from "vitest";
import { CancelledError, InputError, RunError } from "../core/errors.ts";
import type { Progress } from "../core/progress.ts";
import { endIdleWorkers } from "../parallel/node.ts";
import { kinds, numbersOf, planned, toyStudy } from "./kinds.fixture.ts";
import { memoryStore } from "./memory-store.fixture.ts";
import { graphOfPlan, runPieces } from "./runner.ts";

afterAll(endIdleWorkers);

/** What a run is about: values and hashes by key, without times. */
function contents(records: Awaited<ReturnType<typeof runPieces>>) {
  return [...records.values()].map(({ key, values, blobs }) => ({ key, values, blobs }));
}

describe("runPieces", () => {
  it("gives the same bytes with 1, 2 and 3 workers, in any order of the roots", async () => {
    const alone = memoryStore();
    const first = await runPieces(toyStudy(), { store: alone, workers: 1, kinds });
    expect(first.size).toBe(13);
    expect(alone.saved).toHaveLength(13);
    for (const workers of [2, 3]) {
      const store = memoryStore();
      const again = await runPieces(toyStudy().reverse(), { store, workers, kinds });
      const sorted = (list: ReturnType<typeof contents>) =>
        list.sort((a, b) => (a.key < b.key ? -1 : 1));
      expect(sorted(contents(again))).toEqual(sorted(contents(first)));
    }
  });

  it("runs what is missing and nothing else", async () => {
    const store = memoryStore();
    const [one, two] = toyStudy() as [ReturnType<typeof planned>, ReturnType<typeof planned>];
    await runPieces([one], { store, workers: 2, kinds });
    expect(store.saved).toHaveLength(12);
    await runPieces([one, two], { store, workers: 2, kinds });
    expect(store.saved).toHaveLength(13);
    await runPieces([one, two], { store, workers: 2, kinds });
    expect(store.saved).toHaveLength(13);
  });

  it("takes the longest chain first", async () => {
    const store = memoryStore();
    const short = planned("draw", { name: "short", steps: 3 });
    const long = planned(
      "walk",
      { name: "long", steps: 9 },
      { a: planned("draw", { name: "root", steps: 1 }) },
    );
    const records = await runPieces([short, long], { store, workers: 1, kinds });
    expect(store.saved.map((key) => (records.get(key)!.inputs as { name: string }).name)).toEqual([
      "root",
      "long",
      "short",
    ]);
  });

  it("shares the work between two runs at once without doing a piece twice", async () => {
    const store = memoryStore();
    const options = { store, workers: 2, kinds, leaseSeconds: 1 };
    const study = () => toyStudy({ sleepMs: 2 });
    const [a, b] = await Promise.all([runPieces(study(), options), runPieces(study(), options)]);
    expect(store.saved).toHaveLength(13);
    expect(contents(a)).toEqual(contents(b));
  });

  it("takes over a piece whose owner died, after its time", async () => {
    const store = memoryStore();
    const piece = planned("draw", { name: "orphan" });
    const [key] = (await graphOfPlan([piece], kinds)).roots as [string];
    expect(await store.claim(key, "dead", 0.4)).toBe(true);
    const started = Date.now();
    await runPieces([piece], { store, workers: 1, kinds, leaseSeconds: 0.4 });
    expect(Date.now() - started).toBeGreaterThan(300);
    expect(store.saved).toEqual([key]);
  });

  it("keeps its claims while it works longer than their time", async () => {
    const store = memoryStore();
    const piece = planned("walk", { name: "slow", steps: 40, sleepMs: 20 });
    const [key] = (await graphOfPlan([piece], kinds)).roots as [string];
    const run = runPieces([piece], { store, workers: 1, kinds, leaseSeconds: 0.4 });
    const refused: boolean[] = [];
    const timer = setInterval(() => {
      void store.claim(key, "other", 0.1).then((got) => refused.push(!got));
    }, 50);
    // Before the first claim another owner may take it; the run then waits its tenth of a second.
    await run;
    clearInterval(timer);
    expect(store.saved).toEqual([key]);
    expect(refused.filter(Boolean).length).toBeGreaterThan(8);
  });

  it("stops with a checkpoint and goes on from it to the same end", async () => {
    const study = () => [planned("walk", { name: "long", steps: 60, sleepMs: 5 })];
    const whole = await runPieces(study(), { store: memoryStore(), workers: 1, kinds });
    const store = memoryStore();
    const control = new AbortController();
    const run = runPieces(study(), {
      store,
      workers: 1,
      kinds,
      signal: control.signal,
      onProgress: ({ done }) => done > 0.3 && control.abort(),
    });
    await expect(run).rejects.toThrow(CancelledError);
    const [key] = [...whole.keys()] as [string];
    const [at] = numbersOf((await store.checkpoint(key))!);
    expect(at).toBeGreaterThanOrEqual(10);
    expect(at).toBeLessThan(60);
    expect(await store.claim(key, "anyone", 0.001)).toBe(true);
    await store.release(key, "anyone");
    expect(contents(await runPieces(study(), { store, workers: 1, kinds }))).toEqual(
      contents(whole),
    );
  });

  it("tells work that never pauses to stop, and ends what does not listen", async () => {
    const store = memoryStore();
    const stopIn = (ms: number) => AbortSignal.timeout(ms);
    const busy = planned("busy", { name: "busy" });
    const [key] = (await graphOfPlan([busy], kinds)).roots as [string];
    await expect(
      runPieces([busy], { store, workers: 1, kinds, signal: stopIn(1500) }),
    ).rejects.toThrow(CancelledError);
    expect(numbersOf((await store.checkpoint(key))!)[0]).toBeGreaterThan(0);
    const started = Date.now();
    await expect(
      runPieces([planned("stuck", { name: "stuck" })], {
        store,
        workers: 1,
        kinds,
        signal: stopIn(300),
        graceSeconds: 0.3,
      }),
    ).rejects.toThrow(CancelledError);
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  it("names the piece that fails and lets the others end", async () => {
    const store = memoryStore();
    const slow = planned("walk", { name: "slow", steps: 30, sleepMs: 10 });
    const fails = planned("refuse", { name: "bad" });
    const after = planned("draw", { name: "after" }, { fails });
    const run = runPieces([after, slow], { store, workers: 2, kinds });
    await expect(run).rejects.toThrow(
      'Cannot finish "refuse bad": Cannot use sigma: found -1, wanted 0 or more',
    );
    await expect(run).rejects.toThrow(InputError);
    expect(store.saved).toHaveLength(1);
  });

  it("refuses values that JSON does not keep, and unknown kinds", async () => {
    const store = memoryStore();
    const wrong = runPieces([planned("wrong", { name: "x" })], { store, workers: 1, kinds });
    await expect(wrong).rejects.toThrow(/values of wrong x\.rows\.1.*found NaN/);
    const unknown = runPieces([planned("absent", { name: "x" })], { store, workers: 1, kinds });
    await expect(unknown).rejects.toThrow(/found no such kind, wanted one of draw, walk/);
    expect(store.saved).toEqual([]);
  });

  it("does damaged work again with a note: records and blobs, of roots and of what others read", async () => {
    const store = memoryStore();
    const whole = await runPieces(toyStudy(), { store, workers: 2, kinds });
    const labels = (await graphOfPlan(toyStudy(), kinds)).pieces;
    const keyOf = (name: string) => [...labels.values()].find((p) => p.label === name)!.key;
    const notices: string[] = [];
    const again = async () => {
      notices.length = 0;
      const before = store.saved.length;
      const onNotice = (notice: string) => notices.push(notice);
      const records = await runPieces(toyStudy(), { store, workers: 2, kinds, onNotice });
      expect(contents(records)).toEqual(contents(whole));
      return store.saved.slice(before);
    };
    expect(await again()).toEqual([]);
    // A root's record: only it is done again.
    store.harm(keyOf("walk end7"), "record");
    expect(await again()).toEqual([keyOf("walk end7")]);
    expect(notices).toEqual([
      'the result of "walk end7" in memory is damaged: it is computed again',
    ]);
    // A record below finished work: a report may read it.
    store.harm(keyOf("draw d1"), "record");
    expect(await again()).toEqual([keyOf("draw d1")]);
    // What a damaged one was made from is damaged too, record and bytes.
    store.harm(keyOf("draw d1"), "record");
    store.harm(keyOf("walk all"), "blobs");
    store.harm(keyOf("walk w0"), "blobs");
    store.harm(keyOf("walk end8"), "record");
    expect(await again()).toEqual(
      ["draw d1", "walk w0", "walk all", "walk end8"].map((name) => keyOf(name)),
    );
    expect(notices).toHaveLength(4);
    expect(await again()).toEqual([]);
  });

  it("gives a disk up that harms the same piece every time", async () => {
    const store = memoryStore();
    const base = planned("draw", { name: "base" });
    const [key] = (await graphOfPlan([base], kinds)).roots as [string];
    const harming = {
      ...store,
      savePiece: async (piece: Parameters<typeof store.savePiece>[0]) => {
        await store.savePiece(piece);
        if (piece.key === key) store.harm(key, "blobs");
      },
    };
    const reader = planned("walk", { name: "reader" }, { base });
    const run = runPieces([reader], { store: harming, workers: 1, kinds });
    await expect(run).rejects.toThrow(/"walk reader".*found another hash/);
    expect(store.saved).toHaveLength(3);
  });

  it("runs no more at once than fits into memory", async () => {
    const heavy = (name: string, memory: number) => ({
      ...planned("walk", { name, steps: 8, sleepMs: 20 }),
      memory,
    });
    const store = memoryStore();
    const running = new Set<string>();
    let most = 0;
    const watched = {
      ...store,
      claim: async (key: string, owner: string, seconds: number) => {
        const got = await store.claim(key, owner, seconds);
        if (got) running.add(key);
        most = Math.max(most, running.size);
        return got;
      },
      savePiece: async (piece: Parameters<typeof store.savePiece>[0]) => {
        await store.savePiece(piece);
        running.delete(piece.key);
      },
    };
    const pieces = ["a", "b", "c", "d"].map((name) => heavy(name, 400));
    await runPieces(pieces, { store: watched, workers: 4, kinds, memoryBytes: 1000 });
    expect(most).toBe(2);
    const tooLarge = runPieces([heavy("e", 1001)], { store, workers: 1, kinds, memoryBytes: 1000 });
    await expect(tooLarge).rejects.toThrow(/"walk e" has to hold at least 1.0 kB at once/);
  });

  it("starts anew from a damaged checkpoint", async () => {
    const store = memoryStore();
    const piece = planned("walk", { name: "long", steps: 20 });
    const [key] = (await graphOfPlan([piece], kinds)).roots as [string];
    await store.saveCheckpoint(key, new Uint8Array(16));
    store.harm(key, "checkpoint");
    const notices: string[] = [];
    const onNotice = (notice: string) => notices.push(notice);
    const run = await runPieces([piece], { store, workers: 1, kinds, onNotice });
    expect(notices).toEqual(['the checkpoint of "walk long" is damaged: it starts anew']);
    const plain = await runPieces([piece], { store: memoryStore(), workers: 1, kinds });
    expect(contents(run)).toEqual(contents(plain));
  });

  it("fails when the store does, without a claim left behind", async () => {
    const store = memoryStore();
    const full = {
      ...store,
      savePiece: async () => Promise.reject(new RunError("Cannot keep it: found the disk full")),
    };
    const piece = planned("draw", { name: "x" });
    const [key] = (await graphOfPlan([piece], kinds)).roots as [string];
    await expect(runPieces([piece], { store: full, workers: 1, kinds })).rejects.toThrow(
      /"draw x": Cannot keep it: found the disk full/,
    );
    expect(await store.claim(key, "other", 1)).toBe(true);
  });

  it("reports a share that only grows, and ends at 1", async () => {
    const seen: Progress[] = [];
    await runPieces(toyStudy({ sleepMs: 3 }), {
      store: memoryStore(),
      workers: 2,
      kinds,
      onProgress: (p) => seen.push(p),
    });
    for (let i = 1; i < seen.length; i++)
      expect(seen[i]!.done).toBeGreaterThanOrEqual(seen[i - 1]!.done);
    expect(seen[0]).toMatchObject({ done: 0, figures: { pieces: 0, of: 13 } });
    expect(seen.at(-1)).toMatchObject({ done: 1, secondsLeft: 0, figures: { pieces: 13, of: 13 } });
  });
});
