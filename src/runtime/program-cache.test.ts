import { expect, it } from "vitest";
import { input } from "../graph/ops/input.ts";
import { relu } from "../graph/ops/relu.ts";
import { floats } from "./backend.ts";
import { compile } from "./program.ts";
import { programCache } from "./program-cache.ts";

it("compiles once per shape and disposes what was not used longest", async () => {
  const cache = programCache({ limit: 2 });
  let compiled = 0;
  const of = (n: number) =>
    cache.get(`${n}`, () => {
      compiled++;
      return compile({ outputs: { y: relu(input("x", [n])) } }, { threads: 1 });
    });
  const run = async (n: number) =>
    (await of(n)).run({ x: floats(new Float32Array(n).fill(2), [n]) });
  const first = await of(1);
  await run(2);
  await run(1);
  expect(compiled).toBe(2);
  await run(3);
  expect([compiled, cache.size]).toEqual([3, 2]);
  await run(1);
  expect(compiled).toBe(3);
  await run(2);
  expect(compiled).toBe(4);
  await cache.dispose();
  await expect(first.run({ x: floats(new Float32Array(1), [1]) })).rejects.toThrow(/disposed/);
});

it("forgets a failure", async () => {
  const cache = programCache();
  await expect(cache.get("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  const program = await cache.get("a", () => compile({ outputs: { y: relu(input("x", [1])) } }));
  await program.dispose();
});
