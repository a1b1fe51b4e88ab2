/**
 * Adaptive median for impulse noise [hwang1995adaptive]: the window grows from 3×3 until its median lies
 * strictly between its smallest and largest value; a pixel that is one of these extremes is replaced by
 * that median, any other is kept. When the largest window is reached the median is taken as it is.
 *
 * Deviation: a window without any spread keeps its pixel at once, so that constant areas cost nothing.
 */
import { blockDenoiser } from "./block-denoiser.ts";
import type { BlockTask } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { boxSteps, padBlock } from "./neighbourhood/windows.ts";
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
  wide.start.forEach((first, row) => {
    for (let x = 0; x < block.nx; x++) out[row * block.nx + x] = settle(first + x);
  });
  return out;
}

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
