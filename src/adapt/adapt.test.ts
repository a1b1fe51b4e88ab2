import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { interpret } from "../graph/interpret.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { input } from "../graph/ops/input.ts";
import { declare, fill, initialValues } from "../layers/scope.ts";
import { solveDense } from "./dense-oracle.fixture.ts";
import { dncnn } from "../nets/dncnn.ts";
import type { Network } from "../nets/network.ts";
import { casesOfRows } from "../observers/cases.ts";
import { cnnIo } from "../observers/cnn-io.ts";
import { parametersOf } from "../learn/network-parameters.ts";
import { adamSolver } from "./adam-solver.ts";
import { gaussNewtonSolver } from "./gauss-newton.ts";
import { type Linearisation, linearise } from "./linearisation.ts";
import {
  adaptationGraph,
  type AdaptationSpec,
  dot,
  effectiveWeights,
  type Statistics,
} from "./problem.ts";
import { pathSolver } from "./solution-path.ts";

const [ny, nx] = [12, 12];
const pixels = ny * nx;
const options = resolveParameters("dncnn", dncnn.options, { depth: 4, width: 4, batchNorm: false });
const { trained } = parametersOf(dncnn, options);
// A last layer as large as the others: the network must matter for its Jacobian to.
const weights = new Map(
  [...initialValues(trained, streamOf(1, "adapt"))].map(([name, value]) => [
    name,
    name === "3.weight" ? value.map((v) => 4 * v) : value,
  ]),
);
const stream = streamOf(2, "adapt");
const image = Float32Array.from({ length: pixels }, () => 0.5 + 0.2 * stream.normal());
const disk = Float64Array.from({ length: pixels }, (_, i) =>
  Math.hypot(Math.floor(i / nx) - 5, (i % nx) - 6) <= 2 ? 1 : 0,
);
const gradient = Float64Array.from({ length: pixels }, (_, i) => ((i % nx) - 5.5) / 10);
const linear: Statistics = { kind: "linear", templates: [disk, gradient] };
const spec = (changes: Partial<AdaptationSpec> = {}): AdaptationSpec => ({
  network: dncnn,
  options,
  weights,
  statistics: linear,
  ny,
  nx,
  ...changes,
});
const compile = { threads: 1 };

