/**
 * How strong an image's noise is beside a sample of noise of the same texture, such as the noise that a
 * simulated scan of the same object gives.
 *
 * In windows w of 9 × 9 px about their own plane, v_w is the variance of the image and s_w that of the sample,
 * s̄_w its mean over the windows around. Without structure E v_w = c² E s_w wherever the noise is weaker or
 * stronger; structure adds to v_w. So windows with v_w above κ c² s̄_w are left out,
 *
 *   c² = (Σ v_w / Σ s̄_w) / τ,   τ = Σ s_w / Σ s̄_w over the sample's own windows with s_w ≤ κ s̄_w,
 *
 * again and again until c stays; τ is what the cut takes from noise alone. It starts from the ratio of the
 * half-sample modes, which many windows with structure do not move.
 */
import { type Image, layoutOf } from "../../core/image.ts";
import { halfSampleMode } from "./mode.ts";
import { boxSum, keepLocalMeans, summedArea, usablePixels } from "./usable-pixels.ts";

export interface MatchOptions {
  /** Only pixels whose 5×5 mean lies between these values, where that leaves enough of them. */
  readonly between?: readonly [number, number];
}

const [radius, step] = [4, 2];

/** κ: higher lets windows in that hold some structure, lower leaves too few. */
const cut = 1;

/** Windows on each side whose sample is averaged. */
const around = 6;

/** Windows that are enough. */
const fewest = 200;

/**
 * The factor c with which the sample is as strong as the image's noise.
 *
 * @param image axes `yx` or `zyx`, noise and all
 * @param sample noise alone, one value for each of the image's
 * @returns `undefined` where too few windows are usable, or the sample is zero
 */
export function matchNoise(
  image: Image,
  sample: Float32Array,
  options: MatchOptions = {},
): number | undefined {
  const usable = usablePixels(image);
  const inside =
    options.between === undefined ? usable : keepLocalMeans(image, usable, options.between);
  const windows =
    windowsOf(image, sample, inside) ??
    (inside === usable ? undefined : windowsOf(image, sample, usable));
  if (windows === undefined) return undefined;
  const { own, drawn, expected } = windows;
  const root = (values: Float64Array): Float64Array =>
    values.map((v, w) => Math.sqrt(v / expected[w]!)).sort();
  const start = halfSampleMode(root(own)) / halfSampleMode(root(drawn));
  if (!(start > 0 && Number.isFinite(start))) return undefined;
  const kept = truncated(drawn, expected, cut);
  let square = start ** 2;
  for (let round = 0; round < 50; round++) {
    const next = truncated(own, expected, cut * square) / kept;
    if (!(next > 0)) break;
    const settled = Math.abs(next / square - 1) < 1e-4;
    square = next;
    if (settled) break;
  }
  return Math.sqrt(square);
}

/** Σ v / Σ s̄ over the windows with v at most `limit` s̄. */
function truncated(values: Float64Array, expected: Float64Array, limit: number): number {
  let [above, below] = [0, 0];
  for (let w = 0; w < values.length; w++) {
    if (values[w]! > limit * expected[w]!) continue;
    above += values[w]!;
    below += expected[w]!;
  }
  return above / below;
}

interface Windows {
  readonly own: Float64Array;
  readonly drawn: Float64Array;
  readonly expected: Float64Array;
}

function windowsOf(image: Image, sample: Float32Array, usable: Uint8Array): Windows | undefined {
  const { nz, ny, nx } = layoutOf(image);
  const side = 2 * radius + 1;
  const own: number[] = [];
  const drawn: number[] = [];
  const expected: number[] = [];
  for (let z = 0; z < nz; z++) {
    const offset = z * ny * nx;
    const whole = summedArea(ny, nx, (i) => usable[offset + i]!);
    const [rows, columns] = [ny, nx].map((n) => Math.floor((n - side) / step) + 1) as [
      number,
      number,
    ];
    if (rows < 1 || columns < 1) continue;
    const strength = new Float64Array(rows * columns);
    const present = new Uint8Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const [y, x] = [r * step, c * step];
        if (boxSum(whole, nx, y, x, y + side, x + side) !== side * side) continue;
        present[r * columns + c] = 1;
        strength[r * columns + c] = planeResidual(sample, offset + y * nx + x, nx);
      }
    }
    const sums = summedArea(rows, columns, (i) => strength[i]!);
    const counts = summedArea(rows, columns, (i) => present[i]!);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const w = r * columns + c;
        if (present[w] === 0) continue;
        const box = [
          Math.max(0, r - around),
          Math.max(0, c - around),
          Math.min(rows, r + around + 1),
          Math.min(columns, c + around + 1),
        ] as const;
        const mean = boxSum(sums, columns, ...box) / boxSum(counts, columns, ...box);
        if (!(mean > 0)) continue;
        own.push(planeResidual(image.data, offset + r * step * nx + c * step, nx));
        drawn.push(strength[w]!);
        expected.push(mean);
      }
    }
  }
  if (own.length < fewest) return undefined;
  return {
    own: Float64Array.from(own),
    drawn: Float64Array.from(drawn),
    expected: Float64Array.from(expected),
  };
}

/** Variance about the plane that fits a window best, whose first pixel is at `start`. */
function planeResidual(data: Float32Array, start: number, nx: number): number {
  const side = 2 * radius + 1;
  const n = side * side;
  // Σ k² over the window along one axis, for the plane's slopes.
  const moment = (side * (radius * (radius + 1) * side)) / 3;
  const shift = data[start + radius * nx + radius]!;
  let [sum, squares, sy, sx] = [0, 0, 0, 0];
  for (let dy = 0; dy < side; dy++) {
    for (let dx = 0; dx < side; dx++) {
      const v = data[start + dy * nx + dx]! - shift;
      sum += v;
      squares += v * v;
      sy += v * (dy - radius);
      sx += v * (dx - radius);
    }
  }
  const rest = squares - (sum * sum) / n - (sy * sy + sx * sx) / moment;
  return Math.max(0, rest / (n - 3));
}
