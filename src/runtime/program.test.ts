import { describe, expect, it } from "vitest";
import { CancelledError, InputError, RunError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { gradient } from "../graph/gradient.ts";
import { interpret } from "../graph/interpret.ts";
import type { Node } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { conv } from "../graph/ops/conv.ts";
import { input } from "../graph/ops/input.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { relu } from "../graph/ops/relu.ts";
import { floats } from "./backend.ts";
import { blockSize } from "./blocked-layout.ts";
import { nodeBackend } from "./node.ts";
import { compile } from "./program.ts";

const scalar = (v: number) => floats(Float32Array.of(v), []);

describe("compile", () => {
  it("carries state from run to run and gives it back when asked", async () => {
    const count = input("count", []);
    const by = input("by", []);
    const program = await compile({
      outputs: { twice: multiply(count, constant(2)) },
      state: { count: { initial: scalar(5), next: add(count, by) } },
    });
    expect(Object.keys(program.inputs)).toEqual(["by"]);
    for (const wanted of [10, 16, 22]) {
      const { twice } = await program.run({ by: scalar(3) });
      expect(twice!.data[0]).toBe(wanted);
    }
    expect((await program.state("count")).data[0]).toBe(14);
    program.setState("count", scalar(1));
    expect((await program.run({ by: scalar(0) })).twice!.data[0]).toBe(2);
    await program.dispose();
    await expect(program.run({ by: scalar(0) })).rejects.toThrow(/disposed program/);
  });

  it("runs one program with symbolic sizes on several", async () => {
    const x = input("x", ["N", 1, "h", "w"]);
    const program = await compile({ outputs: { y: relu(x) } });
    for (const [h, w] of [
      [3, 4],
      [5, 2],
    ] as const) {
      const { y } = await program.run({
        x: floats(new Float32Array(h * w).fill(-1), [1, 1, h, w]),
      });
      expect([...y!.shape]).toEqual([1, 1, h, w]);
      expect(Math.max(...(y!.data as Float32Array))).toBe(0);
    }
    await program.dispose();
  });

  it("refuses inputs that are missing, unknown or misshapen, and misfits of state", async () => {
    const x = input("x", [2, 3]);
    const program = await compile({ outputs: { y: relu(x) } });
    await expect(program.run({})).rejects.toThrow(/found no input "x", wanted float \[2, 3\]/);
    await expect(program.run({ x: floats(new Float32Array(4), [2, 2]) })).rejects.toThrow(
      InputError,
    );
    const right = floats(new Float32Array(6), [2, 3]);
    await expect(program.run({ x: right, z: right })).rejects.toThrow(/unknown input "z"/);
    await expect(program.state("x")).rejects.toThrow(/Cannot read state "x"/);
    await program.dispose();
    const initial = floats(new Float32Array(6), [2, 3]);
    await expect(
      compile({ outputs: {}, state: { x: { initial, next: mean(x) } } }),
    ).rejects.toThrow(/next value of state "x"/);
  });

  it("stops before a run when aborted, and says which provider cannot open a model", async () => {
    const stop = new AbortController();
    stop.abort();
    const y = relu(input("x", [1]));
    await expect(compile({ outputs: { y } }, { signal: stop.signal })).rejects.toThrow(
      CancelledError,
    );
    await expect(
      compile({ outputs: { y } }, { provider: "wasm", backend: nodeBackend }),
    ).rejects.toThrow(/provider wasm: found onnxruntime-node/);
    await expect(
      nodeBackend.open(new Uint8Array([1, 2, 3]), { provider: "cpu", threads: 1 }),
    ).rejects.toThrow(RunError);
  });

  // 16 channels are whole blocks on every processor; 20 are not, and must fall back by themselves.
  it.each([16, 20])("agrees with the interpreter in the blocked layout, %i channels", async (c) => {
    const shapes: Record<string, number[]> = {
      x: [2, c, 7, 6],
      w1: [c, c, 3, 3],
      b1: [c],
      w2: [c, c, 3, 3],
      b2: [c],
    };
    const nodes = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, input(name, shape)]),
    ) as Record<string, Node>;
    const h = relu(conv(nodes["x"]!, nodes["w1"]!, { padding: 1, bias: nodes["b1"]! }));
    // The hidden value is used twice, the second convolution has a stride.
    const y = relu(
      conv(add(h, nodes["x"]!), nodes["w2"]!, { padding: 1, stride: 2, bias: nodes["b2"]! }),
    );
    const loss = add(mean(multiply(y, y)), mean(h));
    const names = Object.keys(shapes);
    const gradients = gradient(
      loss,
      names.map((name) => nodes[name]!),
    );
    const outputs = {
      loss,
      y,
      ...Object.fromEntries(names.map((name, i) => [`d${name}`, gradients[i]!])),
    };
    const stream = streamOf(1, "blocked", c);
    const values = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => {
        const count = shape.reduce((n, s) => n * s, 1);
        return [name, { shape, data: stream.normals(count).map((v) => Math.fround(0.3 * v)) }];
      }),
    );
    const wanted = interpret(Object.values(outputs), values);
    for (const blocked of [true, false]) {
      const program = await compile({ outputs }, { blocked, threads: 1 });
      const got = await program.run(
        Object.fromEntries(
          names.map((name) => [name, floats(Float32Array.from(values[name]!.data), shapes[name]!)]),
        ),
      );
      await program.dispose();
      Object.keys(outputs).forEach((key, k) => {
        const scale = Math.max(1e-3, ...wanted[k]!.data.map(Math.abs));
        wanted[k]!.data.forEach((v, i) => {
          // Sums of up to 9·20 products in float32.
          expect(Math.abs(Number(got[key]!.data[i]) - v)).toBeLessThan(1e-5 * scale + 1e-6);
        });
      });
    }
  });

  it("finds a block size that this processor can have", async () => {
    expect([0, 8, 16]).toContain(await blockSize(nodeBackend));
  });
});
