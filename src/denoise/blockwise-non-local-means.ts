/**
 * Optimised blockwise non-local means [coupe2008optimized]. Blocks of (2a+1)^d pixels stand on a grid of
 * step 2; each is restored as a whole as the weighted mean of blocks in its search window,
 *
 *   w = exp(−max(d² − 2σ², 0)/h²),   d² = mean square difference of two blocks,
 *
 * and every pixel is the mean over the blocks that hold it. Blocks whose local means or variances differ too
 * much are skipped: μ1 < mean_i/mean_j < 1/μ1 and σ1² < var_i/var_j < 1/σ1².
 *
 * Deviations: (1) the test on means asks |mean_i − mean_j| ≤ 3 σ √(2/n), n pixels a block, which does not
 * depend on the intensity's zero; (2) the distance is corrected by the noise's own share 2σ², as in the
 * plain filter of this room; the paper scales h² = 2βσ² instead.
 */
import type { TaskContext } from "../parallel/map-in-workers.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import type { BlockTask } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { requireMagnitudes } from "./input.ts";
import { localMoments } from "./neighbourhood/local-moments.ts";
import { squaredMagnitude } from "./neighbourhood/non-local-means.ts";
import { boxSteps, padBlock } from "./neighbourhood/windows.ts";

interface BlockwiseSettings {
  readonly patch: number;
  readonly search: number;
  readonly sigma: number;
  readonly strength: number;
  readonly variances: number;
  readonly rician: boolean;
}

const gridStep = 2;

/**
 * The filter on one plane or volume; values outside the task's core mean nothing.
 *
 * @worker
 */
export async function blockwiseNonLocalMeansBlock(
  task: BlockTask<BlockwiseSettings>,
  { pause }: TaskContext,
): Promise<Float32Array> {
  const { block, parameters } = task;
  const { patch, search, sigma, strength, variances, rician } = parameters;
  const { nz, ny, nx } = block;
  const deep = nz > 1;
  const moments = localMoments(block, patch);
  const wide = padBlock(block, patch);
  const steps = boxSteps(deep ? patch : 0, patch, patch);
  const inside = Int32Array.from(steps, wide.indexOf);
  const n = steps.length;
  const total = new Float64Array(block.data.length);
  const count = new Float64Array(block.data.length);
  const mean = new Float64Array(n);
  const closest = 3 * sigma * Math.sqrt(2 / n);
  const inverse = 1 / (strength * sigma) ** 2;
  // Past this distance a weight is below 1e-9.
  const farthest = (2 * sigma * sigma + 20.7 / inverse) * n;
  const at = (z: number, y: number, x: number) => wide.start[z * ny + y]! + x;
  const core = task.core ?? { from: 0, to: deep ? nz : ny };
  /** Blocks that reach no wanted pixel are left out. */
  const wanted = (centre: number) => centre + patch >= core.from && centre - patch < core.to;
  for (const z of deep ? grid(nz).filter(wanted) : grid(nz)) {
    for (const y of deep ? grid(ny) : grid(ny).filter(wanted)) {
      await pause();
      for (const x of grid(nx)) {
        const own = (z * ny + y) * nx + x;
        const here = at(z, y, x);
        mean.fill(0);
        let all = 0;
        let largest = 0;
        const add = (there: number, w: number) => {
          for (let k = 0; k < n; k++) {
            const v = wide.data[there + inside[k]!]!;
            mean[k]! += w * (rician ? squaredMagnitude(v) : v);
          }
          all += w;
        };
        const m0 = moments.mean[own]!;
        const v0 = moments.variance[own]!;
        for (
          let zz = deep ? Math.max(0, z - search) : z;
          zz <= (deep ? Math.min(nz - 1, z + search) : z);
          zz++
        ) {
          for (let yy = Math.max(0, y - search); yy <= Math.min(ny - 1, y + search); yy++) {
            for (let xx = Math.max(0, x - search); xx <= Math.min(nx - 1, x + search); xx++) {
              const other = (zz * ny + yy) * nx + xx;
              if (other === own) continue;
              if (Math.abs(m0 - moments.mean[other]!) > closest) continue;
              const v1 = moments.variance[other]!;
              if (v0 * variances > v1 || v1 * variances > v0) continue;
              const there = at(zz, yy, xx);
              let d2 = 0;
              for (let k = 0; k < n && d2 < farthest; k++) {
                const e = wide.data[here + inside[k]!]! - wide.data[there + inside[k]!]!;
                d2 += e * e;
              }
              if (d2 >= farthest) continue;
              const w = Math.exp(-Math.max(0, d2 / n - 2 * sigma * sigma) * inverse);
              if (w > largest) largest = w;
              add(there, w);
            }
          }
        }
        add(here, largest > 0 ? largest : 1);
        steps.forEach((s, k) => {
          const [pz, py, px] = [z + s.dz, y + s.dy, x + s.dx];
          if (pz < 0 || pz >= nz || py < 0 || py >= ny || px < 0 || px >= nx) return;
          const i = (pz * ny + py) * nx + px;
          const value = mean[k]! / all;
          total[i]! += rician ? Math.sqrt(Math.max(0, value - 2 * sigma * sigma)) : value;
          count[i]!++;
        });
      }
    }
  }
  return Float32Array.from(total, (sum, i) => sum / count[i]!);
}

/** Centres of blocks along an axis: every second pixel and the last one. */
function grid(n: number): number[] {
  const centres: number[] = [];
  for (let i = 0; i < n; i += gridStep) centres.push(i);
  if (centres[centres.length - 1] !== n - 1) centres.push(n - 1);
  return centres;
}

/** Blockwise non-local means; see the file's header. */
export const blockwiseNonLocalMeans: Denoiser = blockDenoiser<BlockwiseSettings>({
  name: "blockwise-non-local-means",
  title: "Optimised blockwise non-local means",
  summary:
    "Restores overlapping blocks and skips unlike ones: less to compute than pixel by pixel, for MR volumes.",
  references: ["coupe2008optimized"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters: {
    strength: {
      type: "number",
      unit: "σ",
      min: 0.01,
      max: 20,
      default: 0.7,
      about:
        "h of w = exp(−max(d² − 2σ², 0)/h²), d² being the mean over the block; larger is smoother",
    },
    patch: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 4,
      about: "half width of the block; by default 2 on planes, 1 in volumes",
    },
    search: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 20,
      about: "half width of the search window; by default 8 on planes, 4 in volumes",
    },
    variances: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1,
      default: 0.3,
      about: "least ratio of two blocks' variances; larger skips more",
    },
    rician: {
      type: "boolean",
      default: false,
      about: "magnitude images: average squares and remove the bias",
    },
  },
  reach: ({ parameters }) => {
    const patch = (parameters.patch as number | undefined) ?? 1;
    const search = (parameters.search as number | undefined) ?? 4;
    // Even, so that the grid of blocks on a slab is that on the volume.
    return 2 * Math.ceil((2 * patch + search) / 2);
  },
  filter: {
    module: import.meta.url,
    name: "blockwiseNonLocalMeansBlock",
    run: blockwiseNonLocalMeansBlock,
  },
  plan({ image, values, sigma, dimensions }) {
    if (sigma === 0) return "identity";
    const rician = values.rician as boolean;
    if (rician) requireMagnitudes("blockwise-non-local-means", image, sigma);
    return {
      parameters: {
        sigma,
        patch: (values.patch as number | undefined) ?? (dimensions === 3 ? 1 : 2),
        search: (values.search as number | undefined) ?? (dimensions === 3 ? 4 : 8),
        strength: values.strength as number,
        variances: values.variances as number,
        rician,
      },
    };
  },
});
