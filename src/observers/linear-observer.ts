/** A linear observer from its template: t = wᵀg. */
import type { Cases } from "./cases.ts";
import { checkAlike, linearScores } from "./cases.ts";
import type { Finding, TrainedObserver, TrainingSet } from "./observer.ts";

/** Wraps a template as a trained observer that checks what it reads. */
export function linearObserver(
  template: Float64Array,
  options: {
    training: TrainingSet;
    dimension: number;
    figures?: Readonly<Record<string, number>>;
    findings?: readonly Finding[];
  },
): TrainedObserver {
  const { training, dimension, figures = {}, findings = [] } = options;
  return Object.freeze({
    status: "ok" as const,
    template,
    dimension,
    figures,
    findings,
    read: async (cases: Cases) => {
      checkAlike(cases, training.absent, "read cases");
      return { scores: linearScores(template, cases) };
    },
  });
}

/** Difference of the class means: the signal as the training images show it. */
export function meanDifference(training: TrainingSet): Float64Array {
  const { present, absent } = training;
  const out = new Float64Array(present.size);
  for (const [cases, sign] of [
    [present, 1],
    [absent, -1],
  ] as const) {
    for (let i = 0; i < cases.count; i++) {
      const start = i * cases.size;
      for (let j = 0; j < cases.size; j++) out[j]! += (sign * cases.data[start + j]!) / cases.count;
    }
  }
  return out;
}

/** The known signal where there is one, the difference of class means otherwise. */
export function signalOf(training: TrainingSet, choice: unknown): Float64Array {
  checkAlike(training.present, training.absent, "train an observer");
  const known = training.known?.signal;
  return choice !== "mean-difference" && known ? known : meanDifference(training);
}
