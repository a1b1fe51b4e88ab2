/**
 * Padding that no attribute declares: the constant around a circular field of view, such as −2048, −3024 or
 * −2000 in CT, found by what it is.
 */
import { type Image, layoutOf } from "../core/image.ts";

/** Nothing in a patient or around it is below this CT number; scanners clip at it. */
const leastHu = -1024;

/** Smallest share of a plane that is padding and not a few dark pixels. */
const leastShare = 0.005;

/** Values within so many HU of a constant make it a clipped tail of them. */
const tail = 50;

/** Share of the constant's pixels that may have such values, from edges that were interpolated. */
const leastTail = 0.02;

/**
 * The pixels of every plane that hold a constant below −1024 which reaches the plane's border, takes a share of
 * it, and stands apart from all other values. In images in HU or of no known unit; each plane is judged by
 * itself, so that parts of a volume are judged as the whole is.
 *
 * @returns one byte per pixel, 1 where it is padding; undefined where there is none
 */
export function constantPadding(image: Image): Uint8Array | undefined {
  if (image.unit !== "HU" && image.unit !== "arbitrary") return undefined;
  if (image.axes.includes("c")) return undefined;
  const { blocks, nz, ny, nx } = layoutOf(image);
  const size = ny * nx;
  let mask: Uint8Array | undefined;
  for (let p = 0; p < blocks * nz; p++) {
    const plane = image.data.subarray(p * size, (p + 1) * size);
    for (const value of constantsOf(plane, ny, nx)) {
      mask ??= new Uint8Array(image.data.length);
      for (let i = 0; i < size; i++) if (plane[i] === value) mask[p * size + i] = 1;
    }
  }
  return mask;
}

/** Constants at the border of a plane that are padding. */
function constantsOf(plane: Float32Array, ny: number, nx: number): number[] {
  const candidates = new Set<number>();
  const look = (i: number) => {
    const value = plane[i]!;
    if (value < leastHu && Number.isFinite(value)) candidates.add(value);
  };
  for (let x = 0; x < nx; x++) {
    look(x);
    look((ny - 1) * nx + x);
  }
  for (let y = 0; y < ny; y++) {
    look(y * nx);
    look(y * nx + nx - 1);
  }
  // Noise at the border has as many values as pixels; of padding there are one or two.
  if (candidates.size === 0) return [];
  const counts = new Map<number, number>();
  for (let i = 0; i < plane.length; i++) {
    const value = plane[i]!;
    if (candidates.has(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].flatMap(([value, count]) => {
    if (count < Math.max(4, leastShare * plane.length)) return [];
    let near = 0;
    for (let i = 0; i < plane.length; i++) {
      const distance = Math.abs(plane[i]! - value);
      if (distance > 0 && distance <= tail) near++;
    }
    return near <= leastTail * count ? [value] : [];
  });
}

/** Pixels that one of two masks marks; undefined where neither is there. */
export function joinedPadding(
  a: Uint8Array | undefined,
  b: Uint8Array | undefined,
): Uint8Array | undefined {
  if (!a || !b) return a ?? b;
  return a.map((mark, i) => mark | b[i]!);
}
