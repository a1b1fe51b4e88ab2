/** What is left in small windows when their least-squares polynomial is taken out: noise, where there is no structure. */
import { type Image, layoutOf } from "../../core/image.ts";
import { sampledPlanes } from "./sampled-planes.ts";
import { boxSum, summedArea } from "./usable-pixels.ts";
import { removeFrom, windowPolynomials } from "./window-polynomials.ts";

export interface WindowShape {
  /** Half width of the windows in px: they have (2r+1)² pixels. */
  readonly radius: number;
  /** Degree of the polynomial that is taken out. */
  readonly degree: number;
}

export interface WindowResiduals extends WindowShape {
  /** Standard deviation about the polynomial of every window, unbiased for white noise. */
  readonly sd: Float64Array;
  readonly mean: Float64Array;
  /** Index of the window's centre in the image's values. */
  readonly centre: Int32Array;
}

/** Windows past this many no longer make an estimate better. */
const mostWindows = 16_384;

/**
 * Windows on a grid over the sampled planes, those that are usable as a whole.
 *
 * @param options.usable one byte per pixel, from `usablePixels`
 */
export function windowResiduals(
  image: Image,
  options: WindowShape & { readonly usable: Uint8Array },
): WindowResiduals {
  const { usable, radius: r, degree } = options;
  const layout = layoutOf(image);
  const { ny, nx } = layout;
  const planes = sampledPlanes(layout);
  const n = (2 * r + 1) ** 2;
  const polynomials = windowPolynomials(r, degree);
  const step = Math.max(2, Math.ceil(Math.sqrt((planes.length * ny * nx) / mostWindows)));
  const window = new Float64Array(n);
  const sd: number[] = [];
  const mean: number[] = [];
  const centre: number[] = [];
  for (const p of planes) {
    const offset = p * ny * nx;
    const sums = summedArea(ny, nx, (i) => usable[offset + i]!);
    for (let y = r; y + r < ny; y += step) {
      for (let x = r; x + r < nx; x += step) {
        if (boxSum(sums, nx, y - r, x - r, y + r + 1, x + r + 1) !== n) continue;
        const at = offset + y * nx + x;
        const average = residualsAt(image.data, { at, nx, radius: r, polynomials }, window);
        let squares = 0;
        for (const e of window) squares += e * e;
        sd.push(Math.sqrt(squares / (n - polynomials.length)));
        mean.push(average);
        centre.push(at);
      }
    }
  }
  return {
    radius: r,
    degree,
    sd: Float64Array.from(sd),
    mean: Float64Array.from(mean),
    centre: Int32Array.from(centre),
  };
}

/** Fills `window` with the residuals of one window and returns the window's mean. */
function residualsAt(
  data: Float32Array,
  place: { at: number; nx: number; radius: number; polynomials: readonly Float64Array[] },
  window: Float64Array,
): number {
  const { at, nx, radius: r, polynomials } = place;
  // Less the centre's value: squares of large values would drown small residuals.
  const shift = data[at]!;
  let sum = 0;
  for (let dy = -r, i = 0; dy <= r; dy++) {
    const row = at + dy * nx;
    for (let dx = -r; dx <= r; dx++, i++) {
      const v = data[row + dx]! - shift;
      window[i] = v;
      sum += v;
    }
  }
  for (const polynomial of polynomials) removeFrom(window, polynomial);
  return shift + sum / window.length;
}

/** Steps (dy, dx) between the pixels whose products are measured, those of one distance together. */
export const lagGroups: readonly (readonly (readonly [number, number])[])[] = [
  [
    [0, 1],
    [1, 0],
  ],
  [
    [1, 1],
    [1, -1],
  ],
  [
    [0, 2],
    [2, 0],
  ],
  [
    [0, 3],
    [3, 0],
  ],
];

/** Windows past this many no longer make a correlation better. */
const mostCorrelated = 4096;

/**
 * Correlation of the residuals at the steps of `lagGroups`: mean product of two pixels that far apart over the mean
 * square, both over all chosen windows.
 *
 * @param options.chosen indices of windows
 */
export function residualCorrelation(
  image: Image,
  windows: WindowResiduals,
  { chosen }: { readonly chosen: readonly number[] },
): Float64Array {
  const { radius, degree, centre } = windows;
  const { nx } = layoutOf(image);
  const side = 2 * radius + 1;
  const polynomials = windowPolynomials(radius, degree);
  const window = new Float64Array(side * side);
  const sums = new Float64Array(lagGroups.length);
  let energy = 0;
  const every = Math.max(1, chosen.length / mostCorrelated);
  for (let k = 0; k < chosen.length; k += every) {
    const at = centre[chosen[Math.floor(k)]!]!;
    residualsAt(image.data, { at, nx, radius, polynomials }, window);
    for (const e of window) energy += (e * e) / window.length;
    lagGroups.forEach((group, g) => {
      for (const lag of group) sums[g]! += meanProduct(window, side, lag) / group.length;
    });
  }
  return sums.map((sum) => (energy > 0 ? sum / energy : 0));
}

/** Mean over all pairs of pixels of a window that are (dy, dx) apart. */
function meanProduct(
  window: Float64Array,
  side: number,
  [dy, dx]: readonly [number, number],
): number {
  let sum = 0;
  const [low, high] = [Math.max(0, -dx), side - Math.max(0, dx)];
  for (let y = 0; y + dy < side; y++) {
    const here = y * side;
    const there = (y + dy) * side + dx;
    for (let x = low; x < high; x++) sum += window[here + x]! * window[there + x]!;
  }
  return sum / ((side - dy) * (high - low));
}
