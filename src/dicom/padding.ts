/** Stored values that are no measurement: padding [nema2024ps33] (C.7.5.1.1.2) and indices into a palette. */
import { type DataSet, numbersOf, textOf } from "./elements.ts";
import type { PixelLayout } from "./pixels.ts";
import { storedRange } from "./quantise.ts";

/** Both ends belong to it; NaN stands for itself. */
export interface PaddingRange {
  readonly from: number;
  readonly to: number;
}

/** What a data set says of padding, in stored values. */
export interface Padding {
  /** Pixel Padding Value. */
  readonly value: number;
  /** Pixel Padding Range Limit, where there is one. */
  readonly limit?: number;
}

/** Padding that the attributes of a data set declare for its pixels. */
export function declaredPadding(set: DataSet, layout: PixelLayout): Padding | undefined {
  if (layout.samples !== 1) return undefined;
  const { type, signed } = layout;
  const vr = type === "float32" ? "FL" : type === "float64" ? "FD" : signed ? "SS" : "US";
  const [valueTag, limitTag] =
    type === "float32"
      ? [0x00280122, 0x00280124]
      : type === "float64"
        ? [0x00280123, 0x00280125]
        : [0x00280120, 0x00280121];
  const [value] = numbersOf(set, valueTag, vr);
  const [limit] = numbersOf(set, limitTag, vr);
  if (value === undefined) return undefined;
  const inside = (stored: number) => (type === "integer" ? significant(stored, layout) : stored);
  return {
    value: inside(value),
    ...(limit === undefined ? {} : { limit: inside(limit) }),
  };
}

/** A value as its significant bits have it: some writers state it with all bits that are allocated. */
function significant(value: number, { bitsStored, signed }: PixelLayout): number {
  const [low, high] = storedRange(bitsStored, signed);
  if (value >= low && value <= high) return value;
  const shift = 32 - bitsStored;
  return signed ? (value << shift) >> shift : (value << shift) >>> shift;
}

/** All stored values that must neither be seen by a filter nor changed. */
export function paddingRanges(set: DataSet, layout: PixelLayout): readonly PaddingRange[] {
  const declared = declaredPadding(set, layout);
  const coloured = firstColour(set, layout);
  return [
    ...(declared ? [{ from: declared.value, to: declared.limit ?? declared.value }] : []),
    ...(coloured === undefined ? [] : [{ from: coloured, to: Infinity }]),
  ].map(({ from, to }) => (from > to ? { from: to, to: from } : { from, to }));
}

/**
 * The first stored value that is an index into a supplemental palette, where grey pixels and coloured
 * ones stand in one image (C.7.6.19).
 */
export function firstColour(set: DataSet, layout: PixelLayout): number | undefined {
  if (layout.samples !== 1 || !layout.photometric.startsWith("MONOCHROME")) return undefined;
  if (layout.type !== "integer") return undefined;
  if (!/^(MIXED|COLOR)$/.test(textOf(set, 0x00089205)?.toUpperCase() ?? "")) return undefined;
  return numbersOf(set, 0x00281101, layout.signed ? "SS" : "US")[1];
}

/** One byte per sample, 1 where it is no measurement; undefined where all are. */
export function paddingMask(
  data: ArrayLike<number>,
  ranges: readonly PaddingRange[],
): Uint8Array | undefined {
  if (ranges.length === 0) return undefined;
  const mask = new Uint8Array(data.length);
  let any = false;
  for (const { from, to } of ranges) {
    const notNumber = Number.isNaN(from);
    for (let i = 0; i < mask.length; i++) {
      const value = data[i]!;
      if (notNumber ? Number.isNaN(value) : value >= from && value <= to) {
        mask[i] = 1;
        any = true;
      }
    }
  }
  return any ? mask : undefined;
}
