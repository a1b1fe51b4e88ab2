/**
 * Coherence-enhancing diffusion of planes [weickert1999coherence]: ∂u/∂t = div(D ∇u), D having the
 * eigenvectors of the structure tensor J_ρ = G_ρ * (∇u_σ ∇u_σᵀ), with μ1 ≥ μ2, and the eigenvalues
 *
 *   λ1 = α across,   λ2 = α + (1 − α) exp(−C/(μ1 − μ2)²) along the coherent direction.
 *
 * C = (contrast·σ_noise)⁴ makes the switch a multiple of the noise level. Explicit steps of τ = 0.2 with central
 * differences, mirrored borders; it stops when the removed part has the variance of the noise or after
 * 40 steps, unless a number of iterations is given.
 */
import type { TaskContext } from "../parallel/map-in-workers.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import { type Block, type BlockTask, mirrored } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { gaussianBlock } from "./gaussian.ts";
import { mostSteps, partStep, removed } from "./perona-malik.ts";

interface CoherenceSettings {
  readonly sigma: number;
  readonly contrast: number;
  readonly across: number;
  readonly smoothing: number;
  readonly integration: number;
  readonly iterations?: number;
}

const timeStep = 0.2;

/**
 * The diffusion of one plane.
 *
 * @worker
 */
export async function coherenceEnhancingDiffusionBlock(
  task: BlockTask<CoherenceSettings>,
  { pause }: TaskContext,
): Promise<Float32Array> {
  const { block, parameters } = task;
  const { sigma, iterations } = parameters;
  let u: Float64Array = Float64Array.from(block.data);
  const steps = iterations ?? mostSteps;
  for (let step = 0; step < steps; step++) {
    await pause();
    const next = diffuse(u, block, parameters);
    if (iterations === undefined && removed(next, block.data) >= sigma * sigma) {
      u = partStep(u, next, { f: block.data, variance: sigma * sigma });
      break;
    }
    u = next;
  }
  return Float32Array.from(u);
}

function smoothed(values: ArrayLike<number>, block: Block, width: number): Float32Array {
  return gaussianBlock({
    block: { ...block, data: Float32Array.from(values) },
    companions: [],
    parameters: { widths: [0, width, width] },
  });
}

function diffuse(u: Float64Array, block: Block, settings: CoherenceSettings): Float64Array {
  const { ny, nx } = block;
  const { across, contrast, sigma } = settings;
  const n = u.length;
  const right = Int32Array.from({ length: nx }, (_, x) => mirrored(x + 1, nx));
  const left = Int32Array.from({ length: nx }, (_, x) => mirrored(x - 1, nx));
  const us = smoothed(u, block, settings.smoothing);
  const jxx = new Float32Array(n);
  const jxy = new Float32Array(n);
  const jyy = new Float32Array(n);
  for (let y = 0; y < ny; y++) {
    const up = mirrored(y - 1, ny) * nx;
    const down = mirrored(y + 1, ny) * nx;
    for (let x = 0; x < nx; x++) {
      const i = y * nx + x;
      const gx = 0.5 * (us[y * nx + right[x]!]! - us[y * nx + left[x]!]!);
      const gy = 0.5 * (us[down + x]! - us[up + x]!);
      jxx[i] = gx * gx;
      jxy[i] = gx * gy;
      jyy[i] = gy * gy;
    }
  }
  const sxx = smoothed(jxx, block, settings.integration);
  const sxy = smoothed(jxy, block, settings.integration);
  const syy = smoothed(jyy, block, settings.integration);
  const c = (contrast * sigma) ** 4;
  const [fx, fy] = [new Float64Array(n), new Float64Array(n)];
  for (let y = 0; y < ny; y++) {
    const up = mirrored(y - 1, ny) * nx;
    const down = mirrored(y + 1, ny) * nx;
    for (let x = 0; x < nx; x++) {
      const i = y * nx + x;
      const difference = sxx[i]! - syy[i]!;
      const spread = Math.hypot(difference, 2 * sxy[i]!);
      const along = across + (1 - across) * (spread > 0 ? Math.exp(-c / (spread * spread)) : 0);
      // Rotation from the eigenvector of the larger eigenvalue: cos 2φ and sin 2φ.
      const cos2 = spread > 0 ? difference / spread : 1;
      const sin2 = spread > 0 ? (2 * sxy[i]!) / spread : 0;
      const middle = 0.5 * (across + along);
      const half = 0.5 * (across - along);
      const gx = 0.5 * (u[y * nx + right[x]!]! - u[y * nx + left[x]!]!);
      const gy = 0.5 * (u[down + x]! - u[up + x]!);
      fx[i] = (middle + half * cos2) * gx + half * sin2 * gy;
      fy[i] = half * sin2 * gx + (middle - half * cos2) * gy;
    }
  }
  // Flow through a border is zero: its mirror image carries the opposite sign.
  const out = Float64Array.from(u);
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) {
      const i = y * nx + x;
      const east = x + 1 < nx ? fx[i + 1]! : -fx[i]!;
      const west = x > 0 ? fx[i - 1]! : -fx[i]!;
      const south = y + 1 < ny ? fy[i + nx]! : -fy[i]!;
      const north = y > 0 ? fy[i - nx]! : -fy[i]!;
      out[i]! += timeStep * 0.5 * (east - west + (south - north));
    }
  }
  return out;
}

/** Coherence-enhancing diffusion; see the file's header. */
export const coherenceEnhancingDiffusion: Denoiser = blockDenoiser<CoherenceSettings>({
  name: "coherence-enhancing-diffusion",
  title: "Coherence-enhancing diffusion",
  summary:
    "Smooths along lines and layers and hardly across them: for fibres, vessels and stripes.",
  references: ["weickert1999coherence"],
  noise: "gaussian",
  dimensions: [2],
  parameters: {
    contrast: {
      type: "number",
      unit: "σ",
      min: 0.01,
      max: 100,
      default: 0.3,
      about: "gradient of a coherent structure above which smoothing along it sets in",
    },
    across: {
      type: "number",
      unit: "1",
      min: 0.0001,
      max: 1,
      default: 0.15,
      about:
        "diffusivity where nothing is coherent, and across structures; larger smooths flat areas",
    },
    smoothing: {
      type: "number",
      unit: "px",
      min: 0,
      max: 10,
      default: 0.8,
      about: "width of the smoothing before gradients are taken",
    },
    integration: {
      type: "number",
      unit: "px",
      min: 0.1,
      max: 20,
      default: 2.5,
      about: "width over which directions are averaged; larger closes longer gaps",
    },
    iterations: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 10_000,
      about:
        "steps of 0.2; without it, until the removed part has the variance of the noise, at most 40: more flow over edges",
    },
  },
  reach: () => 0,
  filter: {
    module: import.meta.url,
    name: "coherenceEnhancingDiffusionBlock",
    run: coherenceEnhancingDiffusionBlock,
  },
  plan: ({ values, sigma }) =>
    sigma === 0
      ? "identity"
      : {
          parameters: {
            sigma,
            contrast: values.contrast as number,
            across: values.across as number,
            smoothing: values.smoothing as number,
            integration: values.integration as number,
            iterations: values.iterations as number | undefined,
          },
        },
});
