/**
 * The images that a trained denoiser learned from, as ranges: what its card and its file say, and what an image is
 * held against before the denoiser is used on it.
 */
import { InputError } from "../core/errors.ts";
import type { IntensityUnit } from "../core/image.ts";

/** From the least to the greatest, both included. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/** What became 0 and 1: limits in a unit, or percentiles of each image. */
export type TrainedWindow =
  | { readonly unit: IntensityUnit; readonly low: number; readonly high: number }
  | { readonly percentiles: readonly [number, number] };

export interface TrainedOn {
  /** Standard deviation of the noise, relative to the window's width. */
  readonly noise: ValueRange;
  /** Full width at half maximum of the noise's autocorrelation in px; white noise measures 1.2. */
  readonly grain: ValueRange;
  /** Intensity units of the images; empty where nobody wrote them down. */
  readonly units: readonly IntensityUnit[];
  /** Modalities as DICOM writes them: `CT`, `MR`, `US`; empty where nobody wrote them down. */
  readonly modalities: readonly string[];
  /** Pixel pitch within a plane in mm; absent where nobody wrote it down. */
  readonly spacing?: ValueRange;
  /** The most usual first; empty where nobody wrote them down. */
  readonly windows: readonly TrainedWindow[];
}

/** What white noise measures; what a card that says nothing of correlation means. */
const whiteGrain = 1.2;

/** What a model without a word of its own is taken for: white noise up to a fifth of the window. */
export const usualTraining: TrainedOn = Object.freeze({
  noise: { low: 0, high: 0.2 },
  grain: { low: whiteGrain, high: whiteGrain },
  units: [],
  modalities: [],
  windows: [],
});

const units: readonly string[] = [
  "HU",
  "1/mm",
  "normalised",
  "arbitrary",
] satisfies IntensityUnit[];

/**
 * Reads the ranges of a card, those that an older card leaves out filled in as in `usualTraining`.
 *
 * @param value the card's `trainedOn`, or undefined
 * @param what names the card in errors
 * @throws InputError naming the field that is wrong
 */
export function parseTrainedOn(value: unknown, what: string): TrainedOn {
  if (value === undefined) return usualTraining;
  const wrong = (field: string, found: unknown, wanted: string) =>
    new InputError(
      `Cannot read what ${what} was trained on: found ${field} ${JSON.stringify(found)}, wanted ${wanted}`,
    );
  if (!isRecord(value)) throw wrong("trainedOn", value, "an object of ranges");
  const range = (name: string): ValueRange | undefined => {
    const found = value[name];
    if (found === undefined) return undefined;
    if (isRecord(found)) {
      const { low, high } = found;
      if (Number.isFinite(low) && Number.isFinite(high) && Number(low) <= Number(high)) {
        return { low: Number(low), high: Number(high) };
      }
    }
    throw wrong(name, found, "numbers low <= high");
  };
  const list = <T extends string>(name: string, allowed?: readonly string[]): readonly T[] => {
    const found = value[name] ?? [];
    const fits = (one: unknown): one is T =>
      typeof one === "string" && (allowed?.includes(one) ?? true);
    if (Array.isArray(found) && found.every(fits)) return found;
    throw wrong(name, found, `a list of ${allowed?.join(", ") ?? "names"}`);
  };
  const spacing = range("spacing");
  return {
    noise: range("noise") ?? usualTraining.noise,
    grain: range("grain") ?? usualTraining.grain,
    units: list<IntensityUnit>("units", units),
    modalities: list("modalities"),
    ...(spacing === undefined ? {} : { spacing }),
    windows: windowsOf(value["windows"] ?? [], (found) =>
      wrong("windows", found, "limits low < high with a unit, or two rising percentiles"),
    ),
  };
}

