/**
 * Cuts images into independent pieces for filters, in one thread or several.
 *
 * A filter of two dimensions gets planes, one of three gets volumes. A local filter, whose value at a
 * pixel depends on pixels within `halo` of it, gets bands of rows or slabs of slices with that much
 * overlap, so that a single plane is spread over threads and can be stopped midway. The cuts depend on
 * the sizes alone: results are the same for any number of threads.
 */
import { throwIfAborted } from "../core/errors.ts";
import { type Image, layoutOf, withData } from "../core/image.ts";
import { mapInWorkers, type WorkerFunction } from "../parallel/map-in-workers.ts";
import type { DenoiseContext } from "./denoiser.ts";

/** A plane (nz = 1) or volume, or a band or slab of one, row-major `[z, y, x]`. */
export interface Block {
  readonly data: Float32Array;
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
}

/** What a block filter is called with. */
export interface BlockTask<P> {
  readonly block: Block;
  /** Values of the companion images (guide, noise map) over the same block. */
  readonly companions: readonly Float32Array[];
  readonly parameters: P;
  /**
   * Rows of a plane or slices of a volume whose values are wanted; the others are there for their sake and
   * need not be computed. All when absent.
   */
  readonly core?: { readonly from: number; readonly to: number };
}

export type BlockFilter<P> = WorkerFunction<BlockTask<P>, Float32Array>;

export interface BlockOptions<P> {
  /** Dimensions that the filter joins; on planes always 2. */
  readonly dimensions: 2 | 3;
  /** Largest distance in px along the cut axis (y of planes, z of volumes) of what a pixel depends on; absent for filters that need the whole. */
  readonly halo?: number;
  readonly parameters: P;
  readonly companions?: readonly Image[];
  readonly context?: DenoiseContext;
  /** Progress label. */
  readonly label: string;
}

/** Fewest rows of a band and slices of a slab: below, the overlap costs more than the work. */
const bandRows = 64;
const slabSlices = 16;

interface Piece {
  /** First value of the spatial block in the image. */
  readonly base: number;
  /** Values between neighbours along the cut axis: a plane's row, a volume's slice. */
  readonly step: number;
  /** Range along the cut axis that this piece yields, and range that it sees. */
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
}

/** Applies a filter to every piece of an image and joins what they yield. */
export async function filterBlocks<P>(
  image: Image,
  filter: BlockFilter<P>,
  options: BlockOptions<P>,
): Promise<Image> {
  const { dimensions, halo, parameters, companions = [], context = {}, label } = options;
  throwIfAborted(context.signal, label);
  const { blocks, nz, ny, nx } = layoutOf(image);
  // Filters take a block of one plane for a plane, whatever the axes of the image say.
  const joint = nz > 1 ? dimensions : 2;
  const pieces: Piece[] = [];
  const units = joint === 3 ? blocks : blocks * nz;
  for (let unit = 0; unit < units; unit++) {
    const step = joint === 3 ? ny * nx : nx;
    const length = joint === 3 ? nz : ny;
    for (const cut of cuts(length, joint === 3 ? slabSlices : bandRows, halo)) {
      pieces.push({ base: unit * length * step, step, ...cut });
    }
  }
  const tasks = pieces.map((piece): BlockTask<P> => {
    const rows = piece.high - piece.low;
    return {
      block: {
        data: seen(image.data, piece),
        nz: joint === 3 ? rows : 1,
        ny: joint === 3 ? ny : rows,
        nx,
      },
      companions: companions.map((companion) => seen(companion.data, piece)),
      parameters,
      core: { from: piece.from - piece.low, to: piece.to - piece.low },
    };
  });
  const results = await mapInWorkers(filter, tasks, {
    threads: context.threads ?? 1,
    signal: context.signal,
    onProgress: context.onProgress,
    label,
  });
  const out = new Float32Array(image.data.length);
  results.forEach((result, i) => {
    const piece = pieces[i]!;
    const { base, step, from, to, low } = piece;
    out.set(result.subarray((from - low) * step, (to - low) * step), base + from * step);
  });
  return withData(image, out);
}

function seen(data: Float32Array, { base, step, low, high }: Piece): Float32Array {
  // Views would be cloned with their whole buffer when they pass to a worker thread.
  return data.slice(base + low * step, base + high * step);
}

function cuts(length: number, least: number, halo: number | undefined) {
  if (halo === undefined) return [{ from: 0, to: length, low: 0, high: length }];
  const count = Math.max(1, Math.floor(length / Math.max(least, 2 * halo)));
  return Array.from({ length: count }, (_, k) => {
    const from = Math.floor((k * length) / count);
    const to = Math.floor(((k + 1) * length) / count);
    return { from, to, low: Math.max(0, from - halo), high: Math.min(length, to + halo) };
  });
}

/** Index mirrored at both ends with the end pixels repeated (…1 0 | 0 1 2 … n−1 | n−1 n−2…). */
export function mirrored(i: number, n: number): number {
  if (i >= 0 && i < n) return i;
  const period = 2 * n;
  const m = ((i % period) + period) % period;
  return m < n ? m : period - 1 - m;
}

/** A copy of a block with mirrored margins of `rz`, `ry` and `rx` px on every side. */
export function padded(
  block: Block,
  margins: { readonly rz: number; readonly ry: number; readonly rx: number },
): Block {
  const { rz, ry, rx } = margins;
  const { data, nz, ny, nx } = block;
  const [pz, py, px] = [nz + 2 * rz, ny + 2 * ry, nx + 2 * rx];
  const out = new Float32Array(pz * py * px);
  for (let z = 0; z < pz; z++) {
    const sz = mirrored(z - rz, nz);
    for (let y = 0; y < py; y++) {
      const from = (sz * ny + mirrored(y - ry, ny)) * nx;
      const to = (z * py + y) * px;
      out.set(data.subarray(from, from + nx), to + rx);
      for (let x = 0; x < rx; x++) {
        out[to + x] = data[from + mirrored(x - rx, nx)]!;
        out[to + rx + nx + x] = data[from + mirrored(nx + x, nx)]!;
      }
    }
  }
  return { data: out, nz: pz, ny: py, nx: px };
}
