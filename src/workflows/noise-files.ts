/** How noisy the image of a file or folder is, by every estimator that applies; or from repeated scans. */
import { InputError, messageOf } from "../core/errors.ts";
import type { Image, IntensityUnit } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { joinedPadding } from "../denoise/constant-padding.ts";
import { estimateNoise, noiseMethods } from "../denoise/noise-level/estimate-noise.ts";
import { repeatedScansNoise } from "../denoise/noise-level/local-noise.ts";
import { type NoiseSpectrum, noiseSpectrum } from "../denoise/noise-level/noise-spectrum.ts";
import { ricianBackground } from "../denoise/noise-level/rician.ts";
import { estimateSpeckle } from "../denoise/noise-level/speckle.ts";
import { usablePixels } from "../denoise/noise-level/usable-pixels.ts";
import { isFolder } from "../files/files-disk.ts";
import { openPath, saveImage, skippedText, walkFolder } from "../files/files.ts";
import { type InputOptions, paddingOf } from "./input.ts";
import {
  flatDifferences,
  isMagnitude,
  localLevels,
  type NoiseVariation,
  repeatedLevels,
  withoutPadding,
} from "./noise-map.ts";
import { openInput } from "./open-input.ts";
import { checkPlaces } from "./output.ts";
import { maskedPadding } from "./read-mask.ts";
import { readJudgedPlanes } from "./sampled-planes.ts";

export interface NoiseFilesOptions extends WorkOptions, InputOptions {
  /** Only pixels whose neighbourhood has a mean in this range, in the image's unit. */
  readonly between?: { readonly low: number; readonly high: number } | undefined;
  /** Path of a mask: where it is 0 the image is not seen. */
  readonly mask?: string | undefined;
  /** Path of an image to write: the local standard deviation of the noise, of the image's size, 0 where unseen. */
  readonly map?: string | undefined;
  /** Writes over a map that is there already. */
  readonly force?: boolean | undefined;
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
  /** Where in frequency the noise lies, where enough of the image is flat. */
  readonly spectrum?: NoiseSpectrum;
  readonly variation?: NoiseVariation;
  /** Of a magnitude image with a dark background: the mean of what holds no signal, σ √(π/2). */
  readonly floor?: number;
  /** Path of the map, where it was asked for. */
  readonly map?: string;
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
  /** In flat areas of the differences between scans that follow each other: edges that moved are left out. */
  readonly flat: number;
  readonly variation?: NoiseVariation;
  readonly map?: string;
  readonly unit: IntensityUnit;
  readonly findings: readonly string[];
}

/**
 * Every image of a file, and every series or image of a folder.
 *
 * @throws InputError when the path holds no image; or several, where a mask or a map is of one
 */
export async function noiseOfPath(
  path: string,
  options: NoiseFilesOptions = {},
): Promise<readonly ImageNoise[]> {
  await checkMap(options, [path]);
  const found: ImageNoise[] = [];
  for (const one of await read(path, options)) found.push(await noiseOf(one, options));
  return found;
}

/** @throws InputError when the path holds no image, or more than one */
export async function noiseOfFile(
  path: string,
  options: NoiseFilesOptions = {},
): Promise<ImageNoise> {
  const [one, ...others] = await noiseOfPath(path, options);
  if (one === undefined || others.length > 0) throw notOne(path, others.length + 1);
  return one;
}

async function noiseOf(
  { name, image, padding, findings }: ReadScan,
  options: NoiseFilesOptions,
): Promise<ImageNoise> {
  const between = options.between && ([options.between.low, options.between.high] as const);
  const main = estimateNoise(image, { between, padding });
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
      const { sigma, notes } = estimateNoise(image, { method, between, padding });
      return { sigma, unit: image.unit, notes };
    });
  }
  add("speckle", () => ({
    sigma: estimateSpeckle(image, padding ? { padding } : {}).variation,
    unit: "of the mean",
    notes: ["for multiplicative noise: standard deviation over mean in homogeneous areas"],
  }));
  const { sigma, method, usable, correlation, grain, notes } = main;
  const [, sy, sx] = image.spacing;
  const square = image.spacingKnown && Math.abs(sy / sx - 1) < 0.01;
  const { shape, axes, unit } = image;
  const seen = usablePixels(image, { between, padding });
  const spectrum = noiseSpectrum(image, { usable: seen, sigma });
  const local = localLevels(image, { sigma, usable: seen, padding });
  const background = ricianBackground(image.data);
  const magnitude = unit === "arbitrary" && background.status === "ok" && isMagnitude(image.data);
  if (options.map !== undefined && local) await saveMap(options.map, local.map);
  const facts = { file: name, shape, axes, sigma, method, unit, usable, correlation, notes };
  return {
    ...facts,
    ...(spectrum === undefined ? {} : { spectrum }),
    ...(local === undefined ? {} : { variation: local.variation }),
    ...(magnitude ? { floor: background.sigma * Math.sqrt(Math.PI / 2) } : {}),
    ...(options.map === undefined ? {} : { map: options.map }),
    ...(grain === undefined ? {} : { grain, ...(square ? { grainMm: grain * sx } : {}) }),
    estimates,
    skipped,
    findings,
  };
}

