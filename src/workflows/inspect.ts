/** What a file or folder holds, in numbers and as a picture. */
import { FormatError, InputError, messageOf, throwIfAborted } from "../core/errors.ts";
import { type Image, layoutOf, rangeOf } from "../core/image.ts";
import {
  contactSheetSvg,
  type Panel,
  gray,
  panelsSvg,
  renderPlane,
  windowFor,
} from "../figures/index.ts";
import { isFolder } from "../files/files-disk.ts";
import { openSlabs } from "../files/files-slabs.ts";
import type { Slab } from "../files/slab-source.ts";
import { type OpenOptions, openPath, skippedText } from "../files/files.ts";
import type { Stored } from "../core/stored.ts";
import type { DecodedImage } from "../formats/format.ts";
import { orientationCode } from "../formats/orientation.ts";
import { noiseOfImage } from "../denoise/noise-level/noise-of-image.ts";
import { checkDenoisable } from "./denoise.ts";
import { type InputOptions, paddingOf } from "./input.ts";
import { isTooLarge, saysTooLarge } from "./large-files.ts";
import { checkPicture, checkPlaces, type OutputOptions, writePicture } from "./output.ts";

export interface ImageFacts {
  readonly name: string;
  readonly files: number;
  readonly axes: string;
  readonly shape: readonly number[];
  /** mm along z, y, x; absent when the file does not say. */
  readonly spacing?: readonly number[];
  readonly origin?: readonly number[];
  /** Patient sides to which the x, y and z index axes run, such as LPS; lower case where oblique. */
  readonly orientation?: string;
  /** Seconds from one frame to the next of a series, where the file says it. */
  readonly timeStep?: number;
  readonly unit: string;
  /** What the elements are in the file. */
  readonly stored: string;
  readonly scaling?: { readonly slope: number; readonly intercept: number };
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly nonFinite: number;
  /** Estimated noise standard deviation in the image's unit. */
  readonly noise?: { readonly sigma: number; readonly method: string };
  /** Why there is no estimate. */
  readonly noNoise?: string;
  readonly notes: readonly string[];
}

export interface PathFacts {
  readonly path: string;
  readonly format: string;
  readonly images: readonly ImageFacts[];
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  /** What a user should know, a line for each refused file included. */
  readonly notes: readonly string[];
  readonly header: Readonly<Record<string, unknown>>;
  readonly figure?: string;
}

export interface InspectOptions
  extends Omit<OpenOptions, "format">,
    Pick<InputOptions, "inputFormat">,
    OutputOptions {
  /** Path of a picture to draw, `.png` or `.svg`. */
  readonly figure?: string;
  /** Planes in the picture of one image at most. Defaults to 16. */
  readonly thumbnails?: number;
}

/** @throws InputError when the path cannot be opened or holds nothing that can be read */
export async function inspect(path: string, options: InspectOptions = {}): Promise<PathFacts> {
  const { figure, thumbnails: _, force, inputFormat, ...open } = options;
  checkPicture(figure);
  if (figure !== undefined) {
    await checkPlaces([{ path: figure, option: "figure" }], { inputs: [path], force });
  }
  const format = inputFormat === undefined ? {} : { format: inputFormat };
  let tooMuch: unknown;
  const opened = await openPath(path, { ...open, ...format }).catch(async (error: unknown) => {
    // A folder's refusal tells of its files one by one.
    if (!saysTooLarge(error) && !(await isTooLarge(path))) throw error;
    tooMuch = error;
    return undefined;
  });
  if (opened === undefined) {
    // What cannot be read in parts either was rightly refused as a whole.
    return inspectLarge(path, options).catch((error: unknown) => {
      throw error instanceof FormatError && error.kind === "corrupt" ? tooMuch : error;
    });
  }
  if (figure !== undefined) {
    await draw(opened.images, { ...options, figure, title: path });
  }
  return {
    path,
    format: opened.format,
    images: opened.images.map((one, i) => factsOf(one, opened.files[i]?.length ?? 1)),
    refused: opened.refused,
    notes: [...opened.notes, ...opened.refused.map(skippedText)],
    header: opened.header,
    ...(figure === undefined ? {} : { figure }),
  };
}

function placeOf(
  image: Omit<Image, "data">,
): Pick<ImageFacts, "spacing" | "origin" | "orientation" | "timeStep"> {
  return {
    ...(image.spacingKnown ? { spacing: image.spacing } : {}),
    ...(image.orientationKnown
      ? { origin: image.origin, orientation: orientationCode(image.direction) }
      : {}),
    ...(image.timeStep === undefined ? {} : { timeStep: image.timeStep }),
  };
}

function storedText(stored: Stored): string {
  const bits = stored.bits === undefined ? "" : ` (${stored.bits} bits used)`;
  return stored.kind === "scalar"
    ? `${stored.type}${bits}`
    : `${stored.kind} of ${stored.type}${bits}`;
}

