/** Median over a square or cubic window, mirrored borders. */
import { blockDenoiser } from "./block-denoiser.ts";
import type { BlockTask } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { boxSteps, padBlock } from "./neighbourhood/windows.ts";
import { selectNth } from "./noise-level/median.ts";

interface MedianSettings {
  readonly radius: number;
}

/**
 * The filter on one block.
 *
 * @worker
 */
export function medianBlock(task: BlockTask<MedianSettings>): Float32Array {
  const { block, parameters } = task;
  const r = parameters.radius;
  const wide = padBlock(block, r);
  const offsets = Int32Array.from(boxSteps(block.nz > 1 ? r : 0, r, r), wide.indexOf);
  const n = offsets.length;
  const values = new Float64Array(n);
  const out = new Float32Array(block.data.length);
  wide.start.forEach((first, row) => {
    for (let x = 0; x < block.nx; x++) {
      for (let k = 0; k < n; k++) values[k] = wide.data[first + x + offsets[k]!]!;
      out[row * block.nx + x] = selectNth(values, n, n >> 1);
    }
  });
  return out;
}

/** Median filter; see the file's header. */
export const median: Denoiser = blockDenoiser<MedianSettings>({
  name: "median",
  title: "Median filter",
  summary: "Removes salt-and-pepper noise and keeps straight edges; thin lines and corners go.",
  references: ["huang1979fast"],
  noise: "impulse",
  levelless: "it is an order filter",
  dimensions: [2, 3],
  parameters: {
    radius: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 10,
      default: 1,
      about: "half width of the window; larger removes denser impulses and more detail",
    },
  },
  reach: ({ parameters }) => parameters.radius as number,
  filter: { module: import.meta.url, name: "medianBlock", run: medianBlock },
  level: (owner, image, { sigma = 0 }) => noiseLevelFor(owner, image, { sigma }),
  plan: ({ values }) => ({
    parameters: { radius: values.radius as number },
    halo: values.radius as number,
  }),
});
