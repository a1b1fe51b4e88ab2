/**
 * The contract of training methods, over every member of src/train/methods: it runs on toy data, every trained
 * role moves and frozen ones do not, the same seed gives the same bits, a training that goes on from its state
 * ends in the bits of one that never stopped, losses stay finite, options are checked and in the range of use.
 */
import { describe, expect, it } from "vitest";
import { resolveParameters } from "../../src/core/parameters.ts";
import { streamOf } from "../../src/core/random.ts";
import { sizesOf } from "../../src/graph/node.ts";
import { add } from "../../src/graph/ops/add.ts";
import { leakyRelu } from "../../src/graph/ops/leaky-relu.ts";
import { mean } from "../../src/graph/ops/mean.ts";
import { multiply } from "../../src/graph/ops/multiply.ts";
import { reshape } from "../../src/graph/ops/reshape.ts";
import { subtract } from "../../src/graph/ops/subtract.ts";
import { batchNormLayer } from "../../src/layers/batch-norm-layer.ts";
import { convLayer } from "../../src/layers/conv-layer.ts";
import { fill } from "../../src/layers/scope.ts";
import { sgd } from "../../src/learn/optimisers/sgd.ts";
import { openTrainer, freshState, type TrainerState } from "../../src/learn/trainer.ts";
import type { Network } from "../../src/nets/network.ts";
import type { Batch, FieldName } from "../../src/train/batch.ts";
import { methodGraph, trainerRoles } from "../../src/train/method-graph.ts";
import { catalogue } from "../../src/train/methods/catalogue.ts";
import type { Role, TrainingMethod } from "../../src/train/methods/training-method.ts";
import type { OpenedMethod } from "../../src/train/open-training-method.ts";
import { crossEntropy } from "../../src/losses/cross-entropy.ts";
import { mse } from "../../src/losses/mse.ts";

const members = await Promise.all(Object.values(catalogue).map((load) => load()));

const [images, side, classes] = [2, 16, 3];

/** Shapes of every field there is. */
const shapes: Readonly<Record<FieldName, readonly number[]>> = {
  noisy: [images, 1, side, side],
  clean: [images, 1, side, side],
  again: [images, 1, side, side],
  other: [images, 1, side, side],
  sigma: [images, 1, 1, 1],
  labels: [images, classes, side, side],
  present: [images, 1],
  classes: [images, classes],
};

/** Squares of two greys in noise, with all that a source may know of them. */
function toyBatch(step: number, draw: number): Batch {
  const stream = streamOf(5, "toy", step, draw);
  const area = side * side;
  const block = (name: FieldName) => ({
    shape: shapes[name],
    data: new Float32Array(shapes[name].reduce((n, s) => n * s, 1)),
  });
  const batch = Object.fromEntries(
    Object.keys(shapes).map((name) => [name, block(name as FieldName)]),
  ) as Record<FieldName, ReturnType<typeof block>>;
  for (let n = 0; n < images; n++) {
    const corner = stream.integer(side - 6);
    const otherCorner = stream.integer(side - 6);
    const kind = stream.integer(classes);
    batch.present.data[n] = n % 2;
    batch.classes.data[n * classes + kind] = 1;
    batch.sigma.data[n] = 0.1;
    for (let i = 0; i < area; i++) {
      const [y, x] = [Math.floor(i / side), i % side];
      const inside = (c: number) => y >= c && y < c + 6 && x >= c && x < c + 6;
      const at = n * area + i;
      const label = inside(corner) ? 1 + (x > corner + 2 ? 1 : 0) : 0;
      const clean = 0.2 + 0.3 * label + (n % 2 === 1 && y === 8 && x === 8 ? 0.5 : 0);
      batch.clean.data[at] = clean;
      batch.noisy.data[at] = clean + 0.1 * stream.normal();
      batch.again.data[at] = clean + 0.1 * stream.normal();
      batch.other.data[at] = 0.2 + (inside(otherCorner) ? 0.4 : 0);
      batch.labels.data[(n * classes + label) * area + i] = 1;
    }
  }
  return batch;
}

const kernel = { kernel: 3, padding: "same" as const };

/** A small network that gives what a role asks for, with running statistics, features and conditions. */
function toyNetwork(role: Role): Network {
  return {
    name: `toy ${role.gives}`,
    title: "",
    summary: "",
    references: [],
    options: {},
    gives: role.gives,
    takesSigma: false,
    multipleOf: () => 1,
    reach: () => 3,
    published: [],
    conditions: Object.fromEntries(
      (role.takes ?? []).map((name) => [name, { about: "", shape: () => [1] }]),
    ),
    build(image, { scope, conditions = {} }) {
      let x = convLayer(scope.child("first"), image, { ...kernel, channels: 4 });
      x = leakyRelu(batchNormLayer(scope.child("norm"), x), 0.2);
      for (const condition of Object.values(conditions)) {
        const [count = 1] = sizesOf(condition);
        const gain = multiply(
          reshape(condition, [count, 1, 1, 1]),
          scope.parameter("gain", [1, 4, 1, 1], fill(0.1)),
        );
        x = add(x, multiply(x, gain));
      }
      scope.output("features", x);
      const last = scope.child("last");
      if (role.gives === "image") {
        return subtract(image, convLayer(last, x, { ...kernel, channels: 1 }));
      }
      const channels = role.gives === "labels" ? classes : scoresOf(role);
      const y = convLayer(last, x, { ...kernel, channels });
      return role.gives === "labels" ? y : mean(y, [2, 3]);
    },
  };
}