function factsOf(one: DecodedImage, files: number): ImageFacts {
  const { image, stored } = one;
  const range = rangeOf(image.data);
  let sum = 0;
  for (const v of image.data) if (Number.isFinite(v)) sum += v;
  const scaled = stored.slope !== 1 || stored.intercept !== 0;
  return {
    name: one.name,
    files,
    axes: image.axes,
    shape: image.shape,
    ...placeOf(image),
    unit: image.unit,
    stored: storedText(stored),
    ...(scaled ? { scaling: { slope: stored.slope, intercept: stored.intercept } } : {}),
    ...range,
    mean: sum / Math.max(1, image.data.length - range.nonFinite),
    ...noiseOf(image, one.padded),
    notes: one.notes,
  };
}

function noiseOf(
  image: Image,
  padded: Uint8Array | undefined,
): Pick<ImageFacts, "noise" | "noNoise"> {
  try {
    const { padding } = paddingOf(image, padded);
    checkDenoisable(image, padding);
    const { sigma, method } = noiseOfImage(image, { padding });
    return { noise: { sigma, method } };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { noNoise: messageOf(error).replace(/^Cannot [^:]*: /, "") };
  }
}

/** A file too large for memory, by one pass over its planes. */
async function inspectLarge(path: string, options: InspectOptions): Promise<PathFacts> {
  const source = await openSlabs(path, { unit: options.unit });
  try {
    const { image, planes } = source;
    const { ny, nx } = layoutOf(image);
    const step = Math.max(1, Math.floor(2 ** 22 / (ny * nx)));
    let [min, max, sum, nonFinite, middle] = [
      Infinity,
      -Infinity,
      0,
      0,
      undefined as Slab | undefined,
    ];
    for (let from = 0; from < planes; from += step) {
      throwIfAborted(options.signal, `reading ${path}`);
      const slab = await source.read(from, Math.min(step, planes - from));
      const range = rangeOf(slab.data);
      if (range.min < min) min = range.min;
      if (range.max > max) max = range.max;
      nonFinite += range.nonFinite;
      for (const v of slab.data) if (Number.isFinite(v)) sum += v;
      if (from <= planes / 2) middle = slab;
      options.onProgress?.({
        done: Math.min(planes, from + step),
        total: planes,
        label: "reading planes",
      });
    }
    const one: ImageFacts = {
      name: "",
      files: (await isFolder(path)) ? planes : 1,
      axes: image.axes,
      shape: image.shape,
      ...placeOf(image),
      unit: image.unit,
      stored: source.type,
      ...(source.slope === 1 && source.intercept === 0
        ? {}
        : { scaling: { slope: source.slope, intercept: source.intercept } }),
      min,
      max,
      mean: sum / Math.max(1, planes * ny * nx - nonFinite),
      nonFinite,
      ...(middle === undefined ? {} : noiseOf(middle, middle.padded)),
      notes: [
        "too large to hold in memory at once: read plane by plane, the noise from its middle",
      ],
    };
    if (options.figure !== undefined && middle !== undefined) {
      await draw([{ name: "", image: middle }], {
        ...options,
        figure: options.figure,
        title: path,
      });
    }
    return {
      path,
      format: source.format,
      images: [one],
      refused: [],
      notes: [],
      header: {},
      ...(options.figure === undefined ? {} : { figure: options.figure }),
    };
  } finally {
    await source.close();
  }
}

/**
 * The image with its planes turned as they are read: patient's right and front on the left and at the
 * top, the head up.
 */
function turnedForReading(image: Image): Image {
  if (!image.orientationKnown) return image;
  const [x = "", y = ""] = orientationCode(image.direction).toUpperCase();
  const flipX = x === "R" || x === "A";
  const flipY = y === "A" || y === "S";
  if (!flipX && !flipY) return image;
  const { ny, nx } = layoutOf(image);
  const out = new Float32Array(image.data.length);
  for (let i = 0; i < out.length; i += nx) {
    const plane = Math.floor(i / (nx * ny)) * nx * ny;
    const row = (i - plane) / nx;
    const from = plane + (flipY ? ny - 1 - row : row) * nx;
    const line = image.data.subarray(from, from + nx);
    out.set(flipX ? line.slice().reverse() : line, i);
  }
  return { ...image, data: out };
}

/** One image as a sheet of its planes, several as one plane each. */
async function draw(
  images: readonly Pick<DecodedImage, "name" | "image">[],
  options: InspectOptions & { figure: string; title: string },
): Promise<void> {
  const { figure, title, thumbnails = 16 } = options;
  const finite = images
    .filter(({ image }) => !Number.isNaN(rangeOf(image.data).min))
    .map(({ name, image }) => ({ name, image: turnedForReading(image) }));
  if (finite.length === 0)
    throw new InputError("Cannot draw a figure: found no finite value to show");
  const svg =
    finite.length === 1
      ? contactSheetSvg(finite[0]!.image, { limit: thumbnails, title, panelWidth: 192 })
      : panelsSvg(finite.slice(0, thumbnails).map(panelOf), { title, panelWidth: 192 });
  await writePicture(figure, svg);
}

function panelOf({ name, image }: Pick<DecodedImage, "name" | "image">): Panel {
  const window = windowFor(image);
  return { title: name, bitmap: renderPlane(image, { window }), bar: { map: gray, window } };
}
