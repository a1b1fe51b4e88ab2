/**
 * Values between grid points of 1-, 2- and 3-D arrays: linear, Catmull–Rom and cubic B-spline
 * interpolation [unser1999splines]. Positions are in index units: 0 is the centre of the first value,
 * n − 1 that of the last.
 */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";

export type InterpolationKind = "linear" | "catmull-rom" | "cubic-b-spline";

/**
 * What lies outside: `fill` a constant value, `clamp` the nearest value, `mirror` the array reflected
 * about its first and last value (… 2 1 0 1 2 …), `wrap` the array repeated.
 */
export type Boundary = "fill" | "clamp" | "mirror" | "wrap";

export interface InterpolationOptions {
  readonly kind?: InterpolationKind;
  readonly boundary?: Boundary;
  /** Value outside when `boundary` is `fill`; defaults to 0. */
  readonly fill?: number;
}

interface Grid {
  readonly values: ArrayLike<number>;
  readonly kind: InterpolationKind;
  readonly boundary: Boundary;
  readonly fill: number;
}

function gridOf(
  data: ArrayLike<number>,
  shape: readonly number[],
  options: InterpolationOptions,
): Grid {
  if (!shape.every((n) => Number.isInteger(n) && n > 0) || sizeOf(shape) !== data.length) {
    throw new InputError(
      `Cannot interpolate: found ${data.length} values, wanted ${shape.map(String).join(" × ")} of them`,
    );
  }
  const { kind = "linear", boundary = "mirror", fill = 0 } = options;
  const values = kind === "cubic-b-spline" ? splineCoefficients(data, { shape, boundary }) : data;
  return { values, kind, boundary, fill };
}

/** Index of a neighbour inside the array, or −1 for the fill value. */
function insideIndex(i: number, n: number, boundary: Boundary): number {
  if (i >= 0 && i < n) return i;
  if (boundary === "fill") return -1;
  if (boundary === "clamp") return i < 0 ? 0 : n - 1;
  if (boundary === "wrap") return ((i % n) + n) % n;
  if (n === 1) return 0;
  const period = 2 * n - 2;
  const j = ((i % period) + period) % period;
  return j < n ? j : period - j;
}

/** Weights and indices of the neighbours along one axis; `w` and `at` are filled, their number is returned. */
function neighbours(
  x: number,
  n: number,
  grid: Grid,
  w: Float64Array,
  at: Int32Array,
  offset: number,
): number {
  let position = x;
  // A spline has coefficients inside only; outside a filled array there is nothing to blend with.
  const splineEdge =
    grid.kind === "cubic-b-spline" && (grid.boundary === "fill" || grid.boundary === "clamp");
  if (splineEdge) {
    if (grid.boundary === "fill" && (x < 0 || x > n - 1)) {
      w[offset] = 1;
      at[offset] = -1;
      return 1;
    }
    position = Math.min(Math.max(x, 0), n - 1);
  }
  const edge: Boundary = splineEdge ? "mirror" : grid.boundary;
  const base = Math.floor(position);
  const t = position - base;
  if (grid.kind === "linear") {
    w[offset] = 1 - t;
    w[offset + 1] = t;
    at[offset] = insideIndex(base, n, edge);
    // A weight of nought must not reach a neighbour that may be NaN or outside.
    if (t === 0) return 1;
    at[offset + 1] = insideIndex(base + 1, n, edge);
    return 2;
  }
  const t2 = t * t;
  const t3 = t2 * t;
  if (grid.kind === "catmull-rom") {
    w[offset] = 0.5 * (-t + 2 * t2 - t3);
    w[offset + 1] = 0.5 * (2 - 5 * t2 + 3 * t3);
    w[offset + 2] = 0.5 * (t + 4 * t2 - 3 * t3);
    w[offset + 3] = 0.5 * (t3 - t2);
  } else {
    const u = 1 - t;
    w[offset] = (u * u * u) / 6;
    w[offset + 1] = (4 - 6 * t2 + 3 * t3) / 6;
    w[offset + 2] = (1 + 3 * (t + t2 - t3)) / 6;
    w[offset + 3] = t3 / 6;
  }
  for (let k = 0; k < 4; k++) at[offset + k] = insideIndex(base - 1 + k, n, edge);
  return 4;
}

/** Function of the position x in a 1-D array. */
export function sampler1(
  data: ArrayLike<number>,
  options: InterpolationOptions = {},
): (x: number) => number {
  const n = data.length;
  const grid = gridOf(data, [n], options);
  const w = new Float64Array(4);
  const at = new Int32Array(4);
  return (x) => {
    if (!Number.isFinite(x)) return NaN;
    const count = neighbours(x, n, grid, w, at, 0);
    let s = 0;
    for (let k = 0; k < count; k++) s += w[k]! * (at[k]! < 0 ? grid.fill : grid.values[at[k]!]!);
    return s;
  };
}

