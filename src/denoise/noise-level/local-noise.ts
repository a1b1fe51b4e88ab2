/**
 * Noise that changes over the image: a map of σ from the local median of pseudo-residuals
 *
 *   ε = √(2d/(2d+1)) (u − mean of the 2d neighbours),   d = 2 or 3 axes,
 *
 * which have the variance of white noise and cancel a linear signal [gasser1986residual]. As with every
 * residual of next neighbours, correlated noise is underestimated; `correlation` rescales it.
 */
import { InputError } from "../../core/errors.ts";
import { type Image, layoutOf, makeImage, withData } from "../../core/image.ts";
import { medianOf, normalMad } from "./median.ts";
import { usablePixels } from "./usable-pixels.ts";

export interface LocalNoiseOptions {
  /** Side of the square window in px from which one value of the map is taken; default 24. */
  readonly window?: number;
  /** Factor on the map, such as pixel σ / white σ of `waveletMad` for correlated noise; default 1. */
  readonly correlation?: number;
  /** Axes over which neighbours are taken; default 2 (within the plane). */
  readonly dimensions?: 2 | 3;
}

/**
 * Map of the local noise standard deviation, in the image's unit, of the image's shape. Windows overlap
 * by half and are joined linearly; windows with fewer than 24 usable pixels take the nearest value.
 *
 * @throws InputError for windows below 8 px, or for three dimensions on a plane
 */
export function localNoise(image: Image, options: LocalNoiseOptions = {}): Image {
  const { window = 24, correlation = 1, dimensions = 2 } = options;
  const { blocks, nz, ny, nx, volumetric } = layoutOf(image);
  if (!(window >= 8)) {
    throw new InputError(`Cannot map noise: found window ${window} px, wanted at least 8`);
  }
  if (dimensions === 3 && !volumetric) {
    throw new InputError("Cannot map noise over 3 dimensions: found a plane, wanted a volume");
  }
  const residual = pseudoResiduals(image, dimensions);
  const usable = usablePixels(image);
  const out = new Float32Array(image.data.length);
  const half = Math.max(4, Math.floor(window / 2));
  const gy = Math.max(1, Math.ceil(ny / half));
  const gx = Math.max(1, Math.ceil(nx / half));
  for (let p = 0; p < blocks * nz; p++) {
    const offset = p * ny * nx;
    const grid = new Float64Array(gy * gx).fill(NaN);
    for (let j = 0; j < gy; j++) {
      for (let i = 0; i < gx; i++) {
        const cy = (j + 0.5) * half;
        const cx = (i + 0.5) * half;
        const values: number[] = [];
        for (let y = Math.max(0, Math.floor(cy - half)); y < Math.min(ny, cy + half); y++) {
          for (let x = Math.max(0, Math.floor(cx - half)); x < Math.min(nx, cx + half); x++) {
            const at = offset + y * nx + x;
            if (usable[at]) values.push(Math.abs(residual[at]!));
          }
        }
        if (values.length >= 24) grid[j * gx + i] = medianOf(values) / normalMad;
      }
    }
    fillGaps(grid, gy, gx);
    for (let y = 0; y < ny; y++) {
      const v = Math.min(gy - 1, Math.max(0, (y + 0.5) / half - 0.5));
      const j = Math.min(gy - 1, Math.floor(v));
      const j1 = Math.min(gy - 1, j + 1);
      for (let x = 0; x < nx; x++) {
        const u = Math.min(gx - 1, Math.max(0, (x + 0.5) / half - 0.5));
        const i = Math.min(gx - 1, Math.floor(u));
        const i1 = Math.min(gx - 1, i + 1);
        const top = grid[j * gx + i]! * (1 - (u - i)) + grid[j * gx + i1]! * (u - i);
        const bottom = grid[j1 * gx + i]! * (1 - (u - i)) + grid[j1 * gx + i1]! * (u - i);
        out[offset + y * nx + x] = correlation * (top * (1 - (v - j)) + bottom * (v - j));
      }
    }
  }
  return withData(image, out);
}

