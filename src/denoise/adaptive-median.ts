/**
 * Adaptive median for impulse noise [hwang1995adaptive]: the window grows from 3×3 until its median lies
 * strictly between its smallest and largest value; a pixel that is one of these extremes is replaced by
 * that median, any other is kept. When the largest window is reached the median is taken as it is.
 *
 * Deviations: (1) a window without any spread keeps its pixel at once, so that constant areas cost nothing;
 * (2) at the image's border, where every slope has its extreme, a pixel is kept where windows cut to be symmetric
 * about it hold it for clean: along the border, the line of its neighbours. Where these show no spread, as in corners,
 * it is clean as the end of a slope of at most one and a half times the step before.
 */
import { blockDenoiser } from "./block-denoiser.ts";
import type { BlockTask } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { boxSteps, padBlock, type PaddedBlock } from "./neighbourhood/windows.ts";
import { selectNth } from "./noise-level/median.ts";

interface AdaptiveMedianSettings {
  readonly largest: number;
}

/**
 * The filter on one block.
 *
 * @worker
 */
export function adaptiveMedianBlock(task: BlockTask<AdaptiveMedianSettings>): Float32Array {
  const { block, parameters } = task;
  const wide = padBlock(block, parameters.largest);
  const windows = Array.from({ length: parameters.largest }, (_, k) => {
    const r = k + 1;
    return Int32Array.from(boxSteps(block.nz > 1 ? r : 0, r, r), wide.indexOf);
  });
  const values = new Float64Array(windows[windows.length - 1]!.length);
  const out = new Float32Array(block.data.length);
  const settle = (at: number): number => {
    const own = wide.data[at]!;
    let middle = own;
    for (const offsets of windows) {
      let low = Infinity;
      let high = -Infinity;
      for (let k = 0; k < offsets.length; k++) {
        const v = wide.data[at + offsets[k]!]!;
        values[k] = v;
        if (v < low) low = v;
        if (v > high) high = v;
      }
      if (low === high) return own;
      middle = selectNth(values, offsets.length, offsets.length >> 1);
      if (middle > low && middle < high) return own > low && own < high ? own : middle;
    }
    return middle;
  };
  const { nz, ny, nx } = block;
  const symmetric = symmetricWindows(wide, parameters.largest);
  // An axis of fewer than three pixels has no slope to continue.
  const side = (i: number, n: number) => (n < 3 ? 0 : i === 0 ? 1 : i === n - 1 ? -1 : 0);
  wide.start.forEach((first, row) => {
    const [y, z] = [row % ny, Math.floor(row / ny)];
    const [ry, rz] = [Math.min(y, ny - 1 - y), Math.min(z, nz - 1 - z)];
    for (let x = 0; x < nx; x++) {
      const at = first + x;
      const settled = settle(at);
      const rx = Math.min(x, nx - 1 - x);
      out[row * nx + x] = settled;
      const cut = Math.min(rx, ry, nz > 1 ? rz : ry) < parameters.largest;
      if (!cut || settled === wide.data[at]) continue;
      const inward = wide.indexOf({ dz: side(z, nz), dy: side(y, ny), dx: side(x, nx) });
      if (symmetric.clean({ at, rz, ry, rx, inward })) out[row * nx + x] = wide.data[at]!;
    }
  });
  return out;
}

/** Where a pixel lies: room in px to the nearer border along each axis, and its offset in the padded block. */
interface Place {
  readonly at: number;
  readonly rz: number;
  readonly ry: number;
  readonly rx: number;
  /** One step inward from the borders on which the pixel lies. */
  readonly inward: number;
}

/** The test for impulses with windows that end at the image's border on both sides of a pixel. */
function symmetricWindows({ data, indexOf }: PaddedBlock, largest: number) {
  const windows = new Map<number, Int32Array>();
  const offsetsOf = ({ rz, ry, rx }: Place, most: number): Int32Array => {
    const [z, y, x] = [Math.min(rz, most), Math.min(ry, most), Math.min(rx, most)];
    const key = (z * 16 + y) * 16 + x;
    let offsets = windows.get(key);
    if (!offsets) windows.set(key, (offsets = Int32Array.from(boxSteps(z, y, x), indexOf)));
    return offsets;
  };
  const continuesSlope = ({ at, inward }: Place): boolean => {
    const [step, next] = [
      data[at]! - data[at + inward]!,
      data[at + inward]! - data[at + 2 * inward]!,
    ];
    return step * next > 0 && Math.abs(step) <= steepening * Math.abs(next);
  };
  return {
    clean(place: Place): boolean {
      const own = data[place.at]!;
      let spread = false;
      for (let r = 1; r <= largest; r++) {
        const values = Float64Array.from(offsetsOf(place, r), (step) => data[place.at + step]!);
        values.sort();
        const [low, high] = [values[0]!, values[values.length - 1]!];
        const middle = values[values.length >> 1]!;
        if (middle > low && middle < high) return own > low && own < high;
        spread = low < high;
      }
      return !spread && continuesSlope(place);
    },
  };
}

/** How much steeper than the step before it the last step to the border may be. */
const steepening = 1.5;

/** Adaptive median filter; see the file's header. */
export const adaptiveMedian: Denoiser = blockDenoiser<AdaptiveMedianSettings>({
  name: "adaptive-median",
  title: "Adaptive median filter",
  summary:
    "Replaces only impulses, with a window that grows as they get denser; up to about 60 % density.",
  references: ["hwang1995adaptive"],
  noise: "impulse",
  levelless: "it is an order filter",
  dimensions: [2, 3],
  parameters: {
    largest: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 9,
      default: 4,
      about: "half width of the largest window; larger stands denser impulses",
    },
  },
  reach: ({ parameters }) => parameters.largest as number,
  filter: { module: import.meta.url, name: "adaptiveMedianBlock", run: adaptiveMedianBlock },
  level: (owner, image, { sigma = 0 }) => noiseLevelFor(owner, image, { sigma }),
  plan: ({ values }) => ({
    parameters: { largest: values.largest as number },
    halo: values.largest as number,
  }),
});
