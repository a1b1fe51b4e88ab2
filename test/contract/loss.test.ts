/**
 * The contract of losses, over every member of src/losses: gradient, declared minimum, finite on extremes, mean over
 * images, ONNX Runtime against the interpreter. A loss says what it reads; the sample follows from that.
 */
import { describe, expect, it } from "vitest";
import { InputError } from "../../src/core/errors.ts";
import { type ParameterValues, resolveParameters } from "../../src/core/parameters.ts";
import { streamOf } from "../../src/core/random.ts";
import { checkGradient } from "../../src/graph/check.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { interpret } from "../../src/graph/interpret.ts";
import { type Node, shapeOf } from "../../src/graph/node.ts";
import { add } from "../../src/graph/ops/add.ts";
import { constant } from "../../src/graph/ops/constant.ts";
import { conv } from "../../src/graph/ops/conv.ts";
import { input } from "../../src/graph/ops/input.ts";
import { mean } from "../../src/graph/ops/mean.ts";
import { multiply } from "../../src/graph/ops/multiply.ts";
import { subtract } from "../../src/graph/ops/subtract.ts";
import { tanh } from "../../src/graph/ops/tanh.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { catalogue } from "../../src/losses/catalogue.ts";
import type { Loss, LossContext } from "../../src/losses/loss.ts";
import { imageLoss } from "../../src/losses/loss.ts";
import { floats } from "../../src/runtime/backend.ts";
import { compile } from "../../src/runtime/program.ts";

const members = await Promise.all(Object.values(catalogue).map((load) => load()));
const images = 2;

/** A network that stands in for a feature extractor and, averaged, for a critic. */
const maps = (image: Node): Node =>
  tanh(conv(image, constant(streamOf(8, "kernel").normals(36), [4, 1, 3, 3]), { padding: "same" }));
const weights = constant(streamOf(8, "critic").normals(4), [1, 4, 1, 1]);
const mix = input("mix", [images, 1, 1, 1]);
const context: LossContext = {
  features: (image) => [image, maps(image)],
  critic: (image) => mean(multiply(weights, maps(image)), [1, 2, 3]),
  mix,
};
const mixed: Tensor = { shape: [images, 1, 1, 1], data: Float64Array.of(0.3, 0.8) };

function shapeFor(loss: Loss, options: ParameterValues): number[] {
  const { reads = "images" } = loss;
  if (reads === "labels" || reads === "logits") return [images, 3, 4, 5];
  if (reads === "scores") return [images, 3];
  const side = Math.max(8, loss.smallest?.(options) ?? 1);
  return [images, 1, side, side + 1];
}

const countOf = (shape: readonly number[]) => shape.reduce((n, s) => n * s, 1);

/** Images about 0.5, logits and scores about 0. */
function draw(loss: Loss, shape: readonly number[], label: string): Tensor {
  const [centre, spread] = /image|generated/.test(loss.reads ?? "images") ? [0.5, 0.2] : [0, 1.5];
  const data = streamOf(5, loss.name, label).normals(countOf(shape));
  return { shape, data: data.map((v) => centre + spread * v) };
}

/** What predictions are compared with: an image, whole truth one-hot, logits or scores. */
function truth(loss: Loss, shape: readonly number[], label = "truth"): Tensor {
  if (loss.reads !== "labels") return draw(loss, shape, label);
  const [n, k, ...rest] = shape as [number, number, ...number[]];
  const size = countOf(rest);
  const data = new Float64Array(n * k * size);
  const stream = streamOf(6, loss.name, label);
  for (let i = 0; i < n; i++) {
    for (let at = 0; at < size; at++) {
      const own = Math.floor(k * stream.uniform());
      data[(i * k + own) * size + at] = 1;
    }
  }
  return { shape, data };
}

interface Built {
  readonly shape: readonly number[];
  readonly value: Node;
  readonly prediction: Node;
  readonly at: (p: Tensor, t: Tensor) => number;
}

function built(loss: Loss, options: ParameterValues, shape = shapeFor(loss, options)): Built {
  const prediction = input("prediction", shape);
  const value = loss.build(prediction, input("target", shape), options, context);
  return {
    shape,
    value,
    prediction,
    at: (p, t) => interpret([value], { prediction: p, target: t, mix: mixed })[0]!.data[0]!,
  };
}

