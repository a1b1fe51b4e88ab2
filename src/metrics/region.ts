/**
 * Regions of interest: sets of voxels given by a mask image or by a shape in pixels or millimetres.
 */
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { layoutOf } from "../core/image.ts";

/** A set of voxels of one spatial block; a planar region holds for every slice of a volume. */
export interface Region {
  /** How it was named: a file's name or a shape's text. */
  readonly name: string;
  /** `[ny, nx]` or `[nz, ny, nx]`. */
  readonly shape: readonly number[];
  /** 1 inside, 0 outside; row-major. */
  readonly inside: Uint8Array;
  /** Number of voxels inside. */
  readonly voxels: number;
}

function region(name: string, shape: readonly number[], inside: Uint8Array): Region {
  let voxels = 0;
  for (const v of inside) voxels += v;
  if (voxels === 0) {
    throw new InputError(`Cannot use region ${name}: found no voxel inside, wanted at least one`);
  }
  return Object.freeze({ name, shape: Object.freeze([...shape]), inside, voxels });
}

/** Region of the voxels of a mask image (axes `yx` or `zyx`) whose value is `label`, or not zero. */
export function regionOfMask(mask: Image, options: { name?: string; label?: number } = {}): Region {
  const { blocks, nz, ny, nx, volumetric } = layoutOf(mask);
  if (blocks !== 1) {
    throw new InputError(
      `Cannot make a region from a mask: found axes "${mask.axes}", wanted yx or zyx`,
    );
  }
  const { label } = options;
  const inside = Uint8Array.from(mask.data, (v) =>
    (label === undefined ? v !== 0 : v === label) ? 1 : 0,
  );
  return region(options.name ?? "mask", volumetric ? [nz, ny, nx] : [ny, nx], inside);
}

/**
 * A region without the voxels that hold no measurement; all others where no region is given.
 *
 * @param padding one byte per value of the image, 1 where it holds no measurement; a voxel of a series is left out
 *   where any of its members is padded
 */
export function regionWithout(padding: Uint8Array, image: Image, of?: Region): Region {
  const { nz, ny, nx, volumetric } = layoutOf(image);
  const shape = volumetric ? [nz, ny, nx] : [ny, nx];
  const size = nz * ny * nx;
  const inside = new Uint8Array(size).fill(1);
  for (let i = 0; i < padding.length; i++) if (padding[i] === 1) inside[i % size] = 0;
  if (of) {
    const plane = of.inside.length;
    for (let i = 0; i < size; i++) if (of.inside[i % plane] === 0) inside[i] = 0;
  }
  return region(of ? `${of.name} without padding` : "all but padding", shape, inside);
}

interface Shape {
  readonly kind: "rectangle" | "disk" | "box" | "ball";
  readonly numbers: readonly number[];
  readonly millimetres: boolean;
}

const shapes: Readonly<Record<string, { kind: Shape["kind"]; count: number; about: string }>> = {
  rectangle: { kind: "rectangle", count: 4, about: "rectangle:x,y,width,height" },
  disk: { kind: "disk", count: 3, about: "disk:x,y,radius" },
  box: { kind: "box", count: 6, about: "box:x,y,z,width,height,depth" },
  ball: { kind: "ball", count: 4, about: "ball:x,y,z,radius" },
};

function parseShape(text: string): Shape {
  const match = /^([a-z]+):([-+0-9.,eE\s]+?)(mm|px)?$/.exec(text.trim());
  const known = match ? shapes[match[1]!] : undefined;
  const numbers = match ? match[2]!.split(",").map((n) => (n.trim() === "" ? NaN : Number(n))) : [];
  if (!match || !known || numbers.length !== known.count || !numbers.every(Number.isFinite)) {
    const wanted = Object.values(shapes).map((s) => s.about);
    throw new InputError(
      `Cannot read region "${text}": wanted ${wanted.join(", ")}, in pixels or ending in mm`,
    );
  }
  return { kind: known.kind, numbers, millimetres: match[3] === "mm" };
}

/**
 * Region from a shape's text, for images of the given layout.
 *
 * `rectangle:x,y,width,height`, `disk:x,y,radius`, `box:x,y,z,width,height,depth`,
 * `ball:x,y,z,radius`; positions and sizes in pixels counted from the centre of the first voxel, or in
 * millimetres from there when the text ends in `mm`. A voxel belongs to the region when its centre does;
 * a rectangle includes its left and upper edge and excludes the right and lower one.
 *
 * @throws InputError when the text is no shape, or when no voxel lies inside
 */
export function regionOfShape(
  text: string,
  image: Pick<Image, "axes" | "shape" | "spacing">,
): Region {
  const { kind, numbers, millimetres } = parseShape(text);
  const { nz, ny, nx, volumetric } = layoutOf(image);
  const [dz, dy, dx] = millimetres ? image.spacing : [1, 1, 1];
  const solid = kind === "box" || kind === "ball";
  if (solid && !volumetric) {
    throw new InputError(`Cannot use region "${text}": found a planar image, wanted a volume`);
  }
  const n = numbers as readonly number[];
  const depth = solid ? nz : 1;
  const inside = new Uint8Array(depth * ny * nx);
  const within = (x: number, y: number, z: number): boolean => {
    if (kind === "rectangle")
      return x >= n[0]! && x < n[0]! + n[2]! && y >= n[1]! && y < n[1]! + n[3]!;
    if (kind === "disk") return (x - n[0]!) ** 2 + (y - n[1]!) ** 2 <= n[2]! ** 2;
    if (kind === "ball")
      return (x - n[0]!) ** 2 + (y - n[1]!) ** 2 + (z - n[2]!) ** 2 <= n[3]! ** 2;
    return (
      x >= n[0]! &&
      x < n[0]! + n[3]! &&
      y >= n[1]! &&
      y < n[1]! + n[4]! &&
      z >= n[2]! &&
      z < n[2]! + n[5]!
    );
  };
  for (let k = 0, i = 0; k < depth; k++) {
    for (let j = 0; j < ny; j++) {
      for (let l = 0; l < nx; l++, i++) inside[i] = within(l * dx, j * dy, k * dz) ? 1 : 0;
    }
  }
  return region(text, solid ? [nz, ny, nx] : [ny, nx], inside);
}

/** Region with the voxels of one slice; a planar region is returned as it is. Null when the slice has none. */
export function regionSlice(whole: Region, k: number): Uint8Array | null {
  if (whole.shape.length === 2) return whole.inside;
  const [, ny, nx] = whole.shape as [number, number, number];
  const part = whole.inside.subarray(k * ny * nx, (k + 1) * ny * nx);
  return part.some((v) => v === 1) ? part : null;
}

/** @throws InputError when the region's sizes are not those of the image */
export function checkRegion(whole: Region, image: Pick<Image, "axes" | "shape">): void {
  const { nz, ny, nx } = layoutOf(image);
  const want = whole.shape.length === 3 ? [nz, ny, nx] : [ny, nx];
  if (whole.shape.some((s, i) => s !== want[i])) {
    throw new InputError(
      `Cannot use region ${whole.name}: found sizes ${whole.shape.join("×")}, wanted ${want.join("×")}`,
    );
  }
}
