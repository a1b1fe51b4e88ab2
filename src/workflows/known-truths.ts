/** What observers are told about signal, background and noise, from files. */
import { InputError } from "../core/errors.ts";
import { openFile } from "../files/files.ts";
import { caseAt, type Cases } from "../observers/cases.ts";
import type { Arm } from "../observers/observe.ts";
import type { Known } from "../observers/observer.ts";
import { readCases, type ReadCasesOptions } from "./read-cases.ts";
import { readCandidates } from "./read-places.ts";

/** Paths and numbers; each is for observers that need it. */
export interface KnownOptions {
  /** Noise-free signal image. */
  readonly signalImage?: string | undefined;
  /** Standard deviation of white noise in the images' unit. */
  readonly sigma?: number | undefined;
  /** Table of places where the signal may be; without it, everywhere. */
  readonly candidates?: string | undefined;
  /** Noise-free signals that may occur, equally likely: a folder or a stack. */
  readonly family?: string | undefined;
  /** Parameter of each signal of the family. */
  readonly familyValues?: readonly number[] | undefined;
  /** Noise-free background that all images share. */
  readonly background?: string | undefined;
  /** Noise-free backgrounds: a folder or a stack. */
  readonly backgrounds?: string | undefined;
  /** Eigenvalues of a stationary background's covariance, zero frequency first. */
  readonly powerSpectrum?: string | undefined;
  /** Mean number, height and standard deviation (px) of a background's lumps, and the value without lumps. */
  readonly lumpy?: readonly number[] | undefined;
}

/** Names of the options that `knownTruths` reads, besides the noise level. */
export const knownNames = [
  "signalImage",
  "candidates",
  "family",
  "familyValues",
  "background",
  "backgrounds",
  "powerSpectrum",
  "lumpy",
] as const satisfies readonly (keyof KnownOptions)[];

/** @throws InputError when cases are not of the images' size */
async function casesLike(
  path: string,
  arm: Arm,
  { what, ...options }: ReadCasesOptions & { readonly what: string },
): Promise<Cases> {
  const cases = await readCases(path, options);
  if (cases.shape.join() !== arm.present.shape.join()) {
    throw new InputError(
      `Cannot use the ${what} of ${path}: found ${cases.shape.join("×")}, wanted ${arm.present.shape.join("×")} as the images`,
    );
  }
  return cases;
}

async function familyOf(
  { family: path, familyValues: values }: KnownOptions,
  arm: Arm,
  options: ReadCasesOptions,
): Promise<Pick<Known, "family">> {
  if (path === undefined) {
    if (values === undefined) return {};
    throw new InputError("Cannot use option familyValues: found no option family, wanted both");
  }
  const signals = await casesLike(path, arm, { ...options, what: "signals" });
  if (values !== undefined && values.length !== signals.count) {
    throw new InputError(
      `Cannot use option familyValues: found ${values.length} numbers, wanted ${signals.count}, one for each signal of ${path}`,
    );
  }
  return {
    family: signals.ids.map((_, i) => ({
      signal: Float64Array.from(caseAt(signals, i)),
      prior: 1 / signals.count,
      ...(values === undefined ? {} : { parameter: values[i]! }),
    })),
  };
}

async function imageLike(path: string, arm: Arm, what: string): Promise<Float64Array> {
  const { image } = (await openFile(path)).images[0]!;
  if (image.data.length !== arm.present.size) {
    throw new InputError(
      `Cannot use ${what} ${path}: found ${image.shape.join("×")}, wanted ${arm.present.shape.join("×")} as the images`,
    );
  }
  return Float64Array.from(image.data);
}

function lumpyOf(numbers: readonly number[]): NonNullable<Known["lumpy"]> {
  const [meanNumber = NaN, amplitude = NaN, width = NaN, base = 0] = numbers;
  const counted = numbers.length === 3 || numbers.length === 4;
  if (!(counted && numbers.every(Number.isFinite) && meanNumber > 0 && width > 0)) {
    throw new InputError(
      `Cannot use option lumpy ${numbers.join(",")}: wanted MEAN,AMPLITUDE,WIDTH or MEAN,AMPLITUDE,WIDTH,BASE with a mean number of lumps and a width above 0`,
    );
  }
  return { meanNumber, amplitude, width, base };
}

async function spectrumOf(path: string, arm: Arm): Promise<Float64Array> {
  const spectrum = await imageLike(path, arm, "power spectrum");
  const least = spectrum.reduce((a, b) => Math.min(a, b), Infinity);
  if (!(least >= 0)) {
    throw new InputError(
      `Cannot use power spectrum ${path}: found ${least}, wanted no value below 0`,
    );
  }
  return spectrum;
}

/**
 * Truths for observers that need them.
 *
 * @throws InputError on images of another size than the cases, or values out of range
 */
export async function knownTruths(
  known: KnownOptions,
  arm: Arm,
  options: ReadCasesOptions,
): Promise<Known> {
  const { sigma, candidates, signalImage, background, backgrounds, powerSpectrum, lumpy } = known;
  const dimensions = arm.present.shape.length;
  return {
    ...(sigma === undefined ? {} : { sigma }),
    ...(candidates === undefined
      ? {}
      : { candidates: await readCandidates(candidates, dimensions) }),
    ...(await familyOf(known, arm, options)),
    ...(signalImage === undefined ? {} : { signal: await imageLike(signalImage, arm, "signal") }),
    ...(background === undefined
      ? {}
      : { background: await imageLike(background, arm, "background") }),
    ...(backgrounds === undefined
      ? {}
      : { backgrounds: await casesLike(backgrounds, arm, { ...options, what: "backgrounds" }) }),
    ...(powerSpectrum === undefined ? {} : { powerSpectrum: await spectrumOf(powerSpectrum, arm) }),
    ...(lumpy === undefined ? {} : { lumpy: lumpyOf(lumpy) }),
  };
}