/**
 * Function of the position (y, x) in a row-major 2-D array.
 *
 * @param options.shape [ny, nx]
 */
export function sampler2(
  data: ArrayLike<number>,
  options: InterpolationOptions & { readonly shape: readonly [number, number] },
): (y: number, x: number) => number {
  const at3 = sampler3(data, { ...options, shape: [1, ...options.shape] });
  return (y, x) => at3(0, y, x);
}

/**
 * Function of the position (z, y, x) in a row-major 3-D array. A size of 1 stands for a constant
 * along that axis at position 0.
 *
 * @param options.shape [nz, ny, nx]
 */
export function sampler3(
  data: ArrayLike<number>,
  options: InterpolationOptions & { readonly shape: readonly [number, number, number] },
): (z: number, y: number, x: number) => number {
  const [nz, ny, nx] = options.shape;
  const grid = gridOf(data, options.shape, options);
  const w = new Float64Array(12);
  const at = new Int32Array(12);
  const { values, fill } = grid;
  return (z, y, x) => {
    if (!Number.isFinite(z) || !Number.isFinite(y) || !Number.isFinite(x)) return NaN;
    let cz = 1;
    if (nz === 1 && z === 0) {
      w[0] = 1;
      at[0] = 0;
    } else cz = neighbours(z, nz, grid, w, at, 0);
    const cy = neighbours(y, ny, grid, w, at, 4);
    const cx = neighbours(x, nx, grid, w, at, 8);
    let sum = 0;
    for (let a = 0; a < cz; a++) {
      for (let b = 4; b < 4 + cy; b++) {
        const outside = at[a]! < 0 || at[b]! < 0;
        const row = (at[a]! * ny + at[b]!) * nx;
        let s = 0;
        for (let c = 8; c < 8 + cx; c++) {
          s += w[c]! * (outside || at[c]! < 0 ? fill : values[row + at[c]!]!);
        }
        sum += w[a]! * w[b]! * s;
      }
    }
    return sum;
  };
}

const pole = Math.sqrt(3) - 2;
/** Terms after which pole^k is below float64's rounding. */
const horizon = 30;

/**
 * Coefficients of the cubic B-spline that passes through the values, along every axis: recursive
 * filtering with the pole √3 − 2, periodic for `wrap`, mirrored otherwise.
 */
export function splineCoefficients(
  data: ArrayLike<number>,
  options: { readonly shape: readonly number[]; readonly boundary?: Boundary },
): Float64Array {
  const { shape, boundary = "mirror" } = options;
  const c = Float64Array.from(data);
  for (let a = 0; a < shape.length; a++) {
    const n = shape[a]!;
    if (n === 1) continue;
    const inner = sizeOf(shape.slice(a + 1));
    const outer = sizeOf(shape.slice(0, a));
    const line = new Float64Array(n);
    for (let o = 0; o < outer; o++) {
      for (let q = 0; q < inner; q++) {
        const base = o * n * inner + q;
        for (let k = 0; k < n; k++) line[k] = c[base + k * inner]!;
        filterLine(line, boundary === "wrap");
        for (let k = 0; k < n; k++) c[base + k * inner] = line[k]!;
      }
    }
  }
  return c;
}

function filterLine(line: Float64Array, periodic: boolean): void {
  const n = line.length;
  const z = pole;
  for (let k = 0; k < n; k++) line[k] = line[k]! * 6;
  const at = (k: number) =>
    periodic ? line[((k % n) + n) % n]! : line[insideIndex(k, n, "mirror")]!;
  let sum = 0;
  let power = 1;
  for (let k = 0; k <= horizon; k++) {
    sum += power * at(-k);
    power *= z;
  }
  line[0] = sum;
  for (let k = 1; k < n; k++) line[k] = line[k]! + z * line[k - 1]!;
  if (periodic) {
    let tail = 0;
    power = 1;
    for (let k = 0; k <= horizon; k++) {
      tail += power * line[(n - 1 + k) % n]!;
      power *= z;
    }
    line[n - 1] = -z * tail;
  } else {
    line[n - 1] = (z / (z * z - 1)) * (line[n - 1]! + z * line[n - 2]!);
  }
  for (let k = n - 2; k >= 0; k--) line[k] = z * (line[k + 1]! - line[k]!);
}
