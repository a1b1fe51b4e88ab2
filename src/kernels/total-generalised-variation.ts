import { totalGeneralisedVariationSource } from "./generated/total-generalised-variation.ts";
import { openKernel } from "./load.ts";

interface Exports {
  tgvStep(...values: number[]): void;
  tgvSums(...values: number[]): void;
}

interface TgvKernelSizes {
  readonly step: number;
  readonly first: number;
  readonly second: number;
  readonly weights: readonly number[];
}

/** Arrays in the kernel's memory, and the steps on them; defined by `denoise/variation/tgv-steps.ts`. */
export interface TgvKernel {
  readonly f: Float32Array;
  readonly u: Float32Array;
  readonly w: Float32Array;
  readonly p: Float32Array;
  readonly q: Float32Array;
  readonly uBar: Float32Array;
  readonly wBar: Float32Array;
  step(sizes: TgvKernelSizes): void;
  sums(sizes: Omit<TgvKernelSizes, "step">): {
    readonly primal: number;
    readonly inner: number;
    readonly squares: number;
    readonly largest: number;
    readonly radius: number;
  };
  release(): void;
}

/**
 * Opens a kernel for problems of one shape.
 *
 * @throws RunError where WebAssembly SIMD is missing or memory ends (18 float32 values for a voxel of a volume)
 */
export function tgvKernel(shape: {
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
}): TgvKernel {
  const { nz, ny, nx } = shape;
  const size = nz * ny * nx;
  const directions = nz > 1 ? 3 : 2;
  const pairs = nz > 1 ? 6 : 3;
  const kernel = openKernel<Exports>(totalGeneralisedVariationSource);
  const f = kernel.allocate(4 * size);
  const u = kernel.allocate(4 * size);
  const uBar = kernel.allocate(4 * size);
  const w = kernel.allocate(4 * directions * size);
  const wBar = kernel.allocate(4 * directions * size);
  const p = kernel.allocate(4 * directions * size);
  const q = kernel.allocate(4 * pairs * size);
  const zeros = kernel.allocate(4 * pairs * nx);
  const slopes = kernel.allocate(8 * 2 * ny * nx);
  const out = kernel.allocate(8 * 5);
  const sums = kernel.float64(out, 5);
  return {
    f: kernel.float32(f, size),
    u: kernel.float32(u, size),
    w: kernel.float32(w, directions * size),
    p: kernel.float32(p, directions * size),
    q: kernel.float32(q, pairs * size),
    uBar: kernel.float32(uBar, size),
    wBar: kernel.float32(wBar, directions * size),
    step: ({ step, first, second, weights }) => {
      const scaled = weights.map((v) => Math.fround(Math.fround(step) * Math.fround(v)));
      const [wx = 1, wy = 1, wz = 1] = weights;
      const [sx = 0, sy = 0, sz = 0] = scaled;
      const inverse = 1 / Math.fround(1 + Math.fround(step));
      kernel.exports.tgvStep(
        f,
        u,
        uBar,
        w,
        wBar,
        p,
        q,
        zeros,
        nz,
        ny,
        nx,
        step,
        inverse,
        wx,
        wy,
        wz,
        sx,
        sy,
        sz,
        first,
        second,
      );
    },
    sums: ({ first, second, weights }) => {
      const [wx = 1, wy = 1, wz = 1] = weights;
      kernel.exports.tgvSums(f, u, w, q, slopes, out, nz, ny, nx, wx, wy, wz, first, second);
      const [primal = 0, inner = 0, squares = 0, largest = 0, radius = 0] = sums;
      return { primal, inner, squares, largest, radius };
    },
    release: () => kernel.release(),
  };
}
