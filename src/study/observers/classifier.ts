/**
 * One observer for each class against all others. Its test statistic t becomes comparable with those of the
 * other classes by the training images, z = (t − (m₁ + m₀)/2) / ((s₁ + s₀)/2), and the class of largest z is
 * the answer.
 */
import { z } from "zod";
import { openMember } from "../../core/member.ts";
import { catalogue as observers } from "../../observers/catalogue.ts";
import { type Cases, casesOfRows } from "../../observers/cases.ts";
import type { Observer, TrainedObserver } from "../../observers/observer.ts";
import type { RefusedAnswer } from "../answers/answer-kind.ts";
import type { CaseValues } from "../answers/values.ts";
import { checkMember } from "../members.ts";
import { ids, optionValues } from "../schema-words.ts";
import type { JudgeContext, ObserverKind } from "./observer-kind.ts";

const schema = z
  .strictObject({
    kind: z.literal("classifier"),
    name: z.string().describe("Name of an observer."),
    options: optionValues,
    methods: ids.optional().describe("Methods that it judges; all when absent."),
  })
  .describe(
    "One observer for each class against all others, trained anew on every method's images.",
  );

type Plan = z.output<typeof schema>;

export const classifier: ObserverKind<Plan> = {
  name: "classifier",
  summary: "One observer for each class against all others, trained anew on every method's images.",
  schema,
  answers: "values",
  overview: true,
  refers: () => [],
  async check({ name, options }, { at }) {
    await checkMember(at, { name, options }, observers);
  },
  anonymous: ({ methods: _methods, ...plan }) => plan,
  judges: ({ methods }) => methods,
  reads: () => ["observer-training"],
  cost: (_, counts) => ({ weight: 0.2 * counts["observer-training"] }),
  about: ({ name }, { training }) =>
    `\`${name}\` for each class against all others, trained anew on ${training} of each method: a finite-training estimate, not a ceiling. Of every case: whether its class was recognised.`,
  judge,
};

async function judge(context: JudgeContext<Plan>): Promise<CaseValues | RefusedAnswer> {
  const { plan, seed, images, signal, onProgress } = context;
  const { classes } = images;
  const observer = await openMember<Observer>(
    observers,
    plan.name,
    `Cannot use the study: found no observer ${plan.name}`,
  );
  const training = classes.map((which) => images.cases("observer-training", which));
  const test = classes.map((which) => images.cases("test", which));
  /** By test class, then class that speaks: z of every case. */
  const spoken: Float64Array[][] = test.map(() => []);
  for (const [k, present] of training.entries()) {
    const absent = joined(training.filter((_, other) => other !== k));
    const work = { seed, signal };
    const learned = await observer.train({ present, absent }, plan.options, work);
    if (learned.status !== "ok") {
      return { status: "refused", why: `${classes[k]}: ${learned.cause}; ${learned.remedy}` };
    }
    const comparable = await standardised(learned, { present, absent, work });
    for (const [c, cases] of test.entries()) {
      spoken[c]!.push(comparable((await learned.read(cases, work)).scores));
    }
    onProgress((k + 1) / (classes.length + 1));
  }
  const correct = spoken.map((by, c) =>
    Array.from({ length: test[c]!.count }, (_, i) => Number(chosenBy(by, i) === c)),
  );
  const form = { unit: "1", better: "higher" } as const;
  return {
    status: "ok",
    measures: {
      correct: { ...form, values: correct.flat(), headline: true },
      ...Object.fromEntries(
        classes.map((which, c) => [
          `correct ${which}`,
          {
            ...form,
            values: correct.flatMap((own, k) => own.map((v) => (k === c ? v : null))),
            headline: false,
          },
        ]),
      ),
    },
    figures: {},
    findings: [],
  };
}

/** The class whose observer speaks loudest; the first of equals. */
function chosenBy(by: readonly Float64Array[], i: number): number {
  let best = 0;
  for (let k = 1; k < by.length; k++) if (by[k]![i]! > by[best]![i]!) best = k;
  return best;
}

function joined(sets: readonly Cases[]): Cases {
  const [first] = sets;
  const data = new Float32Array(sets.reduce((n, set) => n + set.data.length, 0));
  sets.reduce((at, set) => (data.set(set.data, at), at + set.data.length), 0);
  const { shape, spacing, unit } = first!;
  return casesOfRows(data, { shape, spacing, unit, ids: sets.flatMap(({ ids: own }) => own) });
}

async function standardised(
  observer: TrainedObserver,
  options: {
    readonly present: Cases;
    readonly absent: Cases;
    readonly work: { readonly seed: number; readonly signal: AbortSignal };
  },
): Promise<(scores: Float64Array) => Float64Array> {
  const moments = async (cases: Cases) => {
    const { scores } = await observer.read(cases, options.work);
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
    const square = scores.reduce((a, b) => a + (b - mean) ** 2, 0);
    return { mean, sd: Math.sqrt(square / Math.max(1, scores.length - 1)) };
  };
  const [one, other] = [await moments(options.present), await moments(options.absent)];
  const middle = (one.mean + other.mean) / 2;
  const width = (one.sd + other.sd) / 2 || 1;
  return (scores) => scores.map((t) => (t - middle) / width);
}
