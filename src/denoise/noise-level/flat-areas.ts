/**
 * Noise level from the areas without structure, for noise of any correlation: the mode, over windows of 9 × 9 px, of
 * the standard deviation inside the window about its least-squares paraboloid. Windows over edges and texture scatter
 * upwards and do not form a mode. What the paraboloid takes out of correlated noise, and the distance from the
 * mode to the root mean square, follow from the correlation that the same windows show (`correlation-model.ts`):
 *
 *   σ = mode · √(ν/(ν−1)) / √(E sd²/σ²).
 *
 * Noise correlated over more than about 5 px is measured again in windows of 13 × 13 px about a cubic.
 */
import type { Image } from "../../core/image.ts";
import { type CorrelationFit, fitCorrelation } from "./correlation-model.ts";
import { halfSampleMode } from "./mode.ts";
import { residualCorrelation, type WindowResiduals, windowResiduals } from "./window-residuals.ts";

export interface FlatAreasNoise {
  /** In the image's unit. */
  readonly sigma: number;
  /** Windows that took part. */
  readonly count: number;
  /** Full width at half maximum of the noise's autocorrelation, in px; 1.2 for white noise. */
  readonly grain: number;
  /** Share of the windows' residual energy that is smooth structure, taken off σ². */
  readonly structure: number;
  /** Median over the windows in which the noise was measured of their means. */
  readonly signal: number;
  /** Only windows with a mean above this took part: the bright part of the image. */
  readonly above?: number;
}

const small = { radius: 4, degree: 2 };
const large = { radius: 6, degree: 3 };
/** Width w of the model from which the large windows serve. */
const wide = 1.15;
const fewestWindows = 200;
/** Ratio of the levels of small and large windows up to which they are of the same noise. */
const mostApart = 1.3;
/** Grain of white noise: twice the distance at which sin(πd)/(πd) is a half. */
const whiteGrain = 1.207;

export interface FlatAreasOptions {
  /** One byte per pixel, from `usablePixels`. */
  readonly usable: Uint8Array;
  /** Where the image falls into a dark and a bright part, measure in the bright one only. */
  readonly bright?: boolean;
}

/**
 * σ in the image's unit from windows that are usable as a whole.
 *
 * @returns `undefined` for fewer than 200 windows
 */
export function flatAreasNoise(
  image: Image,
  options: FlatAreasOptions,
): FlatAreasNoise | undefined {
  const measured = measure(image, options, small);
  if (!measured || measured.width < wide) return measured?.noise;
  const again = measure(image, options, large)?.noise;
  const { noise } = measured;
  // Where hardly any large window is flat, their mode is one of structure.
  const likely =
    again && again.sigma > noise.sigma / mostApart && again.sigma < mostApart * noise.sigma;
  return likely ? again : noise;
}

function measure(
  image: Image,
  { usable, bright = false }: FlatAreasOptions,
  shape: typeof small,
): { readonly noise: FlatAreasNoise; readonly width: number } | undefined {
  const windows = windowResiduals(image, { ...shape, usable });
  if (windows.sd.length < fewestWindows) return undefined;
  const above = bright ? brightFrom(windows) : undefined;
  const taken: number[] = [];
  windows.mean.forEach((mean, k) => {
    if (above === undefined || mean > above) taken.push(k);
  });
  const mode = modeOf(windows, taken);
  const common = { count: taken.length, ...(above === undefined ? {} : { above }) };
  if (mode === 0) {
    return {
      noise: { ...common, sigma: 0, grain: whiteGrain, structure: 0, signal: windows.mean[0]! },
      width: 0,
    };
  }
  const { fit, flat } = correlationOf(image, { windows, taken, mode });
  const means = Float64Array.from(flat, (k) => windows.mean[k]!).sort();
  return {
    noise: {
      ...common,
      sigma: mode * Math.sqrt(fit.freedom / (fit.freedom - 1) / fit.variance),
      grain: fit.grain,
      structure: fit.structure,
      signal: means[means.length >> 1]!,
    },
    width: fit.width,
  };
}

/** Share of the windows that structure leaves flat nearly everywhere. */
const flattest = 0.05;
/** Windows of more than so many times the deviation of the flattest ones are structure. */
const structureFrom = 2.5;

/**
 * Mode of the standard deviations. The half-sample mode needs half of its values around it: those of windows
 * that are structure without doubt are left out before.
 */
function modeOf({ sd }: WindowResiduals, taken: readonly number[]): number {
  const sorted = Float64Array.from(taken, (k) => sd[k]!).sort();
  const least = sorted[Math.floor(flattest * sorted.length)]!;
  return halfSampleMode(least > 0 ? sorted.filter((s) => s <= structureFrom * least) : sorted);
}

/** Shares of the windows, by their mean, that are taken for the darkest and the brightest. */
const [darkest, brightest] = [0.05, 0.95];
/** Share of the way from the dark to the bright at which the bright part begins: soft tissue is in it, air is not. */
const begin = 0.25;
/** Least share of the windows that is a part of the image. */
const leastShare = 0.1;
/** Least distance of dark and bright, in standard deviations of the noise. */
const apart = 6;

/**
 * The mean above which a window belongs to the bright part of an image. Air around a patient holds less noise than
 * the patient does, in magnitude images and in CT, and often more pixels. Undefined where there is no dark part.
 */
function brightFrom(windows: WindowResiduals): number | undefined {
  const sorted = Float64Array.from(windows.mean).sort();
  const n = sorted.length;
  const dark = sorted[Math.floor(darkest * n)]!;
  const bright = sorted[Math.floor(brightest * n)]!;
  const noise = modeOf(
    windows,
    Array.from(windows.sd, (_, k) => k),
  );
  if (bright - dark <= apart * noise) return undefined;
  const above = dark + begin * (bright - dark);
  const below = sorted.filter((mean) => mean <= above).length;
  const enough = Math.min(below, n - below) >= leastShare * n && n - below >= fewestWindows;
  return enough ? above : undefined;
}

/** Spreads of sd above the mode within which a window counts as flat. */
const flatSpreads = 2;

/**
 * The correlation of the residuals in flat windows. Which are flat depends on the scatter of sd, and that on the
 * correlation: three rounds settle both. No window is left out for a small sd, because those of long
 * correlation have the largest.
 */
function correlationOf(
  image: Image,
  { windows, taken, mode }: { windows: WindowResiduals; taken: readonly number[]; mode: number },
): { readonly fit: CorrelationFit; readonly flat: readonly number[] } {
  let cut = 1.4 * mode;
  for (let round = 0; ; round++) {
    const flat = taken.filter((k) => windows.sd[k]! <= cut);
    const fit = fitCorrelation(residualCorrelation(image, windows, { chosen: flat }), windows);
    if (round === 2) return { fit, flat };
    cut = mode * (1 + flatSpreads / Math.sqrt(2 * fit.freedom));
  }
}
