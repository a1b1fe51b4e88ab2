import { waveletSource } from "./generated/wavelet.ts";
import { type Kernel, openKernel } from "./load.ts";

type Level = (
  from: number,
  to: number,
  outer: number,
  outerStride: number,
  rows: number,
  rowStride: number,
  n: number,
  low: number,
  high: number,
  taps: number,
  scratch: number,
) => void;

interface Exports {
  readonly forwardRows: Level;
  readonly inverseRows: Level;
  readonly forwardAcross: Level;
  readonly inverseAcross: Level;
  boxEnergy(
    from: number,
    planes: number,
    planeStride: number,
    rows: number,
    rowStride: number,
    n: number,
  ): number;
  shrinkBox(
    from: number,
    planes: number,
    planeStride: number,
    rows: number,
    rowStride: number,
    n: number,
    threshold: number,
    soft: number,
  ): void;
  addBox(
    from: number,
    total: number,
    planes: number,
    planeStride: number,
    totalPlaneStride: number,
    rows: number,
    rowStride: number,
    totalRowStride: number,
    n: number,
  ): void;
}

/** Along `z, y, x`. */
type Triple = readonly [number, number, number];

/** A box inside the array. */
interface Box {
  readonly start: Triple;
  readonly size: Triple;
}

/** An array in the kernel's memory and wavelet steps on it; defined by `denoise/wavelet-transform.ts`. */
export interface WaveletWorkspace {
  /** Values or coefficients, row-major `[z, y, x]`. */
  readonly data: Float32Array;
  /**
   * One level along one axis on the leading box. The axes of a level go in the order x, y, z (2, 1, 0;
   * z for volumes only) and back in the opposite order when `inverse`: in between, `data` is not valid.
   */
  level(box: Triple, axis: 0 | 1 | 2, inverse: boolean): void;
  /** Σ x² over a band. */
  energy(band: Box): number;
  /** Sets coefficients of at most `threshold` in magnitude to zero, and shrinks the others by it if `soft`. */
  shrink(band: Box, threshold: number, soft: boolean): void;
  /** Adds the part of `data` in the shape of `inner` from an index on to a sum that starts at zero. */
  add(first: Triple): void;
  /** That sum times a factor. */
  scaledSum(factor: number): Float32Array;
  /** Gives the arrays back; they must not be used afterwards. */
  release(): void;
}

/** Kept for the next image: fresh memory costs as much as the transform of a slice. */
let spare: Kernel<Exports> | undefined;
/** Larger memories are given back to the system. */
const keptBytes = 64 * 2 ** 20;

/**
 * Opens the wavelet steps on float32 SIMD. Memory: twice the array, and the inner part once.
 *
 * @param filter low- and high-pass filter of the same even length
 * @throws RunError when the memory cannot be had
 */
export function openWavelet(
  filter: { readonly low: Float64Array; readonly high: Float64Array },
  shape: { readonly sizes: Triple; readonly inner: Triple },
): WaveletWorkspace {
  const { sizes, inner } = shape;
  const [nz, ny, nx] = sizes;
  const plane = ny * nx;
  const size = nz * plane;
  const innerSize = inner[0] * inner[1] * inner[2];
  const taps = filter.low.length;
  const kernel = spare ?? openKernel<Exports>(waveletSource);
  spare = undefined;
  const low = kernel.putFloat32(Float32Array.from(filter.low));
  const high = kernel.putFloat32(Float32Array.from(filter.high));
  const scratch = kernel.allocate(4 * (nx + 2 * taps + 16));
  const data = kernel.allocate(4 * size);
  const other = kernel.allocate(4 * size);
  const total = kernel.allocate(4 * innerSize);
  const { exports } = kernel;
  const sum = kernel.float32(total, innerSize).fill(0);
  const at = ([z, y, x]: Triple) => data + 4 * (z * plane + y * nx + x);
  const deep = nz > 1;
  return Object.freeze({
    data: kernel.float32(data, size),
    level: (box: Triple, axis: 0 | 1 | 2, inverse: boolean) => {
      // Two axes change buffers, so that a level ends where it began; a volume's x stays in its buffer.
      const starts = axis === (deep ? 1 : 2);
      const stays = deep && axis === 2;
      const from = stays || starts !== inverse ? data : other;
      const to = stays || starts === inverse ? data : other;
      const rest = [low, high, taps, scratch] as const;
      if (axis === 2) {
        const run = inverse ? exports.inverseRows : exports.forwardRows;
        run(from, to, box[0], plane, box[1], nx, box[2], ...rest);
        return;
      }
      const run = inverse ? exports.inverseAcross : exports.forwardAcross;
      if (axis === 1) run(from, to, box[0], plane, box[1], nx, box[2], ...rest);
      else run(from, to, box[1], nx, box[0], plane, box[2], ...rest);
    },
    energy: ({ start, size: [bz, by, bx] }: Box) =>
      exports.boxEnergy(at(start), bz, plane, by, nx, bx),
    shrink: ({ start, size: [bz, by, bx] }: Box, threshold: number, soft: boolean) =>
      exports.shrinkBox(at(start), bz, plane, by, nx, bx, threshold, soft ? 1 : 0),
    add: (first: Triple) =>
      exports.addBox(
        at(first),
        total,
        inner[0],
        plane,
        inner[1] * inner[2],
        inner[1],
        nx,
        inner[2],
        inner[2],
      ),
    scaledSum: (factor: number) => {
      const out = new Float32Array(innerSize);
      for (let i = 0; i < innerSize; i++) out[i] = factor * sum[i]!;
      return out;
    },
    release: () => {
      kernel.release();
      if (8 * size + 4 * innerSize <= keptBytes) spare = kernel;
    },
  });
}
