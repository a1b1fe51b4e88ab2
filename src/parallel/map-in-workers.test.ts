import { availableParallelism } from "node:os";
import { afterAll, describe, expect, it } from "vitest";
import { CancelledError, InputError } from "../core/errors.ts";
import type { Progress } from "../core/progress.ts";
import * as tasksModule from "../../test/parallel-tasks.ts";
import { defaultThreads, mapInWorkers, type WorkerFunction } from "./map-in-workers.ts";
import { endIdleWorkers } from "./node.ts";

const module = new URL("../../test/parallel-tasks.ts", import.meta.url).href;

/** The named function of the task module. */
function taskOf<Task, Result>(name: string): WorkerFunction<Task, Result> {
  const run = (tasksModule as Record<string, unknown>)[name];
  return { module, name, run: run as WorkerFunction<Task, Result>["run"] };
}

afterAll(endIdleWorkers);

describe("mapInWorkers", () => {
  it("gives the same results in order for any number of threads", async () => {
    const tasks = Array.from({ length: 9 }, (_, index) => ({ index, draws: 100 * (10 - index) }));
    const call = taskOf<unknown, Float64Array>("meanOfDraws");
    const alone = await mapInWorkers(call, tasks);
    expect(alone.map((r) => r[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const threads of [2, 3]) {
      const seen: Progress[] = [];
      const many = await mapInWorkers(call, tasks, {
        threads,
        onProgress: (p) => seen.push(p),
      });
      expect(many).toEqual(alone);
      expect(seen.map((p) => p.done)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  it.each([1, 2])("hands results over in the order of the tasks (%d threads)", async (threads) => {
    // The first tasks take longest, so that they come back after later ones.
    const tasks = Array.from({ length: 9 }, (_, index) => ({ index, draws: 2000 * (10 - index) }));
    const call = taskOf<unknown, Float64Array>("meanOfDraws");
    const seen: [number, number][] = [];
    const onResult = (result: Float64Array, index: number) => void seen.push([index, result[0]!]);
    expect(await mapInWorkers(call, tasks, { threads, onResult })).toEqual([]);
    expect(seen).toEqual(tasks.map(({ index }) => [index, index]));
    const refuse = () => {
      throw new InputError("Cannot take it: found too much");
    };
    const work = mapInWorkers(call, tasks, { threads, onResult: refuse });
    await expect(work).rejects.toThrow("Cannot take it: found too much");
  });

  it.each([1, 2])("carries an error over with its class (%d threads)", async (threads) => {
    const call = taskOf<number, number>("refuseThird");
    const work = mapInWorkers(call, [1, 2, 3, 4, 5], { threads });
    await expect(work).rejects.toThrow(InputError);
    await expect(work).rejects.toThrow("Cannot take 3: found 3, wanted another");
    expect(await mapInWorkers(call, [1, 2], { threads })).toEqual([1, 4]);
  });

  it.each([
    [1, "endless"],
    [2, "endless"],
    [2, "stuck"],
  ])("stops on an abort (%d threads, %s)", async (threads, name) => {
    const control = new AbortController();
    setTimeout(() => control.abort(), 100);
    await expect(
      mapInWorkers(taskOf<number, number>(name), [1, 2, 3], { threads, signal: control.signal }),
    ).rejects.toThrow(CancelledError);
    await expect(
      mapInWorkers(taskOf<number, number>(name), [1, 2, 3], { threads, signal: control.signal }),
    ).rejects.toThrow(CancelledError);
  });

  it("shares memory that is shared, and names a function that is missing", async () => {
    const values = new Float32Array(new SharedArrayBuffer(16));
    const tasks = [0, 1, 2, 3].map((index) => ({ values, index }));
    await mapInWorkers(taskOf("writeShared"), tasks, { threads: 2 });
    expect([...values]).toEqual([0, 1, 4, 9]);
    await expect(mapInWorkers(taskOf("absent"), [1, 2], { threads: 2 })).rejects.toThrow(
      /found no such function/,
    );
  });
});

it("uses the machine's cores by default, at most 16", () => {
  expect(defaultThreads()).toBe(Math.min(16, availableParallelism()));
});
