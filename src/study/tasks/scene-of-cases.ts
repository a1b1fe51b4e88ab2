/** Scenes of tasks whose cases are drawn from one description for each class. */
import { type CaseSource, openCases } from "../../cases/case-source.ts";
import type { CaseDescription } from "../../cases/description.ts";
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import type { WorkOptions } from "../../core/progress.ts";
import { type Stream, streamOf } from "../../core/random.ts";
import { cutCase, cutPair, type Region } from "./region.ts";
import type { Scene, SceneSignal } from "./task-kind.ts";

/** A class of cases: how they are drawn, and whether the description's signal is in them. */
export interface SceneClass {
  /** One, or several of which every case draws one. */
  readonly descriptions: readonly [CaseDescription, ...CaseDescription[]];
  readonly present: boolean;
}

/** Pairs of images that a mean signal is taken over where it has no exact form; more where its place varies. */
const signalPairs = { still: 16, moving: 48 };

/**
 * Opens the classes of a task.
 *
 * @throws InputError on names that do not exist, options out of range, or classes whose images differ in form
 */
export async function sceneOfCases(
  classes: Readonly<Record<string, SceneClass>>,
  options: Pick<Scene, "toleranceMm"> & {
    readonly seed: number;
    readonly search?: boolean;
    /** Cases are cut out about the signal's place. */
    readonly region?: Region;
  },
): Promise<Scene> {
  const { seed, search = false, toleranceMm, region } = options;
  const sources = new Map<CaseDescription, CaseSource>();
  for (const description of Object.values(classes).flatMap((one) => one.descriptions)) {
    if (!sources.has(description)) sources.set(description, await openCases(description, { seed }));
  }
  const names = Object.keys(classes);
  const sourceOf = (which: string, stream: Stream): { source: CaseSource; present: boolean } => {
    const own = Object.hasOwn(classes, which) ? classes[which] : undefined;
    if (own === undefined) {
      throw new InputError(
        `Cannot draw a case: found no class ${which}, wanted one of ${names.join(", ")}`,
      );
    }
    const { descriptions, present } = own;
    return { source: sources.get(oneOf(descriptions, stream))!, present };
  };
  const withSignal = Object.values(classes).find(({ present }) => present);
  const signalSource = withSignal && sources.get(withSignal.descriptions[0]);
  const signals = signalSource?.signals;
  const [first] = sources.values();
  const all = [...sources.values()];
  const white = all.every(({ gaussian }) => gaussian !== undefined && gaussian === first!.gaussian);
  const alike = all.every(({ labels }) => JSON.stringify(labels) === JSON.stringify(first!.labels));
  // Cut out about its place, a signal is at one place as far as anybody is told.
  const samePlace = signals !== undefined && (region !== undefined || signals.samePlace);
  return {
    classes: names,
    shape: region === undefined ? first!.shape : [region.side, region.side],
    labels: alike ? first!.labels : {},
    white,
    place: signals === undefined ? "none" : samePlace ? "same" : search ? "search" : "told",
    ...(search && signals?.places !== undefined ? { candidates: signals.places } : {}),
    ...(toleranceMm === undefined ? {} : { toleranceMm }),
    population: () => (all.length === 1 && region === undefined ? first!.population() : undefined),
    async draw({ role, which, index }, work) {
      const stream = streamOf(seed, role, which, index);
      const { source, present } = sourceOf(which, stream);
      const { labels, ...drawn } = await source.draw(stream, { present, ...work });
      const whole = alike && labels !== undefined ? { ...drawn, labels } : drawn;
      return region === undefined ? whole : cutCase(whole, { region, stream });
    },
    ...(samePlace && withSignal !== undefined && signalSource !== undefined
      ? {
          signal: (work?: WorkOptions) =>
            region === undefined && withSignal.descriptions.length === 1
              ? meanSignal(signalSource, { seed, ...work })
              : meanOfPairs(
                  async (stream) => {
                    const pair = await sources
                      .get(oneOf(withSignal.descriptions, stream))!
                      .pair(stream, work);
                    return region === undefined ? pair : cutPair(pair, { region, stream });
                  },
                  { seed, count: signalPairs.moving },
                ),
        }
      : {}),
  };
}

/** One of several descriptions, drawn for a case; the only one draws nothing. */
const oneOf = (
  descriptions: readonly [CaseDescription, ...CaseDescription[]],
  stream: Stream,
): CaseDescription =>
  descriptions.length === 1
    ? descriptions[0]
    : descriptions[stream.child("description").integer(descriptions.length)]!;

async function meanSignal(
  source: CaseSource,
  { seed, ...work }: WorkOptions & { seed: number },
): Promise<SceneSignal> {
  const exact = source.exactSignal(streamOf(seed, "facts", 0));
  if (exact !== undefined) return { values: Float64Array.from(exact), pairs: 0 };
  return meanOfPairs((stream) => source.pair(stream, work), { seed, count: signalPairs.still });
}

async function meanOfPairs(
  pairOf: (stream: Stream) => Promise<{ readonly absent: Image; readonly present: Image }>,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<SceneSignal> {
  let sum: Float64Array | undefined;
  for (let n = 0; n < count; n++) {
    const { absent, present } = await pairOf(streamOf(seed, "facts", n));
    sum ??= new Float64Array(absent.data.length);
    for (let i = 0; i < sum.length; i++) sum[i]! += differenceAt(present, absent, i) / count;
  }
  return { values: sum!, pairs: count };
}

const differenceAt = (a: Image, b: Image, i: number): number => a.data[i]! - b.data[i]!;
