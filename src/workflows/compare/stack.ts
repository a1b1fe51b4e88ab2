/** The slices that are worked on: those that hold places, and the neighbours that methods see beside them. */
import { type Image, layoutOf, makeImage } from "../../core/image.ts";

/** Consecutive slices of the series, as a part of the stack. */
export interface Block {
  /** First slice of the stack and the one after its last. */
  readonly from: number;
  readonly to: number;
}

export interface Stack {
  /** Slices of the series, rising. */
  readonly slices: readonly number[];
  readonly blocks: readonly Block[];
  /** The worked slices as a volume. */
  readonly image: Image;
  readonly padding?: Uint8Array;
}

/**
 * @param used slices that hold places
 * @param options.beside slices on each side that methods see
 */
export function stackOf(
  image: Image,
  used: readonly number[],
  options: { readonly beside: number; readonly padding?: Uint8Array | undefined },
): Stack {
  const { nz } = layoutOf(image);
  const wanted = new Set<number>();
  for (const k of used) {
    for (let d = -options.beside; d <= options.beside; d++) {
      if (k + d >= 0 && k + d < nz) wanted.add(k + d);
    }
  }
  const slices = [...wanted].sort((a, b) => a - b);
  const blocks: Block[] = [];
  let from = 0;
  slices.forEach((slice, i) => {
    const next = slices[i + 1];
    // Without neighbours every slice is a piece of its own, so that little is lost to a killed process.
    if (next === slice + 1 && options.beside > 0) return;
    blocks.push({ from, to: i + 1 });
    from = i + 1;
  });
  const padding = options.padding && takeSlices(options.padding, image, slices);
  return {
    slices,
    blocks,
    image: slicesOf(image, slices),
    ...(padding?.includes(1) ? { padding } : {}),
  };
}

/** Slices of a volume, or the plane itself, as a volume. */
export function slicesOf(image: Image, slices: readonly number[]): Image {
  const { ny, nx } = layoutOf(image);
  const data = takeSlices(image.data, image, slices);
  const { spacing, spacingKnown, unit } = image;
  return makeImage(data, [slices.length, ny, nx], { spacing, spacingKnown, unit });
}

function takeSlices<T extends Float32Array | Uint8Array>(
  values: T,
  image: Image,
  slices: readonly number[],
): T {
  const { ny, nx } = layoutOf(image);
  const size = ny * nx;
  const out = (
    values instanceof Float32Array
      ? new Float32Array(slices.length * size)
      : new Uint8Array(slices.length * size)
  ) as T;
  slices.forEach((slice, i) =>
    out.set(values.subarray(slice * size, (slice + 1) * size), i * size),
  );
  return out;
}

/** A block of the stack's volume. */
export function blockOf(image: Image, { from, to }: Block): Image {
  const { ny, nx } = layoutOf(image);
  const { spacing, spacingKnown, unit } = image;
  return makeImage(image.data.slice(from * ny * nx, to * ny * nx), [to - from, ny, nx], {
    spacing,
    spacingKnown,
    unit,
  });
}
