/**
 * Anisotropic diffusion [perona1990scale]:
 *
 *   u ← u + τ Σ_neighbours g(u_n − u) (u_n − u),   g(d) = exp(−(d/κ)²) or 1/(1 + (d/κ)²),
 *
 * explicit steps over 4 or 6 neighbours with τ = 0.9/(2d) (stable for every g ≤ 1), no flow through
 * the borders. κ is a multiple of σ. Without a number of iterations it stops as soon as what was
 * removed has the variance of the noise, ‖u − f‖² = Nσ² (discrepancy principle, the last step cut short),
 * at most 40 steps.
 *
 * Deviation: g is taken at differences of the Gaussian-smoothed image (width 0.6 px by default), which
 * makes the problem well posed [catte1992image] and removes isolated outliers.
 */
import type { TaskContext } from "../parallel/map-in-workers.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import type { BlockTask } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { gaussianBlock, gaussianTaps } from "./gaussian.ts";

interface PeronaMalikSettings {
  readonly sigma: number;
  readonly kappa: number;
  readonly rational: boolean;
  readonly smoothing: number;
  /** Absent: discrepancy principle. */
  readonly iterations?: number;
}

/** Most steps of its own choice: later ones take little noise, and flow over edges that are not far above it. */
export const mostSteps = 40;

/**
 * The diffusion of one plane or volume.
 *
 * @worker
 */
export async function peronaMalikBlock(
  task: BlockTask<PeronaMalikSettings>,
  { pause }: TaskContext,
): Promise<Float32Array> {
  const { block, parameters } = task;
  const { sigma, kappa, rational, smoothing, iterations } = parameters;
  const { data, nz, ny, nx } = block;
  const strides: [number, (i: number) => boolean][] = [
    [1, (i) => (i + 1) % nx !== 0],
    [nx, (i) => Math.floor(i / nx) % ny !== ny - 1],
  ];
  if (nz > 1) strides.push([ny * nx, (i) => i < (nz - 1) * ny * nx]);
  const tau = 0.9 / (2 * strides.length);
  const inverse = 1 / (kappa * kappa);
  let u: Float64Array = Float64Array.from(data);
  const steps = iterations ?? mostSteps;
  for (let step = 0; step < steps; step++) {
    await pause();
    const guide =
      smoothing > 0
        ? gaussianBlock({
            block: { ...block, data: Float32Array.from(u) },
            companions: [],
            parameters: { widths: [smoothing, smoothing, smoothing] },
          })
        : u;
    await pause();
    const next = Float64Array.from(u);
    for (const [stride, inside] of strides) {
      for (let i = 0; i + stride < u.length; i++) {
        if (!inside(i)) continue;
        const e = guide[i + stride]! - guide[i]!;
        const q = e * e * inverse;
        const flow = tau * (rational ? 1 / (1 + q) : Math.exp(-q)) * (u[i + stride]! - u[i]!);
        next[i]! += flow;
        next[i + stride]! -= flow;
      }
    }
    if (iterations === undefined && removed(next, data) >= sigma * sigma) {
      u = partStep(u, next, { f: data, variance: sigma * sigma });
      break;
    }
    u = next;
  }
  return Float32Array.from(u);
}

/** Mean square of what was taken away. */
export function removed(u: Float64Array, f: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += (u[i]! - f[i]!) ** 2;
  return sum / u.length;
}

/** The point between two steps at which the removed part has just the given variance. */
export function partStep(
  before: Float64Array,
  after: Float64Array,
  { f, variance }: { f: Float32Array; variance: number },
): Float64Array {
  let [a, b, c] = [0, 0, -variance * f.length];
  for (let i = 0; i < f.length; i++) {
    const d = after[i]! - before[i]!;
    const r = before[i]! - f[i]!;
    a += d * d;
    b += d * r;
    c += r * r;
  }
  const t = a > 0 ? Math.min(1, Math.max(0, (-b + Math.sqrt(Math.max(0, b * b - a * c))) / a)) : 0;
  return before.map((v, i) => v + t * (after[i]! - v));
}

/** Perona–Malik diffusion; see the file's header. */
export const peronaMalik: Denoiser = blockDenoiser<PeronaMalikSettings>({
  name: "perona-malik",
  title: "Perona–Malik diffusion",
  summary: "Diffuses within regions and stops at edges stronger than κ.",
  references: ["perona1990scale", "catte1992image"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters: {
    kappa: {
      type: "number",
      unit: "σ",
      min: 0.05,
      max: 50,
      default: 1.2,
      about: "edge threshold; differences well above it are kept",
    },
    conductance: {
      type: "choice",
      choices: ["exponential", "rational"],
      default: "exponential",
      about: "exponential prefers strong edges, rational wide regions",
    },
    smoothing: {
      type: "number",
      unit: "px",
      min: 0,
      max: 5,
      default: 0.6,
      about:
        "width of the smoothing before differences decide on the flow; 0 is the original method",
    },
    iterations: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 10_000,
      about:
        "steps; without it, until the removed part has the variance of the noise, at most 40: more flow over weak edges and shift what lies beside them",
    },
  },
  reach: ({ parameters }) => {
    const { iterations, smoothing } = parameters;
    if (iterations === undefined) {
      return "the number of steps follows from the whole volume unless the parameter iterations is given";
    }
    return (iterations as number) * gaussianTaps(smoothing as number).length;
  },
  filter: { module: import.meta.url, name: "peronaMalikBlock", run: peronaMalikBlock },
  plan: ({ values, sigma }) =>
    sigma === 0
      ? "identity"
      : {
          parameters: {
            sigma,
            kappa: (values.kappa as number) * sigma,
            rational: values.conductance === "rational",
            smoothing: values.smoothing as number,
            iterations: values.iterations as number | undefined,
          },
        },
});
