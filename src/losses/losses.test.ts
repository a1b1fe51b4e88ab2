/** Values of losses against closed forms, brute force and the metrics of the same name. */
import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { makeImage } from "../core/image.ts";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { gradient } from "../graph/gradient.ts";
import { interpret } from "../graph/interpret.ts";
import type { Node } from "../graph/node.ts";
import { constant } from "../graph/ops/constant.ts";
import { conv } from "../graph/ops/conv.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { sum } from "../graph/ops/sum.ts";
import { msSsim as msSsimMetric } from "../metrics/ms-ssim.ts";
import { ssim as ssimMetric } from "../metrics/ssim.ts";
import { binaryCrossEntropy } from "./binary-cross-entropy.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { dice } from "./dice.ts";
import { edge } from "./edge.ts";
import { featureDistance } from "./feature-distance.ts";
import { gradientPenalty } from "./gradient-penalty.ts";
import { kullbackLeibler } from "./kullback-leibler.ts";
import type { Loss, LossContext } from "./loss.ts";
import { msSsim } from "./ms-ssim.ts";
import { ssim } from "./ssim.ts";
import { totalVariation } from "./total-variation.ts";
import { wasserstein } from "./wasserstein.ts";

interface Array4 {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

const node = ({ shape, data }: Array4): Node => constant(Float64Array.from(data), shape);

function valueOf(
  loss: Loss,
  at: { p: Array4; t: Array4 },
  options: Record<string, unknown> = {},
  context?: LossContext,
): number {
  const full = resolveParameters(loss.name, loss.options, options);
  return interpret([loss.build(node(at.p), node(at.t), full, context)], {})[0]!.data[0]!;
}

const random = (
  shape: readonly number[],
  seed: number,
): { shape: readonly number[]; data: number[] } => {
  const stream = streamOf(seed, "losses");
  return {
    shape,
    data: Array.from({ length: shape.reduce((a, b) => a * b) }, () => stream.normal()),
  };
};

/** Softmax over axis 1 of `[N, K, S]`, and whole labels as one-hot. */
function softmaxOf({ shape, data }: { shape: readonly number[]; data: number[] }): number[] {
  const [n, k, s] = shape as [number, number, number];
  const out = new Array<number>(data.length);
  for (let i = 0; i < n; i++) {
    for (let x = 0; x < s; x++) {
      const e = Array.from({ length: k }, (_, c) => Math.exp(data[(i * k + c) * s + x]!));
      const total = e.reduce((a, b) => a + b);
      e.forEach((v, c) => (out[(i * k + c) * s + x] = v / total));
    }
  }
  return out;
}

describe("losses of labels", () => {
  const [n, k, s] = [2, 4, 30];
  const logits = random([n, k, s], 1);
  const p = softmaxOf(logits);
  const labels = Array.from({ length: n * s }, (_, i) => (i * 7) % k);
  const hot = Array.from({ length: n * k * s }, (_, i) => {
    const [image, c, x] = [Math.floor(i / (k * s)), Math.floor(i / s) % k, i % s];
    return labels[image * s + x] === c ? 1 : 0;
  });
  const truth = { shape: [n, k, s], data: hot };
  const whole = { shape: [n, 1, s], data: labels };

  it("cross-entropy is the mean negative log-probability, from one-hot and from whole labels", () => {
    let sumOf = 0;
    hot.forEach((t, i) => (sumOf -= t * Math.log(p[i]!)));
    for (const t of [truth, whole]) {
      expect(valueOf(crossEntropy, { p: logits, t })).toBeCloseTo(sumOf / (n * s), 12);
    }
    let smoothed = 0;
    hot.forEach((t, i) => (smoothed -= (0.9 * t + 0.1 / k) * Math.log(p[i]!)));
    const found = valueOf(crossEntropy, { p: logits, t: whole }, { smoothing: 0.1 });
    expect(found).toBeCloseTo(smoothed / (n * s), 12);
    const wrong = { shape: [n, 2, s], data: new Float64Array(n * 2 * s) };
    expect(() => valueOf(crossEntropy, { p: logits, t: wrong })).toThrow(InputError);
  });

  it("of one class they are those of a logistic model", () => {
    const x = random([3, 1, 10], 2);
    const t = { shape: x.shape, data: x.data.map((_, i) => i % 2) };
    const want =
      x.data.reduce((a, v, i) => {
        const q = 1 / (1 + Math.exp(-v));
        return a - (i % 2) * Math.log(q) - (1 - (i % 2)) * Math.log(1 - q);
      }, 0) / 30;
    expect(valueOf(crossEntropy, { p: x, t })).toBeCloseTo(want, 12);
    expect(valueOf(binaryCrossEntropy, { p: x, t })).toBeCloseTo(want, 12);
    // Three times the weight: misses alone count more.
    const missed = x.data.reduce((a, v, i) => a + (i % 2) * Math.log(1 + Math.exp(-v)), 0) / 30;
    const found = valueOf(binaryCrossEntropy, { p: x, t }, { positiveWeight: 3 });
    expect(found).toBeCloseTo(want + 2 * missed, 12);
    const far = { shape: [1, 1, 2], data: [1e4, -1e4] };
    const sure = { shape: [1, 1, 2], data: [1, 0] };
    expect(valueOf(binaryCrossEntropy, { p: far, t: sure })).toBe(0);
  });

  const diceOf = (at: { from: number; squared: boolean; batch: boolean; smooth: number }) => {
    const images = at.batch ? [[0, 1]] : [[0], [1]];
    const parts = images.flatMap((group) =>
      Array.from({ length: k - at.from }, (_, j) => {
        let [both, ps, ts] = [0, 0, 0];
        for (const i of group) {
          for (let x = 0; x < s; x++) {
            const at1 = (i * k + j + at.from) * s + x;
            both += p[at1]! * hot[at1]!;
            ps += at.squared ? p[at1]! ** 2 : p[at1]!;
            ts += hot[at1]!;
          }
        }
        return (2 * both + at.smooth) / (ps + ts + at.smooth);
      }),
    );
    return 1 - parts.reduce((a, b) => a + b) / parts.length;
  };

  it("Dice is the mean over classes, by image or batch, with and without the background", () => {
    const found = (options: Record<string, unknown>) =>
      valueOf(dice, { p: logits, t: whole }, options);
    const common = { from: 0, squared: true, batch: false, smooth: 1 };
    expect(found({})).toBeCloseTo(diceOf(common), 12);
    expect(found({ pool: "batch" })).toBeCloseTo(diceOf({ ...common, batch: true }), 12);
    expect(found({ background: false, smooth: 0.5 })).toBeCloseTo(
      diceOf({ ...common, from: 1, smooth: 0.5 }),
      12,
    );
    expect(found({ squared: false })).toBeCloseTo(diceOf({ ...common, squared: false }), 12);
    // An organ that is nowhere and that nothing is taken for: no error.
    const none = { shape: [1, 1, 3], data: [-40, -40, -40] };
    const nowhere = { shape: [1, 1, 3], data: [0, 0, 0] };
    expect(valueOf(dice, { p: none, t: nowhere })).toBeCloseTo(0, 12);
  });

  it("Kullback–Leibler is T² Σ q ln(q/p), and passes no gradient to the teacher", () => {
    const teacher = random([n, k, s], 3);
    for (const temperature of [1, 4]) {
      const cooled = (x: typeof logits) =>
        softmaxOf({ ...x, data: x.data.map((v) => v / temperature) });
      const [q, r] = [cooled(teacher), cooled(logits)];
      const want = q.reduce((a, v, i) => a + v * Math.log(v / r[i]!), 0) / (n * s);
      const found = valueOf(kullbackLeibler, { p: logits, t: teacher }, { temperature });
      expect(found).toBeCloseTo(temperature ** 2 * want, 11);
    }
    const t = node(teacher);
    const y = kullbackLeibler.build(node(logits), t, { temperature: 2 });
    expect(interpret(gradient(y, [t]), {})[0]!.data.every((v) => v === 0)).toBe(true);
  });
});

describe("losses of images", () => {
  it("edge is the mean difference of neighbours, in planes and volumes, blind to offsets", () => {
    for (const shape of [
      [2, 1, 4, 5],
      [1, 2, 3, 4, 5],
    ]) {
      const [p, t] = [random(shape, 4), random(shape, 5)];
      const d = p.data.map((v, i) => v - t.data[i]!);
      const strides = shape.map((_, a) => shape.slice(a + 1).reduce((x, y) => x * y, 1));
      for (const norm of ["l1", "l2"]) {
        let total = 0;
        for (let axis = 2; axis < shape.length; axis++) {
          let [sumOf, count] = [0, 0];
          d.forEach((v, i) => {
            if (Math.floor(i / strides[axis]!) % shape[axis]! === shape[axis]! - 1) return;
            const change = d[i + strides[axis]!]! - v;
            sumOf += norm === "l1" ? Math.abs(change) : change ** 2;
            count++;
          });
          total += sumOf / count / (shape.length - 2);
        }
        expect(valueOf(edge, { p, t }, { norm })).toBeCloseTo(total, 12);
      }
      const lifted = { shape, data: t.data.map((v) => v + 3) };
      expect(valueOf(edge, { p: lifted, t })).toBeCloseTo(0, 12);
    }
    const row = random([1, 1, 1, 5], 6);
    expect(() => valueOf(edge, { p: row, t: row })).toThrow(/two voxels or more/);
  });

  it("total variation of a step is its height per row, and of a slope its length", () => {
    const shape = [1, 1, 6, 9];
    const of = (value: (x: number, y: number) => number) => ({
      shape,
      data: Array.from({ length: 54 }, (_, i) => value(i % 9, Math.floor(i / 9))),
    });
    const at = (p: Array4, options = {}) =>
      valueOf(totalVariation, { p, t: p }, { epsilon: 1e-8, ...options });
    // Isotropic: one of eight positions along a row holds the step.
    expect(at(of((x) => (x > 3 ? 2 : 0)))).toBeCloseTo(2 / 8, 6);
    expect(at(of((x, y) => 3 * x + 4 * y))).toBeCloseTo(5, 6);
    expect(
      at(
        of((x, y) => 3 * x + 4 * y),
        { kind: "anisotropic" },
      ),
    ).toBeCloseTo(3.5, 6);
    expect(valueOf(totalVariation, { p: of(() => 7), t: of(() => 0) })).toBeCloseTo(1e-3, 12);
  });

  it("MS-SSIM and SSIM are one minus the metric, image by image", () => {
    const side = 48;
    const shape = [2, 1, side, side];
    const stream = streamOf(7, "similarity");
    const t = {
      shape,
      data: Float32Array.from({ length: 2 * side * side }, (_, i) => {
        const [x, y] = [i % side, Math.floor(i / side) % side];
        return 0.5 + 0.3 * Math.sin(x / 4) * Math.cos(y / 6);
      }),
    };
    const p = { shape, data: t.data.map((v) => v + 0.1 * stream.normal()) };
    const metric = (member: typeof ssimMetric, parameters = {}) =>
      [0, 1].reduce((total, i) => {
        const of = ({ data }: typeof t) =>
          makeImage(data.slice(i * side * side, (i + 1) * side * side), [side, side]);
        const r = member.measure(of(p), { reference: of(t), dataRange: 1 }, parameters);
        if (r.status !== "ok") throw new Error(r.cause);
        return total + r.value / 2;
      }, 0);
    expect(valueOf(ssim, { p, t })).toBeCloseTo(1 - metric(ssimMetric), 10);
    for (const scales of [2, 3]) {
      expect(valueOf(msSsim, { p, t }, { scales })).toBeCloseTo(
        1 - metric(msSsimMetric, { scales }),
        10,
      );
    }
    expect(() => valueOf(msSsim, { p, t }, { scales: 4 })).toThrow(/at least 88 pixels/);
    const opposite = { shape, data: t.data.map((v) => 1 - v) };
    expect(Number.isFinite(valueOf(msSsim, { p: opposite, t }))).toBe(true);
  });

  it("feature distance is that of the maps that it is given", () => {
    const [p, t] = [random([1, 1, 5, 5], 8), random([1, 1, 5, 5], 9)];
    const kernel = constant([1, 0, -1, 2, 0, -2, 1, 0, -1], [1, 1, 3, 3]);
    const features = (x: Node) => [multiply(constant(2), x), conv(x, kernel)];
    const d = p.data.map((v, i) => v - t.data[i]!);
    const kernelValues = [1, 0, -1, 2, 0, -2, 1, 0, -1];
    const filtered = Array.from({ length: 9 }, (_, i) => {
      const [y, x] = [Math.floor(i / 3), i % 3];
      return kernelValues.reduce(
        (a, w, k) => a + w * d[(y + Math.floor(k / 3)) * 5 + x + (k % 3)]!,
        0,
      );
    });
    const square = (v: number[]) => v.reduce((a, x) => a + x * x, 0) / v.length;
    const want = (4 * square(d) + square(filtered)) / 2;
    expect(valueOf(featureDistance, { p, t }, {}, { features })).toBeCloseTo(want, 12);
    expect(() => valueOf(featureDistance, { p, t })).toThrow(/found no features/);
    expect(() => valueOf(featureDistance, { p, t }, {}, { features: () => [] })).toThrow(
      /found no feature map/,
    );
  });
});

describe("losses of a critic", () => {
  it("Wasserstein is a difference of means of any sign, and the generator's the negative mean", () => {
    const p = { shape: [4], data: [1, 2, 3, 6] };
    const t = { shape: [4], data: [5, 5, 5, 9] };
    expect(valueOf(wasserstein, { p, t })).toBe(-3);
    expect(valueOf(wasserstein, { p: t, t: p })).toBe(3);
    expect(valueOf(wasserstein, { p, t }, { side: "generator" })).toBe(-3);
    expect(wasserstein.minimum({})).toBeUndefined();
  });

  it("the gradient penalty of a linear critic is (‖w‖ − 1)², wherever the point lies", () => {
    const shape = [3, 1, 2, 2];
    const [p, t] = [random(shape, 10), random(shape, 11)];
    const mix = constant([0.1, 0.5, 0.9], [3, 1, 1, 1]);
    for (const [length, sided, want] of [
      [3, "two", 4],
      [0.25, "two", 0.5625],
      [0.25, "one", 0],
      [3, "one", 4],
    ] as const) {
      const w = constant([length / 2, length / 2, -length / 2, length / 2], [1, 1, 2, 2]);
      const critic = (x: Node) => sum(multiply(w, x), [1, 2, 3]);
      const found = valueOf(gradientPenalty, { p, t }, { sided }, { critic, mix });
      expect(found).toBeCloseTo(want, 6);
    }
  });

  it("and of a squared critic is taken between the images: x = u real + (1 − u) generated", () => {
    const shape = [2, 1, 1, 2];
    const p = { shape, data: [1, 0, 0, 2] };
    const t = { shape, data: [0, 3, 4, 0] };
    const mix = constant([0.5, 0.25], [2, 1, 1, 1]);
    // D = ½‖x‖², ∇D = x: points (½, 1½) and (1, 1½).
    const critic = (x: Node) => multiply(constant(0.5), sum(multiply(x, x), [1, 2, 3]));
    const want = ((Math.hypot(0.5, 1.5) - 1) ** 2 + (Math.hypot(1, 1.5) - 1) ** 2) / 2;
    expect(valueOf(gradientPenalty, { p, t }, {}, { critic, mix })).toBeCloseTo(want, 9);
    // Several scores per image: the slope of their mean.
    const patches = (x: Node) => multiply(x, x);
    const half = (x: Node) => mean(multiply(x, x), [1, 2, 3]);
    const several = valueOf(gradientPenalty, { p, t }, {}, { critic: patches, mix });
    expect(several).toBeCloseTo(valueOf(gradientPenalty, { p, t }, {}, { critic: half, mix }), 12);
    expect(() => valueOf(gradientPenalty, { p, t }, {}, { mix })).toThrow(/found no critic/);
  });
});