function windowsOf(found: unknown, wrong: (found: unknown) => InputError): TrainedWindow[] {
  if (!Array.isArray(found)) throw wrong(found);
  return found.map((one): TrainedWindow => {
    if (!isRecord(one)) throw wrong(one);
    const { unit, low, high, percentiles } = one;
    if (Array.isArray(percentiles)) {
      const [from, to] = percentiles.map(Number);
      if (percentiles.length === 2 && from! >= 0 && to! <= 100 && from! < to!) {
        return { percentiles: [from!, to!] };
      }
    } else if (units.includes(String(unit)) && Number(low) < Number(high)) {
      return { unit: unit as IntensityUnit, low: Number(low), high: Number(high) };
    }
    throw wrong(one);
  });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is known of an image that a model is to denoise. */
export interface SeenImage {
  readonly unit: IntensityUnit;
  /** Standard deviation of the noise, relative to the window's width. */
  readonly noise: number;
  /** Full width at half maximum of the noise's autocorrelation in px, where it was measured. */
  readonly grain?: number | undefined;
  /** Pixel pitches within the plane in mm, where they are known. */
  readonly spacing?: readonly number[] | undefined;
  /** As DICOM writes it, where it is known. */
  readonly modality?: string | undefined;
}

/** One thing in which an image lies outside what a model was trained on. */
export interface OutsideRange {
  readonly what: "noise" | "grain" | "unit" | "modality" | "spacing";
  readonly found: string;
  readonly trained: string;
}

/** Measured noise and grain err by so much; the pitch of a file is rounded by less. */
const tolerance = { noise: 0.1, grain: 0.25, spacing: 0.1 } as const;

const short = (value: number) => String(Number(value.toPrecision(3)));
const rangeText = ({ low, high }: ValueRange) =>
  short(low) === short(high) ? short(low) : `${short(low)} to ${short(high)}`;

/** Whatever of an image lies outside the training; what nobody wrote down is never outside. */
export function outsideTraining(trained: TrainedOn, seen: SeenImage): OutsideRange[] {
  const outside: OutsideRange[] = [];
  const beyond = (value: number, { low, high }: ValueRange, share: number) =>
    value < low * (1 - share) || value > high * (1 + share);
  if (beyond(seen.noise, trained.noise, tolerance.noise)) {
    outside.push({
      what: "noise",
      found: `noise of ${short(seen.noise)} of the window`,
      trained: rangeText(trained.noise),
    });
  }
  if (seen.grain !== undefined && beyond(seen.grain, trained.grain, tolerance.grain)) {
    outside.push({
      what: "grain",
      found: `noise ${seen.grain.toFixed(1)} px wide`,
      trained: `${rangeText(trained.grain)}${trained.grain.high <= whiteGrain ? ", white noise" : ""}`,
    });
  }
  if (trained.units.length > 0 && !trained.units.includes(seen.unit)) {
    outside.push({
      what: "unit",
      found: `intensities in unit ${seen.unit}`,
      trained: trained.units.join(", "),
    });
  }
  const { modality, spacing = [] } = seen;
  if (
    modality !== undefined &&
    trained.modalities.length > 0 &&
    !trained.modalities.includes(modality)
  ) {
    outside.push({
      what: "modality",
      found: `modality ${modality}`,
      trained: trained.modalities.join(", "),
    });
  }
  const { spacing: trainedSpacing } = trained;
  const far = spacing.find(
    (pitch) => trainedSpacing !== undefined && beyond(pitch, trainedSpacing, tolerance.spacing),
  );
  if (far !== undefined) {
    outside.push({
      what: "spacing",
      found: `pixels of ${short(far)} mm`,
      trained: rangeText(trainedSpacing!),
    });
  }
  return outside;
}

/** One sentence naming what was found and what was trained; undefined where all is inside. */
export function outsideWarning(name: string, outside: readonly OutsideRange[]): string | undefined {
  if (outside.length === 0) return undefined;
  const parts = outside.map(({ found, trained }) => `${found} (trained on ${trained})`);
  return `${name} is used outside what it was trained on: ${parts.join("; ")}; look at the difference before you rely on the result`;
}