/** The lowest value that descent from a drawn prediction meets: what a declared minimum must bound. */
function lowestOnDescent(loss: Loss, options: ParameterValues): number {
  const { value, prediction, shape } = built(loss, options);
  const slope = gradient(value, [prediction])[0]!;
  const target = truth(loss, shape);
  let at = draw(loss, shape, "start");
  let lowest = Infinity;
  let step = 1;
  for (let k = 0; k < 40; k++) {
    const [v, g] = interpret([value, slope], { prediction: at, target, mix: mixed });
    lowest = Math.min(lowest, v!.data[0]!);
    const length = Math.hypot(...g!.data);
    if (length < 1e-9) break;
    const next = { shape, data: at.data.map((p, i) => p - (step * g!.data[i]!) / length) };
    const reached = interpret([value], { prediction: next, target, mix: mixed })[0]!.data[0]!;
    if (reached < v!.data[0]!) [at, step] = [next, step * 1.5];
    else step /= 4;
  }
  return lowest;
}

describe.each(members)("loss $name", (loss) => {
  const options = resolveParameters(loss.name, loss.options);
  const { shape, value, at } = built(loss, options);
  const { reads = "images" } = loss;
  const least = loss.minimum(options);

  it("bears its file's name, is described, and is a scalar", () => {
    expect(catalogue).toHaveProperty(loss.name);
    expect(loss.title.length).toBeGreaterThan(1);
    expect(loss.summary).toMatch(/\.$/);
    expect(shapeOf(value)).toEqual([]);
  });

  it("has the gradient that differences give, along drawn directions", () => {
    const along = input("along", []);
    const target = truth(loss, shape);
    // Images of one object, as in training: of unrelated ones, the curvature of MS-SSIM is all that differences see.
    const own = draw(loss, shape, "p").data;
    const start = { data: reads === "images" ? own.map((v, i) => (v + target.data[i]!) / 2) : own };
    for (let k = 0; k < 6; k++) {
      const direction = streamOf(7, loss.name, k).normals(countOf(shape));
      const moved = add(constant(start.data, shape), multiply(along, constant(direction, shape)));
      const y = loss.build(moved, constant(target.data, shape), options, context);
      const check = checkGradient(y, [along], {
        values: { along: { shape: [], data: Float64Array.of(0.01) }, mix: mixed },
      });
      // Absolute errors turn at 0: a few of thousands of pixels may lie within the difference's step.
      expect(check.error, check.where).toBeLessThan(1e-6);
    }
  });

  it("keeps its declared minimum, or falls without limit when it declares none", () => {
    const lowest = lowestOnDescent(loss, options);
    if (least === undefined) expect(lowest).toBeLessThan(-10);
    else expect(lowest).toBeGreaterThan(least - 1e-9);
    for (let k = 0; k < 5; k++) {
      const other = at(draw(loss, shape, `p${k}`), truth(loss, shape, `t${k}`));
      if (least !== undefined) expect(other).toBeGreaterThan(least);
    }
  });

  it.runIf(reads === "images" || reads === "logits")("is least where both agree", () => {
    const same = truth(loss, shape);
    expect(at(same, same)).toBeCloseTo(least!, 10);
  });

  it.runIf(reads === "image")("is least for a constant, and looks at no target", () => {
    const flat = { shape, data: new Float64Array(countOf(shape)).fill(0.3) };
    expect(at(flat, truth(loss, shape))).toBeCloseTo(least!, 10);
    const p = draw(loss, shape, "p");
    expect(at(p, truth(loss, shape, "a"))).toBe(at(p, truth(loss, shape, "b")));
  });

  it.runIf(reads === "labels")(
    "nears its minimum for certain logits, of several classes and of one",
    () => {
      for (const classes of [3, 1]) {
        const own = built(loss, options, [images, classes, 4, 5]);
        const t = truth(loss, own.shape);
        if (classes === 1) t.data.forEach((_, i) => (t.data[i] = i % 3 === 0 ? 1 : 0));
        const sure = (sign: number) => ({
          shape: own.shape,
          data: t.data.map((v) => sign * (v > 0.5 ? 40 : -40)),
        });
        expect(own.at(sure(1), t)).toBeCloseTo(least!, 8);
        expect(own.at(sure(-1), t)).toBeGreaterThan(own.at(draw(loss, own.shape, "p"), t));
      }
    },
  );

  it.skipIf(reads === "scores")("stays finite on extremes, gradient included", () => {
    const { prediction } = built(loss, options);
    const flat = (v: number) => ({ shape, data: new Float64Array(countOf(shape)).fill(v) });
    const own = loss.build(prediction, input("target", shape), options, context);
    for (const [p, t] of [
      [0, 0],
      [1e4, -1e4],
      [1e-12, 0],
    ] as const) {
      const target = reads === "labels" ? truth(loss, shape) : flat(t);
      const [v, g] = interpret([own, gradient(own, [prediction])[0]!], {
        prediction: flat(p),
        target,
        mix: mixed,
      });
      expect(Number.isFinite(v!.data[0]!)).toBe(true);
      expect(g!.data.every(Number.isFinite)).toBe(true);
    }
  });

  it("is the mean over the images of a batch", () => {
    const p = draw(loss, shape, "p");
    const t = truth(loss, shape);
    const size = countOf(shape) / images;
    const single = shape.map((s, axis) => (axis === 0 ? 1 : s));
    const alone = [0, 1].map((i) => {
      const own = input("mix", [1, 1, 1, 1]);
      const part = ({ data }: Tensor) => ({
        shape: single,
        data: data.slice(i * size, (i + 1) * size),
      });
      const y = loss.build(input("prediction", single), input("target", single), options, {
        ...context,
        mix: own,
      });
      const u = { shape: [1, 1, 1, 1], data: mixed.data.slice(i, i + 1) };
      return interpret([y], { prediction: part(p), target: part(t), mix: u })[0]!.data[0]!;
    });
    expect(at(p, t)).toBeCloseTo((alone[0]! + alone[1]!) / 2, 10);
  });

  it("gives the same in ONNX Runtime, gradient included, with every choice of its options", async () => {
    const variants = Object.entries(loss.options).flatMap(([name, option]) =>
      option.type === "choice"
        ? option.choices.map((choice) => ({ ...options, [name]: choice }))
        : option.type === "boolean"
          ? [false, true].map((choice) => ({ ...options, [name]: choice }))
          : [],
    );
    for (const variant of variants.length > 0 ? variants : [options]) {
      const own = built(loss, variant);
      const p = draw(loss, own.shape, "p");
      const t = truth(loss, own.shape);
      const outputs = { value: own.value, slope: gradient(own.value, [own.prediction])[0]! };
      const program = await compile({ outputs }, { threads: 1 });
      const fed = { prediction: p, target: t, mix: mixed };
      const found = await program.run(
        Object.fromEntries(
          Object.keys(program.inputs).map((name) => {
            const { data, shape: s } = fed[name as keyof typeof fed];
            return [name, floats(Float32Array.from(data), s)];
          }),
        ),
      );
      const wanted = interpret([outputs.value, outputs.slope], fed);
      expect(found.value!.data[0]).toBeCloseTo(wanted[0]!.data[0]!, 4);
      const scale = Math.max(...wanted[1]!.data.map(Math.abs), 1e-9);
      (found.slope!.data as Float32Array).forEach((v, i) => {
        expect(Math.abs(v - wanted[1]!.data[i]!) / scale).toBeLessThan(2e-3);
      });
      await program.dispose();
    }
  });

  it("refuses a context without what it needs, and training on pairs of images that it cannot give", () => {
    const [p, t] = [input("prediction", shape), input("target", shape)];
    if (loss.needs) expect(() => loss.build(p, t, options)).toThrow(InputError);
    else loss.build(p, t, options);
    const pairs = (reads === "images" || reads === "image") && !loss.needs;
    if (pairs) expect(imageLoss(loss)).toBe(loss);
    else expect(() => imageLoss(loss)).toThrow(/wanted one that compares two images/);
  });
});

describe("a loss that lies", () => {
  const lie: Loss = {
    name: "lie",
    title: "Lie",
    summary: "Claims to be at least 0.",
    references: [],
    options: {},
    minimum: () => 0,
    build: (prediction, target) => subtract(mean(prediction), mean(target)),
  };

  it("about its minimum is found out by descent", () => {
    expect(lowestOnDescent(lie, {})).toBeLessThan(-10);
  });
});
