/**
 * The folder layout of LCD_CT, a public toolkit for low-contrast detectability in CT:
 * `dose_XXX/{signal_present,signal_absent}/*_NNN.raw`, XXX being the dose in per cent and NNN the noise
 * realisation. Slices are square, 16 bits, HU + 1000.
 *
 * The files come in two encodings that nothing in them names: little-endian int16, and big-endian
 * uint16 with an offset of 32768, beside a header that calls them MET_SHORT. The right one is the one
 * whose neighbouring pixels are alike; the other tears them apart by its swapped bytes.
 */
import { join } from "node:path";
import { FormatError, InputError } from "../core/errors.ts";
import { type Image, makeImage } from "../core/image.ts";
import { bytesOf, walkFolder } from "./files-disk.ts";

export interface LcdCtCase {
  /** Path below the root of the collection, with forward slashes. */
  readonly path: string;
  /** Dose relative to the full one, such as 0.1. */
  readonly dose: number;
  readonly signalPresent: boolean;
  /** Number of the noise realisation, from 1. */
  readonly realisation: number;
}

const layout = /(?:^|\/)dose_(\d{3})\/signal_(present|absent)\/[^/]*?_(\d+)\.raw$/;

/** The cases among relative paths, by dose, presence and realisation; other files are passed over. */
export function lcdCtCases(paths: readonly string[]): LcdCtCase[] {
  const cases: LcdCtCase[] = [];
  for (const path of paths) {
    const found = layout.exec(path.replaceAll("\\", "/"));
    if (found === null) continue;
    cases.push({
      path,
      dose: Number(found[1]) / 100,
      signalPresent: found[2] === "present",
      realisation: Number(found[3]),
    });
  }
  return cases.sort(
    (a, b) =>
      a.dose - b.dose ||
      Number(a.signalPresent) - Number(b.signalPresent) ||
      a.realisation - b.realisation ||
      (a.path < b.path ? -1 : 1),
  );
}

export type LcdCtEncoding = "int16-little" | "uint16-big-offset";

function decode(bytes: Uint8Array, encoding: LcdCtEncoding): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.length / 2);
  for (let i = 0; i < out.length; i++) {
    const stored =
      encoding === "int16-little"
        ? view.getInt16(2 * i, true)
        : view.getUint16(2 * i, false) - 32768;
    out[i] = stored - 1000;
  }
  return out;
}

/** Mean absolute difference of horizontal neighbours. */
function roughness(data: Float32Array, columns: number): number {
  let sum = 0;
  let count = 0;
  for (let i = 1; i < data.length; i++) {
    if (i % columns === 0) continue;
    sum += Math.abs(data[i]! - data[i - 1]!);
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/**
 * One slice in HU. Spacing is unknown: the collection's headers hold a placeholder of 1.
 *
 * @param options.encoding found from the pixels when absent
 * @throws FormatError when the file is no square of 16-bit pixels or fits neither encoding
 */
export function readLcdCtSlice(
  bytes: Uint8Array,
  options: { encoding?: LcdCtEncoding } = {},
): { image: Image; encoding: LcdCtEncoding } {
  const side = Math.sqrt(bytes.length / 2);
  if (bytes.length === 0 || !Number.isInteger(side)) {
    throw new FormatError(
      `Cannot read an LCD_CT slice: found ${bytes.length} bytes, wanted a square of 16-bit pixels`,
      { format: "lcd-ct", kind: bytes.length === 0 ? "empty" : "mismatch", offset: bytes.length },
    );
  }
  const encodings: readonly LcdCtEncoding[] =
    options.encoding === undefined ? ["int16-little", "uint16-big-offset"] : [options.encoding];
  const readings = encodings
    .map((encoding) => {
      const data = decode(bytes, encoding);
      return { encoding, data, rough: roughness(data, side) };
    })
    .filter(({ data }) => options.encoding !== undefined || isPlausible(data))
    .sort((a, b) => a.rough - b.rough);
  const best = readings[0];
  if (best === undefined) {
    throw new FormatError(
      "Cannot read an LCD_CT slice: found values far from CT numbers in both encodings, wanted HU + 1000",
      { format: "lcd-ct", kind: "corrupt", offset: 0 },
    );
  }
  const image = makeImage(best.data, [side, side], { unit: "HU" });
  return { image, encoding: best.encoding };
}

/** Whether nearly all values could be CT numbers of a phantom in air or water. */
function isPlausible(data: Float32Array): boolean {
  let inside = 0;
  for (const v of data) if (v >= -2000 && v <= 4000) inside++;
  return inside > 0.99 * data.length;
}

/** Bytes of a slice in the collection's first encoding: HU + 1000 as little-endian int16. */
export function writeLcdCtSlice(image: Image): Uint8Array {
  if (image.axes !== "yx" || image.shape[0] !== image.shape[1] || image.unit !== "HU") {
    throw new InputError(
      `Cannot write an LCD_CT slice: found axes "${image.axes}", shape [${image.shape.join(", ")}] and unit ${image.unit}, wanted a square plane in HU`,
    );
  }
  const out = new Uint8Array(2 * image.data.length);
  const view = new DataView(out.buffer);
  image.data.forEach((v, i) => {
    const stored = Math.round(v) + 1000;
    if (!(stored >= -32768 && stored <= 32767)) {
      throw new InputError(`Cannot write ${v} HU as int16: found ${stored} with its offset`);
    }
    view.setInt16(2 * i, stored, true);
  });
  return out;
}

export interface LcdCtCollection {
  readonly cases: readonly LcdCtCase[];
  /** The slice of a case in HU. */
  load(which: LcdCtCase): Promise<Image>;
}

/**
 * Opens a folder in the layout of LCD_CT.
 *
 * @throws InputError when the folder holds no case
 */
export async function openLcdCt(root: string): Promise<LcdCtCollection> {
  const cases = lcdCtCases(await walkFolder(root));
  if (cases.length === 0) {
    throw new InputError(
      `Cannot open ${root} as an LCD_CT collection: found no dose_XXX/signal_present or signal_absent folder with .raw files`,
    );
  }
  return Object.freeze({
    cases,
    load: async (which: LcdCtCase) => readLcdCtSlice(await bytesOf(join(root, which.path))).image,
  });
}
