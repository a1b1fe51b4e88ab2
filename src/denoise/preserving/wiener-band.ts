/**
 * The band of least noise for an image's own noise: the Wiener filter of `band.ts` with the noise power spectrum that
 * flat parts of the image show. Its core is where H is 1; it falls with |S|²/N beyond.
 */
import { type Image, withData } from "../../core/image.ts";
import { noiseOfImage } from "../noise-level/noise-of-image.ts";
import { noiseSpectrum } from "../noise-level/noise-spectrum.ts";
import { usablePixels } from "../noise-level/usable-pixels.ts";
import { type Band, type KeepOptions, type Transfer, wienerTransfer } from "./band.ts";

export type MeasuredBand = Omit<Band, "form">;

/** H below this hands nothing back that anybody could see. */
const nothing = 1e-3;

/**
 * N(f) of an image, f in cycles/mm, as a multiple of its mean: rings of the measured spectrum joined linearly.
 *
 * @param options.sigma standard deviation of the noise where it is known
 * @returns undefined where too few parts of the image are flat, or its pixels are not square
 */
export function measuredNoisePower(
  image: Image,
  { sigma }: { readonly sigma?: number | undefined } = {},
): Transfer | undefined {
  const [, sy, sx] = image.spacing;
  if (Math.abs(sy / sx - 1) > 0.01) return undefined;
  const values = image.data.some((v) => !Number.isFinite(v))
    ? withData(
        image,
        image.data.map((v) => (Number.isFinite(v) ? v : 0)),
      )
    : image;
  const level = sigma ?? noiseOfImage(values).sigma;
  const spectrum = noiseSpectrum(values, { usable: usablePixels(image, {}), sigma: level });
  if (spectrum === undefined) return undefined;
  const { rings } = spectrum;
  const width = 0.5 / rings.length;
  return (frequency) => {
    const at = Math.max(0, Math.min(rings.length - 1, (frequency * sx) / width - 0.5));
    const low = Math.min(rings.length - 2, Math.floor(at));
    return rings[low]! + (at - low) * (rings[low + 1]! - rings[low]!);
  };
}

/** The Wiener filter that keeps the share of a disk or ball in noise of this power, with the frequencies that describe it. */
export function wienerBand(noisePower: Transfer, options: Omit<KeepOptions, "form">): MeasuredBand {
  const transfer = wienerTransfer(noisePower, options);
  const step = 0.005 / options.diameterMm;
  const last = 8 / options.diameterMm;
  let [core, edge, end] = [0, 0, last];
  let whole = true;
  for (let f = 0; f < last; f += step) {
    const h = transfer(f);
    if (h < 1) whole = false;
    if (whole) core = f;
    if (h >= 0.5) edge = f;
    if (h > nothing) end = f + step;
  }
  return { core, edge, end, transfer: (f) => (f <= end ? transfer(f) : 0) };
}
