import { z } from "zod";
import type { RefusedAnswer } from "../answers/answer-kind.ts";
import type { ScoresValues } from "../answers/scores.ts";
import { checkMember } from "../members.ts";
import { InputError } from "../../core/errors.ts";
import { openMember } from "../../core/member.ts";
import { catalogue as observers } from "../../observers/catalogue.ts";
import type { Cases } from "../../observers/cases.ts";
import type { Known, Observer } from "../../observers/observer.ts";
import type { TaskFacts } from "../facts.ts";
import type { JudgedImages } from "../judged-images.ts";
import { id, ids, optionValues } from "../schema-words.ts";
import { cutPatches } from "../patches.ts";
import type { Role } from "../tasks/task-kind.ts";
import type { ObserverKind } from "./observer-kind.ts";

const schema = z
  .strictObject({
    kind: z.literal("trained"),
    name: z.string().describe("Name of an observer."),
    options: optionValues,
    side: z
      .int()
      .min(3)
      .optional()
      .describe(
        "Voxels along each side of the region about the signal's place that it reads; all when absent.",
      ),
    present: id
      .optional()
      .describe("Class of cases with the signal that it looks for; the second when absent."),
    methods: ids.optional().describe("Methods that it judges; all when absent."),
  })
  .describe("Learns anew on every method's own training images.");

type Plan = z.output<typeof schema>;

export const trained: ObserverKind<Plan> = {
  name: "trained",
  summary: "Learns anew on every method's own training images.",
  schema,
  answers: "scores",
  overview: false,
  reads: () => ["observer-training"],
  classes: ({ present }, [absent = "", second = ""]) => [absent, present ?? second],
  refers: () => [],
  async check({ name, options, present }, { at, classes }) {
    await checkMember(at, { name, options }, observers);
    requireClass(present, { at, classes });
  },
  anonymous: ({ methods: _methods, ...plan }) => plan,
  truths: (_, place) => (place === "same" ? [] : ["test", "observer-training"]),
  judges: ({ methods }) => methods,
  cost: (_, counts) => ({ weight: 0.1 * counts["observer-training"] }),
  about: ({ name, side, present }, { training }) =>
    `\`${name}\`, trained anew on ${training} of each method${present === undefined ? "" : ` (it looks for \`${present}\` and reads no other signal)`}${side === undefined ? "" : `, on ${side} voxels about the place of the signal`}: a finite-training estimate, not a ceiling.`,
  async judge({
    plan,
    seed,
    facts,
    images,
    signal,
    onProgress,
  }): Promise<ScoresValues | RefusedAnswer> {
    const observer = await openMember<Observer>(
      observers,
      plan.name,
      `Cannot use the study: found no observer ${plan.name}`,
    );
    const [absent = "", second = ""] = images.classes;
    const present = plan.present ?? second;
    const patched = facts.place === "told" || plan.side !== undefined;
    if (patched && plan.side === undefined) {
      return {
        status: "refused",
        why: "the signal's place differs from case to case; give the observer a side, so that it reads the region about it, or let the task be a search",
      };
    }
    const read = (role: Role, which: string): Cases | string => {
      const all = images.cases(role, which);
      return plan.side === undefined || facts.place === "search"
        ? all
        : cutPatches(all, { side: plan.side, places: placesOf(images, { role, which, facts }) });
    };
    const sets = {
      training: {
        absent: read("observer-training", absent),
        present: read("observer-training", present),
      },
      test: { absent: read("test", absent), present: read("test", present) },
    };
    const broken = Object.values(sets)
      .flatMap((s) => Object.values(s))
      .find((s) => typeof s === "string");
    if (broken !== undefined) return { status: "refused", why: broken };
    const cases = sets as Record<"training" | "test", Record<"absent" | "present", Cases>>;
    const known = knownOf(observer, {
      facts,
      // Of a region nothing is known that was computed for whole images.
      whole: plan.side === undefined || facts.place === "search",
      places: facts.place === "search" ? images.places("observer-training", present) : undefined,
    });
    const work = {
      seed,
      signal,
      onProgress: ({ done, total }: { done: number; total: number }) =>
        onProgress((0.95 * done) / total),
    };
    const learned = await observer.train({ ...cases.training, known }, plan.options, work);
    if (learned.status !== "ok") {
      return { status: "refused", why: `${learned.cause}; ${learned.remedy}` };
    }
    const scoresAbsent = await learned.read(cases.test.absent, work);
    const scoresPresent = await learned.read(cases.test.present, work);
    const located =
      scoresPresent.places === undefined || facts.place !== "search"
        ? undefined
        : locatedOf(scoresPresent.places, { truth: images.places("test", present), facts });
    return {
      status: "ok",
      absent: Array.from(scoresAbsent.scores),
      present: Array.from(scoresPresent.scores),
      ...(located === undefined ? {} : { located }),
      figures: learned.figures,
      findings: learned.findings
        .filter(({ severity }) => severity !== "note")
        .map(({ reason, remedy }) => `${reason}; ${remedy}`),
    };
  },
};

/** @throws InputError on a class that the task does not have, or that has no signal */
function requireClass(
  present: string | undefined,
  { at, classes }: { readonly at: string; readonly classes: readonly string[] },
): void {
  if (present === undefined || classes.slice(1).includes(present)) return;
  throw new InputError(
    `${at}.present: found ${present}, wanted one of ${classes.slice(1).join(", ")}`,
  );
}

/** The place of every case: its own, or the one that all share. */
function placesOf(
  images: JudgedImages,
  { role, which, facts }: { role: Role; which: string; facts: TaskFacts },
): readonly (readonly number[])[] {
  const { centre } = facts;
  if (facts.place !== "same" || centre === undefined) return images.places(role, which);
  return Array.from({ length: images.cases(role, which).count }, () => centre);
}

/** What the observer asks to know of the task; it learns everything else from the images. */
function knownOf(
  { needs }: Observer,
  options: {
    readonly facts: TaskFacts;
    readonly whole: boolean;
    readonly places: readonly (readonly number[])[] | undefined;
  },
): Known {
  const { facts, whole, places } = options;
  const all: Known = {
    ...(whole && facts.signal !== undefined ? { signal: facts.signal } : {}),
    ...(whole && facts.spectrum !== undefined ? { powerSpectrum: facts.spectrum } : {}),
    ...(facts.white ? { sigma: facts.sigma } : {}),
    ...(places === undefined ? {} : { places: flat(places) }),
  };
  const wanted = Object.entries(all).filter(([name]) => needs.some((need) => need === name));
  return {
    ...Object.fromEntries(wanted),
    ...(places === undefined || facts.candidates === undefined
      ? {}
      : { candidates: flat(facts.candidates) }),
  };
}

/** x, y (, z) of places whose slowest axis stands first. */
const flat = (places: readonly (readonly number[])[]): Float64Array =>
  Float64Array.from(places.flatMap((place) => [...place].reverse()));

function locatedOf(
  pointed: Float64Array,
  { truth, facts }: { truth: readonly (readonly number[])[]; facts: TaskFacts },
): boolean[] {
  const { shape, spacing = [1, 1, 1] } = facts.frame;
  const d = shape.length;
  return truth.map((place, i) => {
    let square = 0;
    for (let axis = 0; axis < d; axis++) {
      const found = pointed[i * d + (d - 1 - axis)]!;
      square += ((found - place[axis]!) * spacing[axis + 3 - d]!) ** 2;
    }
    return Math.sqrt(square) <= (facts.toleranceMm ?? 0);
  });
}
