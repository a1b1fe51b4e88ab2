/** How images are divided between training an observer and testing it. */
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { ParameterValues } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import type { Placements } from "../stats/placements.ts";
import { placements } from "../stats/placements.ts";
import { chooseCases } from "./cases.ts";
import type { Cases } from "./cases.ts";
import type {
  Finding,
  Known,
  Observer,
  ObserverContext,
  Refusal,
  TrainedObserver,
} from "./observer.ts";

export type Protocol =
  /** Train on other images than the test images; every test image counts. */
  | {
      readonly kind: "separate";
      readonly present: Cases;
      readonly absent: Cases;
      /** Places of the signal in the training images, x, y (, z) in pixels for each. */
      readonly places?: Float64Array;
    }
  /** Train on a random part of each class, test on the rest. */
  | { readonly kind: "hold-out"; readonly trainFraction: number }
  /** Leave out one image of each class, train on the rest, compare the two; all pairs. For small sets. */
  | { readonly kind: "leave-pair-out" };

export interface Judged {
  readonly status: "ok";
  /** Scores of the test cases; under leave-pair-out their means over the pairs, for display alone. */
  readonly present: Float64Array;
  readonly absent: Float64Array;
  readonly presentIds: readonly string[];
  readonly absentIds: readonly string[];
  readonly placements: Placements;
  readonly method: string;
  /** Images trained on: with signal, without. */
  readonly trained: readonly [number, number];
  readonly figures: Readonly<Record<string, number>>;
  readonly dimension: number;
  readonly findings: readonly Finding[];
  readonly template?: Float64Array;
  readonly fixedChannels?: TrainedObserver["fixedChannels"];
  /** Where the observer pointed in each test case with signal, and where the signal was. */
  readonly places?: Float64Array;
  readonly truth?: Float64Array;
  /** The observer's estimate of the signal's parameter in each test case with signal. */
  readonly estimates?: Float64Array;
  /** Places of the test cases with signal among those given, in the order of the scores. */
  readonly chosen: readonly number[];
}

export interface JudgeOptions {
  readonly observer: Observer;
  readonly parameters?: ParameterValues;
  readonly known?: Known;
  /** Places of the signal in the cases with signal, x, y (, z) in pixels for each. */
  readonly places?: Float64Array;
  readonly protocol: Protocol;
  readonly context: ObserverContext;
  /** The same cases in the version to train on, when that is not the tested one. */
  readonly trainOn?: { readonly present: Cases; readonly absent: Cases };
}

/** Protocol for sets of these sizes when none is asked for. */
export function protocolFor(present: number, absent: number): Protocol {
  return Math.min(present, absent) >= 40
    ? { kind: "hold-out", trainFraction: 0.5 }
    : { kind: "leave-pair-out" };
}

/** Places of training and test cases by a seeded shuffle that depends on the cases' names alone. */
export function splitPlaces(
  ids: readonly string[],
  options: { fraction: number; seed: number; label: string },
): { train: number[]; test: number[] } {
  const n = ids.length;
  const order = [...streamOf(options.seed, "hold-out", options.label, n).permutation(n)];
  const k = Math.min(n - 1, Math.max(1, Math.round(options.fraction * n)));
  const byPlace = (a: number, b: number) => a - b;
  return { train: order.slice(0, k).sort(byPlace), test: order.slice(k).sort(byPlace) };
}

async function judged(
  trained: TrainedObserver,
  options: {
    present: Cases;
    absent: Cases;
    counts: readonly [number, number];
    context: ObserverContext;
    method: string;
    truth?: Float64Array;
    chosen?: readonly number[];
  },
): Promise<Judged> {
  const { present, absent, counts, context, method } = options;
  const p = await trained.read(present, context);
  const a = await trained.read(absent, context);
  const finite = [...p.scores, ...a.scores].every(Number.isFinite);
  return {
    status: "ok",
    present: p.scores,
    absent: a.scores,
    presentIds: present.ids,
    absentIds: absent.ids,
    placements: finite
      ? placements({ present: p.scores, absent: a.scores })
      : { auc: NaN, present: p.scores, absent: a.scores },
    method,
    trained: counts,
    figures: trained.figures,
    dimension: trained.dimension,
    findings: trained.findings,
    ...(trained.template ? { template: trained.template } : {}),
    ...(trained.fixedChannels ? { fixedChannels: trained.fixedChannels } : {}),
    ...(p.places ? { places: p.places } : {}),
    ...(options.truth ? { truth: options.truth } : {}),
    ...(p.estimates ? { estimates: p.estimates } : {}),
    chosen: options.chosen ?? [...present.ids.keys()],
  };
}

/** Rows of places, x, y (, z) each, of the chosen cases. */
function placesAt(
  places: Float64Array,
  chosen: readonly number[],
  dimensions: number,
): Float64Array {
  return Float64Array.from(
    { length: chosen.length * dimensions },
    (_, i) => places[chosen[Math.floor(i / dimensions)]! * dimensions + (i % dimensions)]!,
  );
}

/** What is known, with the places of the chosen training cases where the test cases have places. */
function knownOf(
  options: JudgeOptions,
  present: Cases,
  chosen: readonly number[],
): { known?: Known } {
  const { known, places } = options;
  if (!places) return known ? { known } : {};
  return { known: { ...known, places: placesAt(places, chosen, present.shape.length) } };
}

