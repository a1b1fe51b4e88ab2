/**
 * Stacks of ImageJ: what the description says of axes, spacing and calibration, and planes that lie one
 * behind the other after a single directory, as ImageJ writes them.
 */
import { FormatError } from "../core/errors.ts";
import type { Axes } from "../core/image.ts";
import type { StoredArray } from "../core/stored.ts";
import { type TiffFile, tags, tiffFail, valuesOf } from "../codecs/tiff-directory.ts";
import type { Page } from "../codecs/tiff-page.ts";
import { isPositive, millimetresOf, secondsOf } from "./units-of-measure.ts";

/** What a description by ImageJ says. */
export interface ImageJStack {
  /** Planes; 1 where the description does not say. */
  readonly images: number;
  /** Planes run through channels first, then slices, then frames. */
  readonly channels: number;
  readonly slices: number;
  readonly frames: number;
  /** Seconds between frames. */
  readonly timeStep: number | undefined;
  /** Value of a stored whole number: `slope · stored + intercept`; undefined when uncalibrated. */
  readonly scaling: { readonly slope: number; readonly intercept: number } | undefined;
  readonly unit: "HU" | undefined;
  /** Lines as the file has them. */
  readonly lines: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

const straightLine = 0;
const functionNone = 20;

/** @throws FormatError for a number of images that cannot be one */
export function parseImageJ(description: string): ImageJStack | undefined {
  if (!description.startsWith("ImageJ=")) return undefined;
  const lines = new Map<string, string>();
  for (const line of description.split(/[\r\n]+/)) {
    const at = line.indexOf("=");
    if (at > 0) lines.set(line.slice(0, at).trim(), unescaped(line.slice(at + 1).trim()));
  }
  const count = (name: string): number => {
    const text = lines.get(name);
    const value = text === undefined || text === "" ? 1 : Number(text);
    if (!Number.isSafeInteger(value) || value < 0)
      tiffFail(
        `Cannot read an ImageJ stack: found ${name}=${text}, wanted a whole number`,
        "corrupt",
        0,
      );
    return Math.max(1, value);
  };
  const notes: string[] = [];
  const images = count("images");
  let [channels, slices, frames] = [count("channels"), count("slices"), count("frames")];
  if (channels * slices * frames !== images) {
    // A size that is not there is what the others leave.
    const rest = images / (channels * frames);
    if (slices === 1 && Number.isInteger(rest)) slices = rest;
    else {
      // An image of one directory has its colours as channels and no `images`.
      if (images > 1)
        notes.push(
          `${channels} channels, ${slices} slices and ${frames} frames are not the ${images} images that the file speaks of; they became slices`,
        );
      [channels, slices, frames] = [1, images, 1];
    }
  }
  const seconds = secondsOf(lines.get("tunit") ?? "s");
  const interval = Number(lines.get("finterval"));
  const step = seconds === undefined ? undefined : interval * seconds;
  const cf = Number(lines.get("cf") ?? functionNone);
  const [intercept, slope] = [Number(lines.get("c0")), Number(lines.get("c1"))];
  const straight = cf === straightLine && Number.isFinite(intercept) && Number.isFinite(slope);
  if (!straight && cf !== functionNone)
    notes.push(
      `ImageJ's calibration ${lines.get("cf")} is no straight line and was not applied to the values`,
    );
  return {
    images,
    channels,
    slices,
    frames,
    timeStep: isPositive(step) ? step : undefined,
    scaling: straight && slope !== 0 ? { slope, intercept } : undefined,
    unit: /^(hu|hounsfield( units?)?)$/i.test(lines.get("vunit") ?? "") ? "HU" : undefined,
    lines,
    notes,
  };
}

/** ImageJ writes letters outside ASCII as `\u00B5`. */
function unescaped(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** mm along z, y, x; undefined when the unit is no length, such as `pixel`. */
export function imageJSpacing(
  stack: ImageJStack,
  file: TiffFile,
  page: Page,
): { readonly spacing: [number, number, number]; readonly guessed: boolean } | undefined {
  const { lines } = stack;
  const resolution = (tag: number) => valuesOf(file, page.directory, tag)?.[0];
  const centimetres = resolution(tags.resolutionUnit) === 3 ? "cm" : undefined;
  const unit = lines.get("unit") || centimetres;
  const x = unit === undefined ? undefined : millimetresOf(unit);
  const y = millimetresOf((lines.get("yunit") || unit) ?? "");
  const z = millimetresOf((lines.get("zunit") || unit) ?? "");
  if (x === undefined || y === undefined || z === undefined) return undefined;
  const [perX, perY] = [resolution(tags.xResolution), resolution(tags.yResolution)];
  const known = isPositive(perX) && isPositive(perY);
  const depth = Math.abs(Number(lines.get("spacing")));
  if (!known && !isPositive(depth)) return undefined;
  return {
    // ImageJ leaves out a depth of 1.
    spacing: [z * (isPositive(depth) ? depth : 1), known ? y / perY : y, known ? x / perX : x],
    guessed: !known,
  };
}

/**
 * All planes behind the first as strips of one tall page, or undefined where they cannot lie there: data that
 * are packed, tiled, in separate planes or have further directories between them.
 *
 * @throws FormatError when a file with one directory ends before the last plane
 */
export function tallPage(file: TiffFile, page: Page, images: number): Page | undefined {
  if (page.compression !== 1 || page.separate || page.directory.fields.has(tags.tileWidth))
    return undefined;
  const rowBytes = Math.ceil((page.width * page.samples * page.bits) / 8);
  const strips = Math.ceil(page.height / page.blockHeight);
  const first = page.offsets[0]!;
  for (let i = 1; i < strips; i++) {
    if (page.offsets[i] !== first + i * page.blockHeight * rowBytes) return undefined;
  }
  const planeBytes = page.height * rowBytes;
  // Planes cannot lie where a directory does.
  const end = Math.min(
    file.bytes.length,
    ...file.directories.map((d) => d.offset).filter((offset) => offset > first),
  );
  const there = end - first;
  if (!(images * planeBytes <= there)) {
    // Pages that all have their directory are whole, whatever a copied description says.
    if (file.directories.length > 1) return undefined;
    throw new FormatError(
      `Cannot read an ImageJ stack of images=${images}: found ${there} bytes of data, wanted ${images * planeBytes} (${planeBytes} for each plane of ${page.width} × ${page.height})`,
      { format: "tiff", kind: "truncated", offset: end },
    );
  }
  return {
    ...page,
    height: page.height * images,
    blockHeight: page.height,
    offsets: Array.from({ length: images }, (_, i) => first + i * planeBytes),
    counts: new Array<number>(images).fill(planeBytes),
  };
}

/** Axes of a stack with sizes, without `c`; `plane` is (y, x). */
export function imageJAxes(
  stack: Pick<ImageJStack, "frames" | "slices" | "channels">,
  plane: readonly [number, number],
): { readonly axes: Axes; readonly shape: number[] } {
  const { frames, slices, channels } = stack;
  const t = frames > 1 ? "t" : "";
  const c = channels > 1 ? "c" : "";
  const z = slices > 1 ? "z" : "";
  return {
    axes: `${t}${c}${z}yx` as Axes,
    shape: [...(frames > 1 ? [frames] : []), ...(slices > 1 ? [slices] : []), ...plane],
  };
}

/** Channels of planes in ImageJ's order as components of each voxel. */
export function channelsLast<T extends StoredArray>(
  data: T,
  { channels, plane }: { readonly channels: number; readonly plane: number },
): T {
  if (channels === 1) return data;
  const out = data.slice() as T;
  const whole = channels * plane;
  for (let i = 0; i < data.length; i++) {
    const within = i % whole;
    const c = Math.floor(within / plane);
    out[i - within + (within - c * plane) * channels + c] = data[i]!;
  }
  return out;
}
