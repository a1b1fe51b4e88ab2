/** Layers against plain loops, in the interpreter's float64. */
import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { gradient } from "../graph/gradient.ts";
import { interpret } from "../graph/interpret.ts";
import type { Node } from "../graph/node.ts";
import { input } from "../graph/ops/input.ts";
import { constant } from "../graph/ops/constant.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { sum } from "../graph/ops/sum.ts";
import type { Tensor } from "../graph/tensor.ts";
import { dropoutLayer, preluLayer } from "./activation-layers.ts";
import { linearLayer } from "./linear-layer.ts";
import { neighbourAttention } from "./neighbour-attention.ts";
import {
  adaptiveInstanceNormLayer,
  groupNormLayer,
  instanceNormLayer,
  layerNormLayer,
} from "./norm-layers.ts";
import {
  blocksToChannels,
  channelsToBlocks,
  pixelShuffle,
  pixelUnshuffle,
  upsampleLinear,
} from "./resample-layers.ts";
import { declare, type Declarations } from "./scope.ts";
import { spectralNorm } from "./spectral-norm.ts";

const size = (shape: readonly number[]) => shape.reduce((n, s) => n * s, 1);

function values(shape: readonly number[], label = "x") {
  return {
    shape,
    data: streamOf(7, label)
      .normals(size(shape))
      .map((v) => 0.3 + v),
  };
}

/** Parameters drawn at random, not their first values, which are often 0 and 1. */
function drawn({ parameters }: Declarations) {
  return Object.fromEntries(parameters.map((p) => [p.name, values(p.shape, p.name)]));
}

function run(
  shape: readonly number[],
  build: (x: Node, d: Declarations) => Node,
  training = false,
) {
  const declared = declare({ training });
  const y = build(input("x", shape), declared);
  const parameters = drawn(declared);
  const x = values(shape);
  const [result] = interpret([y], { x, ...parameters });
  return { x: x.data, y: result!, parameters, declared };
}

const shapes = [
  [2, 6, 4, 5],
  [2, 6, 2, 3, 4],
];

describe.each(shapes.map((shape) => ({ shape })))("normalisation of $shape", ({ shape }) => {
  const [count = 1, channels = 1, ...space] = shape;
  const pixels = size(space);

  /** Normalises each set of indices by its own moments, then scales and shifts by channel. */
  function normalised(
    x: ArrayLike<number>,
    sets: number[][],
    affine: (channel: number, image: number) => [number, number],
  ) {
    const out = new Float64Array(x.length);
    for (const set of sets) {
      const m = set.reduce((s, i) => s + x[i]!, 0) / set.length;
      const v = set.reduce((s, i) => s + (x[i]! - m) ** 2, 0) / set.length;
      for (const i of set) {
        const channel = Math.floor(i / pixels) % channels;
        const [scale, shift] = affine(channel, Math.floor(i / pixels / channels));
        out[i] = ((x[i]! - m) / Math.sqrt(v + 1e-5)) * scale + shift;
      }
    }
    return out;
  }

  const at = (n: number, c: number, p: number) => (n * channels + c) * pixels + p;
  const range = (n: number) => Array.from({ length: n }, (_, i) => i);
  const groups = (per: number) =>
    range(count).flatMap((n) =>
      range(channels / per).map((g) =>
        range(per).flatMap((k) => range(pixels).map((p) => at(n, g * per + k, p))),
      ),
    );

  it.each([
    ["instance", instanceNormLayer, groups(1)],
    [
      "group",
      (s: Declarations["scope"], x: Node) => groupNormLayer(s, x, { groups: 2 }),
      groups(3),
    ],
    [
      "layer",
      layerNormLayer,
      range(count).flatMap((n) =>
        range(pixels).map((p) => range(channels).map((c) => at(n, c, p))),
      ),
    ],
  ] as const)("%s norm is its definition", (_, layer, sets) => {
    const { x, y, parameters } = run(shape, (node, { scope }) => layer(scope, node));
    const wanted = normalised(x, sets as number[][], (c) => [
      parameters["scale"]!.data[c]!,
      parameters["shift"]!.data[c]!,
    ]);
    y.data.forEach((v, i) => expect(v).toBeCloseTo(wanted[i]!, 9));
  });

  it("adaptive norm takes scale and shift from the code, and none from a code of zeros", () => {
    const declared = declare();
    const y = adaptiveInstanceNormLayer(declared.scope, input("x", shape), {
      code: input("code", [count, 2]),
    });
    const parameters = drawn(declared);
    const x = values(shape);
    for (const code of [
      [0, 0, 0, 0],
      [1, 0.5, -1, 2],
    ]) {
      const [result] = interpret([y], {
        x,
        ...parameters,
        code: { shape: [count, 2], data: Float64Array.from(code) },
      });
      const by = (name: string, c: number, n: number) =>
        [0, 1].reduce(
          (s, k) => s + code[2 * n + k]! * parameters[`${name}.weight`]!.data[k * channels + c]!,
          0,
        );
      const wanted = normalised(x.data, groups(1), (c, n) => [
        1 + by("deviation", c, n),
        by("mean", c, n),
      ]);
      result!.data.forEach((v, i) => expect(v).toBeCloseTo(wanted[i]!, 9));
    }
  });
});