const without = (n: number, gone: number): number[] =>
  Array.from({ length: n }, (_, i) => i).filter((i) => i !== gone);

async function leavePairOut(
  present: Cases,
  absent: Cases,
  options: JudgeOptions,
): Promise<Judged | Refusal> {
  const { observer, parameters, context } = options;
  const source = options.trainOn ?? { present, absent };
  const n1 = present.count;
  const n0 = absent.count;
  const wins = { present: new Float64Array(n1), absent: new Float64Array(n0) };
  const mean = { present: new Float64Array(n1), absent: new Float64Array(n0) };
  let last: TrainedObserver | undefined;
  for (let i = 0; i < n1; i++) {
    throwIfAborted(context.signal, `judging by ${observer.name}`);
    const one = chooseCases(present, [i]);
    const others = without(n1, i);
    const rest = chooseCases(source.present, others);
    for (let j = 0; j < n0; j++) {
      const result = await observer.train(
        {
          present: rest,
          absent: chooseCases(source.absent, without(n0, j)),
          ...knownOf(options, present, others),
        },
        parameters,
        context,
      );
      if (result.status !== "ok") return result;
      last = result;
      const t1 = (await result.read(one, context)).scores[0]!;
      const t0 = (await result.read(chooseCases(absent, [j]), context)).scores[0]!;
      const win = Number.isFinite(t1 - t0) ? (t1 > t0 ? 1 : t1 === t0 ? 0.5 : 0) : NaN;
      wins.present[i]! += win;
      wins.absent[j]! += win;
      mean.present[i]! += t1 / n0;
      mean.absent[j]! += t0 / n1;
    }
    context.onProgress?.({ done: i + 1, total: n1, label: observer.name });
  }
  // Counts are divided at the end, so that a perfect separation is exactly 1.
  const auc = wins.present.reduce((s, v) => s + v, 0) / (n1 * n0);
  for (let i = 0; i < n1; i++) wins.present[i]! /= n0;
  for (let j = 0; j < n0; j++) wins.absent[j]! /= n1;
  return {
    status: "ok",
    present: mean.present,
    absent: mean.absent,
    presentIds: present.ids,
    absentIds: absent.ids,
    placements: { auc, present: wins.present, absent: wins.absent },
    method: "leave-pair-out, DeLong on pair placements, logit",
    trained: [n1 - 1, n0 - 1],
    figures: last!.figures,
    dimension: last!.dimension,
    ...(last!.fixedChannels ? { fixedChannels: last!.fixedChannels } : {}),
    chosen: [...present.ids.keys()],
    findings: [
      ...last!.findings,
      {
        name: "leave-pair-out",
        severity: "note",
        reason: `each of ${n1 * n0} pairs was judged by an observer trained on the other images; the interval takes these observers for one`,
        remedy: "use separate training images, or at least 40 of each class",
      },
    ],
  };
}

/**
 * Trains and tests one observer on one pair of classes.
 *
 * An observer that learns nothing from images (known templates) is tested on all of them under
 * leave-pair-out and `separate`; under `hold-out` on the test part, so that arms and observers compare
 * on the same cases.
 *
 * @throws InputError when a class is too small to be divided
 */
export async function judge(
  present: Cases,
  absent: Cases,
  options: JudgeOptions,
): Promise<Judged | Refusal> {
  const { observer, parameters, places, protocol, context } = options;
  const d = present.shape.length;
  if (places && places.length !== present.count * d) {
    throw new InputError(
      `Cannot judge by places: found ${places.length / d} places for ${present.count} images with signal, wanted one each`,
    );
  }
  const train = (p: Cases, a: Cases, known: { known?: Known }) =>
    observer.train({ present: p, absent: a, ...known }, parameters, context);
  if (protocol.kind === "separate") {
    const own = { ...options.known, ...(protocol.places ? { places: protocol.places } : {}) };
    const trained = await train(protocol.present, protocol.absent, { known: own });
    if (trained.status !== "ok") return trained;
    return judged(trained, {
      present,
      absent,
      counts: [protocol.present.count, protocol.absent.count],
      context,
      method: "DeLong, logit",
      ...(places ? { truth: places } : {}),
    });
  }
  if (present.count < 2 || absent.count < 2) {
    throw new InputError(
      `Cannot divide images into training and test: found ${present.count} with and ${absent.count} without signal, wanted at least 2 of each; add images, or give separate training images`,
    );
  }
  if (protocol.kind === "leave-pair-out") return leavePairOut(present, absent, options);
  const seed = context.seed ?? 0;
  const source = options.trainOn ?? { present, absent };
  const p = splitPlaces(present.ids, { fraction: protocol.trainFraction, seed, label: "present" });
  const a = splitPlaces(absent.ids, { fraction: protocol.trainFraction, seed, label: "absent" });
  const trained = await train(
    chooseCases(source.present, p.train),
    chooseCases(source.absent, a.train),
    knownOf(options, present, p.train),
  );
  if (trained.status !== "ok") return trained;
  return judged(trained, {
    present: chooseCases(present, p.test),
    absent: chooseCases(absent, a.test),
    counts: [p.train.length, a.train.length],
    context,
    method: "DeLong, logit",
    chosen: p.test,
    ...(places ? { truth: placesAt(places, p.test, d) } : {}),
  });
}
