import { totalVariationSource } from "./generated/total-variation.ts";
import { openKernel } from "./load.ts";

interface Exports {
  tvPrimal(
    f: number,
    d: number,
    u: number,
    zeros: number,
    channels: number,
    nz: number,
    ny: number,
    nx: number,
    directions: number,
    wx: number,
    wy: number,
    wz: number,
  ): void;
  tvStep(
    f: number,
    u: number,
    p: number,
    q: number,
    rows: number,
    norm: number,
    zeros: number,
    channels: number,
    nz: number,
    ny: number,
    nx: number,
    directions: number,
    px: number,
    py: number,
    pz: number,
    dx: number,
    dy: number,
    dz: number,
    theta: number,
    isotropic: number,
  ): void;
  tvDual(
    u: number,
    p: number,
    q: number,
    rows: number,
    norm: number,
    channels: number,
    nz: number,
    ny: number,
    nx: number,
    directions: number,
    wx: number,
    wy: number,
    wz: number,
    theta: number,
    isotropic: number,
  ): void;
  tvGap(
    u: number,
    p: number,
    channels: number,
    nz: number,
    ny: number,
    nx: number,
    directions: number,
    wx: number,
    wy: number,
    wz: number,
    isotropic: number,
  ): number;
}

/** Arrays in the kernel's memory, and the steps on them; defined by `denoise/variation/steps.ts`. */
export interface TvKernel {
  readonly f: Float32Array;
  readonly u: Float32Array;
  readonly p: Float32Array;
  readonly q: Float32Array;
  primal(from: "p" | "q", lambda: number, weights: readonly number[]): void;
  dual(step: number, momentum: number, weights: readonly number[], isotropic: boolean): void;
  step(
    sizes: { readonly lambda: number; readonly step: number; readonly momentum: number },
    weights: readonly number[],
    isotropic: boolean,
  ): void;
  gap(weights: readonly number[], isotropic: boolean): number;
  release(): void;
}

/**
 * Opens the steps of the dual total-variation solver on float32 SIMD. Memory: 6 (planes) or 8
 * (volumes) float32 values for each voxel.
 *
 * @throws RunError when the memory cannot be had
 */
export function tvKernel(shape: {
  readonly channels: number;
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
  readonly directions: 2 | 3;
}): TvKernel {
  const { channels, nz, ny, nx, directions } = shape;
  const size = channels * nz * ny * nx;
  const kernel = openKernel<Exports>(totalVariationSource);
  const f = kernel.allocate(4 * size);
  const u = kernel.allocate(4 * size);
  const p = kernel.allocate(4 * size * directions);
  const q = kernel.allocate(4 * size * directions);
  const rows = kernel.allocate(4 * directions * channels * nx);
  const norm = kernel.allocate(4 * nx);
  const zeros = kernel.allocate(4 * nx);
  const f32 = Math.fround;
  const scaled = (factor: number, weights: readonly number[], k: number) =>
    k < directions ? f32(f32(factor) * f32(weights[k]!)) : 0;
  return {
    f: kernel.float32(f, size),
    u: kernel.float32(u, size),
    p: kernel.float32(p, size * directions),
    q: kernel.float32(q, size * directions),
    primal: (from, lambda, weights) => {
      kernel.exports.tvPrimal(
        f,
        from === "p" ? p : q,
        u,
        zeros,
        channels,
        nz,
        ny,
        nx,
        directions,
        scaled(lambda, weights, 0),
        scaled(lambda, weights, 1),
        scaled(lambda, weights, 2),
      );
    },
    dual: (step, momentum, weights, isotropic) => {
      kernel.exports.tvDual(
        u,
        p,
        q,
        rows,
        norm,
        channels,
        nz,
        ny,
        nx,
        directions,
        scaled(step, weights, 0),
        scaled(step, weights, 1),
        scaled(step, weights, 2),
        momentum,
        isotropic ? 1 : 0,
      );
    },
    step: ({ lambda, step, momentum }, weights, isotropic) => {
      kernel.exports.tvStep(
        f,
        u,
        p,
        q,
        rows,
        norm,
        zeros,
        channels,
        nz,
        ny,
        nx,
        directions,
        scaled(lambda, weights, 0),
        scaled(lambda, weights, 1),
        scaled(lambda, weights, 2),
        scaled(step, weights, 0),
        scaled(step, weights, 1),
        scaled(step, weights, 2),
        momentum,
        isotropic ? 1 : 0,
      );
    },
    gap: (weights, isotropic) =>
      kernel.exports.tvGap(
        u,
        p,
        channels,
        nz,
        ny,
        nx,
        directions,
        weights[0]!,
        weights[1]!,
        weights[2] ?? 0,
        isotropic ? 1 : 0,
      ),
    release: () => kernel.release(),
  };
}
