/**
 * Training of an observer that is a network: images in, one number out, stopped by images held out from the
 * training set.
 */
import { sizeOf } from "../core/image.ts";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { interpret } from "../graph/interpret.ts";
import { sizesOf } from "../graph/node.ts";
import type { Node } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { input } from "../graph/ops/input.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { softplus } from "../graph/ops/softplus.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { substitute } from "../graph/substitute.ts";
import { declare } from "../layers/scope.ts";
import type { Scope } from "../layers/scope.ts";
import { fit } from "../learn/fit.ts";
import type { Weights } from "../learn/flat-weights.ts";
import { openNetwork, type OpenedNetwork } from "../learn/open-network.ts";
import { adam } from "../learn/optimisers/adam.ts";
import type { Build } from "../learn/trainee.ts";
import type { Cases } from "./cases.ts";
import { caseAt, chooseCases, meanCase } from "./cases.ts";
import type { Finding, ObserverContext, TrainingSet } from "./observer.ts";
import { splitPlaces } from "./protocol.ts";

/** Builds the score `[B, 1]` of a batch `[B, 1, …]`. */
export type ScoreBuilder = (image: Node, scope: Scope) => Node;

export interface LearnOptions {
  readonly build: ScoreBuilder;
  /**
   * `cross-entropy` of the logistic function of the score; `hotelling`: E[(t − t̄_class)²] − 2 (t̄₁ − t̄₀), whose
   * minimum over linear scores is the Hotelling template.
   */
  readonly loss: "cross-entropy" | "hotelling";
  readonly steps: number;
  readonly batch: number;
  readonly rate: number;
  /** Part of each class that is held out and decides when to stop. */
  readonly heldOut: number;
  /** Validations without improvement after which training stops. */
  readonly patience: number;
  readonly context: ObserverContext;
  readonly label: string;
}

export interface Learned {
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Validation loss of the weights kept, and the step they come from. */
  readonly validation: number;
  readonly step: number;
  /** Scores of cases by the weights kept. */
  score(cases: Cases): Promise<Float64Array>;
  /** The score `[1]` of one image `[1, 1, …]` in its own unit. */
  expression(image: Node): Node;
  dispose(): Promise<void>;
}

/** Pixelwise mean and one standard deviation, taken from training images alone. */
interface Scale {
  readonly mean: Float64Array;
  readonly sd: number;
}

function scaleOf(sets: readonly Cases[]): Scale {
  const n = sets.reduce((s, c) => s + c.count, 0);
  const size = sets[0]!.size;
  const average = new Float64Array(size);
  for (const cases of sets) {
    const own = meanCase(cases);
    for (let i = 0; i < size; i++) average[i]! += (own[i]! * cases.count) / n;
  }
  let sum = 0;
  for (const cases of sets) {
    for (let k = 0; k < cases.data.length; k++) sum += (cases.data[k]! - average[k % size]!) ** 2;
  }
  return { mean: average, sd: Math.sqrt(sum / (n * size)) };
}

/** One case of a batch with the label that its loss reads. */
interface Row {
  readonly cases: Cases;
  readonly place: number;
  readonly label: number;
}

interface Batch {
  readonly image: Float32Array;
  readonly label: Float32Array;
}

/** Rows as one scaled batch. */
function batchOf(rows: readonly Row[], scale: Scale, size: number): Batch {
  const image = new Float32Array(rows.length * size);
  const label = new Float32Array(rows.length);
  rows.forEach(({ cases, place, label: own }, k) => {
    const from = caseAt(cases, place);
    for (let i = 0; i < size; i++) image[k * size + i] = (from[i]! - scale.mean[i]!) / scale.sd;
    label[k] = own;
  });
  return { image, label };
}

function lossOf(kind: LearnOptions["loss"], score: Node, label: Node): Node {
  if (kind === "cross-entropy") {
    // softplus(t) − y t = −y ln σ(t) − (1 − y) ln(1 − σ(t)).
    return mean(subtract(softplus(score), multiply(label, score)));
  }
  // Labels are ±1 here; batches are balanced, so that mean(y t) = (t̄₁ − t̄₀)/2 and the variance within classes is E t² less the class means'.
  const second = mean(multiply(score, score));
  const contrast = mean(multiply(label, score));
  const middle = mean(score);
  const within = subtract(second, add(multiply(contrast, contrast), multiply(middle, middle)));
  return subtract(within, add(contrast, add(contrast, add(contrast, contrast))));
}

/** Loss of scores in plain numbers, by the same expression that training differentiates. */
function lossOfScores(
  kind: LearnOptions["loss"],
  { score, label }: { score: ArrayLike<number>; label: ArrayLike<number> },
): number {
  const shape = [score.length, 1];
  const loss = lossOf(kind, input("score", shape), input("label", shape));
  const [value] = interpret([loss], {
    score: { shape, data: Float64Array.from(score) },
    label: { shape, data: Float64Array.from(label) },
  });
  return value!.data[0]!;
}

/**
 * Trains a network observer and keeps the weights with the lowest held-out loss.
 *
 * The caller disposes of the result.
 */
