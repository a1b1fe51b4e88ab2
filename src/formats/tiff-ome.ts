/**
 * OME-TIFF [goldberg2005ome]: what the XML in the first page's description says of planes, spacing and time.
 * Planes of channels, slices and frames stand in pages in the order that it states.
 */
import { tiffFail } from "../codecs/tiff-directory.ts";
import { isPositive, millimetresOf, secondsOf } from "./units-of-measure.ts";

export interface OmeStack {
  /** Planes, one for each page. */
  readonly images: number;
  readonly channels: number;
  readonly slices: number;
  readonly frames: number;
  /** Page of each plane; planes run through channels first, then slices, then frames. */
  readonly order: readonly number[];
  /** mm along z, y, x. */
  readonly spacing: readonly [number, number, number] | undefined;
  /** Seconds between frames. */
  readonly timeStep: number | undefined;
  readonly notes: readonly string[];
}

type Attributes = ReadonlyMap<string, string>;

/** Elements of a name with their attributes; OME's headers nest no two of one name. */
function elementsNamed(xml: string, name: string): Attributes[] {
  const found: Attributes[] = [];
  for (const [, text = ""] of xml.matchAll(new RegExp(`<(?:\\w+:)?${name}\\b([^>]*)>`, "g"))) {
    const pairs = text.matchAll(/([\w:]+)\s*=\s*"([^"]*)"|([\w:]+)\s*=\s*'([^']*)'/g);
    found.push(new Map([...pairs].map(([, a, b, c, d]) => [a ?? c!, unescaped(b ?? d!)])));
  }
  return found;
}

/** Letters outside ASCII may stand as `&#181;`. */
function unescaped(text: string): string {
  return text.replace(/&#(x?)([0-9a-f]+);/gi, (_, hex: string, code: string) =>
    String.fromCodePoint(Number.parseInt(code, hex === "" ? 10 : 16)),
  );
}

/**
 * @param pages in the file, with `samples` each
 * @returns undefined for a description that is no OME
 * @throws FormatError for several images, planes in other files, or sizes that are not those of the pages
 */
export function parseOme(
  description: string,
  { pages, samples }: { readonly pages: number; readonly samples: number },
): OmeStack | undefined {
  if (!/^\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)*<(\w+:)?OME[\s>]/.test(description)) {
    return undefined;
  }
  const all = elementsNamed(description, "Pixels");
  const [pixels] = all;
  if (pixels === undefined || all.length > 1) {
    tiffFail(
      `Cannot read an OME-TIFF: found ${all.length} images in its description, wanted one`,
      "unsupported",
      0,
    );
  }
  const size = (name: string): number => {
    const value = Number(pixels!.get(name) ?? 1);
    if (!Number.isSafeInteger(value) || value < 1) {
      tiffFail(
        `Cannot read an OME-TIFF: found ${name} ${pixels!.get(name)}, wanted a whole number above 0`,
        "corrupt",
        0,
      );
    }
    return value;
  };
  const [slices, frames, components] = [size("SizeZ"), size("SizeT"), size("SizeC")];
  // Colours stand side by side in a page and count as components of one channel.
  const channels = components / samples;
  const images = slices * frames * channels;
  if (!Number.isInteger(channels) || images !== pages) {
    tiffFail(
      `Cannot read an OME-TIFF: found ${pages} pages of ${samples} samples, wanted those of ${slices} slices, ${components} channels and ${frames} frames; where they lie in several files, this is one of them`,
      "unsupported",
      0,
    );
  }
  const sizes: Readonly<Record<string, number>> = { Z: slices, C: channels, T: frames };
  const order = (pixels!.get("DimensionOrder") ?? "XYCZT").replace(/^XY/, "");
  if (!/^(?=.*Z)(?=.*C)(?=.*T)[ZCT]{3}$/.test(order)) {
    tiffFail(
      `Cannot read an OME-TIFF: found the order of dimensions ${pixels!.get("DimensionOrder")}, wanted XY and Z, C, T in some order`,
      "corrupt",
      0,
    );
  }
  /** Place of a plane among all, in the file's order of dimensions. */
  const rank = (at: Readonly<Record<string, number>>) => {
    const [a, b, c] = order as unknown as [string, string, string];
    return at[a]! + sizes[a]! * (at[b]! + sizes[b]! * at[c]!);
  };
  const pageOfRank = pagesOfRanks(description, { images, rank });
  const place: number[] = [];
  for (let t = 0; t < frames; t++) {
    for (let z = 0; z < slices; z++) {
      for (let c = 0; c < channels; c++) place.push(pageOfRank[rank({ Z: z, C: c, T: t })]!);
    }
  }
  return { images, channels, slices, frames, order: place, ...placeOf(pixels!, slices) };
}

/** Page of each plane, in the order of dimensions: as `TiffData` says, else one after the other. */
function pagesOfRanks(
  xml: string,
  { images, rank }: { images: number; rank: (at: Readonly<Record<string, number>>) => number },
): number[] {
  const blocks = elementsNamed(xml, "TiffData");
  const pages = new Array<number>(images).fill(-1);
  const whole = blocks.length === 0 || (blocks.length === 1 && !blocks[0]!.has("PlaneCount"));
  if (whole) return pages.map((_, i) => i);
  for (const block of blocks) {
    const number = (name: string, absent: number) => Number(block.get(name) ?? absent);
    const from = rank({ Z: number("FirstZ", 0), C: number("FirstC", 0), T: number("FirstT", 0) });
    const ifd = number("IFD", 0);
    for (let i = 0; i < number("PlaneCount", block.has("IFD") ? 1 : images); i++) {
      if (from + i < images) pages[from + i] = ifd + i;
    }
  }
  const known = new Set(pages);
  if (known.size !== images || pages.some((page) => !(page >= 0 && page < images))) {
    tiffFail(
      "Cannot read an OME-TIFF: found planes without a page of their own, wanted one for each",
      "unsupported",
      0,
    );
  }
  return pages;
}

function placeOf(
  pixels: Attributes,
  slices: number,
): Pick<OmeStack, "spacing" | "timeStep" | "notes"> {
  const length = (axis: string): number | undefined => {
    const unit = millimetresOf(pixels.get(`PhysicalSize${axis}Unit`) ?? "µm");
    const value = Number(pixels.get(`PhysicalSize${axis}`));
    return unit !== undefined && isPositive(value) ? unit * value : undefined;
  };
  const [x, y, z] = [length("X"), length("Y"), length("Z") ?? (slices === 1 ? 1 : undefined)];
  const seconds = secondsOf(pixels.get("TimeIncrementUnit") ?? "s");
  const step = Number(pixels.get("TimeIncrement")) * (seconds ?? NaN);
  const known = x !== undefined && y !== undefined && z !== undefined;
  return {
    spacing: known ? [z, y, x] : undefined,
    timeStep: isPositive(step) ? step : undefined,
    notes:
      !known && (x !== undefined || y !== undefined)
        ? ["the file says sizes of a pixel along some axes only; the spacing is unknown"]
        : [],
  };
}
