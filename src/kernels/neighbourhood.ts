import { neighbourhoodSource } from "./generated/neighbourhood.ts";
import { openKernel } from "./load.ts";

interface Exports {
  bilateralRows(
    guide: number,
    values: number,
    out: number,
    slope: number,
    start: number,
    rows: number,
    nx: number,
    offsets: number,
    logs: number,
    count: number,
  ): void;
  nonLocalMeansRows(
    u: number,
    values: number,
    out: number,
    slope: number,
    floor: number,
    first: number,
    stride: number,
    rows: number,
    nx: number,
    offsets: number,
    count: number,
    radius: number,
    slices: number,
    sliceStride: number,
    sliceShift: number,
    scale: number,
    sums: number,
    top: number,
    bottom: number,
    most: number,
    pitch: number,
    largestForSelf: number,
  ): void;
}

/** Rows to compute inside arrays that carry margins wide enough for every offset. */
interface Rows {
  /** Index in the padded arrays of each output row's first pixel. */
  readonly start: Int32Array;
  /** Pixels in an output row. */
  readonly nx: number;
}

export interface BilateralRows extends Rows {
  /** Image that decides on the weights, with margins. */
  readonly guide: Float32Array;
  /** Image that is averaged, with the same margins; the guide itself when absent. */
  readonly values?: Float32Array;
  /** 1/(2 σ_r² ln 2) for each output pixel, in inverse squared units of the guide. */
  readonly slope: Float32Array;
  /** Index differences of the neighbours, the centre included. */
  readonly offsets: Int32Array;
  /** Base-2 logarithms of their spatial weights. */
  readonly logs: Float32Array;
}

/** Room past the end of every array: rows are worked on in groups of eight. */
const slack = 8;

/**
 * A few rows a call: engines start a module in a quick compilation and change to the optimised one
 * between calls only, which made the first long call two and a half times as slow.
 */
function chunks(rows: number): { row: number; count: number }[] {
  const list: { row: number; count: number }[] = [];
  for (let row = 0; row < rows; row += 4) list.push({ row, count: Math.min(4, rows - row) });
  return list;
}

function putPadded(
  kernel: { allocate(bytes: number): number; putFloat32(v: Float32Array): number },
  values: Float32Array,
): number {
  const pointer = kernel.putFloat32(values);
  kernel.allocate(4 * slack);
  return pointer;
}

/**
 * Bilateral means in float32 SIMD, in steps of a few rows; defined by `bilateralPlain` of
 * denoise/neighbourhood.
 *
 * @returns one value for each output pixel
 * @throws RunError when the memory cannot be had
 */
export function* bilateralKernel(rows: BilateralRows): Generator<undefined, Float32Array, void> {
  const kernel = openKernel<Exports>(neighbourhoodSource);
  const size = rows.start.length * rows.nx;
  const guide = putPadded(kernel, rows.guide);
  const values = rows.values ? putPadded(kernel, rows.values) : guide;
  const slope = putPadded(kernel, rows.slope);
  const start = kernel.putInt32(rows.start);
  const offsets = kernel.putInt32(rows.offsets);
  const logs = kernel.putFloat32(rows.logs);
  const out = kernel.allocate(4 * (size + slack));
  for (const { row, count } of chunks(rows.start.length)) {
    const bytes = 4 * row * rows.nx;
    kernel.exports.bilateralRows(
      guide,
      values,
      out + bytes,
      slope + bytes,
      start + 4 * row,
      count,
      rows.nx,
      offsets,
      logs,
      rows.offsets.length,
    );
    yield undefined;
  }
  return kernel.float32(out, size).slice();
}

export interface NonLocalRows {
  /** Image on which patches are compared, with margins of `reach` px. */
  readonly u: Float32Array;
  /** Image that is averaged, with the same margins; `u` itself when absent. */
  readonly values?: Float32Array;
  /** Sizes without the margins; a plane has nz = 1 and no margin along z. */
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
  readonly reach: number;
  /** 1/(h² ln 2) for each output pixel. */
  readonly slope: Float32Array;
  /** Squared patch distance that counts as none, for each output pixel: 2σ². */
  readonly floor: Float32Array;
  /** Index differences of the search window. */
  readonly offsets: Int32Array;
  /** Half width of the patch in px along every axis: 1, 2 or 3. */
  readonly patch: number;
  /** Rows of a plane, or slices of a volume, to compute; all of them when absent. */
  readonly core?: { readonly from: number; readonly to: number };
  /** Weight of the pixel itself: 1, or the largest of its neighbours. */
  readonly self: "one" | "largest";
}

/**
 * Non-local means in float32 SIMD, in steps of a few rows; defined by `nonLocalMeansPlain` of
 * denoise/neighbourhood.
 *
 * @returns one value for each pixel; 0 outside `core`
 * @throws RunError when the memory cannot be had
 */
export function* nonLocalMeansKernel(rows: NonLocalRows): Generator<undefined, Float32Array, void> {
  const kernel = openKernel<Exports>(neighbourhoodSource);
  const { nz, ny, nx, reach, patch } = rows;
  const { from: z0, to: z1 } = nz > 1 && rows.core ? rows.core : { from: 0, to: nz };
  const { from: y0, to: y1 } = nz === 1 && rows.core ? rows.core : { from: 0, to: ny };
  const size = nz * ny * nx;
  const stride = nx + 2 * reach;
  const sliceStride = stride * (ny + 2 * reach);
  const deep = nz > 1;
  // The last group of four rows may look up to three rows past the margin.
  const u = kernel.putFloat32(rows.u);
  kernel.allocate(4 * (4 * stride + slack));
  const values = rows.values ? putPadded(kernel, rows.values) : u;
  const slope = putPadded(kernel, rows.slope);
  const floor = putPadded(kernel, rows.floor);
  const offsets = kernel.putInt32(rows.offsets);
  const out = kernel.allocate(4 * (size + slack));
  const pitch = nx + 2 * patch + 2 * slack;
  const scratch = [1, 2, 3, 4].map(() => kernel.allocate(16 * pitch));
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y += 4) {
      const bytes = 4 * (z * ny + y) * nx;
      kernel.exports.nonLocalMeansRows(
        u,
        values,
        out + bytes,
        slope + bytes,
        floor + bytes,
        (deep ? z + reach : 0) * sliceStride + (y + reach) * stride + reach,
        stride,
        Math.min(4, y1 - y),
        nx,
        offsets,
        rows.offsets.length,
        patch,
        deep ? 2 * patch + 1 : 1,
        sliceStride,
        deep ? -patch * sliceStride : 0,
        1 / (2 * patch + 1) ** (deep ? 3 : 2),
        scratch[0]!,
        scratch[1]!,
        scratch[2]!,
        scratch[3]!,
        pitch,
        rows.self === "largest" ? 1 : 0,
      );
      yield undefined;
    }
  }
  return kernel.float32(out, size).slice();
}
