/** Scenes of tasks whose cases are drawn from one description for each class. */
import { type CaseSource, openCases } from "../../cases/case-source.ts";
import type { CaseDescription } from "../../cases/description.ts";
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import type { WorkOptions } from "../../core/progress.ts";
import { streamOf } from "../../core/random.ts";
import type { Scene, SceneSignal } from "./task-kind.ts";

/** A class of cases: how they are drawn, and whether the description's signal is in them. */
export interface SceneClass {
  readonly description: CaseDescription;
  readonly present: boolean;
}

/** Pairs of images that a mean signal is taken over where it has no exact form. */
const signalPairs = 16;

/**
 * Opens the classes of a task.
 *
 * @throws InputError on names that do not exist, options out of range, or classes whose images differ in form
 */
export async function sceneOfCases(
  classes: Readonly<Record<string, SceneClass>>,
  options: Pick<Scene, "toleranceMm"> & { readonly seed: number; readonly search?: boolean },
): Promise<Scene> {
  const { seed, search = false, toleranceMm } = options;
  const sources = new Map<CaseDescription, CaseSource>();
  for (const { description } of Object.values(classes)) {
    if (!sources.has(description)) sources.set(description, await openCases(description, { seed }));
  }
  const names = Object.keys(classes);
  const sourceOf = (which: string): { source: CaseSource; present: boolean } => {
    const own = Object.hasOwn(classes, which) ? classes[which] : undefined;
    if (own === undefined) {
      throw new InputError(
        `Cannot draw a case: found no class ${which}, wanted one of ${names.join(", ")}`,
      );
    }
    return { source: sources.get(own.description)!, present: own.present };
  };
  const withSignal = Object.values(classes).find(({ present }) => present);
  const signalSource = withSignal && sources.get(withSignal.description);
  const signals = signalSource?.signals;
  const [first] = sources.values();
  const all = [...sources.values()];
  return {
    classes: names,
    shape: first!.shape,
    labels: first!.labels,
    white: all.every(({ gaussian }) => gaussian !== undefined && gaussian === first!.gaussian),
    place: signals === undefined ? "none" : signals.samePlace ? "same" : search ? "search" : "told",
    ...(search && signals?.places !== undefined ? { candidates: signals.places } : {}),
    ...(toleranceMm === undefined ? {} : { toleranceMm }),
    population: () => (all.length === 1 ? first!.population() : undefined),
    async draw({ role, which, index }, work) {
      const { source, present } = sourceOf(which);
      return source.draw(streamOf(seed, role, which, index), { present, ...work });
    },
    ...(signals?.samePlace && signalSource !== undefined
      ? { signal: (work?: WorkOptions) => meanSignal(signalSource, { seed, ...work }) }
      : {}),
  };
}

async function meanSignal(
  source: CaseSource,
  { seed, ...work }: WorkOptions & { seed: number },
): Promise<SceneSignal> {
  const exact = source.exactSignal(streamOf(seed, "facts", 0));
  if (exact !== undefined) return { values: Float64Array.from(exact), pairs: 0 };
  let sum: Float64Array | undefined;
  for (let n = 0; n < signalPairs; n++) {
    const { absent, present } = await source.pair(streamOf(seed, "facts", n), work);
    sum ??= new Float64Array(absent.data.length);
    for (let i = 0; i < sum.length; i++) sum[i]! += differenceAt(present, absent, i) / signalPairs;
  }
  return { values: sum!, pairs: signalPairs };
}

const differenceAt = (a: Image, b: Image, i: number): number => a.data[i]! - b.data[i]!;
