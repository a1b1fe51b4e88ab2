/** How noise changes over an image: maps of its local standard deviation, and what repeated scans say of it. */
import { type Image, layoutOf, rangeOf, withData } from "../core/image.ts";
import { estimateNoise } from "../denoise/noise-level/estimate-noise.ts";
import { localNoise } from "../denoise/noise-level/local-noise.ts";
import { medianOf } from "../denoise/noise-level/median.ts";
import { boxSum, summedArea } from "../denoise/noise-level/usable-pixels.ts";

/** Of the local standard deviation, in the image's unit. */
export interface NoiseVariation {
  /** 10th, 50th and 90th percentile. */
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

export interface LocalLevels {
  /** The local standard deviation, 0 where the image is not seen. */
  readonly map: Image;
  readonly variation: NoiseVariation;
}

/**
 * The map of one image. Its form comes from residuals of next neighbours, which see too little of correlated noise;
 * it is scaled so that its median where noise was measured is the level that was measured.
 *
 * @param options.usable pixels on which the level was measured
 * @returns undefined where nothing was
 */
export function localLevels(
  image: Image,
  options: {
    readonly sigma: number;
    readonly usable: Uint8Array;
    readonly padding: Uint8Array | undefined;
  },
): LocalLevels | undefined {
  const { sigma, usable, padding } = options;
  const { data } = localNoise(image);
  const measured = data.filter((v, i) => usable[i] === 1 && v > 0);
  if (measured.length === 0) return undefined;
  const factor = sigma / medianOf(measured);
  const map = withData(
    image,
    data.map((v, i) => (padding?.[i] === 1 ? 0 : factor * v)),
  );
  return { map, variation: variationOf(map.data, usable) };
}

/** Windows in which the variances of repeated scans are averaged, in px. */
const window = 15;

/** From the standard deviations of single pixels over repeated scans: root of their mean square about each pixel. */
export function repeatedLevels(
  single: Image,
  { usable }: { readonly usable: Uint8Array },
): LocalLevels {
  const { blocks, nz, ny, nx } = layoutOf(single);
  const out = new Float32Array(single.data.length);
  const half = (window - 1) / 2;
  for (let p = 0; p < blocks * nz; p++) {
    const from = p * ny * nx;
    const squares = summedArea(ny, nx, (i) => usable[from + i]! * single.data[from + i]! ** 2);
    const counts = summedArea(ny, nx, (i) => usable[from + i]!);
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const at = from + y * nx + x;
        if (usable[at] !== 1) continue;
        const box = [
          Math.max(0, y - half),
          Math.max(0, x - half),
          Math.min(ny, y + half + 1),
          Math.min(nx, x + half + 1),
        ] as const;
        out[at] = Math.sqrt(boxSum(squares, nx, ...box) / boxSum(counts, nx, ...box));
      }
    }
  }
  return { map: withData(single, out), variation: variationOf(out, usable) };
}

function variationOf(data: Float32Array, usable: Uint8Array): NoiseVariation {
  const values = data.filter((_, i) => usable[i] === 1).sort();
  const at = (share: number) => values[Math.round(share * (values.length - 1))] ?? 0;
  return { low: at(0.1), median: at(0.5), high: at(0.9) };
}

/**
 * The noise of one scan from differences of scans that follow each other, over √2: the median over the pairs of what
 * flat areas of the difference hold. A drift of the mean does not count, and edges that moved are no flat areas.
 */
export function flatDifferences(images: readonly Image[], padding: Uint8Array | undefined): number {
  const levels: number[] = [];
  for (let k = 1; k < images.length; k++) {
    const [before, after] = [images[k - 1]!, images[k]!];
    const difference = withData(
      after,
      after.data.map((v, i) => (v - before.data[i]!) * Math.SQRT1_2),
    );
    levels.push(
      estimateNoise({ ...difference, unit: "arbitrary" }, { method: "flat-areas", padding }).sigma,
    );
  }
  return medianOf(levels);
}

/** The image with one value where it holds no measurement. */
export function withoutPadding(image: Image, padding: Uint8Array | undefined): Image {
  if (padding === undefined) return image;
  return withData(
    image,
    image.data.map((v, i) => (padding[i] === 1 ? 0 : v)),
  );
}

/** Whether no value is below 0. */
export function isMagnitude(data: Float32Array): boolean {
  return rangeOf(data).min >= 0;
}
