/**
 * Programs in the CPU provider's blocked layout against the interpreter and against the ordinary lowering: values, gradients
 * and, where asked for, gradients of gradients.
 */
import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { randomProjection } from "../graph/check.ts";
import { gradient } from "../graph/gradient.ts";
import { interpret } from "../graph/interpret.ts";
import { lower } from "../graph/lower.ts";
import type { Node } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { concat } from "../graph/ops/concat.ts";
import { constant } from "../graph/ops/constant.ts";
import { conv, type ConvOptions, convTranspose } from "../graph/ops/conv.ts";
import { divide } from "../graph/ops/divide.ts";
import { input } from "../graph/ops/input.ts";
import { leakyRelu } from "../graph/ops/leaky-relu.ts";
import { maxPool } from "../graph/ops/max-pool.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { batchNormalisation, instanceNormalisation } from "../graph/ops/normalisation.ts";
import { relu } from "../graph/ops/relu.ts";
import { place, sliceAxis } from "../graph/ops/slice.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { sum } from "../graph/ops/sum.ts";
import { tanh } from "../graph/ops/tanh.ts";
import { floats } from "./backend.ts";
import { compile } from "./program.ts";

interface Case {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly build: (nodes: Readonly<Record<string, Node>>) => Node;
  /** Also the gradient of a projection of the gradients. */
  readonly twice?: boolean;
}

const positive = new Set(["scale", "divisor"]);

/** Float32 sums of some thousand products of numbers of order one. */
const tolerance = 2e-5;

/** Greatest distance from the interpreter, blocked and ordinary, relative to the largest number of its array. */
async function worstError({ shapes, build, twice = false }: Case, seed: number): Promise<number> {
  let worst = 0;
  const nodes = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, input(name, shape)]),
  );
  const stream = streamOf(seed, "blocked layout");
  const y = build(nodes);
  const all = Object.values(nodes);
  const firsts = gradient(randomProjection(y, stream), all);
  const outputs: Record<string, Node> = { y };
  firsts.forEach((g, i) => (outputs[`d ${Object.keys(nodes)[i]!}`] = g));
  if (twice) {
    const again = firsts.map((g) => randomProjection(g, stream)).reduce((a, b) => add(a, b));
    gradient(again, all).forEach((g, i) => (outputs[`dd ${Object.keys(nodes)[i]!}`] = g));
  }
  const values = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((n, s) => n * s, 1);
      const data = Float64Array.from(stream.normals(count), (v) =>
        Math.fround(positive.has(name) ? 1 + 0.5 * Math.tanh(v) : 0.4 * v),
      );
      return [name, { shape, data }];
    }),
  );
  const wanted = interpret(Object.values(outputs), values);
  for (const blocked of [true, false]) {
    const program = await compile({ outputs }, { blocked, threads: 1 });
    const fed = Object.keys(program.inputs).map((name) => [
      name,
      floats(Float32Array.from(values[name]!.data), shapes[name]!),
    ]);
    const got = await program.run(Object.fromEntries(fed));
    await program.dispose();
    Object.keys(outputs).forEach((key, k) => {
      const { data, shape } = wanted[k]!;
      expect([...got[key]!.shape], key).toEqual(shape);
      const scale = Math.max(1e-3, ...data.map(Math.abs));
      data.forEach((v, i) => {
        worst = Math.max(worst, Math.abs(Number(got[key]!.data[i]) - v) / scale);
      });
    });
  }
  return worst;
}

/** Convolution of `x` `[n, c, …]` with `o` outputs. */
function convCase(
  [o, c]: readonly [number, number],
  size: readonly number[],
  {
    images = 1,
    kernel = size.map(() => 3),
    ...options
  }: ConvOptions & { images?: number; kernel?: number[] } = {},
): Case {
  return {
    shapes: { x: [images, c, ...size], w: [o, c, ...kernel], bias: [o] },
    build: ({ x, w, bias }) => conv(tanh(x!), w!, { padding: 1, ...options, bias: bias! }),
  };
}

