/**
 * One stage of collaborative filtering over a plane or volume, cut into bands of reference blocks. A
 * band sees all that its search can reach, and gives back sums over that region; regions are added in
 * a fixed order. Cuts depend on sizes alone, so the result is the same for any number of threads.
 */
import type { WorkOptions } from "../../core/progress.ts";
import {
  type Aggregate,
  type BlockTransform,
  filterHardKernel,
  filterWienerKernel,
  matchBlocksKernel,
} from "../../kernels/block-matching.ts";
import { mapInWorkers, type WorkerFunction } from "../../parallel/map-in-workers.ts";

/** Values of one plane (nz = 1) or volume. */
export interface Volume {
  readonly data: Float32Array;
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
}

export interface Stage {
  /** Block sizes along z and in the plane, in voxels. */
  readonly bz: number;
  readonly n: number;
  /** Distance of neighbouring reference blocks along z and in the plane. */
  readonly stepZ: number;
  readonly step: number;
  readonly reachZ: number;
  readonly reach: number;
  readonly most: number;
  /** Largest mean squared difference of a match, in squared intensity units. */
  readonly limit: number;
  readonly transform: BlockTransform;
  readonly window: Float64Array;
  /** Hard threshold in intensity units, or the noise variance of the Wiener stage. */
  readonly threshold?: number;
  readonly variance?: number;
}

/** What a band's task holds: a region of the volume and the reference blocks in it. */
export interface BandTask extends Band {
  readonly stage: Stage;
  readonly noisy: Float32Array;
  /** First estimate, for the second stage. */
  readonly estimate?: Float32Array;
}

/**
 * Matches and filters the reference blocks of one band.
 *
 * @worker
 */
export function filterBand(task: BandTask): Aggregate {
  const { stage, nz, ny, nx, noisy, estimate, z, y0, rows, columns } = task;
  const { bz, n } = stage;
  const geometry = { nz, ny, nx, bz, n };
  const matches = matchBlocksKernel({
    image: estimate ?? noisy,
    geometry,
    z,
    y0,
    rows,
    step: stage.step,
    columns,
    reachZ: stage.reachZ,
    reach: stage.reach,
    limit: stage.limit * bz * n * n,
    most: stage.most,
  });
  const request = {
    image: noisy,
    geometry,
    matches,
    transform: stage.transform,
    window: stage.window,
  };
  return estimate
    ? filterWienerKernel({ ...request, estimate, variance: stage.variance ?? 0 })
    : filterHardKernel({ ...request, threshold: stage.threshold ?? 0 });
}

/** Positions 0, step, 2 step … and the last one possible. */
export function referencePositions(size: number, block: number, step: number): number[] {
  const last = size - block;
  const out: number[] = [];
  for (let p = 0; p < last; p += step) out.push(p);
  out.push(last);
  return out;
}

/** Reference rows in a band: more need larger regions, fewer repeat the search's margins. */
const bandRows = 12;
/** Bands whose sums are held at a time. */
const wave = 16;

/** Where reference blocks stand and how far their search reaches. */
export type Layout = Pick<Stage, "bz" | "n" | "stepZ" | "step" | "reachZ" | "reach">;

/** Reference blocks of one band, with positions relative to the region that it sees. */
export interface Band {
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
  readonly z: number;
  readonly y0: number;
  readonly rows: number;
  readonly columns: Int32Array;
}

export interface SweepOptions<Task, Result extends Aggregate> extends WorkOptions {
  readonly layout: Layout;
  readonly call: WorkerFunction<Task, Result>;
  /** The task of band number `index`; `cut` takes its region out of an array of the volume's size. */
  readonly task: (band: Band, cut: (data: Float32Array) => Float32Array, index: number) => Task;
  /** Called with every band's result, in order. */
  readonly onResult?: (result: Result, index: number) => void;
  readonly threads?: number;
  readonly label: string;
  /** Share of the whole work that this sweep is, for progress reports. */
  readonly share?: readonly [number, number];
}

