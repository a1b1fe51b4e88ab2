/**
 * Colour images as grey ones and back: grey in three channels is one channel, true colours are luminance and two
 * differences,
 *
 *   L = (R + G + B)/√3,  C₁ = (R − B)/√2,  C₂ = (R − 2G + B)/√6,
 *
 * an orthonormal change, so that noise which is alike and independent in the channels keeps its standard deviation.
 * Alpha goes through untouched; what is transparent is not seen.
 */
import { InputError } from "../core/errors.ts";
import { type Axes, type Image, makeImage } from "../core/image.ts";
import type { ComponentKind } from "../core/stored.ts";

export interface ColourParts {
  /** `grey` has one part, `colour` luminance and two differences. */
  readonly kind: "grey" | "colour";
  /** Channels without alpha. */
  readonly channels: number;
  readonly parts: readonly Image[];
  /** One byte for each pixel of a part, 1 where it is left alone. */
  readonly left: Uint8Array;
  /** What is left alone and how the colours are taken, one sentence each. */
  readonly notes: readonly string[];
  /** The colours from new parts; left pixels and alpha as they were. */
  readonly join: (parts: readonly Float32Array[]) => Image;
}

/** Channels of a kind that hold colour or grey; the next one is alpha. */
const channelsOf: Partial<Record<ComponentKind, number>> = { rgb: 3, rgba: 3, "grey-alpha": 1 };

const kindOfCount: Readonly<Record<number, ComponentKind>> = {
  2: "grey-alpha",
  3: "rgb",
  4: "rgba",
};

/** Share of the largest value by which the channels of a grey pixel may differ: what JPEG leaves of grey. */
const greyTolerance = 0.03;

/** An image is grey where so many of its pixels are; the others are marks and text on it. */
const leastGrey = 0.9;

/** Pixels at the largest value are text or clipped where they are more than this share of all, and so many. */
const leastClipped = 2e-4;
const fewestClipped = 8;

/**
 * @param options.kind what the channels are; by their number when absent
 * @param options.padding one byte for each pixel, 1 where it is not seen
 * @throws InputError for channels that are no colours
 */
export function colourParts(
  image: Image,
  options: {
    readonly kind?: ComponentKind | undefined;
    readonly padding?: Uint8Array | undefined;
  } = {},
): ColourParts {
  const at = image.axes.indexOf("c");
  const count = image.shape[at]!;
  const kind = options.kind ?? kindOfCount[count];
  const channels = kind === undefined ? undefined : channelsOf[kind];
  if (channels === undefined) {
    throw new InputError(
      `Cannot denoise an image of ${count} channels: found ${kind === undefined || kind === "scalar" ? "no colours" : kind}, wanted grey, RGB, or either with alpha`,
    );
  }
  const inner = image.shape.slice(at + 1).reduce((a, b) => a * b, 1);
  const outer = image.shape.slice(0, at).reduce((a, b) => a * b, 1);
  const size = outer * inner;
  const channel = (c: number): Float32Array => {
    const out = new Float32Array(size);
    for (let o = 0; o < outer; o++) {
      const from = (o * count + c) * inner;
      out.set(image.data.subarray(from, from + inner), o * inner);
    }
    return out;
  };
  const colours = Array.from({ length: channels }, (_, c) => channel(c));
  const left = options.padding?.slice() ?? new Uint8Array(size);
  if (count > channels) channel(channels).forEach((a, i) => a === 0 && (left[i] = 1));
  const { largest, coloured } = lookAt(colours, left);
  const seen = left.reduce((sum, mark) => sum + 1 - mark, 0);
  const grey = channels === 1 || coloured.length <= (1 - leastGrey) * seen;
  const notes: string[] = [];
  const marks: number[] = [];
  if (grey && coloured.length > 0) {
    for (const i of coloured) {
      left[i] = 1;
      marks.push(i);
    }
    notes.push(
      `${coloured.length} coloured pixels of a grey image (marks, text, colour maps) and those beside them are left as they are`,
    );
  }
  const clipped: number[] = [];
  for (let i = 0; i < size; i++) {
    if (left[i] === 0 && colours.every((values) => values[i] === largest)) clipped.push(i);
  }
  const many = Math.max(fewestClipped, leastClipped * size);
  if (clipped.length >= many && clipped.length < 0.5 * seen) {
    for (const i of clipped) {
      left[i] = 1;
      marks.push(i);
    }
    notes.push(
      `${clipped.length} pixels at the largest value (text, clipped) and those beside them are left as they are`,
    );
  }
  const [ny, nx] = image.shape.slice(-2) as [number, number];
  for (const i of marks) leaveRim(left, i, { ny, nx });
  const axes = image.axes.replace("c", "") as Axes;
  const shape = image.shape.filter((_, i) => i !== at);
  const partOf = (data: Float32Array) =>
    makeImage(data, shape, {
      axes,
      unit: image.unit,
      spacing: image.spacing,
      spacingKnown: image.spacingKnown,
      timeStep: image.timeStep,
    });
  if (!grey) notes.push("colours are denoised as luminance and two differences");
  const planes = grey ? [colours[0]!] : toOpponent(colours);
  const join = (parts: readonly Float32Array[]): Image => {
    const made = grey ? colours.map(() => parts[0]!) : fromOpponent(parts);
    const { low, high } = storedRange(image.data);
    const data = image.data.slice();
    for (let o = 0; o < outer; o++) {
      for (let c = 0; c < channels; c++) {
        const from = (o * count + c) * inner;
        for (let i = 0; i < inner; i++) {
          const pixel = o * inner + i;
          if (left[pixel] === 1) continue;
          data[from + i] = Math.min(high, Math.max(low, made[c]![pixel]!));
        }
      }
    }
    return makeImage(data, image.shape, { ...image });
  };
  return { kind: grey ? "grey" : "colour", channels, parts: planes.map(partOf), left, notes, join };
}