describe("linear layer", () => {
  it("is a matrix product over all values of an image", () => {
    const { x, y, parameters } = run([3, 2, 2, 2], (node, { scope }) =>
      linearLayer(scope, node, { channels: 2 }),
    );
    expect(y.shape).toEqual([3, 2]);
    y.data.forEach((v, i) => {
      const [n, k] = [i >> 1, i & 1];
      let wanted = parameters["bias"]!.data[k]!;
      for (let j = 0; j < 8; j++) wanted += x[8 * n + j]! * parameters["weight"]!.data[2 * j + k]!;
      expect(v).toBeCloseTo(wanted, 10);
    });
  });
});

describe("activations", () => {
  it("PReLU has a slope for each channel", () => {
    const { x, y, parameters } = run([2, 3, 2, 2, 2], (node, { scope }) => preluLayer(scope, node));
    y.data.forEach((v, i) => {
      const slope = parameters["slope"]!.data[Math.floor(i / 8) % 3]!;
      expect(v).toBeCloseTo(x[i]! > 0 ? x[i]! : slope * x[i]!, 12);
    });
  });

  it("dropout keeps the mean while training, whole channels where asked, and is nothing in use", () => {
    const shape = [40, 50, 2, 2];
    const declared = declare({ training: true });
    const y = dropoutLayer(declared.scope, input("x", shape), { rate: 0.3, channels: true });
    const [{ name, shape: own, kind }] = declared.randoms as [(typeof declared.randoms)[number]];
    expect([own, kind]).toEqual([[40, 50, 1, 1], "uniform"]);
    const stream = streamOf(1, "dropout");
    const uniform = Float64Array.from({ length: 2000 }, () => stream.uniform());
    const ones = { shape, data: new Float64Array(8000).fill(1) };
    const [result] = interpret([y], { x: ones, [name]: { shape: own, data: uniform } });
    const kept = result!.data.filter((v) => v !== 0);
    expect(new Set([...kept].map((v) => v.toFixed(9))).size).toBe(1);
    expect(kept[0]).toBeCloseTo(1 / 0.7, 9);
    // Binomial of 2,000 channels: five standard deviations.
    expect(Math.abs(kept.length / 8000 - 0.7)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 2000));
    for (let c = 0; c < 2000; c++) {
      const four = result!.data.slice(4 * c, 4 * c + 4);
      expect(new Set(four).size).toBe(1);
    }
    const x = input("x", shape);
    expect(dropoutLayer(declare().scope, x, { rate: 0.3 })).toBe(x);
  });
});

describe("spectral norm", () => {
  it("comes to a kernel whose largest singular value is 1", () => {
    const shape = [4, 2, 3, 1];
    const kernel = values(shape, "kernel");
    const declared = declare({ training: true });
    const y = spectralNorm(declared.scope, input("kernel", shape));
    let u: Tensor = values([4], "u");
    let found: Tensor = kernel;
    for (let step = 0; step < 60; step++) {
      const [now, next] = interpret([y, declared.updates[0]!.next], {
        kernel,
        "singular-vector": u,
      });
      [found, u] = [now!, next!];
    }
    // Power iteration on A Aᵀ, by plain loops, gives the largest singular value anew.
    const a = (i: number, j: number) => found.data[6 * i + j]!;
    let w = [1, 0.3, -0.2, 0.5];
    let sigma = 0;
    for (let k = 0; k < 500; k++) {
      const at = [0, 1, 2, 3, 4, 5].map((j) => w.reduce((s, v, i) => s + v * a(i, j), 0));
      const back = [0, 1, 2, 3].map((i) => at.reduce((s, v, j) => s + v * a(i, j), 0));
      sigma = Math.sqrt(Math.hypot(...back));
      w = back.map((v) => v / Math.hypot(...back));
    }
    expect(sigma).toBeCloseTo(1, 6);
  });

  it("lets a gradient through the kernel, none through the vectors", () => {
    const declared = declare();
    const kernel = input("kernel", [3, 2, 1, 1]);
    const y = spectralNorm(declared.scope, kernel);
    const u = values([3], "u");
    const loss = sum(multiply(y, constant([1, -2, 0.5, 3, 1, 1], [3, 2, 1, 1])));
    const given = values([3, 2, 1, 1]);
    const [slope] = interpret(gradient(loss, [kernel]), { kernel: given, "singular-vector": u });
    // For fixed u and v the result is homogeneous of degree 0 in the kernel: its slope along the kernel is 0.
    const along = slope!.data.reduce((s, g, i) => s + g * given.data[i]!, 0);
    expect(Math.max(...slope!.data.map(Math.abs))).toBeGreaterThan(0.1);
    expect(along).toBeCloseTo(0, 10);
  });
});