/** @throws InputError for scans of different shapes, a path of several images, and as `noiseOfPath` */
export async function noiseOfRepeatedScans(
  paths: readonly string[],
  options: NoiseFilesOptions = {},
): Promise<RepeatedScansNoise> {
  await checkMap(options, paths);
  const images: Image[] = [];
  const findings: string[] = [];
  let padding: Uint8Array | undefined;
  for (const path of paths) {
    const [found, ...others] = await read(path, options);
    if (found === undefined || others.length > 0) throw notOne(path, others.length + 1);
    images.push(found.image);
    findings.push(...found.findings);
    padding = joinedPadding(padding, found.padding);
  }
  // Where a scan holds no measurement, none of the differences counts.
  const alone = images.map((image) => withoutPadding(image, padding));
  const { sigma, interval, robust, map: single } = repeatedScansNoise(alone);
  if (sigma > 1.2 * robust) {
    findings.push("pooled is well above robust: the object moved or changed between the scans");
  }
  const flat = flatDifferences(images, padding);
  const usable = single.data.map((v, i) => Number(v > 0 && padding?.[i] !== 1));
  const local = repeatedLevels(single, { usable: Uint8Array.from(usable) });
  if (options.map !== undefined) await saveMap(options.map, local.map);
  const { unit } = images[0]!;
  return {
    files: paths,
    scans: images.length,
    sigma,
    interval,
    robust,
    flat,
    variation: local.variation,
    ...(options.map === undefined ? {} : { map: options.map }),
    unit,
    findings,
  };
}

async function read(
  path: string,
  { inputFormat: format, unit, mask, map, signal, onProgress }: NoiseFilesOptions,
): Promise<readonly ReadScan[]> {
  const whole = mask !== undefined || map !== undefined;
  if (whole && (await isFolder(path))) {
    const { images } = await openInput(path, unit === undefined ? {} : { unit });
    if (images.length !== 1) throw notOne(path, images.length);
    const { image, padding, notes } = await images[0]!.open({ signal, onProgress });
    const seen = await maskedPadding(mask, { image, padding });
    return [{ name: path, image, padding: seen, findings: notes }];
  }
  // One series, or one large image, is judged on some of its planes; a folder of several is opened whole.
  const sampled =
    format === undefined && !whole
      ? await readJudgedPlanes(path, { unit, signal }).catch((error: unknown) => {
          if (error instanceof InputError) return undefined;
          throw error;
        })
      : undefined;
  if (sampled !== undefined) {
    const { image, padding, of } = sampled;
    const findings = [`${path}: judged on ${image.shape[0]} of its ${of} slices`];
    if (await isFolder(path)) {
      await walkFolder(path, (entry) => findings.unshift(skippedText(entry)));
    }
    return [{ name: path, image, padding, findings }];
  }
  const { images, refused } = await openPath(path, { format, unit, signal, onProgress });
  if (whole && images.length !== 1) throw notOne(path, images.length);
  const found: ReadScan[] = [];
  for (const { name, image, padded } of images) {
    const { padding, notes } = paddingOf(image, padded);
    const first = found.length === 0 ? refused.map(skippedText) : [];
    found.push({
      name: images.length === 1 ? path : `${path}: ${name || `image ${found.length + 1}`}`,
      image,
      padding: await maskedPadding(mask, { image, padding }),
      findings: [...first, ...notes],
    });
  }
  return found;
}

interface ReadScan {
  readonly name: string;
  readonly image: Image;
  /** One byte per pixel, 1 where it holds no measurement. */
  readonly padding: Uint8Array | undefined;
  readonly findings: readonly string[];
}

function notOne(path: string, count: number): InputError {
  return new InputError(`Cannot estimate noise in ${path}: found ${count} images, wanted one`);
}

/** @throws InputError when the map cannot be written, before any work */
async function checkMap(
  { map, force = false }: NoiseFilesOptions,
  inputs: readonly string[],
): Promise<void> {
  if (map !== undefined) await checkPlaces([{ path: map, option: "map" }], { inputs, force });
}

async function saveMap(path: string, map: Image): Promise<void> {
  await saveImage(path, map, { description: "local standard deviation of the noise" });
}
