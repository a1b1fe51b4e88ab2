import { describe, expect, it } from "vitest";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import type { Node } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { dropout } from "../graph/ops/dropout.ts";
import { input } from "../graph/ops/input.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { negate } from "../graph/ops/negate.ts";
import { stopGradient } from "../graph/ops/stop-gradient.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { sum } from "../graph/ops/sum.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { fill, initialValues } from "../layers/scope.ts";
import { adam } from "./optimisers/adam.ts";
import { sgd } from "./optimisers/sgd.ts";
import type { StepRule } from "./step-rule.ts";
import { type Build, type Trainee, traineeOf } from "./trainee.ts";
import { type Inputs, openTrainer, type TrainerSpec, weightsIn } from "./trainer.ts";
import type { Update } from "./update.ts";

const plain: StepRule = {
  optimiser: sgd,
  options: resolveParameters("sgd", sgd.options, { momentum: 0 }),
};
const threads = { threads: 1 };

const role = (trainee: Trainee, rule: StepRule | undefined = plain) => ({
  trainee,
  weights: initialValues(trainee.parameters, streamOf(1, "weights")),
  ...(rule === undefined ? {} : { rule }),
});

const batchOf = (values: Record<string, number[]>, shape: number[]): Inputs =>
  Object.fromEntries(
    Object.entries(values).map(([name, data]) => [name, { shape, data: Float32Array.from(data) }]),
  );

/** a · x + b with two numbers. */
const line: Build = (x, { scope }) =>
  add(
    multiply(scope.parameter("slope", [1], fill(2)), x),
    scope.parameter("offset", [1], fill(-1)),
  );

const squared = (a: Node, b: Node) => {
  const difference = subtract(a, b);
  return mean(multiply(difference, difference));
};

async function oneRole(
  build: Build,
  {
    rule = plain,
    update = {},
    trains,
    ...spec
  }: Partial<TrainerSpec> & {
    rule?: StepRule;
    update?: Partial<Update>;
    trains?: ReadonlySet<string>;
  },
  shape: number[],
) {
  const trainee = traineeOf({ build, trains });
  const [x, y] = [input("x", shape), input("y", shape)];
  const loss = squared(trainee.apply(x), y);
  const trainer = await openTrainer(
    {
      roles: { net: role(trainee, rule) },
      updates: [{ name: "fit", trains: ["net"], terms: { loss }, ...update }],
      stream: streamOf(1),
      ...spec,
    },
    threads,
  );
  return { trainer, trainee };
}

