/**
 * Where signals go: regions of one tissue, away from its edges, none overlapping another in its slice.
 *
 * A place is usable when all of its region lies in the tissue (the mean over 5 × 5 px within the range) and the
 * region's standard deviation about its plane is at most 1.5 times that of the flattest fifth. Of usable places all are
 * taken that fit: taking the flattest ones would make the task easier than the tissue is. Half of the places of every
 * slice hold the signal, and no place serves both classes, so that cases are independent.
 */
import { InputError } from "../../core/errors.ts";
import { type Image, layoutOf } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import type { Tissue } from "./terms.ts";

/** The middle pixel of a region, from 0. */
export interface Place {
  readonly slice: number;
  readonly row: number;
  readonly column: number;
}

/** A place with what it holds. */
export interface Case extends Place {
  readonly present: boolean;
  readonly id: string;
  /** Middle of the wider region in which the signal is searched, where it is. */
  readonly area?: { readonly row: number; readonly column: number };
}

/** Share of the region's pixels that have to lie in the tissue. */
const leastInside = 0.98;
/** Times the deviation of the flattest fifth beyond which a region holds an edge. */
const mostUneven = 1.5;
const flattest = 0.2;

interface Usable extends Place {
  readonly deviation: number;
}

/** Sums over rectangles of a plane of values. */
class Sums {
  readonly #table: Float64Array;
  readonly #width: number;

  constructor([ny, nx]: readonly [number, number], value: (i: number) => number) {
    this.#width = nx + 1;
    this.#table = new Float64Array((ny + 1) * (nx + 1));
    for (let j = 0; j < ny; j++) {
      let row = 0;
      for (let i = 0; i < nx; i++) {
        row += value(j * nx + i);
        this.#table[(j + 1) * this.#width + i + 1] = this.#table[j * this.#width + i + 1]! + row;
      }
    }
  }

  /** Sum over rows j0 ≤ j < j1 and columns i0 ≤ i < i1. */
  of(j0: number, i0: number, j1: number, i1: number): number {
    const [t, w] = [this.#table, this.#width];
    return t[j1 * w + i1]! - t[j0 * w + i1]! - t[j1 * w + i0]! + t[j0 * w + i0]!;
  }
}

/** Pixels whose 5 × 5 mean lies in the tissue and that hold a measurement. */
function tissueMask(
  plane: Float32Array,
  options: {
    readonly ny: number;
    readonly nx: number;
    readonly tissue: Tissue;
    readonly padding?: Uint8Array | undefined;
  },
): Uint8Array {
  const { ny, nx, tissue, padding } = options;
  const sums = new Sums([ny, nx], (i) => plane[i]!);
  const mask = new Uint8Array(ny * nx);
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const at = j * nx + i;
      if (padding?.[at] === 1) continue;
      const [j0, j1] = [Math.max(0, j - 2), Math.min(ny, j + 3)];
      const [i0, i1] = [Math.max(0, i - 2), Math.min(nx, i + 3)];
      const mean = sums.of(j0, i0, j1, i1) / ((j1 - j0) * (i1 - i0));
      if (mean >= tissue.low && mean <= tissue.high) mask[at] = 1;
    }
  }
  return mask;
}

/** Standard deviation of a square region about its least-squares plane. */
export function deviationAboutPlane(region: ArrayLike<number>, side: number): number {
  const half = (side - 1) / 2;
  const moment = (side * side * (side * side - 1)) / 12;
  let [sum, squares, sy, sx] = [0, 0, 0, 0];
  const shift = region[Math.floor(region.length / 2)]!;
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const v = region[j * side + i]! - shift;
      sum += v;
      squares += v * v;
      sy += v * (j - half);
      sx += v * (i - half);
    }
  }
  const n = side * side;
  const rest = squares - (sum * sum) / n - (sy * sy + sx * sx) / moment;
  return Math.sqrt(Math.max(0, rest / (n - 3)));
}

/** The values of a region of a plane, row-major side×side. */
export function regionOf(
  plane: ArrayLike<number>,
  nx: number,
  { row, column, side }: { readonly row: number; readonly column: number; readonly side: number },
): Float32Array {
  const half = Math.floor(side / 2);
  const out = new Float32Array(side * side);
  for (let j = 0; j < side; j++) {
    const from = (row - half + j) * nx + column - half;
    for (let i = 0; i < side; i++) out[j * side + i] = plane[from + i]!;
  }
  return out;
}

export interface PlacesOptions {
  /** Slices that may hold places. */
  readonly slices: readonly number[];
  /** Side of a region in pixels, odd. */
  readonly side: number;
  readonly tissue: Tissue;
  readonly seed: number;
  readonly padding?: Uint8Array | undefined;
}

