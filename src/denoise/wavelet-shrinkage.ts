/**
 * Wavelet shrinkage: an orthonormal transform, a threshold on the details, and back.
 *
 * - VisuShrink [donoho1994ideal]: T = σ √(2 ln N), N pixels of the image without margins.
 * - SureShrink [donoho1995adapting]: per band the T ≤ σ√(2 ln n) that minimises Stein's risk
 *   n − 2 #{|y| ≤ T} + Σ min(|y|, T)² (y, T in units of σ); bands too sparse for it,
 *   Σ(y² − 1)/n ≤ (log₂ n)^{3/2}/√n, take the universal one.
 * - BayesShrink [chang2000adaptive]: per band T = σ²/√(max(mean y² − σ², 0)), all set to zero where
 *   that is infinite.
 *
 * Cycle spinning [coifman1995translation] averages the result over `spins` shifts along each axis; 1 is
 * the plain orthogonal transform. Volumes use the transform in three dimensions. Margins are mirrored;
 * the periodic transform sees its seam at least 8 px outside the image. The transform runs in float32;
 * `wavelet-transform.ts` defines it.
 */
import { openWavelet, type WaveletWorkspace } from "../kernels/wavelet.ts";
import type { TaskContext } from "../parallel/map-in-workers.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import { type Block, type BlockTask, mirrored } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { waveletFilter, waveletNames } from "./wavelet-filters.ts";
import { type Band, bandsOf, eachRow, type Sizes3 } from "./wavelet-transform.ts";

interface ShrinkageSettings {
  readonly sigma: number;
  readonly wavelet: string;
  readonly method: "bayes" | "sure" | "visu";
  readonly rule: "soft" | "hard";
  readonly levels: number;
  readonly spins: number;
  /** Multiplies every threshold. */
  readonly factor: number;
}

/** Distance in px that the transform's seam keeps from the image. */
const margin = 8;

/**
 * The shrinkage of one plane or volume.
 *
 * @worker
 */
export async function waveletShrinkageBlock(
  task: BlockTask<ShrinkageSettings>,
  { pause }: TaskContext,
): Promise<Float32Array> {
  const { block, parameters } = task;
  const { spins } = parameters;
  const { sizes, levels } = transformSizes(block, parameters);
  const deep = block.nz > 1;
  const axes = deep ? ([2, 1, 0] as const) : ([2, 1] as const);
  const bands = bandsOf(sizes, levels);
  const boxes = bands.filter((band) => band.detail === "x").map(({ level }) => boxAt(sizes, level));
  const work = openWavelet(waveletFilter(parameters.wavelet), {
    sizes,
    inner: [block.nz, block.ny, block.nx],
  });
  const settings = { ...parameters, pixels: block.data.length };
  const shifts = deep ? spins : 1;
  try {
    for (let sz = 0; sz < shifts; sz++) {
      for (let sy = 0; sy < spins; sy++) {
        for (let sx = 0; sx < spins; sx++) {
          const first: Sizes3 = [deep ? margin + sz : 0, margin + sy, margin + sx];
          place(work.data, { block, sizes, first });
          for (const box of boxes) {
            for (const axis of axes) {
              await pause();
              work.level(box, axis, false);
            }
          }
          for (const band of bands) {
            if (band.detail === "") continue;
            await pause();
            const threshold = thresholdOf(work, { sizes, band, settings });
            work.shrink(band, threshold, settings.rule === "soft");
          }
          for (const box of boxes.toReversed()) {
            for (const axis of axes.toReversed()) {
              await pause();
              work.level(box, axis, true);
            }
          }
          work.add(first);
        }
      }
    }
    return work.scaledSum(1 / (shifts * spins * spins));
  } finally {
    work.release();
  }
}

/** Sizes of the array that a block is placed in, and number of levels that it bears. */
export function transformSizes(
  block: Pick<Block, "nz" | "ny" | "nx">,
  { levels: wanted, spins }: { readonly levels: number; readonly spins: number },
): { readonly sizes: Sizes3; readonly levels: number } {
  const axes = [block.nz, block.ny, block.nx];
  const deep = block.nz > 1;
  const shortest = Math.min(...axes.slice(deep ? 0 : 1)) + 2 * margin;
  const levels = Math.max(1, Math.min(wanted, Math.floor(Math.log2(shortest / 4))));
  const unit = 1 << levels;
  const sizes = axes.map((n, axis) =>
    axis === 0 && !deep ? 1 : Math.ceil((n + 2 * margin + spins - 1) / unit) * unit,
  ) as unknown as Sizes3;
  return { sizes, levels };
}

/** What the transform of a level (1 is the finest) works on. */
function boxAt([nz, ny, nx]: Sizes3, level: number): Sizes3 {
  const shift = level - 1;
  return [nz > 1 ? nz >> shift : 1, ny >> shift, nx >> shift];
}

