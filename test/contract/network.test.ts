/**
 * The contract of networks, over every member of src/nets: published numbers of weights and receptive fields, what
 * they give from planes and stacks, a reach that is measured by changing a pixel, same seed same weights, ONNX that
 * the standard checker and ONNX Runtime accept and that gives the network back, gradients that reach every weight.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ParameterValues, resolveParameters } from "../../src/core/parameters.ts";
import { streamOf } from "../../src/core/random.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { interpret } from "../../src/graph/interpret.ts";
import { input } from "../../src/graph/ops/input.ts";
import { sizesOf } from "../../src/graph/node.ts";
import { add } from "../../src/graph/ops/add.ts";
import { mean } from "../../src/graph/ops/mean.ts";
import { multiply } from "../../src/graph/ops/multiply.ts";
import { openDenoisingModel } from "../../src/inference/denoising-model.ts";
import { countWeights, declare, initialValues } from "../../src/layers/scope.ts";
import { catalogue } from "../../src/nets/catalogue.ts";
import { dncnn } from "../../src/nets/dncnn.ts";
import { floats } from "../../src/runtime/backend.ts";
import { defaultBackend } from "../../src/runtime/default-backend.ts";
import { exportNetwork, resultNames } from "../../src/learn/export-network.ts";
import { importNetwork } from "../../src/learn/import-network.ts";
import type { Network } from "../../src/nets/network.ts";
import { buildOf, conditionShapes, openNetwork } from "../../src/learn/open-network.ts";
import { parametersOf, usedParameters } from "../../src/learn/network-parameters.ts";

const members = await Promise.all(Object.values(catalogue).map((load) => load()));

/** Small forms that suit a network better than `smallOf`. */
const smallest: Readonly<Record<string, ParameterValues>> = {
  dncnn: { depth: 4, width: 4 },
  drunet: { width: 2, blocks: 1 },
  "drunet-polyphase": { width: 2, levels: 1 },
  unet: { width: 4, levels: 2, classes: 3, deep: true },
  "unet-denoiser": { width: 4, levels: 2 },
  "adain-unet": { width: 4, levels: 2 },
  "polyphase-unet": { width: 2, levels: 2 },
  "patch-critic": { width: 4, layers: 2 },
  "linear-observer": {},
  "cnn-observer": { width: 4, layers: 2 },
  "tod-generator": { width: 2 },
  "tod-critic": { width: 2 },
  "red-cnn": { width: 2 },
  "rician-net": { width: 4 },
  "dude-net": { width: 4 },
  "wgan-vgg-generator": { width: 4 },
  "wgan-vgg-critic": { width: 2, hidden: 4 },
  "unet-3d": { width: 2 },
  "v-net": { width: 2 },
  "vox-resnet": { width: 4 },
  "res-unet": { width: 2, deep: true },
};

/** A small form of a network that has no row above: whole numbers at most 4, everything else by default. */
function smallOf({ options }: Network): ParameterValues {
  const rows = Object.entries(options).flatMap(([name, row]) =>
    row.type === "integer" ? [[name, Math.max(row.min, Math.min(row.default ?? 4, 4))]] : [],
  );
  return Object.fromEntries(rows) as ParameterValues;
}

/** Where the usual side would leave one pixel at the bottom, whose batch normalisation of two images has no gradient. */
const leastSide: Readonly<Record<string, number>> = {
  "unet-3d": 32,
  "v-net": 32,
  "vox-resnet": 32,
};

/** Debian's python3-onnx (package name); without it the standard checker is not run. */
const python = ["/usr/bin/python3", "python3"].find(
  (p) => spawnSync(p, ["-c", "import onnx"]).status === 0,
);
if (python === undefined) console.log("skipped: no python3-onnx here, the ONNX checker is not run");

/** A few conditions' worth of numbers between 0 and 1 in float64. */
const uniforms = (shape: readonly number[], ...path: (string | number)[]) => {
  const stream = streamOf(8, ...path);
  const data = new Float64Array(shape.reduce((n, s) => n * s, 1));
  return { shape, data: data.map(() => Math.fround(stream.uniform())) };
};

const dimensionsOf = ({ dimensions: [first = 2] = [] }: Network): number => first;

/** `[count, channels, side, …]`, as many sides as the network has dimensions. */
const shapeOfSide = (network: Network, side: number, [count, channels = 1]: readonly number[]) => [
  count!,
  channels,
  ...new Array<number>(dimensionsOf(network)).fill(side),
];

