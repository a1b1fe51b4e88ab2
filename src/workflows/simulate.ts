/** Phantoms with known truth, imaged, in memory. */
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { openMember, type SettingsOf } from "../core/member.ts";
import { type ParameterValues, resolveParameters } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { streamOf } from "../core/random.ts";
import { defaultThreads } from "../parallel/index.ts";
import { catalogue as phantoms, type PhantomParameters } from "../phantoms/catalogue.ts";
import type { Phantom } from "../phantoms/phantom.ts";
import type { Acquisition } from "../physics/acquisition.ts";
import { type AcquisitionParameters, catalogue as acquisitions } from "../physics/catalogue.ts";

/** Parameters of the phantom of a preset `PHANTOM` or `PHANTOM+ACQUISITION`. */
type PhantomSettings<Preset extends string> = SettingsOf<
  PhantomParameters,
  Preset extends `${infer Phantom}+${string}` ? Phantom : Preset
>;

/** Parameters of its acquisition; those of any acquisition where the preset names none. */
type AcquisitionSettings<Preset extends string> = Preset extends `${string}+${infer Acquisition}`
  ? SettingsOf<AcquisitionParameters, Acquisition>
  : Preset extends keyof PhantomParameters
    ? AcquisitionParameters[keyof AcquisitionParameters]
    : ParameterValues;

/** @typeParam Preset phantom and acquisition, whose parameters are checked by the compiler */
export interface SimulateOptions<Preset extends string = string> extends WorkOptions {
  /** Number of cases. Defaults to 1. */
  readonly count?: number;
  /** Seed of objects and noise. Defaults to 1. */
  readonly seed?: number;
  /** Fraction of the full dose, for acquisitions that have one. */
  readonly dose?: number | undefined;
  readonly phantomParameters?: PhantomSettings<Preset>;
  /** Of the acquisition. */
  readonly parameters?: AcquisitionSettings<Preset>;
  /** Worker threads; the result never depends on it. */
  readonly threads?: number | undefined;
}

export interface SimulatedCase {
  /** From 1. */
  readonly number: number;
  /** The truth. */
  readonly object: Image;
  readonly noisy: Image;
  /** What the acquisition would give without noise. */
  readonly reference?: Image;
  /** Classes of the object's voxels, where it has them. */
  readonly labels?: Image;
  /** What was drawn at random. */
  readonly truth: Readonly<Record<string, number | string | readonly number[]>>;
  /** What happened in the acquisition. */
  readonly notes: Readonly<Record<string, number | string>>;
}

/** What a preset and its options come to. */
export interface OpenSimulation {
  readonly phantom: Phantom;
  readonly acquisition: Acquisition;
  readonly phantomParameters: ParameterValues;
  readonly parameters: ParameterValues;
}

/**
 * @param preset `PHANTOM`, imaged by the acquisition that usually images it, or `PHANTOM+ACQUISITION`
 * @throws InputError on names and parameters that do not exist or are out of range
 */
export async function openSimulation<const Preset extends string>(
  preset: Preset,
  options: SimulateOptions<Preset> = {},
): Promise<OpenSimulation> {
  const [first = "", second, ...others] = preset.split("+");
  if (others.length > 0) {
    throw new InputError(
      `Cannot simulate ${preset}: found ${others.length + 2} parts, wanted PHANTOM or PHANTOM+ACQUISITION`,
    );
  }
  const cannot = `Cannot simulate ${preset}: found no`;
  const phantom = await openMember<Phantom>(phantoms, first, `${cannot} phantom "${first}"`);
  const name = second ?? phantom.acquisition;
  const acquisition = await openMember<Acquisition>(
    acquisitions,
    name,
    `${cannot} acquisition "${name}"`,
  );
  const { dose } = options;
  if (dose !== undefined && !Object.hasOwn(acquisition.parameters, "dose")) {
    throw new InputError(
      `Cannot set a dose for ${acquisition.name}: found no such parameter, wanted one of ${Object.keys(acquisition.parameters).join(", ")}`,
    );
  }
  return {
    phantom,
    acquisition,
    phantomParameters: resolveParameters(
      phantom.name,
      phantom.parameters,
      options.phantomParameters,
    ),
    parameters: resolveParameters(acquisition.name, acquisition.parameters, {
      ...options.parameters,
      ...(dose === undefined ? {} : { dose }),
    }),
  };
}

/**
 * Draws objects and images them, one after the other: `for await (const one of simulate("abdomen"))`. The same
 * seed gives the same values for any number of threads.
 *
 * @throws InputError as `openSimulation`, and where the acquisition cannot see the object; CancelledError
 */
export async function* simulate<const Preset extends string>(
  preset: Preset,
  options: SimulateOptions<Preset> = {},
): AsyncGenerator<SimulatedCase> {
  const { count = 1, seed = 1, signal, onProgress } = options;
  const opened = await openSimulation(preset, options);
  const threads = options.threads ?? defaultThreads();
  for (let n = 0; n < count; n++) {
    throwIfAborted(signal, "simulating");
    const stream = streamOf(seed, "simulate", preset, n);
    const drawn = opened.phantom.draw(stream.child("object"), opened.phantomParameters);
    const acquired = await opened.acquisition.acquire(
      drawn.image,
      stream.child("acquisition"),
      opened.parameters,
      { threads, reference: true, signal },
    );
    yield {
      number: n + 1,
      object: drawn.image,
      noisy: acquired.image,
      ...(acquired.reference === undefined ? {} : { reference: acquired.reference }),
      ...(drawn.labels === undefined ? {} : { labels: drawn.labels }),
      truth: drawn.truth,
      notes: acquired.notes,
    };
    onProgress?.({ done: n + 1, total: count, label: "simulating cases" });
  }
}