/** Puts the block at a position inside a larger array, mirrored around. */
function place(
  out: Float32Array,
  { block, sizes, first }: { block: Block; sizes: Sizes3; first: Sizes3 },
): void {
  const { data, nz, ny, nx } = block;
  const right = first[2] + nx;
  const columns = Int32Array.from({ length: sizes[2] }, (_, x) => mirrored(x - first[2], nx));
  let at = 0;
  for (let z = 0; z < sizes[0]; z++) {
    for (let y = 0; y < sizes[1]; y++) {
      const row = (mirrored(z - first[0], nz) * ny + mirrored(y - first[1], ny)) * nx;
      for (let x = 0; x < first[2]; x++) out[at + x] = data[row + columns[x]!]!;
      out.set(data.subarray(row, row + nx), at + first[2]);
      for (let x = right; x < sizes[2]; x++) out[at + x] = data[row + columns[x]!]!;
      at += sizes[2];
    }
  }
}

function thresholdOf(
  work: WaveletWorkspace,
  problem: {
    readonly sizes: Sizes3;
    readonly band: Band;
    readonly settings: ShrinkageSettings & { readonly pixels: number };
  },
): number {
  const { sizes, band, settings } = problem;
  const { sigma, method, factor, pixels } = settings;
  const n = band.size[0] * band.size[1] * band.size[2];
  // Also where the threshold itself is infinite.
  if (factor === 0) return 0;
  if (method === "visu") return factor * sigma * Math.sqrt(2 * Math.log(pixels));
  if (method === "bayes") {
    const signal = work.energy(band) / n - sigma * sigma;
    return signal > 0 ? (factor * sigma * sigma) / Math.sqrt(signal) : Infinity;
  }
  const values = new Float32Array(n);
  let at = 0;
  eachRow(sizes, band, (offset, length) => {
    for (let i = 0; i < length; i++) values[at++] = Math.abs(work.data[offset + i]!) / sigma;
  });
  return factor * sigma * sureThreshold(values);
}

/**
 * SureShrink's threshold for magnitudes in units of the noise's standard deviation; the values are
 * sorted in place.
 */
export function sureThreshold(values: Float32Array | Float64Array): number {
  const n = values.length;
  values.sort();
  const universal = Math.sqrt(2 * Math.log(n));
  let energy = 0;
  for (const v of values) energy += v * v;
  if (energy / n - 1 <= Math.log2(n) ** 1.5 / Math.sqrt(n)) return universal;
  let best = 0;
  let least = n;
  let below = 0;
  for (let k = 0; k < n; k++) {
    const t = values[k]!;
    if (t > universal) break;
    below += t * t;
    // k + 1 values are at most t; the others count t² each.
    const risk = n - 2 * (k + 1) + below + (n - k - 1) * t * t;
    if (risk < least) {
      least = risk;
      best = t;
    }
  }
  return best;
}

/** Wavelet shrinkage; see the file's header. */
export const waveletShrinkage: Denoiser = blockDenoiser<ShrinkageSettings>({
  name: "wavelet-shrinkage",
  title: "Wavelet shrinkage",
  summary:
    "Shrinks small wavelet coefficients by BayesShrink, SureShrink or VisuShrink, with cycle spinning.",
  references: [
    "donoho1994ideal",
    "donoho1995adapting",
    "chang2000adaptive",
    "coifman1995translation",
  ],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters: {
    threshold: {
      type: "choice",
      choices: ["bayes", "sure", "visu"],
      default: "bayes",
      about: "how the threshold follows from the noise level; visu is the smoothest",
    },
    rule: {
      type: "choice",
      choices: ["soft", "hard"],
      default: "soft",
      about: "soft shrinks what it keeps, hard keeps it whole",
    },
    wavelet: {
      type: "choice",
      choices: waveletNames,
      default: "sym8",
      about: "family and number of vanishing moments",
    },
    levels: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 8,
      default: 4,
      about: "scales that are shrunk; fewer where the image is small",
    },
    spins: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 8,
      default: 2,
      about:
        "shifts along each axis that are averaged; 1 is the orthogonal transform, more is smoother and slower",
    },
    factor: {
      type: "number",
      unit: "1",
      min: 0,
      max: 10,
      default: 1,
      about: "multiplies the thresholds; larger is smoother",
    },
  },
  reach: () => "thresholds follow from bands of the whole volume",
  filter: { module: import.meta.url, name: "waveletShrinkageBlock", run: waveletShrinkageBlock },
  plan: ({ values, sigma }) =>
    sigma === 0
      ? "identity"
      : {
          parameters: {
            sigma,
            wavelet: values.wavelet as string,
            method: values.threshold as ShrinkageSettings["method"],
            rule: values.rule as ShrinkageSettings["rule"],
            levels: values.levels as number,
            spins: values.spins as number,
            factor: values.factor as number,
          },
        },
});