/** The nearest larger side that the network takes. */
function sideOf(network: Network, options: ParameterValues, least: number): number {
  const unit = network.multipleOf(options);
  return Math.ceil(least / unit) * unit;
}

/** A side of what all networks take: at least 8 pixels, as many in every dimension. */
const usualSide = (network: Network, options: ParameterValues): number =>
  sideOf(network, options, leastSide[network.name] ?? (dimensionsOf(network) === 3 ? 4 : 8));

function weightsOf(network: Network, options: ParameterValues) {
  const shape = shapeOfSide(network, usualSide(network, options), [2]);
  const { trained, buffers } = parametersOf(network, options, shape);
  const all = [...trained, ...buffers];
  return { all, weights: initialValues(all, streamOf(1, "contract", network.name)) };
}

/** What is wrong with a network's published figures, as a sentence; undefined when nothing is. */
function publishedBreach(network: Network): string | undefined {
  for (const { options, shape, weights, receptiveField } of network.published) {
    const full = resolveParameters(network.name, network.options, options);
    const count = countWeights(parametersOf(network, full, shape).trained);
    if (count !== weights) return `has ${count} weights and says ${weights}`;
    const field = 2 * network.reach(full) + 1;
    if (receptiveField !== undefined && field !== receptiveField) {
      return `says a reach of ${field} px in all and a receptive field of ${receptiveField}`;
    }
  }
  return undefined;
}

/** What is wrong with the kind of result that a network claims, from planes and stacks. */
function resultBreach(network: Network, options: ParameterValues): string | undefined {
  const gives = network.gives ?? "image";
  for (const channels of [1, 3]) {
    const own = shapeOfSide(network, usualSide(network, options), [2, channels]);
    const conditions = Object.fromEntries(
      Object.entries(conditionShapes(network, { options, shape: own })).map(([name, s]) => [
        name,
        input(name, s),
      ]),
    );
    const build = buildOf(network, options);
    const sizes = sizesOf(build(input("image", own), { scope: declare().scope, conditions }));
    const [count, , ...space] = own;
    const scores = sizes.length === 2 && sizes[0] === count;
    const pixels = [sizes[0], ...sizes.slice(2)].join() === [count, ...space].join();
    const fits = gives === "scores" ? scores : pixels && (gives === "labels" || sizes[1] === 1);
    if (!fits) return `gives [${sizes.join(", ")}] of [${own.join(", ")}] and says ${gives}`;
  }
  return undefined;
}

/** What is wrong with a network's reach, measured by changing one pixel. */
async function reachBreach(
  network: Network,
  options: ParameterValues,
): Promise<string | undefined> {
  const dimensions = dimensionsOf(network);
  const reach = network.reach(options);
  const far = Number.isFinite(reach);
  const unit = network.multipleOf(options);
  // Volumes and networks that see everything need no room around; the others' far side has to stay still.
  const side = far ? sideOf(network, options, 2 * (reach + unit) + 1) : usualSide(network, options);
  const own = shapeOfSide(network, side, [1]);
  const wanted = conditionShapes(network, { options, shape: own });
  const { weights } = weightsOf(network, options);
  const opened = await openNetwork(
    // Weights of a linear layer fit one size alone, which is the side then.
    { build: buildOf(network, options), weights, shape: own, conditions: wanted },
    { threads: 1 },
  );
  const conditions = Object.fromEntries(
    Object.entries(wanted).map(([name, s]) => [
      name,
      Float32Array.from(uniforms(s, network.name, name).data),
    ]),
  );
  const image = Float32Array.from(uniforms(own, network.name, "reach").data);
  const before = await opened.run(image, conditions);
  const centre = side >> 1;
  const changed = image.slice();
  const index = new Array<number>(dimensions).fill(centre).reduce((at, c) => at * side + c, 0);
  changed[index]! += 1;
  const after = await opened.run(changed, conditions);
  await opened.dispose();
  if (network.gives === "scores") {
    return after.data.join() === before.data.join() ? "does not see its middle" : undefined;
  }
  let farthest = -1;
  before.data.forEach((v, i) => {
    if (Math.abs(v - after.data[i]!) < 1e-7) return;
    let rest = i % side ** dimensions;
    for (let axis = 0; axis < dimensions; axis++) {
      farthest = Math.max(farthest, Math.abs((rest % side) - centre));
      rest = Math.floor(rest / side);
    }
  });
  // Infinity claims that everything is seen: the edge must change. A finite claim is an upper bound, and no
  // idle one: small weights far out may vanish in float32, half of the way they do not.
  const fits = far ? farthest <= reach && farthest >= reach / 4 : farthest === centre;
  return fits ? undefined : `reaches ${farthest} px and says ${reach}`;
}