/** Noise-sized residuals against the mean of the next neighbours, edges mirrored. */
export function pseudoResiduals(image: Image, dimensions: 2 | 3): Float32Array {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const { data } = image;
  const out = new Float32Array(data.length);
  const plane = ny * nx;
  const neighbours = 2 * dimensions;
  const gain = Math.sqrt(neighbours / (neighbours + 1));
  const mirrored = (i: number, n: number) => (n === 1 ? 0 : i < 0 ? 1 : i >= n ? n - 2 : i);
  for (let b = 0; b < blocks; b++) {
    for (let z = 0; z < nz; z++) {
      const base = (b * nz + z) * plane;
      const before = (b * nz + mirrored(z - 1, nz)) * plane;
      const after = (b * nz + mirrored(z + 1, nz)) * plane;
      for (let y = 0; y < ny; y++) {
        const up = base + mirrored(y - 1, ny) * nx;
        const down = base + mirrored(y + 1, ny) * nx;
        const row = base + y * nx;
        for (let x = 0; x < nx; x++) {
          let sum =
            data[up + x]! +
            data[down + x]! +
            data[row + mirrored(x - 1, nx)]! +
            data[row + mirrored(x + 1, nx)]!;
          if (dimensions === 3) sum += data[before + y * nx + x]! + data[after + y * nx + x]!;
          out[row + x] = gain * (data[row + x]! - sum / neighbours);
        }
      }
    }
  }
  return out;
}

/** Fills grid values that are NaN from their nearest finite neighbour; zeros when there is none. */
function fillGaps(grid: Float64Array, gy: number, gx: number): void {
  const known: number[] = [];
  grid.forEach((v, k) => {
    if (!Number.isNaN(v)) known.push(k);
  });
  const before = Float64Array.from(grid);
  for (let k = 0; k < gy * gx; k++) {
    if (!Number.isNaN(before[k]!)) continue;
    let nearest = Infinity;
    grid[k] = 0;
    for (const other of known) {
      const dy = Math.floor(other / gx) - Math.floor(k / gx);
      const dx = (other % gx) - (k % gx);
      if (dy * dy + dx * dx < nearest) {
        nearest = dy * dy + dx * dx;
        grid[k] = before[other]!;
      }
    }
  }
}

export interface RepeatedNoise {
  /** Pooled standard deviation of one scan, in the images' unit. */
  readonly sigma: number;
  /** 95 % interval of σ for independent pixels and Gaussian noise. */
  readonly interval: readonly [number, number];
  /** Standard deviation pixel by pixel over the scans. */
  readonly map: Image;
  /** Robust σ from the median of the same differences: lower than `sigma` when the object moved. */
  readonly robust: number;
}

/**
 * Noise from repeated scans of one object: the unbiased variance over the scans, pooled over all
 * pixels that are not constant. Correlation between pixels does not bias it.
 *
 * @throws InputError for fewer than two scans, or scans of different shapes
 */
export function repeatedScansNoise(scans: readonly Image[]): RepeatedNoise {
  const first = scans[0];
  if (!first || scans.length < 2) {
    throw new InputError(
      `Cannot estimate noise from repeated scans: found ${scans.length}, wanted at least 2`,
    );
  }
  for (const scan of scans) {
    if (scan.shape.join() !== first.shape.join()) {
      throw new InputError(
        `Cannot estimate noise from repeated scans: found shapes [${first.shape.join(", ")}] and [${scan.shape.join(", ")}], wanted one shape`,
      );
    }
  }
  const n = scans.length;
  const map = new Float32Array(first.data.length);
  let pooled = 0;
  let count = 0;
  const differences: number[] = [];
  for (let i = 0; i < map.length; i++) {
    let mean = 0;
    for (const scan of scans) mean += scan.data[i]! / n;
    let squares = 0;
    for (const scan of scans) squares += (scan.data[i]! - mean) ** 2;
    const variance = squares / (n - 1);
    map[i] = Math.sqrt(variance);
    if (variance > 0) {
      pooled += variance;
      count++;
      differences.push(Math.abs(scans[1]!.data[i]! - first.data[i]!));
    }
  }
  const sigma = count > 0 ? Math.sqrt(pooled / count) : 0;
  const freedom = Math.max(1, count * (n - 1));
  // χ² with this many degrees of freedom is normal: relative sd of σ is 1/√(2ν).
  const half = 1.959964 / Math.sqrt(2 * freedom);
  return {
    sigma,
    interval: [sigma * (1 - half), sigma * (1 + half)],
    map: makeImage(map, first.shape, { ...first, axes: first.axes }),
    robust: count > 0 ? medianOf(differences) / normalMad / Math.SQRT2 : 0,
  };
}