/** Letters that were drawn smoothly end in a pixel between them and what is below. */
function leaveRim(
  left: Uint8Array,
  index: number,
  { ny, nx }: { readonly ny: number; readonly nx: number },
): void {
  const plane = index - (index % (ny * nx));
  const [y, x] = [Math.floor((index - plane) / nx), index % nx];
  for (let v = Math.max(0, y - 1); v <= Math.min(ny - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(nx - 1, x + 1); u++) {
      left[plane + v * nx + u] = 1;
    }
  }
}

/** The largest value, and the pixels whose channels differ. */
function lookAt(colours: readonly Float32Array[], left: Uint8Array) {
  let largest = -Infinity;
  for (const values of colours) for (const v of values) if (v > largest) largest = v;
  const coloured: number[] = [];
  if (colours.length < 3) return { largest, coloured };
  const [r, g, b] = colours as [Float32Array, Float32Array, Float32Array];
  const tolerance = greyTolerance * Math.abs(largest);
  for (let i = 0; i < r.length; i++) {
    if (left[i] === 1) continue;
    const high = Math.max(r[i]!, g[i]!, b[i]!);
    if (high - Math.min(r[i]!, g[i]!, b[i]!) > tolerance) coloured.push(i);
  }
  return { largest, coloured };
}

/** The mean of the colours, for figures. */
export function luminanceOf(image: Image, kind?: ComponentKind): Image {
  const at = image.axes.indexOf("c");
  if (at < 0) return image;
  const count = image.shape[at]!;
  const channels = channelsOf[kind ?? kindOfCount[count] ?? "scalar"] ?? 1;
  const inner = image.shape.slice(at + 1).reduce((a, b) => a * b, 1);
  const data = new Float32Array(image.data.length / count);
  for (let i = 0; i < data.length; i++) {
    const from = Math.floor(i / inner) * count * inner + (i % inner);
    for (let c = 0; c < channels; c++) data[i]! += image.data[from + c * inner]! / channels;
  }
  const shape = image.shape.filter((_, i) => i !== at);
  return makeImage(data, shape, { ...image, axes: image.axes.replace("c", "") as Axes });
}

function toOpponent(colours: readonly Float32Array[]): Float32Array[] {
  const [r, g, b] = colours as [Float32Array, Float32Array, Float32Array];
  return [
    r.map((v, i) => (v + g[i]! + b[i]!) / Math.sqrt(3)),
    r.map((v, i) => (v - b[i]!) / Math.SQRT2),
    r.map((v, i) => (v - 2 * g[i]! + b[i]!) / Math.sqrt(6)),
  ];
}

function fromOpponent(parts: readonly Float32Array[]): Float32Array[] {
  const [l, p, q] = parts as [Float32Array, Float32Array, Float32Array];
  const third = Math.sqrt(1 / 3);
  const sixth = Math.sqrt(1 / 6);
  return [
    l.map((v, i) => third * v + Math.SQRT1_2 * p[i]! + sixth * q[i]!),
    l.map((v, i) => third * v - 2 * sixth * q[i]!),
    l.map((v, i) => third * v - Math.SQRT1_2 * p[i]! + sixth * q[i]!),
  ];
}

/** Where values of whole numbers may lie: within 8 or 16 bits. */
function storedRange(data: Float32Array): { readonly low: number; readonly high: number } {
  let [largest, whole] = [0, true];
  for (const v of data) {
    if (v > largest) largest = v;
    whole &&= v >= 0 && Number.isInteger(v);
  }
  return whole ? { low: 0, high: largest > 255 ? 65535 : 255 } : { low: -Infinity, high: Infinity };
}
