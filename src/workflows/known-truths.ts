/** What `dprime observe` was told about signal, background and noise. */
import { InputError } from "../core/errors.ts";
import { openFile } from "../files/files.ts";
import { caseAt } from "../observers/cases.ts";
import type { Arm } from "../observers/observe.ts";
import type { Known } from "../observers/observer.ts";
import type { CommandContext } from "../cli/commands/command.ts";
import { readCases } from "./read-cases.ts";
import { readCandidates } from "./read-places.ts";

/** Options of `dprime observe` that `knownTruths` reads, besides the noise level. */
export const truthOptions = [
  "signal",
  "candidates",
  "family",
  "family-values",
  "background",
  "backgrounds",
  "power-spectrum",
  "lumpy",
] as const;

/** Signals that may occur, equally likely, with the parameter of each. */
async function familyOf(context: CommandContext, arm: Arm): Promise<Pick<Known, "family">> {
  const { values, signal, onProgress } = context;
  const path = values.text("family");
  const given = values.text("family-values");
  if (path === undefined) {
    if (given === undefined) return {};
    throw new InputError("Cannot use --family-values: found no --family, wanted both");
  }
  const signals = await readCases(path, { signal, onProgress, volumes: values.flag("volumes") });
  if (signals.shape.join() !== arm.present.shape.join()) {
    throw new InputError(
      `Cannot use the signals of ${path}: found ${signals.shape.join("×")}, wanted ${arm.present.shape.join("×")} as the images`,
    );
  }
  const parameters = given?.split(",").map((text) => (text.trim() === "" ? NaN : Number(text)));
  if (
    parameters &&
    (parameters.length !== signals.count || !parameters.every((v) => Number.isFinite(v)))
  ) {
    throw new InputError(
      `Cannot read --family-values ${given}: wanted ${signals.count} numbers, one for each signal of ${path}`,
    );
  }
  return {
    family: signals.ids.map((_, i) => ({
      signal: Float64Array.from(caseAt(signals, i)),
      prior: 1 / signals.count,
      ...(parameters ? { parameter: parameters[i]! } : {}),
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

/** `MEAN,AMPLITUDE,WIDTH,BASE`: number of lumps, height, standard deviation in pixels, value without lumps. */
function lumpyOf(text: string): NonNullable<Known["lumpy"]> {
  const numbers = text.split(",").map((word) => (word.trim() === "" ? NaN : Number(word)));
  const [meanNumber, amplitude, width, base = 0] = numbers;
  const fits =
    (numbers.length === 3 || numbers.length === 4) &&
    numbers.every(Number.isFinite) &&
    meanNumber! > 0 &&
    width! > 0;
  if (!fits) {
    throw new InputError(
      `Cannot read --lumpy ${text}: wanted MEAN,AMPLITUDE,WIDTH or MEAN,AMPLITUDE,WIDTH,BASE with a mean number of lumps and a width above 0`,
    );
  }
  return { meanNumber: meanNumber!, amplitude: amplitude!, width: width!, base };
}

async function backgroundsOf(
  context: CommandContext,
  arm: Arm,
): Promise<Pick<Known, "backgrounds">> {
  const path = context.values.text("backgrounds");
  if (path === undefined) return {};
  const { signal, onProgress, values } = context;
  const backgrounds = await readCases(path, {
    signal,
    onProgress,
    volumes: values.flag("volumes"),
  });
  if (backgrounds.shape.join() !== arm.present.shape.join()) {
    throw new InputError(
      `Cannot use the backgrounds of ${path}: found ${backgrounds.shape.join("×")}, wanted ${arm.present.shape.join("×")} as the images`,
    );
  }
  return { backgrounds };
}

async function spectrumOf(
  context: CommandContext,
  arm: Arm,
): Promise<Pick<Known, "powerSpectrum">> {
  const path = context.values.text("power-spectrum");
  if (path === undefined) return {};
  const powerSpectrum = await imageLike(path, arm, "power spectrum");
  const least = powerSpectrum.reduce((a, b) => Math.min(a, b), Infinity);
  if (!(least >= 0)) {
    throw new InputError(
      `Cannot use power spectrum ${path}: found ${least}, wanted no value below 0`,
    );
  }
  return { powerSpectrum };
}

/**
 * Truths for observers that need them.
 *
 * @throws InputError on images of another size than the cases, or values out of range
 */
export async function knownTruths(context: CommandContext, arm: Arm): Promise<Known> {
  const { values } = context;
  const sigma = values.number("sigma");
  const candidates = values.text("candidates");
  const signal = values.text("signal");
  const background = values.text("background");
  const lumpy = values.text("lumpy");
  const dimensions = arm.present.shape.length;
  return {
    ...(sigma === undefined ? {} : { sigma }),
    ...(candidates === undefined
      ? {}
      : { candidates: await readCandidates(candidates, dimensions) }),
    ...(await familyOf(context, arm)),
    ...(signal === undefined ? {} : { signal: await imageLike(signal, arm, "signal") }),
    ...(background === undefined
      ? {}
      : { background: await imageLike(background, arm, "background") }),
    ...(await backgroundsOf(context, arm)),
    ...(await spectrumOf(context, arm)),
    ...(lumpy === undefined ? {} : { lumpy: lumpyOf(lumpy) }),
  };
}