export async function learn(training: TrainingSet, options: LearnOptions): Promise<Learned> {
  const { context, steps, batch, rate, heldOut, patience, label } = options;
  const seed = context.seed ?? 0;
  const { present, absent } = training;
  const split = (cases: Cases, name: string) =>
    splitPlaces(cases.ids, { fraction: 1 - heldOut, seed, label: `${label} ${name}` });
  const sp = split(present, "present");
  const sa = split(absent, "absent");
  const scale = scaleOf([chooseCases(present, sp.train), chooseCases(absent, sa.train)]);
  const size = present.size;
  const shape = [batch, 1, ...present.shape];
  const low = options.loss === "hotelling" ? -1 : 0;
  const half = batch / 2;
  // Both classes weigh the same, as in a batch: the smaller one's images are repeated.
  const longest = Math.max(sp.test.length, sa.test.length);
  const held = Array.from(
    { length: 2 * longest },
    (_, k): Row =>
      k < longest
        ? { cases: present, place: sp.test[k % sp.test.length]!, label: 1 }
        : { cases: absent, place: sa.test[k % sa.test.length]!, label: low },
  );
  const scores = async (network: OpenedNetwork, rows: readonly Row[]) => {
    const out = new Float64Array(rows.length);
    // A batch at a time: scaled images of all cases would be another copy of the set.
    for (let start = 0; start < rows.length; start += batch) {
      const part = batchOf(rows.slice(start, start + batch), scale, size);
      out.set((await network.run(part.image)).data, start);
    }
    return out;
  };
  const stream = streamOf(seed, label, "batches");
  const build: Build = (x, { scope }) => options.build(x, scope);
  const compile = { threads: 1 };
  const best = await fit({
    build,
    shapes: { image: shape, label: [batch, 1] },
    loss: (score, fields) => lossOf(options.loss, score, fields["label"]!),
    rule: { optimiser: adam, options: resolveParameters("adam", adam.options) },
    schedule: { kind: "cosine", rate },
    steps,
    batch() {
      const { image, label: labels } = batchOf(
        Array.from({ length: batch }, (_, k) =>
          k < half
            ? { cases: present, place: sp.train[stream.integer(sp.train.length)]!, label: 1 }
            : { cases: absent, place: sa.train[stream.integer(sa.train.length)]!, label: low },
        ),
        scale,
        size,
      );
      return { image: { shape, data: image }, label: { shape: [batch, 1], data: labels } };
    },
    heldOut: async (network) =>
      lossOfScores(options.loss, {
        score: await scores(network, held),
        label: held.map((row) => row.label),
      }),
    every: Math.max(10, Math.round(steps / 40)),
    patience,
    stream: streamOf(seed, label),
    label: `training ${label}`,
    compile,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
    ...(context.onProgress === undefined ? {} : { onProgress: context.onProgress }),
  });
  const { weights } = best;
  const network = await openNetwork({ build, weights, shape }, compile);
  return {
    weights,
    validation: best.loss,
    step: best.step,
    score: (cases) =>
      scores(
        network,
        Array.from({ length: cases.count }, (_, place) => ({ cases, place, label: 0 })),
      ),
    expression: (single) => expressionOf(single, { build, shape, scale, weights }),
    dispose: () => network.dispose(),
  };
}

/** The score `[1]` of one image in its own unit, weights and scale as constants. */
function expressionOf(
  image: Node,
  {
    build,
    shape,
    scale,
    weights,
  }: { build: Build; shape: readonly number[]; scale: Scale; weights: Weights },
): Node {
  const { scope, parameters } = declare();
  const centre = constant(scale.mean, [1, ...shape.slice(1)]);
  const scaled = multiply(subtract(image, centre), constant(1 / scale.sd));
  const score = reshape(build(scaled, { scope, conditions: {} }), [1]);
  const fixed = parameters.map(
    ({ name, shape: own, node }) => [node, constant(weights.get(name)!, own)] as const,
  );
  return substitute([score], new Map(fixed))[0]!;
}

/** Finding about training that never lowered the held-out loss. */
export function nothingLearned(learned: Pick<Learned, "step">, label: string): Finding[] {
  return learned.step > 0
    ? []
    : [
        {
          name: "nothing-learned",
          severity: "warning",
          reason: `training of ${label} never lowered the loss on held-out images: its first weights were kept`,
          remedy: "check that the classes differ, train on more images, or change rate and steps",
        },
      ];
}

/** Fewest training images of each class for a network with a held-out part. */
export const fewestForLearning = 10;

/** Linear map of a flattened batch `[B, …]` to one score each, `[B, 1]`. */
export function linearScore(x: Node, scope: Scope, options: { from?: "zero" } = {}): Node {
  const [batch = 1, ...rest] = sizesOf(x);
  const size = sizeOf(rest);
  const spread = options.from === "zero" ? 0 : 1 / Math.sqrt(size);
  const weight = scope.parameter("weight", [size, 1], (shape, stream) =>
    Float32Array.from({ length: sizeOf(shape) }, () => spread * stream.normal()),
  );
  const bias = scope.parameter("bias", [1], (shape) => new Float32Array(sizeOf(shape)));
  return add(matmul(reshape(x, [batch, size]), weight), bias);
}
