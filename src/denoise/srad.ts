/**
 * Speckle reducing anisotropic diffusion [yu2002speckle]: ∂I/∂t = div(c(q) ∇I) with the instantaneous
 * coefficient of variation
 *
 *   q² = [½ (|∇I|/I)² − (1/16)(ΔI/I)²] / [1 + ¼ ΔI/I]²,
 *   c(q) = 1/(1 + (q² − q0²)/(q0² (1 + q0²))),   q0(t) = C_u exp(−ρ t).
 *
 * Explicit steps, one-sided differences as in the paper, no flow through the borders. It stops when what
 * was removed, relative to the result, has the variance of the speckle: (median |I − f|/I / Φ⁻¹(3/4))² ≥ C_u²,
 * or after 300 steps, unless a number of iterations is given. A mean of squares in the median's place would
 * be that of a few dark pixels, and stop too early.
 *
 * Deviations: (1) volumes use six neighbours, with the constants of the planar derivation; (2) at pixels of value
 * 0, where q is not defined, the mean of the neighbours takes the place of I.
 */
import type { TaskContext } from "../parallel/map-in-workers.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import { type Block, type BlockTask, mirrored } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { medianOf, normalMad } from "./noise-level/median.ts";
import { speckleLevelFor } from "./speckle/speckle-method.ts";

interface SradSettings {
  readonly variation: number;
  readonly decay: number;
  readonly step: number;
  readonly iterations?: number;
}

const mostSteps = 300;

/**
 * The diffusion of one plane or volume.
 *
 * @worker
 */
export async function sradBlock(
  task: BlockTask<SradSettings>,
  { pause }: TaskContext,
): Promise<Float32Array> {
  const { block, parameters } = task;
  const { variation, decay, step, iterations } = parameters;
  const axes = neighbourTables(block);
  let u: Float64Array = Float64Array.from(block.data);
  for (let k = 0; k < (iterations ?? mostSteps); k++) {
    await pause();
    const q0 = variation * Math.exp(-decay * k * step);
    u = diffuse(u, axes, { q0, step: step / axes.length });
    if (iterations === undefined && relativeChange(u, block.data) >= variation ** 2) break;
  }
  return Float32Array.from(u);
}

/** For each axis, the index of the next and the previous pixel, mirrored. */
function neighbourTables({ nz, ny, nx }: Block): { next: Int32Array; before: Int32Array }[] {
  const n = nz * ny * nx;
  const table = (move: (z: number, y: number, x: number) => number) => {
    const out = new Int32Array(n);
    for (let z = 0, i = 0; z < nz; z++) {
      for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, i++) out[i] = move(z, y, x);
    }
    return out;
  };
  const index = (z: number, y: number, x: number) =>
    (mirrored(z, nz) * ny + mirrored(y, ny)) * nx + mirrored(x, nx);
  const axes = [
    {
      next: table((z, y, x) => index(z, y, x + 1)),
      before: table((z, y, x) => index(z, y, x - 1)),
    },
    {
      next: table((z, y, x) => index(z, y + 1, x)),
      before: table((z, y, x) => index(z, y - 1, x)),
    },
  ];
  if (nz > 1) {
    axes.push({
      next: table((z, y, x) => index(z + 1, y, x)),
      before: table((z, y, x) => index(z - 1, y, x)),
    });
  }
  return axes;
}

function diffuse(
  u: Float64Array,
  axes: readonly { next: Int32Array; before: Int32Array }[],
  { q0, step }: { q0: number; step: number },
): Float64Array {
  const n = u.length;
  const c = new Float64Array(n);
  const q2 = q0 * q0;
  for (let i = 0; i < n; i++) {
    const value = u[i]!;
    let gradient = 0;
    let laplacian = 0;
    for (const { next, before } of axes) {
      const forward = u[next[i]!]! - value;
      const backward = u[before[i]!]! - value;
      gradient += forward * forward + backward * backward;
      laplacian += forward + backward;
    }
    // Where the object is zero the mean of the neighbours is what changes are relative to.
    const scale = value > 0 ? value : value + laplacian / (2 * axes.length);
    if (scale <= 0) {
      c[i] = 1;
      continue;
    }
    const g = gradient / (scale * scale);
    const l = laplacian / scale;
    const below = (1 + 0.25 * l) ** 2;
    const q = below > 0 ? (0.5 * g - 0.0625 * l * l) / below : Infinity;
    const coefficient = 1 / (1 + (q - q2) / (q2 * (1 + q2)));
    c[i] = q2 === 0 ? 0 : Math.min(1, Math.max(0, coefficient));
  }
  const out = Float64Array.from(u);
  for (const { next } of axes) {
    for (let i = 0; i < n; i++) {
      const j = next[i]!;
      if (j === i) continue;
      // The flow between two pixels takes the mean diffusivity: what one gives the other gets.
      const flow = 0.5 * step * (c[i]! + c[j]!) * (u[j]! - u[i]!);
      out[i]! += flow;
      out[j]! -= flow;
    }
  }
  return out;
}

/** Pixels whose median stands for all: its error is a few thousandths. */
const mostPixels = 2 ** 16;

/** Variance of (f − I)/I over pixels above 0, from its median absolute value: dark pixels and edges are outliers. */
function relativeChange(u: Float64Array, f: Float32Array): number {
  const every = Math.max(1, Math.floor(u.length / mostPixels));
  const changes = new Float64Array(Math.ceil(u.length / every));
  let count = 0;
  for (let i = 0; i < u.length; i += every) {
    // Padding does not change, and holds no speckle.
    if (u[i]! > 0 && u[i] !== f[i]) changes[count++] = Math.abs(u[i]! - f[i]!) / u[i]!;
  }
  return count > 0 ? (medianOf(changes.subarray(0, count)) / normalMad) ** 2 : Infinity;
}

/** SRAD; see the file's header. */
export const srad: Denoiser = blockDenoiser<SradSettings>({
  name: "srad",
  title: "Speckle reducing anisotropic diffusion",
  summary:
    "Speckle: diffusion that tells speckle from edges by the local coefficient of variation.",
  references: ["yu2002speckle"],
  noise: "speckle",
  dimensions: [2, 3],
  parameters: {
    step: {
      type: "number",
      unit: "1",
      min: 0.001,
      max: 0.9,
      default: 0.4,
      about: "length of a time step, split over the axes; below 1 for stability",
    },
    decay: {
      type: "number",
      unit: "1",
      min: 0,
      max: 10,
      default: 0.05,
      about:
        "ρ: how fast the speckle level is taken to fall while it is smoothed; larger keeps more",
    },
    iterations: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 10_000,
      about:
        "steps; without it, until the removed part has the speckle's variance. The noise level is the speckle's standard deviation over its mean",
    },
  },
  reach: ({ parameters }) =>
    parameters.iterations === undefined
      ? "the number of steps follows from the whole volume unless the parameter iterations is given"
      : 2 * (parameters.iterations as number),
  filter: { module: import.meta.url, name: "sradBlock", run: sradBlock },
  level: speckleLevelFor,
  plan: ({ values, sigma }) =>
    sigma === 0
      ? "identity"
      : {
          parameters: {
            variation: sigma,
            decay: values.decay as number,
            step: values.step as number,
            iterations: values.iterations as number | undefined,
          },
        },
});