/** Places that do not overlap, as many as fit. */
export function findPlaces(image: Image, options: PlacesOptions): Place[] {
  const { slices, side, tissue, seed, padding } = options;
  const { ny, nx } = layoutOf(image);
  const half = Math.floor(side / 2);
  const step = Math.max(2, Math.floor(side / 5));
  const usable: Usable[] = [];
  for (const slice of slices) {
    const plane = image.data.subarray(slice * ny * nx, (slice + 1) * ny * nx);
    const marks = padding?.subarray(slice * ny * nx, (slice + 1) * ny * nx);
    const mask = tissueMask(plane, { ny, nx, tissue, padding: marks });
    const inside = new Sums([ny, nx], (i) => mask[i]!);
    const wanted = leastInside * side * side;
    for (let row = half; row + half < ny; row += step) {
      for (let column = half; column + half < nx; column += step) {
        const count = inside.of(row - half, column - half, row + half + 1, column + half + 1);
        if (count < wanted) continue;
        const region = regionOf(plane, nx, { row, column, side });
        usable.push({ slice, row, column, deviation: deviationAboutPlane(region, side) });
      }
    }
  }
  const deviations = Float64Array.from(usable, (u) => u.deviation).sort();
  const most = mostUneven * (deviations[Math.floor(flattest * deviations.length)] ?? 0);
  const chosen: Place[] = [];
  for (const slice of slices) {
    const here = usable.filter((u) => u.slice === slice && u.deviation <= most);
    // Row by row, which packs them closely; from another corner for another seed and slice.
    const corner = streamOf(seed, "places", slice).integer(4);
    const [down, right] = [corner & 1 ? 1 : -1, corner & 2 ? 1 : -1];
    here.sort((a, b) => down * (a.row - b.row) || right * (a.column - b.column));
    const kept: Place[] = [];
    for (const { row, column } of here) {
      const apart = (p: Place) =>
        Math.abs(p.row - row) >= side || Math.abs(p.column - column) >= side;
      if (kept.every(apart)) kept.push({ slice, row, column });
    }
    chosen.push(...kept);
  }
  return chosen;
}

/**
 * Half of the places of every slice hold the signal, the odd ones in turn, by the seed.
 *
 * @param options.displaced pixels by which the signal may lie off the place, for search
 */
export function casesAt(
  places: readonly Place[],
  { seed, displaced = 0 }: { readonly seed: number; readonly displaced?: number },
): Case[] {
  const cases: Case[] = [];
  let turn = 0;
  for (const slice of [...new Set(places.map((p) => p.slice))].sort((a, b) => a - b)) {
    const here = places.filter((p) => p.slice === slice);
    const order = streamOf(seed, "classes", slice).permutation(here.length);
    for (const k of order) {
      const { row, column } = here[k]!;
      const present = turn++ % 2 === 0;
      const id = `s${slice}r${row}c${column}`;
      const stream = streamOf(seed, "displaced", id);
      const off = () => stream.integer(2 * displaced + 1) - displaced;
      cases.push(
        displaced > 0
          ? { slice, row: row + off(), column: column + off(), present, id, area: { row, column } }
          : { slice, row, column, present, id },
      );
    }
  }
  return cases;
}

/**
 * Checks places that a user gives.
 *
 * @throws InputError naming the place whose region leaves the image, overlaps another or lies outside the tissue
 */
export function checkPlaces(
  image: Image,
  places: readonly Place[],
  options: { readonly side: number; readonly tissue: Tissue },
): void {
  const { side, tissue } = options;
  const { nz, ny, nx } = layoutOf(image);
  const half = Math.floor(side / 2);
  const say = (p: Place) => `slice ${p.slice}, row ${p.row}, column ${p.column}`;
  places.forEach((place, n) => {
    const { slice, row, column } = place;
    const whole = [slice, row, column].every(Number.isInteger) && slice >= 0 && slice < nz;
    const fits = row >= half && column >= half && row + half < ny && column + half < nx;
    if (!whole || !fits) {
      throw new InputError(
        `Cannot place a signal at ${say(place)}: found a region of ${side} × ${side} px that leaves the ${nz} × ${ny} × ${nx} image, wanted one inside it`,
      );
    }
    const other = places
      .slice(0, n)
      .find(
        (p) =>
          p.slice === slice && Math.abs(p.row - row) < side && Math.abs(p.column - column) < side,
      );
    if (other) {
      throw new InputError(
        `Cannot place a signal at ${say(place)}: found another at ${say(other)}, wanted ${side} px between them`,
      );
    }
    const plane = image.data.subarray(slice * ny * nx, (slice + 1) * ny * nx);
    const region = regionOf(plane, nx, { row, column, side });
    const mean = region.reduce((s, v) => s + v, 0) / region.length;
    if (!(mean >= tissue.low && mean <= tissue.high)) {
      throw new InputError(
        `Cannot place a signal at ${say(place)}: found a mean of ${mean.toFixed(1)}, wanted tissue from ${tissue.low} to ${tissue.high}`,
      );
    }
  });
}
