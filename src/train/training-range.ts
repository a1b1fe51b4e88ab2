/** The ranges that a training's images span, for the card of the model: declared where known, measured otherwise. */
import type { Image } from "../core/image.ts";
import { sizeOf } from "../core/image.ts";
import {
  type TrainedOn,
  type TrainedWindow,
  usualTraining,
  type ValueRange,
} from "../denoise/trained-on.ts";
import type { BatchSource, FieldName } from "./batch.ts";
import type { WindowConfig } from "./data/window.ts";
import type { ImageFacts } from "./image-facts.ts";

/** Facts of an image that patches are cut from, its pitches in mm along `z, y, x`. */
export function factsOf(
  {
    unit,
    spacing,
    spacingKnown = true,
  }: Pick<Image, "unit"> & {
    readonly spacing: readonly number[];
    readonly spacingKnown?: boolean;
  },
  windows: readonly WindowConfig[],
): ImageFacts {
  return {
    unit,
    ...(spacingKnown ? { spacing: spacing.slice(1) } : {}),
    windows: windows.map(({ low, high, percentiles, weight }) => ({
      window: percentiles === undefined ? { unit, low: low!, high: high! } : { percentiles },
      weight,
    })),
  };
}

/** From the least to the greatest value. */
export const rangeOf = (values: readonly number[]): ValueRange => ({
  low: values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  high: values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
});

/** Units, spacing and windows of sources, the window that is drawn most first. */
export function rangesOf(
  sources: readonly { readonly about?: ImageFacts; readonly weight: number }[],
): Pick<TrainedOn, "units" | "spacing" | "windows"> {
  const known = sources.flatMap(({ about, weight }) =>
    about === undefined ? [] : [{ ...about, share: weight }],
  );
  const pitches = known.flatMap(({ spacing = [] }) => spacing);
  const weights = new Map<string, number>();
  for (const { windows, share } of known) {
    const total = windows.reduce((sum, { weight }) => sum + weight, 0);
    for (const { window, weight } of windows) {
      const key = JSON.stringify(window);
      weights.set(key, (weights.get(key) ?? 0) + (share * weight) / total);
    }
  }
  return {
    units: [...new Set(known.map(({ unit }) => unit))],
    ...(pitches.length === 0 ? {} : { spacing: rangeOf(pitches) }),
    windows: [...weights]
      .sort(([, a], [, b]) => b - a)
      .map(([key]) => JSON.parse(key) as TrainedWindow),
  };
}

/** Batches that the noise is measured on where the source does not say what it is. */
const judged = 12;

/** What a source says of its images, and its noise as the batches show it where it says nothing of that. */
export async function trainedOnOf(data: BatchSource): Promise<TrainedOn> {
  const said = data.trainedOn ?? {};
  const measured =
    said.noise !== undefined && said.grain !== undefined ? {} : await measuredNoise(data);
  // Hounsfield units are those of CT and of nothing else.
  const modalities = said.units?.length === 1 && said.units[0] === "HU" ? ["CT"] : [];
  return { ...usualTraining, modalities, ...measured, ...said };
}

/** Level and grain of the noise of some batches, by what is known without it or by a second image. */
async function measuredNoise(data: BatchSource): Promise<Partial<TrainedOn>> {
  const other = (["clean", "again"] as const).find((name) => data.shapes[name] !== undefined);
  const shape = data.shapes.noisy;
  if (other === undefined || shape === undefined) return {};
  const hasLevel = data.shapes.sigma !== undefined;
  const fields: FieldName[] = ["noisy", other, ...(hasLevel ? (["sigma"] as const) : [])];
  const nx = shape.at(-1)!;
  const size = sizeOf(shape.slice(1));
  const levels: number[] = [];
  const grains: number[] = [];
  for (let step = 0; step < judged; step++) {
    const batch = await data.draw({ step, draw: 0, fields });
    const [a, b] = [batch.noisy!, batch[other]!];
    if (sizeOf(b.shape) !== sizeOf(a.shape)) return {};
    const scale = other === "again" ? Math.SQRT1_2 : 1;
    const noise = a.data.map((v, i) => (v - b.data[i]!) * scale);
    if (hasLevel) levels.push(...batch.sigma!.data);
    for (let at = 0; at < noise.length; at += size) {
      const one = noise.subarray(at, at + size);
      if (!hasLevel) levels.push(deviation(one));
      const grain = widthOf(lagsOf(one, nx));
      if (grain !== undefined) grains.push(grain);
    }
  }
  return {
    noise: rangeOf(levels),
    ...(grains.length === 0 ? {} : { grain: middleOf(grains) }),
  };
}

/** Longest distance in px at which noise is compared with itself. */
const longest = 16;

/** From the 5th to the 95th percentile: a patch shows the width of its noise with an error of its own. */
function middleOf(values: readonly number[]): ValueRange {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return { low: at(0.05), high: at(0.95) };
}

/** Mean products of values `lag` pixels apart along x. */
function lagsOf(values: Float32Array, nx: number): Float64Array {
  const lags = new Float64Array(Math.min(longest, nx - 1) + 1);
  const rows = values.length / nx;
  for (let lag = 0; lag < lags.length; lag++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      for (let x = row * nx; x < (row + 1) * nx - lag; x++) sum += values[x]! * values[x + lag]!;
    }
    lags[lag] = sum / (rows * (nx - lag));
  }
  return lags;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/**
 * Full width at half maximum of an autocorrelation given at whole distances, band-limited between them, so that white
 * noise measures 1.2 as it does in `estimateNoise`; undefined where there is no noise, or where it never falls so low.
 */
function widthOf(lags: Float64Array): number | undefined {
  if (!(lags[0]! > 0)) return undefined;
  const at = (distance: number) =>
    lags.reduce(
      (sum, value, lag) =>
        sum + value * (lag === 0 ? sinc(distance) : sinc(distance - lag) + sinc(distance + lag)),
      0,
    );
  const peak = at(0);
  for (let distance = 0; distance < lags.length - 1; distance += 0.01) {
    if (at(distance) <= peak / 2) return 2 * distance;
  }
  return undefined;
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}
