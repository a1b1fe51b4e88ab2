/**
 * Training of an observer that is a network: images in, one number out, through the engine, stopped by
 * images held out from the training set.
 *
 * The steps are Adam's [kingma2015adam] on plain arrays, because this room stands below the training
 * room (losses may hold an observer, and training holds losses).
 */
import { throwIfAborted } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { gradient } from "../graph/gradient.ts";
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
import { declare, initialValues } from "../layers/scope.ts";
import type { Parameter, Scope } from "../layers/scope.ts";
import { floats } from "../runtime/backend.ts";
import { compile } from "../runtime/program.ts";
import type { Program } from "../runtime/program.ts";
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

interface Batch {
  readonly image: Float32Array;
  readonly label: Float32Array;
}

/** Images `places` of both classes, signal ones first, as a scaled batch; short batches repeat their images. */
function batchOf(
  rows: readonly { readonly cases: Cases; readonly place: number; readonly label: number }[],
  scale: Scale,
  size: number,
): Batch {
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

async function lossProgram(
  options: LearnOptions,
  shape: readonly number[],
): Promise<{ program: Program; parameters: readonly Parameter[] }> {
  const { scope, parameters } = declare({ training: true });
  const image = input("image", shape);
  const label = input("label", [shape[0]!, 1]);
  const score = options.build(image, scope);
  const loss = lossOf(options.loss, score, label);
  const slopes = gradient(
    loss,
    parameters.map((p) => p.node),
  );
  const program = await compile(
    { outputs: { loss, ...Object.fromEntries(slopes.map((g, i) => [`gradient ${i}`, g])) } },
    { threads: 1, ...(options.context.signal ? { signal: options.context.signal } : {}) },
  );
  return { program, parameters };
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
  const { program, parameters } = await lossProgram(options, shape);
  const weights = initialValues(parameters, streamOf(seed, label, "weights"));
  const low = options.loss === "hotelling" ? -1 : 0;
  const half = batch / 2;
  const run = async ({ image, label: labels }: Batch) =>
    program.run({
      image: floats(image, shape),
      label: floats(labels, [batch, 1]),
      ...Object.fromEntries(parameters.map((p) => [p.name, floats(weights.get(p.name)!, p.shape)])),
    });
  const validationLoss = async (): Promise<number> => {
    let sum = 0;
    let n = 0;
    const longest = Math.max(sp.test.length, sa.test.length);
    for (let start = 0; start < longest; start += half) {
      const rows = Array.from({ length: batch }, (_, k) => {
        const at = start + (k % half);
        return k < half
          ? { cases: present, place: sp.test[at % sp.test.length]!, label: 1 }
          : { cases: absent, place: sa.test[at % sa.test.length]!, label: low };
      });
      sum += (await run(batchOf(rows, scale, size))).loss!.data[0] as number;
      n++;
    }
    return sum / n;
  };
  const first = new Map(parameters.map((p) => [p.name, new Float64Array(sizeOf(p.shape))]));
  const second = new Map(parameters.map((p) => [p.name, new Float64Array(sizeOf(p.shape))]));
  const stream = streamOf(seed, label, "batches");
  const copy = () => new Map([...weights].map(([name, w]) => [name, w.slice()]));
  let best = { weights: copy(), loss: await validationLoss(), step: 0 };
  let stale = 0;
  const every = Math.max(10, Math.round(steps / 40));
  for (let step = 1; step <= steps && stale < patience; step++) {
    throwIfAborted(context.signal, `training ${label}`);
    const rows = Array.from({ length: batch }, (_, k) =>
      k < half
        ? { cases: present, place: sp.train[stream.integer(sp.train.length)]!, label: 1 }
        : { cases: absent, place: sa.train[stream.integer(sa.train.length)]!, label: low },
    );
    const found = await run(batchOf(rows, scale, size));
    // Cosine decay to nothing, so that the last steps settle.
    const now = rate * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
    parameters.forEach((p, i) => {
      const g = found[`gradient ${i}`]!.data as Float32Array;
      const w = weights.get(p.name)!;
      const m = first.get(p.name)!;
      const v = second.get(p.name)!;
      for (let k = 0; k < w.length; k++) {
        m[k] = 0.9 * m[k]! + 0.1 * g[k]!;
        v[k] = 0.999 * v[k]! + 0.001 * g[k]! * g[k]!;
        w[k]! -=
          (now * (m[k]! / (1 - 0.9 ** step))) / (Math.sqrt(v[k]! / (1 - 0.999 ** step)) + 1e-8);
      }
    });
    if (step % every === 0 || step === steps) {
      const loss = await validationLoss();
      if (loss < best.loss) {
        best = { weights: copy(), loss, step };
        stale = 0;
      } else stale++;
      context.onProgress?.({
        done: step,
        total: steps,
        label: `training ${label}`,
        figures: { "held-out loss": loss },
      });
    }
  }
  await program.dispose();
  return {
    ...(await scorer(options, { shape, scale, weights: best.weights })),
    weights: best.weights,
    validation: best.loss,
    step: best.step,
  };
}

async function scorer(
  options: LearnOptions,
  state: { shape: readonly number[]; scale: Scale; weights: ReadonlyMap<string, Float32Array> },
): Promise<Pick<Learned, "score" | "expression" | "dispose">> {
  const { shape, scale, weights } = state;
  const { scope, parameters } = declare();
  const score = options.build(input("image", shape), scope);
  const program = await compile({ outputs: { score } }, { threads: 1 });
  const given = Object.fromEntries(
    parameters.map((p) => [p.name, floats(weights.get(p.name)!, p.shape)]),
  );
  const batch = shape[0]!;
  return {
    score: async (cases) => {
      const out = new Float64Array(cases.count);
      for (let start = 0; start < cases.count; start += batch) {
        const rows = Array.from({ length: batch }, (_, k) => ({
          cases,
          place: Math.min(cases.count - 1, start + k),
          label: 0,
        }));
        const { image } = batchOf(rows, scale, cases.size);
        const found = (await program.run({ image: floats(image, shape), ...given })).score!
          .data as Float32Array;
        for (let k = 0; k < batch && start + k < cases.count; k++) out[start + k] = found[k]!;
      }
      return out;
    },
    expression: (single) => {
      const own = declare();
      const sizes = [1, ...shape.slice(1)];
      const scaled = multiply(
        subtract(single, constant(scale.mean, sizes)),
        constant(1 / scale.sd),
      );
      const built = reshape(options.build(scaled, own.scope), [1]);
      const fixed = own.parameters.map(
        ({ name, shape: size, node }) => [node, constant(weights.get(name)!, size)] as const,
      );
      return substitute([built], new Map(fixed))[0]!;
    },
    dispose: () => program.dispose(),
  };
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