describe("linearise", () => {
  const graph = adaptationGraph(spec());
  let model: Linearisation;
  beforeAll(async () => {
    model = await linearise(graph, { image: () => image, compile });
  });
  afterAll(() => model.dispose());

  it("gives the network's value and Jacobian products that differences confirm", async () => {
    const v = Float32Array.from({ length: graph.theta0.length }, () => stream.normal());
    const at = (t: number) =>
      interpret([graph.output], {
        image: { shape: [1, 1, ny, nx], data: Float64Array.from(image) },
        theta: {
          shape: [v.length],
          data: Float64Array.from(graph.theta0, (w, i) => w + t * v[i]!),
        },
      })[0]!.data;
    const [middle, up, down] = [at(0), at(1e-6), at(-1e-6)];
    const forward = await model.forward(graph.theta0);
    const pushed = await model.push(graph.theta0, v);
    const z = Float64Array.from({ length: pixels }, () => stream.normal());
    const pulled = await model.pull(graph.theta0, z);
    forward.forEach((f, i) => expect(Math.abs(f - middle[i]!)).toBeLessThan(1e-5));
    pushed.forEach((p, i) =>
      expect(Math.abs(p - (up[i]! - down[i]!) / 2e-6)).toBeLessThan(
        1e-4 * Math.max(1, Math.abs(p)),
      ),
    );
    // ⟨z, J v⟩ = ⟨Jᵀz, v⟩, and J Jᵀz is J applied to what was pulled.
    expect(dot(z, pushed)).toBeCloseTo(dot(pulled.weights, v), 2);
    const again = await model.push(graph.theta0, pulled.weights);
    again.forEach((a, i) =>
      expect(Math.abs(a - pulled.image[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(a))),
    );
  });
});

describe("pathSolver", () => {
  it("agrees with the direct dense solution over a grid of β and γ", async () => {
    const graph = adaptationGraph(spec());
    const settings = [0, 1, 100, 1e4].flatMap((beta) =>
      [1, 30, 1e3, 1e5].map((gamma) => ({ alpha: 1, beta, gamma })),
    );
    const solver = await pathSolver(graph, { settings, residual: 1e-5, most: pixels, compile });
    const path = await solver.path(image);
    const dense = await solveDense(graph, image);
    for (const setting of settings) {
      const got = path.at(setting);
      const wanted = dense(setting);
      got.image.forEach((v, i) => expect(Math.abs(v - wanted.image[i]!)).toBeLessThan(2e-4));
      expect(got.objective.total / wanted.total).toBeCloseTo(1, 4);
      expect(got.residual).toBeLessThan(1e-4);
    }
    await solver.dispose();
  });

  it("refuses scores that are not linear", async () => {
    const graph = adaptationGraph(
      spec({ statistics: { kind: "expression", count: 1, build: (x) => reshape(mean(x), [1]) } }),
    );
    await expect(
      pathSolver(graph, { settings: [{ alpha: 1, beta: 1, gamma: 1 }] }),
    ).rejects.toThrow(/not linear/);
  });
});

describe("gaussNewtonSolver", () => {
  it.each([
    [10, 1e7],
    [1e4, 1e3],
    [10, 20],
  ])("reaches at least the objective of many Adam steps, β %d and γ %d", async (beta, gamma) => {
    const graph = adaptationGraph(spec());
    const setting = { alpha: 1, beta, gamma };
    const newton = await gaussNewtonSolver(graph, setting, { tolerance: 1e-4, outer: 30, compile });
    const adam = await adamSolver(graph, setting, { steps: 1500, rate: 3e-4, compile });
    const a = await newton.adapt(image);
    const b = await adam.adapt(image);
    expect(a.objective.total).toBeLessThan(b.objective.total * (1 + 1e-3));
    expect(a.objective.total).toBeLessThanOrEqual(a.initial.total);
    expect(a.initial.total / b.initial.total).toBeCloseTo(1, 5);
    const { alpha, ...rest } = setting;
    const sum =
      alpha * a.objective.fidelity + rest.beta * a.objective.task + rest.gamma * a.objective.drift;
    expect(sum / a.objective.total).toBeCloseTo(1, 9);
    await newton.dispose();
    await adam.dispose();
  });

  it("keeps the templates' statistics as β grows, and changes nothing as γ does", async () => {
    const graph = adaptationGraph(spec());
    const statisticError = async (beta: number, gamma: number) => {
      const solver = await gaussNewtonSolver(graph, { alpha: 1, beta, gamma }, { compile });
      const { image: adapted, initial } = await solver.adapt(image);
      await solver.dispose();
      return { error: Math.abs(dot(disk, adapted) - dot(disk, image)), initial };
    };
    const weak = await statisticError(0, 1e5);
    const strong = await statisticError(1e7, 1e5);
    expect(strong.error).toBeLessThan(0.05 * weak.error);
    const stiff = await gaussNewtonSolver(graph, { alpha: 1, beta: 1, gamma: 1e14 }, { compile });
    const { objective } = await stiff.adapt(image);
    expect(objective.drift).toBeLessThan(1e-12);
    await stiff.dispose();
  });

  it("takes scores that are not linear through the same interface", async () => {
    const build = (x: Parameters<Extract<Statistics, { kind: "expression" }>["build"]>[0]) =>
      reshape(mean(multiply(x, multiply(x, x))), [1]);
    const graph = adaptationGraph(spec({ statistics: { kind: "expression", count: 1, build } }));
    const score = (f: Float32Array) => f.reduce((s, v) => s + v ** 3, 0) / pixels;
    const solver = await gaussNewtonSolver(
      graph,
      { alpha: 1, beta: 1e8, gamma: 1e4 },
      { compile, outer: 30, tolerance: 1e-6 },
    );
    const result = await solver.adapt(image);
    const before = await (await linearise(graph, { image: () => image, compile })).forward(
      graph.theta0,
    );
    expect(Math.abs(score(result.image) - score(image))).toBeLessThan(
      0.02 * Math.abs(score(before) - score(image)),
    );
    await solver.dispose();
  });

  it("keeps the score of a trained network observer", async () => {
    const draws = streamOf(3, "observer images");
    const cases = (signal: number) =>
      casesOfRows(
        Float32Array.from(
          { length: 60 * pixels },
          (_, i) => 0.5 + 0.2 * draws.normal() + signal * disk[i % pixels]!,
        ),
        { shape: [ny, nx], ids: Array.from({ length: 60 }, (_, i) => `${signal} ${i}`) },
      );
    const observer = await cnnIo.train(
      { absent: cases(0), present: cases(0.2) },
      { channels: 3, kernel: 3, "most-layers": 1, steps: 60, batch: 16 },
    );
    if (observer.status !== "ok") throw new Error(observer.cause);
    const scoreOf = async (f: Float32Array) =>
      (await observer.read(casesOfRows(f, { shape: [ny, nx] }))).scores[0]!;
    const build = observer.expression!;
    const graph = adaptationGraph(spec({ statistics: { kind: "expression", count: 1, build } }));
    const solver = await gaussNewtonSolver(
      graph,
      { alpha: 1, beta: 1e6, gamma: 1e3 },
      { compile, outer: 30, tolerance: 1e-6 },
    );
    const result = await solver.adapt(image);
    const model = await linearise(graph, { image: () => image, compile });
    const before = await model.forward(graph.theta0);
    const wanted = await scoreOf(image);
    // The expression is what the observer itself reads, to float32.
    const { values } = await model.statistics(image);
    expect(Math.abs(values[0]! - wanted)).toBeLessThan(1e-4 * (1 + Math.abs(wanted)));
    expect(Math.abs((await scoreOf(result.image)) - wanted)).toBeLessThan(
      0.02 * Math.abs((await scoreOf(before)) - wanted),
    );
    await solver.dispose();
    await model.dispose();
  });

  it("reads each norm as a sum or a mean", () => {
    const graph = adaptationGraph(spec());
    const given = { alpha: 3, beta: 5, gamma: 7 };
    const weights = graph.theta0.length;
    const reduction = { fidelity: "mean", task: "mean", drift: "sum" } as const;
    expect(effectiveWeights({ ...given, reduction }, graph)).toEqual({
      alpha: 3 / pixels,
      beta: 5 / pixels ** 2,
      gamma: 7,
    });
    expect(effectiveWeights({ ...given, reduction: "mean" }, graph)).toEqual({
      alpha: 3 / pixels,
      beta: 5,
      gamma: 7 / weights,
    });
  });

  it("finds by Stein's estimate the gain that has the least expected error", async () => {
    const gain: Network = {
      ...dncnn,
      name: "gain",
      options: {},
      build: (x, { scope }) => multiply(x, scope.parameter("gain", [1, 1, 1, 1], fill(1))),
    };
    const one = { network: gain, options: {}, weights: new Map([["gain", Float32Array.of(1)]]) };
    const graph = adaptationGraph({ ...spec(), ...one });
    const sigma = 0.2;
    const solver = await adamSolver(
      graph,
      { alpha: 1, beta: 0, gamma: 0 },
      { rate: 0.01, steps: 400, sure: { sigma, seed: 3 }, compile },
    );
    const { image: found } = await solver.adapt(image);
    // d/da [‖g − a g‖² + 2σ² a n] = 0.
    const wanted = 1 - (pixels * sigma ** 2) / image.reduce((sum, v) => sum + v * v, 0);
    const at = image.findIndex((v) => Math.abs(v) > 0.3);
    // Probes of 144 pixels: bᵀb/n is 1 ± 0.12 in each step, averaged over Adam's last ones.
    expect(Math.abs(found[at]! / image[at]! - wanted)).toBeLessThan(0.04);
    expect(Math.abs(1 - wanted)).toBeGreaterThan(0.06);
    await solver.dispose();
  });

  it("normalises by running moments, or by the image's own whatever those are", async () => {
    const options = { depth: 3, width: 4, batchNorm: true };
    const { scope, parameters } = declare();
    dncnn.build(input("x", [1, 1, ny, nx]), { scope, options });
    const weightsOf = (variance: number) =>
      new Map(
        [...initialValues(parameters, streamOf(4, "bn"))].map(([name, values]) => [
          name,
          name.endsWith("running-variance") ? values.map(() => variance) : values,
        ]),
      );
    const outputs: Float32Array[] = [];
    for (const batchNorm of ["image", "running"] as const) {
      for (const variance of [1, 9]) {
        const graph = adaptationGraph({
          ...spec(),
          network: dncnn,
          options,
          weights: weightsOf(variance),
          batchNorm,
        });
        const model = await linearise(graph, { image: () => image, compile });
        outputs.push(await model.forward(graph.theta0));
        await model.dispose();
      }
    }
    const apart = (a: Float32Array, b: Float32Array) =>
      Math.max(...a.map((v, i) => Math.abs(v - b[i]!)));
    expect(apart(outputs[0]!, outputs[1]!)).toBe(0);
    expect(apart(outputs[2]!, outputs[3]!)).toBeGreaterThan(1e-4);
  });

  it("adapts the chosen weights only, and says what does not fit", async () => {
    const graph = adaptationGraph(spec({ adapts: (name) => name.startsWith("3.") }));
    expect(graph.adapted.map((p) => p.name)).toEqual(["3.weight", "3.bias"]);
    expect(() => adaptationGraph(spec({ adapts: () => false }))).toThrow(/no weights/);
    expect(() =>
      adaptationGraph(spec({ statistics: { kind: "linear", templates: [new Float32Array(3)] } })),
    ).toThrow(/template of 3 numbers, wanted 144/);
    await expect(
      gaussNewtonSolver(graph, { alpha: 1, beta: -1, gamma: 1 }, { compile }),
    ).rejects.toThrow(/found beta -1/);
  });
});