const convolutions: Record<string, Case> = {
  "a plane": { ...convCase([32, 16], [5, 6]), twice: true },
  "a volume": { ...convCase([16, 16], [4, 5, 6]), twice: true },
  "two volumes": convCase([32, 16], [3, 5, 4], { images: 2 }),
  "a volume, depth strided": convCase([16, 16], [5, 5, 4], { stride: [2, 1, 1] }),
  "a volume, all strided": convCase([16, 32], [6, 6, 4], { stride: 2, images: 2 }),
  "a volume, dilated": convCase([16, 16], [6, 5, 6], { dilation: [2, 1, 2], padding: [2, 1, 2] }),
  "a volume without margins": convCase([16, 16], [4, 5, 6], { padding: 0 }),
  "one plane of a volume": convCase([16, 16], [1, 5, 6]),
  "a kernel deeper than the volume": convCase([16, 16], [2, 4, 5], {
    kernel: [5, 3, 3],
    padding: [2, 1, 1],
  }),
  "a kernel of even size": convCase([16, 16], [4, 6, 6], { kernel: [4, 4, 4], stride: 2 }),
  // Large planes of few channels take the kernel's gradient by shifted rows.
  "a large plane": convCase([16, 16], [46, 45], { images: 2, dilation: [2, 1], padding: [2, 1] }),
  "a volume of large planes": convCase([16, 1], [2, 46, 45], {
    kernel: [3, 3, 1],
    padding: [1, 1, 0],
  }),
  "small planes of many channels": convCase([32, 48], [4, 3], { images: 5 }),
  "small planes, wide margins": convCase([32, 32], [3, 4], {
    images: 4,
    kernel: [3, 1],
    padding: [3, 0],
  }),
  "small planes, dilated": convCase([32, 32], [5, 4], {
    images: 6,
    dilation: [2, 1],
    padding: [1, 1],
  }),
  tiles: convCase([16, 16], [7, 6], { images: 2, kernel: [2, 3], stride: [2, 3], padding: 0 }),
  "tiles of a volume": convCase([16, 16], [4, 5, 6], {
    images: 2,
    kernel: [2, 2, 2],
    stride: 2,
    padding: 0,
  }),
  "one channel in": convCase([16, 1], [6, 7], { images: 2 }),
  "one channel of a volume in": convCase([32, 1], [4, 5, 6], { images: 2 }),
  "three channels of a volume in": convCase([16, 3], [4, 5, 4]),
  "ones that do not fill blocks": convCase([20, 20], [3, 4, 4]),
  groups: {
    shapes: { x: [1, 32, 3, 4, 4], w: [32, 16, 3, 3, 3] },
    build: ({ x, w }) => conv(x!, w!, { padding: 1, groups: 2 }),
  },
};

const chainShapes = (size: readonly number[], images = 2) => ({
  x: [images, 16, ...size],
  w: [32, 16, ...size.map(() => 3)],
});
type Nodes = Readonly<Record<string, Node>>;
/** A value that exists in blocked layout only. */
const inner = ({ x, w }: Nodes) => conv(x!, w!, { padding: 1 });
const spatial = (size: readonly number[]) => size.map((_, i) => i + 2);

const volumesToo = (name: string, make: (size: readonly number[]) => Case): [string, Case][] => [
  [`${name}, planes`, make([4, 6])],
  [`${name}, volumes`, make([4, 3, 4])],
];

