import { expect, it } from "vitest";
import { add } from "../graph/ops/add.ts";
import { input } from "../graph/ops/input.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { floats } from "./backend.ts";
import { compile } from "./program.ts";
import { programState } from "./program-state.ts";

const vector = (...values: number[]) => floats(Float32Array.from(values), [values.length]);

it("lets two programs move and read one state", async () => {
  const x = input("x", [2]);
  const y = input("y", [2]);
  const initial = vector(1, 2);
  const shared = programState();
  const grow = await compile(
    {
      outputs: { x },
      state: { x: { initial, next: add(x, y) }, y: { initial: vector(10, 10) } },
      shared,
    },
    { threads: 1 },
  );
  const square = await compile(
    { outputs: { y }, state: { x: { initial }, y: { initial, next: multiply(x, x) } }, shared },
    { threads: 1 },
  );
  await grow.run();
  expect([...(await shared.read("x")).data]).toEqual([11, 12]);
  await square.run();
  // y was started by the first program: the second one's initial value is not used.
  expect([...(await shared.read("y")).data]).toEqual([121, 144]);
  await grow.run();
  expect([...(await square.state("x")).data]).toEqual([132, 156]);
  shared.set("x", vector(0, 1));
  await square.run();
  expect([...(await grow.state("y")).data]).toEqual([0, 1]);
  await grow.dispose();
  // A program that goes leaves the state to the others.
  await square.run();
  await square.dispose();
  expect([...(await shared.read("y")).data]).toEqual([0, 1]);
  shared.dispose();
  expect(shared.names).toEqual([]);
});

it("refuses a state of another shape and an unknown name", async () => {
  const shared = programState();
  const program = await compile(
    {
      outputs: { x: input("x", [2]) },
      state: { x: { initial: vector(1, 2) } },
      shared,
    },
    { threads: 1 },
  );
  await expect(
    compile({
      outputs: { x: input("x", [3]) },
      state: { x: { initial: vector(1, 2, 3) } },
      shared,
    }),
  ).rejects.toThrow(/share state "x": found shape \[2\], wanted float \[3\]/);
  await expect(shared.read("z")).rejects.toThrow(/read state "z": wanted one of x/);
  await program.dispose();
  shared.dispose();
});
