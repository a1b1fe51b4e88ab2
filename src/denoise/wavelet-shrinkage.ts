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
 * the periodic transform sees its seam at least 8 px outside the image.
 */
import type { TaskContext } from "../parallel/map-in-workers.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import { type Block, type BlockTask, mirrored } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { waveletFilter, waveletNames } from "./wavelet-filters.ts";
import {
  type Band,
  bandsOf,
  eachRow,
  type Sizes3,
  waveletForward,
  waveletInverse,
} from "./wavelet-transform.ts";

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

/** The shrinkage of one plane or volume. */
export async function waveletShrinkageBlock(
  task: BlockTask<ShrinkageSettings>,
  { pause }: TaskContext,
): Promise<Float32Array> {
  const { block, parameters } = task;
  const { spins } = parameters;
  const filter = waveletFilter(parameters.wavelet);
  const deep = block.nz > 1;
  const axes = [block.nz, block.ny, block.nx];
  const shortest = Math.min(...axes.slice(deep ? 0 : 1)) + 2 * margin;
  const levels = Math.max(1, Math.min(parameters.levels, Math.floor(Math.log2(shortest / 4))));
  const unit = 1 << levels;
  const sizes = axes.map((n, axis) =>
    axis === 0 && !deep ? 1 : Math.ceil((n + 2 * margin + spins - 1) / unit) * unit,
  ) as unknown as Sizes3;
  const bands = bandsOf(sizes, levels);
  const total = new Float64Array(block.data.length);
  const shifts = deep ? spins : 1;
  let count = 0;
  for (let sz = 0; sz < shifts; sz++) {
    for (let sy = 0; sy < spins; sy++) {
      for (let sx = 0; sx < spins; sx++) {
        await pause();
        const first: Sizes3 = [deep ? margin + sz : 0, margin + sy, margin + sx];
        const data = placed(block, sizes, first);
        const coefficients = waveletForward(data, { sizes, levels, filter });
        for (const band of bands) {
          if (band.detail !== "")
            shrink(coefficients, sizes, band, { ...parameters, pixels: block.data.length });
        }
        const back = waveletInverse(coefficients, { sizes, levels, filter });
        addInside(total, back, { block, sizes, first });
        count++;
      }
    }
  }
  return Float32Array.from(total, (v) => v / count);
}

/** The block at a position inside a larger array, mirrored around. */
function placed(block: Block, sizes: Sizes3, first: Sizes3): Float64Array {
  const { data, nz, ny, nx } = block;
  const out = new Float64Array(sizes[0] * sizes[1] * sizes[2]);
  const columns = Int32Array.from({ length: sizes[2] }, (_, x) => mirrored(x - first[2], nx));
  let at = 0;
  for (let z = 0; z < sizes[0]; z++) {
    for (let y = 0; y < sizes[1]; y++) {
      const row = (mirrored(z - first[0], nz) * ny + mirrored(y - first[1], ny)) * nx;
      for (let x = 0; x < sizes[2]; x++) out[at++] = data[row + columns[x]!]!;
    }
  }
  return out;
}

function addInside(
  total: Float64Array,
  from: Float64Array,
  { block, sizes, first }: { block: Block; sizes: Sizes3; first: Sizes3 },
): void {
  const { nz, ny, nx } = block;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const source = ((z + first[0]) * sizes[1] + y + first[1]) * sizes[2] + first[2];
      const to = (z * ny + y) * nx;
      for (let x = 0; x < nx; x++) total[to + x]! += from[source + x]!;
    }
  }
}

function shrink(
  coefficients: Float64Array,
  sizes: Sizes3,
  band: Band,
  settings: ShrinkageSettings & { readonly pixels: number },
): void {
  const { sigma, method, rule, factor } = settings;
  const n = band.size[0] * band.size[1] * band.size[2];
  let threshold: number;
  if (method === "visu") {
    threshold = sigma * Math.sqrt(2 * Math.log(settings.pixels));
  } else if (method === "bayes") {
    let squares = 0;
    eachRow(sizes, band, (offset, length) => {
      for (let i = 0; i < length; i++) squares += coefficients[offset + i]! ** 2;
    });
    const signal = squares / n - sigma * sigma;
    threshold = signal > 0 ? (sigma * sigma) / Math.sqrt(signal) : Infinity;
  } else {
    const values = new Float64Array(n);
    let at = 0;
    eachRow(sizes, band, (offset, length) => {
      for (let i = 0; i < length; i++) values[at++] = Math.abs(coefficients[offset + i]!) / sigma;
    });
    threshold = sigma * sureThreshold(values);
  }
  threshold *= factor;
  eachRow(sizes, band, (offset, length) => {
    for (let i = offset; i < offset + length; i++) {
      const c = coefficients[i]!;
      const magnitude = Math.abs(c);
      if (magnitude <= threshold) coefficients[i] = 0;
      else if (rule === "soft") coefficients[i] = c > 0 ? c - threshold : c + threshold;
    }
  });
}

/**
 * SureShrink's threshold for magnitudes in units of the noise's standard deviation; the values are
 * sorted in place.
 */
export function sureThreshold(values: Float64Array): number {
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