const values: [string, Case][] = [
  ...volumesToo("concat and slices of channels and images", (size) => ({
    shapes: chainShapes(size),
    build(nodes) {
      const h = inner(nodes);
      const joined = concat([h, nodes["x"]!, h], 1);
      const part = sliceAxis(joined, 1, { start: 16, count: 32 });
      const images = concat([part, sliceAxis(part, 0, { start: 1, count: 1 })], 0);
      return multiply(images, images);
    },
    twice: true,
  })),
  ...volumesToo("slices that cut blocks", (size) => ({
    shapes: chainShapes(size),
    build: (nodes) => concat([sliceAxis(inner(nodes), 1, { start: 3, count: 20 }), nodes["x"]!], 1),
  })),
  ...volumesToo("placement between zeros", (size) => ({
    shapes: chainShapes(size),
    build(nodes) {
      const h = inner(nodes);
      const ranges = (axis: number, count: number) =>
        [...h.type.shape.keys()].map((i) =>
          i === axis ? { start: axis === 1 ? 16 : 1, count, step: 1 } : null,
        );
      const wide = place(h, [2, 64, ...size], ranges(1, 32));
      return relu(place(wide, [4, 64, ...size], ranges(0, 2)));
    },
  })),
  ...volumesToo("numbers for each channel", (size) => ({
    shapes: {
      ...chainShapes(size),
      scale: [32, ...size.map(() => 1)],
      divisor: [1, 32, ...size.map(() => 1)],
    },
    build(nodes) {
      const h = divide(
        add(multiply(inner(nodes), nodes["scale"]!), nodes["scale"]!),
        nodes["divisor"]!,
      );
      return subtract(subtract(h, nodes["divisor"]!), subtract(nodes["scale"]!, h));
    },
    twice: true,
  })),
  ...volumesToo("numbers for each channel of each image", (size) => ({
    shapes: { ...chainShapes(size), scale: [2, 32, ...size.map(() => 1)] },
    build: (nodes) => subtract(multiply(nodes["scale"]!, inner(nodes)), nodes["scale"]!),
    twice: true,
  })),
  ...volumesToo("means and sums", (size) => ({
    shapes: chainShapes(size),
    build(nodes) {
      const h = inner(nodes);
      const square = multiply(h, h);
      const centred = subtract(h, mean(h, spatial(size), true));
      const total = add(
        sum(square, [0, ...spatial(size)], true),
        mean(square, [1, ...spatial(size)], true),
      );
      return add(multiply(centred, constant(3)), add(total, mean(square)));
    },
    twice: true,
  })),
  ...volumesToo("maxima", (size) => ({
    shapes: chainShapes(size),
    build: (nodes) =>
      maxPool(
        leakyRelu(inner(nodes), 0.1),
        size.map((s) => Math.min(2, s)),
      ),
  })),
  ...volumesToo("rectifiers joined to convolutions", (size) => ({
    shapes: { ...chainShapes(size), v: [16, 32, ...size.map(() => 3)], bias: [16] },
    build({ v, bias, ...nodes }) {
      const h = leakyRelu(inner(nodes), 0.2);
      return relu(conv(h, v!, { padding: 1, bias: bias! }));
    },
  })),
  ...volumesToo("normalisation by images and by batches", (size) => ({
    shapes: { ...chainShapes(size), scale: [32], shift: [32] },
    build: ({ scale, shift, ...nodes }) =>
      batchNormalisation(
        leakyRelu(instanceNormalisation(inner(nodes), { scale: scale!, shift: shift! }), 0.2),
        { scale: shift!, shift: scale! },
      ),
    twice: true,
  })),
  ...volumesToo("few channels out, doubled grid", (size) => ({
    shapes: {
      ...chainShapes(size),
      up: [32, 16, ...size.map(() => 2)],
      last: [1, 16, ...size.map(() => 3)],
      three: [3, 16, ...size.map(() => 1)],
      bias: [3],
    },
    build({ up, last, three, bias, ...nodes }) {
      const h = leakyRelu(convTranspose(inner(nodes), up!, { stride: 2 }), 0.1);
      const one = conv(h, last!, { padding: 1 });
      return multiply(conv(h, three!, { bias: bias! }), one);
    },
    twice: true,
  })),
];

describe("the blocked layout", () => {
  it.each(Object.entries(convolutions))("convolves %s", async (_, one) => {
    expect(await worstError(one, 1)).toBeLessThan(tolerance);
  });
  it.each(values)("keeps %s", async (_, one) => {
    expect(await worstError(one, 2)).toBeLessThan(tolerance);
  });

  it("stays from a volume's first convolution to its last", () => {
    const block = 16;
    const image = input("image", [1, 1, 4, 6, 6]);
    const weight = (name: string, o: number, c: number) => input(name, [o, c, 3, 3, 3]);
    const options = { padding: 1 } as const;
    let x = leakyRelu(conv(image, weight("a", block, 1), options), 0.1);
    const skip = x;
    x = multiply(conv(x, weight("b", block, block), options), input("scale", [block, 1, 1, 1]));
    x = relu(conv(concat([x, skip], 1), weight("c", block, 2 * block), options));
    const y = conv(x, weight("d", 1, block), options);
    const operators = lower({ y }, { block }).nodes.map(({ operator }) => operator);
    const count = (name: string) => operators.filter((operator) => operator === name).length;
    // One way out of the layout at the end, none in: the first layer reads the image as it lies.
    expect(count("ReorderOutput")).toBe(1);
    expect(count("ReorderInput")).toBe(0);
    expect(count("LeakyRelu") + count("Relu") + count("Mul")).toBe(0);
  });

  it("takes each kernel's gradient before the next layer's output gradient is made", () => {
    const layers = 4;
    const weights = Array.from({ length: layers }, (_, i) => input(`w${i}`, [16, 16, 3, 3]));
    let x: Node = input("x", [2, 16, 32, 32]);
    for (const w of weights) x = relu(conv(x, w, { padding: 1 }));
    const gradients = gradient(mean(x), weights);
    const outputs = Object.fromEntries(gradients.map((g, i) => [`g${i}`, g]));
    const { nodes } = lower(outputs, { block: 16 });
    const made = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
    /** All nodes that a value is computed from. */
    const ancestors = (name: string, seen = new Set<object>()) => {
      const node = made.get(name);
      if (node === undefined || seen.has(node)) return seen;
      seen.add(node);
      for (const source of node.inputs) ancestors(source, seen);
      return seen;
    };
    // The kernel's gradient of a layer is computed from those of all layers behind it, if only by order.
    for (let i = 0; i < layers - 1; i++) {
      const before = ancestors(`g${i}`);
      const behind = made.get(made.get(`g${i + 1}`)!.inputs[0]!)!;
      expect(before.has(behind), `layer ${i}`).toBe(true);
    }
  });
});