describe("resampling", () => {
  it.each([2, 3])("pixel shuffle puts channels into blocks, in %i dimensions", (d) => {
    const space = [2, 3, 2].slice(0, d);
    const block = 2;
    const shape = [2, 3 * block ** d, ...space];
    const { x, y } = run(shape, (node) => pixelShuffle(node, block));
    const fine = space.map((s) => s * block);
    expect(y.shape).toEqual([2, 3, ...fine]);
    const strides = (s: readonly number[]) => s.map((_, i) => size(s.slice(i + 1)));
    y.data.forEach((v, i) => {
      const at = strides(fine).map((stride, k) => Math.floor(i / stride) % fine[k]!);
      const c = Math.floor(i / size(fine)) % 3;
      const n = Math.floor(i / size(fine) / 3);
      const offset = at.reduce((o, p) => o * block + (p % block), 0);
      const pixel = at.reduce((o, p, k) => o * space[k]! + Math.floor(p / block), 0);
      expect(v).toBe(x[(n * shape[1]! + c * block ** d + offset) * size(space) + pixel]);
    });
    const back = run([2, 3, ...fine], (node) => pixelShuffle(pixelUnshuffle(node, block), block));
    expect([...back.y.data]).toEqual([...back.x]);
    // The forms by convolution, for sizes that are not known in advance, move the same values.
    const shuffled = run(shape, (node) => channelsToBlocks(node, block));
    expect([...shuffled.y.data]).toEqual([...y.data]);
    const [own, other] = [pixelUnshuffle, blocksToChannels].map((move) =>
      run([2, 3, ...fine], (node) => move(node, block)),
    );
    expect(other!.y).toEqual(own!.y);
  });

  it("upsampling is linear between pixel centres, in three dimensions", () => {
    const declared = declare();
    const y = upsampleLinear(input("x", [1, 1, 3, 4, 5]), 2);
    const plane = (k: number, j: number, i: number) => 1 + 2 * k - 3 * j + 0.5 * i;
    const data = Float64Array.from({ length: 60 }, (_, n) =>
      plane(Math.floor(n / 20), Math.floor(n / 5) % 4, n % 5),
    );
    const [fine] = interpret([y], { x: { shape: [1, 1, 3, 4, 5], data } });
    expect(declared.parameters).toHaveLength(0);
    // A linear function comes back exactly inside; at the edge it is continued as a constant.
    for (const [k, j, i] of [
      [1, 1, 1],
      [2, 5, 8],
      [4, 3, 6],
    ] as const) {
      const wanted = plane((k + 0.5) / 2 - 0.5, (j + 0.5) / 2 - 0.5, (i + 0.5) / 2 - 0.5);
      expect(fine!.data[(k * 8 + j) * 10 + i]).toBeCloseTo(wanted, 12);
    }
  });
});

describe("attention over neighbours", () => {
  it("is a softmax-weighted mean of the window's values", () => {
    const shape = [1, 2, 3, 4];
    const { x, y, parameters } = run(shape, (node, { scope }) =>
      neighbourAttention(scope, node, { reach: [1, 1], keys: 2, channels: 3 }),
    );
    const map = (name: string, width: number) => (row: number, column: number) =>
      Array.from({ length: width }, (_, o) =>
        [0, 1].reduce(
          (s, c) =>
            s + parameters[`${name}.weight`]!.data[2 * o + c]! * x[c * 12 + row * 4 + column]!,
          0,
        ),
      );
    const [query, key, value] = [map("query", 2), map("key", 2), map("value", 3)];
    const mirror = (i: number, n: number) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i);
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 4; column++) {
        const q = query(row, column);
        const window: { weight: number; v: number[] }[] = [];
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) {
            const [r, c] = [mirror(row + dy, 3), mirror(column + dx, 4)];
            const k = key(r, c);
            const score = (q[0]! * k[0]! + q[1]! * k[1]!) / Math.SQRT2;
            window.push({ weight: Math.exp(score), v: value(r, c) });
          }
        }
        const total = window.reduce((s, w) => s + w.weight, 0);
        for (let o = 0; o < 3; o++) {
          const wanted = window.reduce((s, w) => s + (w.weight * w.v[o]!) / total, 0);
          expect(y.data[o * 12 + row * 4 + column]).toBeCloseTo(wanted, 9);
        }
      }
    }
  });

  it("looks along one axis alone where the others' reach is 0, in volumes", () => {
    const { y } = run([1, 1, 3, 2, 2], (node, { scope }) =>
      neighbourAttention(scope, node, { reach: [1, 0, 0], keys: 1, channels: 1 }),
    );
    expect(y.shape).toEqual([1, 1, 3, 2, 2]);
    expect(y.data.every(Number.isFinite)).toBe(true);
  });
});