describe.each(members)("network $name", (network) => {
  const small = smallest[network.name] ?? smallOf(network);
  const options = resolveParameters(network.name, network.options, small);
  const dimensions = dimensionsOf(network);
  const unit = network.multipleOf(options);
  const shape = shapeOfSide(network, usualSide(network, options), [2]);
  const { all, weights } = weightsOf(network, options);
  const parameters = Object.fromEntries(
    all.map((p) => [p.name, { shape: p.shape, data: Float64Array.from(weights.get(p.name)!) }]),
  );

  /** The network's expression, with random values for everything that it reads. */
  function drawn(own: readonly number[], training: boolean) {
    const declared = declare({ training });
    const wanted = conditionShapes(network, { options, shape: own });
    const conditions = Object.fromEntries(
      Object.entries(wanted).map(([name, s]) => [name, input(name, s)]),
    );
    const build = buildOf(network, options);
    const y = build(input("image", own), { scope: declared.scope, conditions });
    const values = {
      ...parameters,
      image: uniforms(own, network.name, "image"),
      ...Object.fromEntries(
        declared.randoms.map((r) => [r.name, uniforms(r.shape, network.name, r.name)]),
      ),
      ...Object.fromEntries(
        Object.entries(wanted).map(([name, s]) => [name, uniforms(s, network.name, name)]),
      ),
    };
    return { y, values, declared };
  }

  it("bears its file's name", () => {
    expect(catalogue).toHaveProperty(network.name);
  });

  it.skipIf(network.published.length === 0)("has as many weights as published", () => {
    expect(publishedBreach(network)).toBeUndefined();
  });

  it("draws the same weights from the same seed, others from another", () => {
    const again = initialValues(all, streamOf(1, "contract", network.name));
    const other = initialValues(all, streamOf(2, "contract", network.name));
    expect([...again]).toEqual([...weights]);
    expect([...other]).not.toEqual([...weights]);
  });

  it("gives every trained weight a gradient", () => {
    const { y, values, declared } = drawn(shape, true);
    // Weights of further results, such as coarse maps, are reached through those.
    const results = [y, ...declared.outputs.values()].map((r) => mean(multiply(r, r)));
    const nodes = declared.parameters.filter((p) => p.trainable);
    // A gain that begins at zero holds back the gradients of what it multiplies for one step.
    const moved = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        value.data.every((v) => v === 0) ? { ...value, data: value.data.map(() => 0.1) } : value,
      ]),
    );
    const loss = results.reduce((a, b) => add(a, b));
    const gradients = interpret(
      gradient(
        loss,
        nodes.map((p) => p.node),
      ),
      moved,
    );
    gradients.forEach((g, i) => {
      expect(
        g.data.some((v) => v !== 0),
        nodes[i]!.name,
      ).toBe(true);
      expect(g.data.every(Number.isFinite)).toBe(true);
    });
  });

  it("gives what it says: an image, scores, or labels, from planes and stacks alike", () => {
    expect(resultBreach(network, options)).toBeUndefined();
  });

  it("reaches as far as it says: measured by changing one pixel", async () => {
    expect(await reachBreach(network, options)).toBeUndefined();
  });

  const planar = dimensions === 2 && (network.gives ?? "image") === "image";
  const plain = Object.keys(network.conditions ?? {}).length === 0;

  it("runs as an exported model, as the interpreter computes, and comes back from it", async () => {
    const bytes = exportNetwork(network, { options, weights, shape });
    const { y, values } = drawn(shape, false);
    const [wanted] = interpret([y], values);
    const backend = await defaultBackend();
    const session = await backend.open(bytes, { provider: backend.providers[0]!, threads: 1 });
    const name = resultNames[network.gives ?? "image"];
    const inputs = Object.fromEntries(
      ["image", ...Object.keys(conditionShapes(network, { options, shape }))].map((key) => [
        key,
        session.hold(
          floats(
            Float32Array.from(values[key as keyof typeof values]!.data),
            values[key as keyof typeof values]!.shape,
          ),
        ),
      ]),
    );
    const { data } = await (await session.run(inputs, [name]))[name]!.read();
    await session.dispose();
    const scale = Math.max(1, ...wanted!.data.map(Math.abs));
    wanted!.data.forEach((v, i) => {
      // Float32 through a few layers.
      expect(Math.abs(Number(data[i]) - v)).toBeLessThan(1e-4 * scale);
    });
    const back = await importNetwork(bytes);
    expect(back.network.name).toBe(network.name);
    // Heads that help to train the network are not part of the model.
    const used = usedParameters(network, options, shape).map((p) => p.name);
    expect([...back.weights.keys()].sort()).toEqual([...used].sort());
    for (const [key, value] of back.weights) expect(value).toEqual(weights.get(key));
  });

  it.skipIf(!planar || !plain)("denoises planes of odd sizes", async () => {
    const model = await openDenoisingModel(exportNetwork(network, { options, weights }));
    const [ny, nx] = [13, 11];
    const stream = streamOf(4, network.name);
    const plane = Float32Array.from({ length: ny * nx }, () => stream.uniform());
    const got = await model.denoisePlane(plane, { ny, nx, sigma: 0.1 });
    await model.dispose();
    const [py, px] = [Math.ceil(ny / unit) * unit, Math.ceil(nx / unit) * unit];
    const mirror = (i: number, n: number) => (i < n ? i : 2 * n - 2 - i);
    const padded = Float64Array.from(
      { length: py * px },
      (_, i) => plane[mirror(Math.floor(i / px), ny) * nx + mirror(i % px, nx)]!,
    );
    const { scope } = declare();
    const image = input("image", [1, 1, py, px]);
    const y = network.build(image, { scope, options, sigma: input("sigma", [1, 1, 1, 1]) });
    const [wanted] = interpret([y], {
      ...parameters,
      image: { shape: [1, 1, py, px], data: padded },
      sigma: { shape: [1, 1, 1, 1], data: Float64Array.of(0.1) },
    });
    for (let i = 0; i < got.length; i++) {
      const at = Math.floor(i / nx) * px + (i % nx);
      // Float32 through a few layers of values of order one.
      expect(Math.abs(got[i]! - wanted!.data[at]!)).toBeLessThan(1e-4);
    }
  });

  it.skipIf(python === undefined)("passes the standard ONNX checker", () => {
    const folder = mkdtempSync(join(tmpdir(), "dprime-onnx-"));
    try {
      const path = join(folder, "model.onnx");
      writeFileSync(path, exportNetwork(network, { options, weights, shape }));
      const code =
        "import onnx,sys; m=onnx.load(sys.argv[1]); onnx.checker.check_model(m, full_check=True); print(len(m.graph.node))";
      const nodes = Number(execFileSync(python!, ["-c", code, path], { encoding: "utf8" }));
      expect(nodes).toBeGreaterThan(3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a network that lies", () => {
  const { options: table, ...plain } = dncnn;
  // Three convolutions without batch normalisation see three pixels on each side.
  const options = resolveParameters("liar", table, { depth: 3, width: 4, batchNorm: false });
  const liar = (claims: Partial<Network>): Network => ({ ...plain, options: table, ...claims });

  it.each([
    // The image of a claim of 1 ends 2 px from its middle.
    [1, "reaches 2 px and says 1"],
    [2, "reaches 3 px and says 2"],
    [3, undefined],
    [40, "reaches 3 px and says 40"],
    [Infinity, "reaches 3 px and says Infinity"],
  ])("about its reach is found out by changing a pixel: %d", async (reach, breach) => {
    expect(await reachBreach(liar({ reach: () => reach }), options)).toBe(breach);
  });

  it.each([
    ["image", undefined],
    ["labels", undefined],
    ["scores", "gives [2, 1, 8, 8] of [2, 1, 8, 8] and says scores"],
  ] as const)("about its result is found out by the shape: %s", (gives, breach) => {
    expect(resultBreach(liar({ gives }), options)).toBe(breach);
  });

  it("about its published figures is found out by counting", () => {
    const [first] = dncnn.published;
    const published = (claims: object) =>
      publishedBreach(liar({ published: [{ ...first!, ...claims }] }));
    expect(published({})).toBeUndefined();
    expect(published({ weights: 556_096 })).toBe("has 556097 weights and says 556096");
    expect(published({ receptiveField: 37 })).toContain("a receptive field of 37");
  });
});