describe("openTrainer", () => {
  it("takes the step that the formula gives, and reports loss and gradient norm", async () => {
    const { trainer, trainee } = await oneRole(line, {}, [2]);
    const batch = batchOf({ x: [1, 3], y: [0, 1] }, [2]);
    const { fit } = await trainer.step([batch], { step: 0, rates: { net: 0.1 } });
    // Residuals 2·1 − 1 − 0 = 1 and 2·3 − 1 − 1 = 4.
    expect(fit!.loss).toBeCloseTo((1 + 16) / 2, 6);
    const [ga, gb] = [1 * 1 + 4 * 3, 1 + 4];
    expect(fit!.norms["net"]).toBeCloseTo(Math.hypot(ga, gb), 5);
    const weights = weightsIn(await trainer.state(), "net", { trainee });
    expect(weights.get("slope")![0]).toBeCloseTo(2 - 0.1 * ga, 6);
    expect(weights.get("offset")![0]).toBeCloseTo(-1 - 0.1 * gb, 6);
    await trainer.dispose();
  });

  it.each([
    ["the norm", { clipNorm: 1 }, [13 / Math.hypot(13, 5), 5 / Math.hypot(13, 5)]],
    ["each component", { clipValue: 6 }, [6, 5]],
    ["both", { clipValue: 6, clipNorm: 1 }, [6 / Math.hypot(6, 5), 5 / Math.hypot(6, 5)]],
    ["nothing, with decay", { decay: 0.5 }, [13 + 0.5 * 2, 5 + 0.5 * -1]],
  ])("limits %s", async (_, parts, [ga, gb]) => {
    const { trainer, trainee } = await oneRole(line, { rule: { ...plain, ...parts } }, [2]);
    const batch = batchOf({ x: [1, 3], y: [0, 1] }, [2]);
    const { fit } = await trainer.step([batch], { step: 0, rates: { net: 0.1 } });
    expect(fit!.norms["net"]).toBeCloseTo(Math.hypot(13, 5), 5);
    const weights = weightsIn(await trainer.state(), "net", { trainee });
    expect(weights.get("slope")![0]).toBeCloseTo(2 - 0.1 * ga!, 5);
    expect(weights.get("offset")![0]).toBeCloseTo(-1 - 0.1 * gb!, 5);
    await trainer.dispose();
  });

  it("limits weights, runs an update several times on batches of its own, follows an average", async () => {
    const { trainer } = await oneRole(
      line,
      { rule: { ...plain, averaging: 0.75 }, update: { times: 2, limit: 1.5 } },
      [1],
    );
    expect(trainer.draws).toBe(2);
    const batches = [batchOf({ x: [1], y: [1] }, [1]), batchOf({ x: [0], y: [0] }, [1])];
    await trainer.step(batches, { step: 0, rates: { net: 0.1 } });
    // First run: residual 2 − 1 − 1 = 0, slope limited from 2 to 1.5. Second: gradient of the offset 2·(−1).
    const state = await trainer.state();
    expect([...state["net/weights"]!]).toEqual([1.5, Math.fround(-1 + Math.fround(0.2))]);
    const [average] = state["net/average"]!;
    expect(average).toBeCloseTo(0.75 * (0.75 * 2 + 0.25 * 1.5) + 0.25 * 1.5, 6);
    await trainer.dispose();
  });

  it("corrects Adam's moments by the role's own number of steps", async () => {
    // The first Adam steps have length rate, whatever the gradient: a wrong count would shorten the third.
    const rule = { optimiser: adam, options: resolveParameters("adam", adam.options) };
    const { trainer } = await oneRole(line, { rule, update: { times: 3 } }, [1]);
    const batch = batchOf({ x: [0], y: [100] }, [1]);
    await trainer.step([batch, batch, batch], { step: 0, rates: { net: 1e-3 } });
    expect((await trainer.state())["net/weights"]![1]).toBeCloseTo(-1 + 3e-3, 6);
    await trainer.step([batch, batch, batch], { step: 1, rates: { net: 1e-3 } });
    expect((await trainer.state())["net/weights"]![1]).toBeCloseTo(-1 + 6e-3, 6);
    await trainer.dispose();
  });

  it("averages gradients over batches as one larger batch does", async () => {
    const conv: Build = (x, { scope }) =>
      convLayer(scope, x, { channels: 1, kernel: 3, padding: "same" });
    const shape = (n: number) => [n, 1, 5, 4];
    const values = (n: number, label: string) => ({
      shape: shape(n),
      data: Float32Array.from(streamOf(3, label).normals(n * 20)),
    });
    const whole = { x: values(4, "x"), y: values(4, "y") };
    const half = (k: number): Inputs =>
      Object.fromEntries(
        Object.entries(whole).map(([name, { data }]) => [
          name,
          { shape: shape(2), data: data.slice(40 * k, 40 * (k + 1)) },
        ]),
      );
    const rule = { optimiser: adam, options: resolveParameters("adam", adam.options) };
    const large = await oneRole(conv, { rule }, shape(4));
    const small = await oneRole(conv, { rule, accumulate: 2 }, shape(2));
    expect([large.trainer.draws, small.trainer.draws]).toEqual([1, 2]);
    for (let step = 0; step < 3; step++) {
      const context = { step, rates: { net: 0.01 } };
      const a = await large.trainer.step([whole], context);
      const b = await small.trainer.step([half(0), half(1)], context);
      expect(b["fit"]!.loss).toBeCloseTo(a["fit"]!.loss, 5);
      expect(b["fit"]!.norms["net"]).toBeCloseTo(a["fit"]!.norms["net"]!, 5);
    }
    const [a, b] = [await large.trainer.state(), await small.trainer.state()];
    a["net/weights"]!.forEach((w, i) => expect(b["net/weights"]![i]).toBeCloseTo(w, 5));
    expect(b["net/gradient"]!.every((g) => g === 0)).toBe(true);
    await large.trainer.dispose();
    await small.trainer.dispose();
  });

  it("moves running statistics through every application in turn", async () => {
    const trainee = traineeOf({ build: (x, { scope }) => batchNormLayer(scope, x) });
    const [x, y] = [input("x", [4, 1, 1, 1]), input("y", [4, 1, 1, 1])];
    const loss = add(mean(trainee.apply(x)), mean(trainee.apply(y)));
    const trainer = await openTrainer(
      {
        roles: { net: role(trainee) },
        updates: [{ name: "fit", trains: ["net"], terms: { loss } }],
        stream: streamOf(1),
      },
      threads,
    );
    const batch = batchOf({ x: [0, 2, 4, 6], y: [10, 10, 10, 10] }, [4, 1, 1, 1]);
    await trainer.step([batch], { step: 0, rates: { net: 0 } });
    const weights = weightsIn(await trainer.state(), "net", { trainee });
    expect(weights.get("running-mean")![0]).toBeCloseTo(0.9 * (0.9 * 0 + 0.1 * 3) + 0.1 * 10, 6);
    // Unbiased variance of 0, 2, 4, 6 is 20/3, that of four equal numbers 0.
    expect(weights.get("running-variance")![0]).toBeCloseTo(0.9 * (0.9 + (0.1 * 20) / 3), 6);
    await trainer.dispose();
  });

  it("lets what stands still stand still, weights and statistics, and passes gradients through it", async () => {
    const conv: Build = (x, { scope }) =>
      batchNormLayer(
        scope.child("norm"),
        convLayer(scope, x, { channels: 1, kernel: 1, bias: false, initialise: fill(0.5) }),
      );
    const mover = traineeOf({ build: conv });
    const frozen = traineeOf({ build: conv, frozen: true });
    const other = traineeOf({ build: conv });
    const x = input("x", [2, 1, 2, 2]);
    const moved = frozen.apply(mover.apply(x));
    const loss = mean(multiply(moved, other.apply(stopGradient(moved))));
    const trainer = await openTrainer(
      {
        roles: { mover: role(mover), frozen: role(frozen, undefined), other: role(other) },
        updates: [{ name: "a", trains: ["mover"], terms: { loss } }],
        stream: streamOf(1),
      },
      threads,
    );
    const before = await trainer.state();
    await trainer.step([batchOf({ x: [1, 2, 3, 5, 8, 13, 21, 34] }, [2, 1, 2, 2])], {
      step: 0,
      rates: { mover: 0.1 },
    });
    const after = await trainer.state();
    const changed = Object.keys(after).filter((name) =>
      after[name]!.some((v, i) => v !== before[name]![i]),
    );
    expect(changed.sort()).toEqual(["mover/buffers", "mover/moment velocity", "mover/weights"]);
    await trainer.dispose();
  });

  it("trains a part, the rest as for use", async () => {
    const build: Build = (x, { scope }) => {
      const first = scope.child(0);
      const inner = batchNormLayer(
        first.child("norm"),
        convLayer(first, x, { channels: 1, kernel: 1, initialise: fill(0.5) }),
      );
      return convLayer(scope.child(1), inner, { channels: 1, kernel: 1, initialise: fill(0.5) });
    };
    const { trainer, trainee } = await oneRole(
      build,
      { trains: new Set(["1.weight", "1.bias"]) },
      [2, 1, 1, 1],
    );
    expect(trainee.trained.map(({ name }) => name)).toEqual(["1.weight", "1.bias"]);
    const batch = batchOf({ x: [2, 6], y: [0, 0] }, [2, 1, 1, 1]);
    const { fit } = await trainer.step([batch], { step: 0, rates: { net: 0.1 } });
    // Running moments 0 and 1 leave 0.5 x as it is but for ε: results 0.25 x = 0.5 and 1.5.
    expect(fit!.loss).toBeCloseTo((0.25 + 2.25) / 2, 4);
    const state = await trainer.state();
    expect([...state["net/buffers"]!]).toEqual([0, 1]);
    expect([...state["net/fixed"]!]).toEqual([0.5, 0, 1, 0]);
    expect(state["net/weights"]![0]).not.toBe(0.5);
    await trainer.dispose();
  });

  it("draws random numbers anew for every run, the same for the same run", async () => {
    const noisy: Build = (x, { scope }) =>
      add(
        multiply(scope.parameter("w", [1], fill(1)), x),
        sum(
          dropout(
            constant(new Float32Array(8).fill(1), [8]),
            scope.random("u", [8], "uniform"),
            0.5,
          ),
        ),
      );
    const losses = async () => {
      const { trainer } = await oneRole(noisy, {}, [1]);
      const batch = batchOf({ x: [0], y: [0] }, [1]);
      const found: number[] = [];
      for (let step = 0; step < 6; step++) {
        const { fit } = await trainer.step([batch], { step, rates: { net: 0 } });
        found.push(fit!.loss);
      }
      await trainer.dispose();
      return found;
    };
    const first = await losses();
    expect(new Set(first).size).toBeGreaterThan(1);
    expect(await losses()).toEqual(first);
  });

  it("reports terms, figures, scores, and every term's gradient norm, moving nothing by that", async () => {
    const trainee = traineeOf({ build: line });
    const x = input("x", [1]);
    const y = trainee.apply(x);
    const trainer = await openTrainer(
      {
        roles: { net: role(trainee) },
        updates: [
          {
            name: "fit",
            trains: ["net"],
            terms: { up: multiply(constant(3), mean(y)), down: negate(mean(y)), none: undefined },
            figures: { twice: mean(multiply(constant(2), y)) },
            judges: { real: y, generated: negate(y) },
          },
        ],
        stream: streamOf(1),
      },
      threads,
    );
    const batch = batchOf({ x: [4] }, [1]);
    const before = await trainer.state();
    const norms = await trainer.termNorms(batch, { step: 0 });
    expect(norms["fit"]!["up"]).toBeCloseTo(3 * Math.hypot(4, 1), 5);
    expect(norms["fit"]!["down"]).toBeCloseTo(Math.hypot(4, 1), 5);
    expect(await trainer.state()).toEqual(before);
    const { fit } = await trainer.step([batch], { step: 0, rates: { net: 0 } });
    expect(fit).toMatchObject({
      loss: 14,
      terms: { up: 21, down: -7 },
      figures: { twice: 14 },
      judged: { real: 7, generated: -7 },
    });
    await trainer.dispose();
  });

  it("refuses updates that cannot move anything", async () => {
    const trainee = traineeOf({ build: line, frozen: true });
    const loss = mean(trainee.apply(input("x", [1])));
    const open = (updates: Update[]) =>
      openTrainer({ roles: { net: role(trainee) }, updates, stream: streamOf(1) }, threads);
    await expect(open([{ name: "a", trains: ["net"], terms: { loss } }])).rejects.toThrow(
      /update a of role net, which has no weights that move/,
    );
    await expect(open([{ name: "a", trains: ["critic"], terms: { loss } }])).rejects.toThrow(
      /role critic, which does not exist, wanted one of net/,
    );
    await expect(open([])).rejects.toThrow(/found updates none/);
    await expect(open([{ name: "a", trains: ["net"], terms: {} }])).rejects.toThrow(/no term/);
  });
});
