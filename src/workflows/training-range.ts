/** Whether an image lies inside what a trained denoiser learned from: one sentence for the reader where it does not. */
import { type Image } from "../core/image.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import type { NoiseReading } from "../denoise/noise-level/noise-of-image.ts";
import { outsideTraining, outsideWarning, type SeenImage } from "../denoise/trained-on.ts";
import { windowOf } from "../inference/apply-model.ts";

/**
 * @param planes of the image, those that its noise was judged on
 * @param noise the level that the denoiser works with, and the grain as it was measured
 * @returns undefined for a method that was not trained, and where all is inside
 */
export function trainingWarning(
  { name, trainedOn }: Pick<Denoiser, "name" | "trainedOn">,
  planes: readonly Image[],
  noise: Pick<NoiseReading, "sigma" | "grain">,
): string | undefined {
  const [first] = planes;
  if (trainedOn === undefined || first === undefined) return undefined;
  const { scale } = windowOf({ unit: first.unit, data: valuesOf(planes) }, trainedOn);
  const [, ...pitches] = first.spacing;
  const seen: SeenImage = {
    unit: first.unit,
    noise: noise.sigma / scale,
    grain: noise.grain,
    spacing: first.spacingKnown ? pitches : undefined,
  };
  return outsideWarning(name, outsideTraining(trainedOn, seen));
}

function valuesOf(planes: readonly Image[]): Float32Array {
  if (planes.length === 1) return planes[0]!.data;
  const all = new Float32Array(planes.reduce((n, { data }) => n + data.length, 0));
  let at = 0;
  for (const { data } of planes) {
    all.set(data, at);
    at += data.length;
  }
  return all;
}
