/** What is said, drawn and recorded of a denoised image. */
import type { Image } from "../core/image.ts";
import type { ParameterValue, ParameterValues } from "../core/parameters.ts";
import type { DenoisedImage, NoiseReading } from "./denoise-image.ts";

export interface DenoisedReport {
  readonly name: string;
  readonly format: string;
  readonly axes: string;
  readonly shape: readonly number[];
  readonly unit: string;
  readonly level: NoiseReading;
  readonly noiseBefore: NoiseReading;
  readonly noiseAfter: NoiseReading;
  readonly rmsChange: number;
  readonly seconds: number;
}

/** What a result's metadata says of how it was made, besides the method. */
export function recordOf(
  level: NoiseReading,
  given: { readonly parameters: ParameterValues; readonly strength?: number },
): Record<string, ParameterValue> {
  const told = Object.entries(given.parameters).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(told) as Record<string, ParameterValue>),
    sigma: Number(level.sigma.toPrecision(6)),
    strength: given.strength ?? 1,
  };
}

/** The figures of one image. */
export function reportOf(
  name: string,
  { axes, shape, unit, format }: Omit<Image, "data"> & { readonly format: string },
  done: Omit<DenoisedImage, "image">,
): DenoisedReport {
  const { level, noiseBefore, noiseAfter, rmsChange, seconds } = done;
  return {
    name,
    format,
    axes,
    shape,
    unit,
    level,
    noiseBefore,
    noiseAfter,
    rmsChange,
    seconds,
  };
}

/** Before, after and difference as the bytes of a PNG or SVG. */
export async function drawFigure(
  path: string,
  done: Omit<DenoisedImage, "image"> & { readonly before: Image; readonly after: Image },
  options: {
    readonly window?: { readonly low: number; readonly high: number };
    readonly slice?: number;
    readonly differenceLimit?: number;
  },
): Promise<Uint8Array> {
  const { comparisonSvg, svgPng } = await import("../figures/index.ts");
  const number = (x: number): string => String(Number(x.toPrecision(3)));
  const svg = comparisonSvg(
    { before: done.before, after: done.after },
    {
      window: options.window,
      slice: options.slice,
      differenceLimit: options.differenceLimit,
      notes: {
        before: [`noise ${number(done.noiseBefore.sigma)} (${done.noiseBefore.method})`],
        after: [`noise ${number(done.noiseAfter.sigma)}`],
        difference: [`root mean square ${number(done.rmsChange)}`],
      },
    },
  );
  return /\.svg$/i.test(path) ? new TextEncoder().encode(svg) : svgPng(svg);
}
