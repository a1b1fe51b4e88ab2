/** How noisy the image of a file or folder is, by every estimator that applies; or from repeated scans. */
import { InputError, messageOf } from "../core/errors.ts";
import type { Image, IntensityUnit } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { estimateNoise, noiseMethods } from "../denoise/noise-level/estimate-noise.ts";
import { repeatedScansNoise } from "../denoise/noise-level/local-noise.ts";
import { estimateSpeckle } from "../denoise/noise-level/speckle.ts";
import { openFile } from "../files/files.ts";
import type { InputOptions } from "./input.ts";
import { readJudgedPlanes } from "./sampled-planes.ts";

export interface NoiseFilesOptions extends WorkOptions, InputOptions {
  /** Only pixels whose neighbourhood has a mean in this range, in the image's unit. */
  readonly between?: { readonly low: number; readonly high: number } | undefined;
}

export interface NoiseRow {
  readonly method: string;
  readonly sigma: number;
  /** The image's unit, or what else the number is in. */
  readonly unit: string;
  readonly notes: readonly string[];
}

/** Of one image, by every estimator; the first is the one that `denoise` uses. */
export interface ImageNoise {
  readonly file: string;
  readonly shape: readonly number[];
  readonly axes: string;
  readonly sigma: number;
  readonly method: string;
  readonly unit: IntensityUnit;
  /** Share of pixels that hold noise. */
  readonly usable: number;
  /** Pixel σ over finest-band σ, 1 for white noise. */
  readonly correlation: number;
  /** Full width at half maximum of the noise's autocorrelation in px, 1.2 for white noise, where it was measured. */
  readonly grain?: number;
  /** The same in mm, where the spacing is known and the same along rows and columns. */
  readonly grainMm?: number;
  /** What the reader of σ must know. */
  readonly notes: readonly string[];
  readonly estimates: readonly NoiseRow[];
  /** Estimators that do not apply, with the reason. */
  readonly skipped: readonly { readonly method: string; readonly reason: string }[];
  /** What there was to say of the file. */
  readonly findings: readonly string[];
}

/** From the differences between repeated scans of one object. */
export interface RepeatedScansNoise {
  readonly files: readonly string[];
  readonly scans: number;
  readonly sigma: number;
  /** 95 %, for independent pixels. */
  readonly interval: readonly [number, number];
  /** By a measure that movement between the scans changes less. */
  readonly robust: number;
  readonly unit: IntensityUnit;
  readonly findings: readonly string[];
}

/** @throws InputError when the path holds no image, or more than one */
export async function noiseOfFile(
  path: string,
  options: NoiseFilesOptions = {},
): Promise<ImageNoise> {
  const { image, findings } = await read(path, options);
  const between = options.between && ([options.between.low, options.between.high] as const);
  const main = estimateNoise(image, { between });
  const estimates: NoiseRow[] = [
    { method: `${main.method} (used)`, sigma: main.sigma, unit: image.unit, notes: main.notes },
  ];
  const skipped: { method: string; reason: string }[] = [];
  const add = (method: string, row: () => Omit<NoiseRow, "method">): void => {
    try {
      estimates.push({ method, ...row() });
    } catch (error) {
      skipped.push({ method, reason: messageOf(error) });
    }
  };
  for (const method of noiseMethods) {
    if (method === "auto" || method === main.method) continue;
    add(method, () => {
      const { sigma, notes } = estimateNoise(image, { method, between });
      return { sigma, unit: image.unit, notes };
    });
  }
  add("speckle", () => ({
    sigma: estimateSpeckle(image).variation,
    unit: "of the mean",
    notes: ["for multiplicative noise: standard deviation over mean in homogeneous areas"],
  }));
  const { sigma, method, usable, correlation, grain, notes } = main;
  const [, sy, sx] = image.spacing;
  const square = image.spacingKnown && Math.abs(sy / sx - 1) < 0.01;
  const { shape, axes, unit } = image;
  const facts = { file: path, shape, axes, sigma, method, unit, usable, correlation, notes };
  return {
    ...facts,
    ...(grain === undefined ? {} : { grain, ...(square ? { grainMm: grain * sx } : {}) }),
    estimates,
    skipped,
    findings,
  };
}

/** @throws InputError for scans of different shapes, and as `noiseOfFile` */
export async function noiseOfRepeatedScans(
  paths: readonly string[],
  options: NoiseFilesOptions = {},
): Promise<RepeatedScansNoise> {
  const images: Image[] = [];
  const findings: string[] = [];
  for (const path of paths) {
    const found = await read(path, options);
    images.push(found.image);
    findings.push(...found.findings);
  }
  const { sigma, interval, robust } = repeatedScansNoise(images);
  if (sigma > 1.2 * robust) {
    findings.push("pooled is well above robust: the object moved or changed between the scans");
  }
  const { unit } = images[0]!;
  return { files: paths, scans: images.length, sigma, interval, robust, unit, findings };
}

async function read(
  path: string,
  { inputFormat: format, unit, signal, onProgress }: NoiseFilesOptions,
): Promise<{ image: Image; findings: readonly string[] }> {
  const sampled = format === undefined ? await readJudgedPlanes(path, { unit, signal }) : undefined;
  if (sampled !== undefined) {
    const { image, of } = sampled;
    return { image, findings: [`${path}: judged on ${image.shape[0]} of its ${of} slices`] };
  }
  const { images } = await openFile(path, { format, unit, signal, onProgress });
  const [first, ...others] = images;
  if (!first || others.length > 0) {
    throw new InputError(
      `Cannot estimate noise in ${path}: found ${images.length} images, wanted one`,
    );
  }
  return { image: first.image, findings: [] };
}
