/** The background of zeros that skull stripping, masking or an ultrasound screen leaves: no measurement, and no noise. */
import { type Image, layoutOf } from "../core/image.ts";

/** Smallest share of a plane that is background and not a few dark pixels. */
const leastShare = 0.02;

/**
 * Share of the background's pixels with zeros alone around them. Dark noise has zeros beside other small values;
 * what was set to zero has an area.
 */
const leastInside = 0.7;

/**
 * The zeros of every plane that join its border through zeros, where they take a share of it and fill an area. In
 * images of no known unit without values below 0: in HU zero is water. Each plane is judged by itself.
 *
 * @returns one byte per pixel, 1 where it is background; undefined where there is none, or nothing else
 */
export function zeroBackground(image: Image): Uint8Array | undefined {
  if (image.unit !== "arbitrary" || image.axes.includes("c")) return undefined;
  const { blocks, nz, ny, nx } = layoutOf(image);
  const size = ny * nx;
  let mask: Uint8Array | undefined;
  for (let p = 0; p < blocks * nz; p++) {
    const plane = image.data.subarray(p * size, (p + 1) * size);
    const found = borderZeros(plane, ny, nx);
    if (found === undefined) continue;
    mask ??= new Uint8Array(image.data.length);
    mask.set(found, p * size);
  }
  return mask?.includes(0) ? mask : undefined;
}

function borderZeros(plane: Float32Array, ny: number, nx: number): Uint8Array | undefined {
  const mask = new Uint8Array(plane.length);
  const open: number[] = [];
  const visit = (i: number) => {
    if (plane[i] !== 0 || mask[i] === 1) return;
    mask[i] = 1;
    open.push(i);
  };
  for (let x = 0; x < nx; x++) {
    visit(x);
    visit((ny - 1) * nx + x);
  }
  for (let y = 0; y < ny; y++) {
    visit(y * nx);
    visit(y * nx + nx - 1);
  }
  let count = 0;
  while (open.length > 0) {
    const i = open.pop()!;
    count++;
    const x = i % nx;
    if (x > 0) visit(i - 1);
    if (x < nx - 1) visit(i + 1);
    if (i >= nx) visit(i - nx);
    if (i < plane.length - nx) visit(i + nx);
  }
  if (count < leastShare * plane.length) return undefined;
  let inside = 0;
  for (let i = 0; i < plane.length; i++) {
    if (plane[i]! < 0) return undefined;
    if (mask[i] === 1 && zerosAround(plane, i, { ny, nx })) inside++;
  }
  return inside >= leastInside * count ? mask : undefined;
}

function zerosAround(
  plane: Float32Array,
  i: number,
  { ny, nx }: { ny: number; nx: number },
): boolean {
  const [y, x] = [Math.floor(i / nx), i % nx];
  for (let j = Math.max(0, y - 1); j <= Math.min(ny - 1, y + 1); j++) {
    for (let k = Math.max(0, x - 1); k <= Math.min(nx - 1, x + 1); k++) {
      if (plane[j * nx + k] !== 0) return false;
    }
  }
  return true;
}
