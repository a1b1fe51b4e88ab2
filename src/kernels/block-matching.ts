import { blockMatchingSource } from "./generated/block-matching.ts";
import { openKernel } from "./load.ts";

interface Exports {
  matchBlocks(...args: number[]): void;
  filterHard(...args: number[]): void;
  filterWiener(...args: number[]): void;
}

/** Where blocks are taken from and how large they are: bz × n × n voxels of a [nz, ny, nx] array. */
export interface BlockGeometry {
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
  readonly bz: number;
  readonly n: number;
}

export interface MatchRequest {
  readonly image: Float32Array;
  readonly geometry: BlockGeometry;
  /** First corner and spacing of the reference blocks' rows, and the columns of their corners. */
  readonly z: number;
  readonly y0: number;
  readonly rows: number;
  readonly step: number;
  readonly columns: Int32Array;
  /** Search reach in voxels on each side, along z and in the plane. */
  readonly reachZ: number;
  readonly reach: number;
  /** Largest sum of squared differences of a match (exclusive). */
  readonly limit: number;
  /** Longest list, the reference block included. */
  readonly most: number;
}

/** For each reference block (row by row) a list of `most` entries, `counts` of them in use, nearest first. */
export interface Matches {
  readonly references: number;
  readonly most: number;
  readonly counts: Int32Array;
  /** Flat index of the block's first voxel. */
  readonly places: Int32Array;
  /** Sums of squared differences. */
  readonly distances: Float32Array;
}

/** Separable transform: row-major n×n and bz×bz matrices with their inverses. */
export interface BlockTransform {
  readonly along: Float64Array;
  readonly inverse: Float64Array;
  readonly deep: Float64Array;
  readonly deepInverse: Float64Array;
}

export interface FilterRequest {
  readonly image: Float32Array;
  readonly geometry: BlockGeometry;
  readonly matches: Matches;
  readonly transform: BlockTransform;
  /** Aggregation weights of a block's voxels, [bz, n, n]. */
  readonly window: Float64Array;
}

/** Weighted sum of block estimates and sum of weights, of the image's size. */
export interface Aggregate {
  readonly sum: Float32Array;
  readonly weights: Float32Array;
}

/** The kernel reads and writes up to so many values behind an array. */
const room = 64;

/** Nearest blocks by WebAssembly SIMD; defined by `matchBlocksPlainly`. */
export function matchBlocksKernel(request: MatchRequest): Matches {
  const { image, geometry, columns, rows, step, most } = request;
  const { nz, ny, nx, bz, n } = geometry;
  const kernel = openKernel<Exports>(blockMatchingSource);
  const references = rows * columns.length;
  const source = kernel.putFloat32(image);
  kernel.allocate(room);
  const refX = kernel.putInt32(columns);
  const distances = kernel.allocate(4 * references * most);
  const places = kernel.allocate(4 * references * most);
  const counts = kernel.allocate(4 * references);
  const chunks = 2 * (rows + Math.ceil(n / step) + 1) + 2;
  const scratch = kernel.allocate(4 * chunks * (nx + 16));
  kernel.exports.matchBlocks(
    source,
    nz,
    ny,
    nx,
    bz,
    n,
    request.z,
    request.y0,
    rows,
    step,
    refX,
    columns.length,
    request.reachZ,
    request.reach,
    request.limit,
    most,
    distances,
    places,
    counts,
    scratch,
  );
  return {
    references,
    most,
    counts: kernel.int32(counts, references).slice(),
    places: kernel.int32(places, references * most).slice(),
    distances: kernel.float32(distances, references * most).slice(),
  };
}

/** First stage of BM3D by WebAssembly SIMD; defined by `filterHardPlainly`. */
export function filterHardKernel(
  request: FilterRequest & { readonly threshold: number },
): Aggregate {
  return filterKernel(request, undefined, (kernel, p) => {
    kernel.filterHard(
      p.image,
      ...p.geometry,
      p.places,
      p.counts,
      p.matrices,
      p.window,
      request.threshold,
      p.group,
      p.spare,
      p.sum,
      p.weights,
    );
  });
}

/** Second stage of BM3D by WebAssembly SIMD; defined by `filterWienerPlainly`. */
export function filterWienerKernel(
  request: FilterRequest & { readonly estimate: Float32Array; readonly variance: number },
): Aggregate {
  return filterKernel(request, request.estimate, (kernel, p) => {
    kernel.filterWiener(
      p.image,
      p.estimate,
      ...p.geometry,
      p.places,
      p.counts,
      p.matrices,
      p.window,
      request.variance,
      p.group,
      p.pilot,
      p.spare,
      p.sum,
      p.weights,
    );
  });
}

interface Pointers {
  readonly image: number;
  readonly estimate: number;
  readonly geometry: readonly number[];
  readonly places: number;
  readonly counts: number;
  readonly matrices: number;
  readonly window: number;
  readonly group: number;
  readonly pilot: number;
  readonly spare: number;
  readonly sum: number;
  readonly weights: number;
}

function filterKernel(
  request: FilterRequest,
  estimate: Float32Array | undefined,
  call: (exports: Exports, pointers: Pointers) => void,
): Aggregate {
  const { image, geometry, matches, transform } = request;
  const { ny, nx, bz, n } = geometry;
  const stride = 4 * Math.ceil(n / 4);
  const kernel = openKernel<Exports>(blockMatchingSource);
  const put = (values: Float32Array) => {
    const pointer = kernel.putFloat32(values);
    kernel.allocate(room);
    return pointer;
  };
  const groupBytes = 4 * matches.most * bz * n * stride;
  const size = image.length;
  const pointers = {
    image: put(image),
    estimate: estimate ? put(estimate) : 0,
    geometry: [ny, nx, bz, n, stride, matches.references, matches.most],
    places: kernel.putInt32(matches.places),
    counts: kernel.putInt32(matches.counts),
    matrices: kernel.putFloat32(packed(transform, n, bz)),
    window: kernel.putFloat32(paddedRows(request.window, n, bz * n)),
    group: kernel.allocate(groupBytes),
    pilot: kernel.allocate(estimate ? groupBytes : 0),
    spare: kernel.allocate(groupBytes),
    sum: put(new Float32Array(size)),
    weights: put(new Float32Array(size)),
  };
  call(kernel.exports, pointers);
  return {
    sum: kernel.float32(pointers.sum, size).slice(),
    weights: kernel.float32(pointers.weights, size).slice(),
  };
}

function paddedRows(values: ArrayLike<number>, n: number, rows: number): Float32Array {
  const stride = 4 * Math.ceil(n / 4);
  const out = new Float32Array(rows * stride);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < n; c++) out[r * stride + c] = values[r * n + c]!;
  }
  return out;
}

/** T, Tᵀ, T⁻¹, T⁻ᵀ with padded rows, then both matrices of the z axis. */
function packed(transform: BlockTransform, n: number, bz: number): Float32Array {
  const transposed = (m: Float64Array) =>
    Float64Array.from({ length: n * n }, (_, i) => m[(i % n) * n + Math.floor(i / n)]!);
  const { along, inverse, deep, deepInverse } = transform;
  const parts = [along, transposed(along), inverse, transposed(inverse)].map((m) =>
    paddedRows(m, n, n),
  );
  const square = parts[0]!.length;
  const out = new Float32Array(4 * square + 2 * bz * bz);
  parts.forEach((part, k) => out.set(part, k * square));
  out.set(deep, 4 * square);
  out.set(deepInverse, 4 * square + bz * bz);
  return out;
}