/** Weighted mean of the block estimates of all bands. */
export async function sweepBands<Task, Result extends Aggregate>(
  volume: Omit<Volume, "data">,
  options: SweepOptions<Task, Result>,
): Promise<Float32Array> {
  const { layout, threads = 1, label, share = [0, 1] } = options;
  const { nx } = volume;
  const columns = Int32Array.from(referencePositions(nx, layout.n, layout.step));
  const bands = bandsOf(volume, layout);
  const size = volume.nz * volume.ny * nx;
  const sum = new Float32Array(size);
  const weights = new Float32Array(size);
  for (let first = 0; first < bands.length; first += wave) {
    const part = bands.slice(first, first + wave);
    const tasks = part.map(({ region, z, y0, rows }, k) =>
      options.task(
        {
          nz: region.z1 - region.z0,
          ny: region.y1 - region.y0,
          nx,
          z: z - region.z0,
          y0: y0 - region.y0,
          rows,
          columns,
        },
        (data) => cut(data, volume, region),
        first + k,
      ),
    );
    const results = await mapInWorkers(options.call, tasks, {
      threads,
      label,
      ...(options.signal ? { signal: options.signal } : {}),
      onProgress: ({ done }) => {
        const part = (first + done) / bands.length;
        options.onProgress?.({
          done: Math.round(1000 * (share[0] + (share[1] - share[0]) * part)),
          total: 1000,
          label,
        });
      },
    });
    results.forEach((result, k) => {
      add(sum, result.sum, volume, part[k]!.region);
      add(weights, result.weights, volume, part[k]!.region);
      options.onResult?.(result, first + k);
    });
  }
  return sum.map((v, i) => v / weights[i]!);
}

function bandsOf({ nz, ny }: Omit<Volume, "data">, layout: Layout) {
  const { bz, n, step, reach, reachZ } = layout;
  const rows = referencePositions(ny, n, step);
  // The last row is off the grid unless the sizes fit.
  const fits = rows.length === 1 || rows.at(-1)! - rows.at(-2)! === step;
  const regular = fits ? rows.length : rows.length - 1;
  const groups: { y0: number; rows: number }[] = [];
  for (let k = 0; k < regular; k += bandRows) {
    groups.push({ y0: k * step, rows: Math.min(bandRows, regular - k) });
  }
  if (!fits) groups.push({ y0: rows.at(-1)!, rows: 1 });
  return referencePositions(nz, bz, layout.stepZ).flatMap((z) =>
    groups.map((group) => ({
      ...group,
      z,
      region: {
        z0: Math.max(0, z - reachZ),
        z1: Math.min(nz, z + reachZ + bz),
        y0: Math.max(0, group.y0 - reach),
        y1: Math.min(ny, group.y0 + (group.rows - 1) * step + reach + n),
      },
    })),
  );
}

/** Runs one stage; the estimate makes it the Wiener stage. */
export function filterVolume(
  noisy: Volume,
  options: WorkOptions & {
    readonly stage: Stage;
    readonly estimate?: Float32Array;
    readonly threads?: number;
    readonly label: string;
    readonly share?: readonly [number, number];
  },
): Promise<Float32Array> {
  const { stage, estimate, ...work } = options;
  return sweepBands(noisy, {
    ...work,
    layout: stage,
    call: { module: import.meta.url, name: "filterBand", run: filterBand },
    task: (band, cutOut): BandTask => ({
      ...band,
      stage,
      noisy: cutOut(noisy.data),
      ...(estimate ? { estimate: cutOut(estimate) } : {}),
    }),
  });
}

interface Region {
  readonly z0: number;
  readonly z1: number;
  readonly y0: number;
  readonly y1: number;
}

function cut(data: Float32Array, { ny, nx }: Omit<Volume, "data">, region: Region): Float32Array {
  const rows = region.y1 - region.y0;
  const out = new Float32Array((region.z1 - region.z0) * rows * nx);
  for (let z = region.z0; z < region.z1; z++) {
    const from = (z * ny + region.y0) * nx;
    out.set(data.subarray(from, from + rows * nx), (z - region.z0) * rows * nx);
  }
  return out;
}

function add(
  to: Float32Array,
  part: Float32Array,
  { ny, nx }: Omit<Volume, "data">,
  region: Region,
): void {
  const rows = region.y1 - region.y0;
  for (let z = region.z0; z < region.z1; z++) {
    const from = (z - region.z0) * rows * nx;
    const at = (z * ny + region.y0) * nx;
    for (let i = 0; i < rows * nx; i++) to[at + i]! += part[from + i]!;
  }
}