/** One number for each image, or one for each class where the role says so. */
const scoresOf = (role: Role) => (role.perClass ? classes : 1);

function open(method: TrainingMethod, options: object = {}): OpenedMethod {
  const rule = {
    optimiser: sgd,
    options: resolveParameters("sgd", sgd.options),
    averaging: 0.5,
    clipNorm: 1,
  };
  return {
    method,
    options: resolveParameters(method.name, method.options, { ...options }),
    roles: Object.fromEntries(
      Object.entries(method.roles).map(([name, role]) => [
        name,
        {
          network: toyNetwork(role),
          options: {},
          frozen: role.frozen ?? false,
          rule,
          schedule: { kind: "constant" as const, rate: 0.05 },
        },
      ]),
    ),
    loss:
      method.loss === "labels"
        ? (prediction, target) => crossEntropy.build(prediction, target, { smoothing: 0 })
        : (prediction, target) => mse.build(prediction, target, {}),
  };
}

const steps = 4;

async function run(
  method: TrainingMethod,
  {
    seed = 1,
    from = 0,
    to = steps,
    state,
  }: {
    seed?: number;
    from?: number;
    to?: number;
    state?: TrainerState;
  } = {},
) {
  const opened = open(method);
  const graph = methodGraph(opened, shapes);
  const stream = streamOf(seed, "contract");
  const roles = trainerRoles(graph, { roles: opened.roles, stream, product: method.product });
  const { updates, randoms } = graph;
  const first = freshState({ roles });
  const trainer = await openTrainer(
    { roles, updates, randoms, stream, state: state ?? first },
    { threads: 1 },
  );
  const rates = Object.fromEntries(Object.keys(roles).map((role) => [role, 0.05]));
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const batches = Array.from({ length: trainer.draws }, (_, draw) => toyBatch(step, draw));
    const rows = await trainer.step(batches, { step, rates });
    losses.push(...Object.values(rows).map(({ loss }) => loss));
  }
  const norms = await trainer.termNorms(toyBatch(0, 0), { step: 0 });
  const last = await trainer.state();
  const { fields } = trainer;
  await trainer.dispose();
  return { first, last, losses, norms, fields, updates };
}

const moved = (a: TrainerState, b: TrainerState, role: string) =>
  Object.keys(a).filter(
    (name) => name.startsWith(`${role}/`) && a[name]!.some((v, i) => v !== b[name]![i]),
  );

describe.each(members)("training method $name", (method) => {
  const whole = run(method);

  it("bears its file's name, and names roles and fields that it uses", async () => {
    expect(catalogue).toHaveProperty(method.name);
    expect(method.roles).toHaveProperty(method.product);
    expect(method.roles[method.product]!.frozen ?? false).toBe(false);
    expect(method.summary).toMatch(/\.$/);
    expect([...(await whole).fields].sort()).toEqual([...method.reads].sort());
  });

  it("moves every role that it trains, frozen ones never", async () => {
    const { first, last, losses } = await whole;
    for (const [role, { frozen = false }] of Object.entries(method.roles)) {
      const names = moved(first, last, role);
      if (frozen) expect(names).toEqual([]);
      else {
        for (const vector of ["weights", "average", "buffers"]) {
          expect(names, role).toContain(`${role}/${vector}`);
        }
      }
    }
    expect(losses.every(Number.isFinite)).toBe(true);
    for (const [name, values] of Object.entries(last)) {
      expect(values.every(Number.isFinite), name).toBe(true);
    }
  });

  it("gives every term a gradient", async () => {
    for (const terms of Object.values((await whole).norms)) {
      for (const [term, norm] of Object.entries(terms)) {
        expect(norm, term).toBeGreaterThan(0);
        expect(Number.isFinite(norm), term).toBe(true);
      }
    }
  });

  it("gives the same bits from the same seed, others from another", async () => {
    const { last } = await whole;
    expect((await run(method)).last).toEqual(last);
    expect((await run(method, { seed: 2 })).last).not.toEqual(last);
  });

  it("ends in the same bits after it stopped and went on", async () => {
    const half = await run(method, { to: 2 });
    const rest = await run(method, { from: 2, state: half.last });
    expect(rest.last).toEqual((await whole).last);
  });

  it("checks its options, and takes their limits", () => {
    expect(() => open(method, { "no such option": 1 })).toThrow(/no such option/);
    for (const [name, parameter] of Object.entries(method.options)) {
      const values =
        parameter.type === "choice"
          ? parameter.choices
          : parameter.type === "boolean"
            ? [true, false]
            : [parameter.min, parameter.max];
      for (const value of values) {
        // An option may switch a term off, but never leave an update without any.
        const { updates } = methodGraph(open(method, { [name]: value }), shapes);
        expect(updates.length, `${name} ${value}`).toBeGreaterThan(0);
      }
      if (parameter.type === "number" || parameter.type === "integer") {
        expect(() => open(method, { [name]: parameter.max + 1 })).toThrow(/wanted a/);
      }
    }
  });
});
