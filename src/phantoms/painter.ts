/**
 * Paints solids one over another on a grid of voxels. A voxel that a surface crosses gets the share
 * of the solid that covers it, a linear ramp one pixel wide on the signed distance, so edges are
 * free of steps.
 */
import { makeImage, type Image, type IntensityUnit } from "../core/image.ts";
import type { Distance, Solid } from "./solids.ts";

export interface Grid {
  /** Sizes [nz, ny, nx]. */
  readonly shape: readonly [number, number, number];
  /** Pitch in mm [dz, dy, dx]. */
  readonly spacing: readonly [number, number, number];
  /** Place of the first voxel's centre in mm (x, y, z). */
  readonly origin: readonly [number, number, number];
}

/** A grid in the plane centred on x = y = 0 with its first slice at `z` mm. */
export function centredGrid(options: {
  size: number;
  slices: number;
  pixelMm: number;
  sliceMm: number;
  zMm: number;
}): Grid {
  const half = ((options.size - 1) * options.pixelMm) / 2;
  return {
    shape: [options.slices, options.size, options.size],
    spacing: [options.sliceMm, options.pixelMm, options.pixelMm],
    origin: [-half, -half, options.zMm],
  };
}

/**
 * The same distance, remembered at the grid's own places: organs ask for the outlines of the body
 * many times over.
 */
export function rememberedOn(grid: Grid, distance: Distance): Distance {
  const [nz, ny, nx] = grid.shape;
  const [dz, dy, dx] = grid.spacing;
  const [ox, oy, oz] = grid.origin;
  const kept = new Float32Array(nz * ny * nx).fill(NaN);
  return (x, y, z) => {
    const i = (x - ox) / dx;
    const j = (y - oy) / dy;
    const k = (z - oz) / dz;
    const ri = Math.round(i);
    const rj = Math.round(j);
    const rk = Math.round(k);
    const onGrid =
      Math.abs(i - ri) + Math.abs(j - rj) + Math.abs(k - rk) < 1e-6 &&
      ri >= 0 &&
      rj >= 0 &&
      rk >= 0 &&
      ri < nx &&
      rj < ny &&
      rk < nz;
    if (!onGrid) return distance(x, y, z);
    const at = (rk * ny + rj) * nx + ri;
    let value = kept[at]!;
    if (Number.isNaN(value)) {
      value = distance(x, y, z);
      kept[at] = value;
    }
    return value;
  };
}

/** Value painted at a place; `d` is the signed distance there (0 at the surface, negative inside). */
export type Paint = number | ((x: number, y: number, z: number, d: number) => number);

export interface Canvas {
  readonly grid: Grid;
  readonly values: Float32Array;
  readonly labels: Float32Array;
  /** Paints one solid; label −1 leaves the labels as they are. */
  paint(solid: Solid, value: Paint, label: number): void;
  /** Paints everything where the distance is negative, without a box. */
  paintEverywhere(distance: Distance, value: Paint, label: number): void;
  toImages(unit: IntensityUnit): { image: Image; labels: Image };
}

/** A canvas filled with one value and label 0. */
export function makeCanvas(grid: Grid, background: number): Canvas {
  const [nz, ny, nx] = grid.shape;
  const [dz, dy, dx] = grid.spacing;
  const [ox, oy, oz] = grid.origin;
  const values = new Float32Array(nz * ny * nx).fill(background);
  const labels = new Float32Array(values.length);
  const width = Math.sqrt(dx * dy);

  const first = (low: number, origin: number, pitch: number): number =>
    Math.max(0, Math.ceil((low - origin) / pitch));
  const last = (high: number, origin: number, pitch: number, n: number): number =>
    Math.min(n - 1, Math.floor((high - origin) / pitch));

  const paint = (solid: Solid, value: Paint, label: number): void => {
    const { box, distance } = solid;
    const margin = width;
    const k1 = last(box[5] + margin, oz, dz, nz);
    const j1 = last(box[3] + margin, oy, dy, ny);
    const i1 = last(box[1] + margin, ox, dx, nx);
    for (let k = first(box[4] - margin, oz, dz); k <= k1; k++) {
      const z = oz + k * dz;
      for (let j = first(box[2] - margin, oy, dy); j <= j1; j++) {
        const y = oy + j * dy;
        for (let i = first(box[0] - margin, ox, dx); i <= i1; i++) {
          const x = ox + i * dx;
          const d = distance(x, y, z);
          const cover = 0.5 - d / width;
          if (cover <= 0) continue;
          const at = (k * ny + j) * nx + i;
          const v = typeof value === "number" ? value : value(x, y, z, d);
          values[at] = cover >= 1 ? v : values[at]! + cover * (v - values[at]!);
          if (label >= 0 && cover >= 0.5) labels[at] = label;
        }
      }
    }
  };

  return {
    grid,
    values,
    labels,
    paint,
    paintEverywhere: (distance, value, label) =>
      paint(
        { distance, box: [-Infinity, Infinity, -Infinity, Infinity, -Infinity, Infinity] },
        value,
        label,
      ),
    toImages(unit) {
      const planar = nz === 1;
      const shape = planar ? [ny, nx] : [nz, ny, nx];
      const geometry = { spacing: grid.spacing, origin: grid.origin } as const;
      return {
        image: makeImage(values, shape, { ...geometry, unit }),
        labels: makeImage(labels, shape, { ...geometry, unit: "arbitrary" }),
      };
    },
  };
}
