/** Slices that are unevenly spaced, or of which some are missing, on an even grid. */
import { InputError } from "../core/errors.ts";

/** What is done about slices that are not evenly spaced. */
export type GapTreatment = "split" | "refuse" | "resample";

export const gapTreatments: readonly GapTreatment[] = ["split", "refuse", "resample"];

/** An even grid through the first and the last of some places. */
export interface EvenGrid {
  /** mm between its planes. */
  readonly step: number;
  readonly planes: number;
  /** Where the places lie on it, in planes from the first. */
  readonly at: readonly number[];
}

/**
 * The grid whose step is as near the usual one as lets it end where the places do.
 *
 * @param along places in mm from the first, rising
 */
export function evenGrid(along: readonly number[], usualStep: number): EvenGrid {
  const length = along.at(-1)!;
  const steps = Math.max(1, Math.round(length / usualStep));
  const step = length / steps;
  const at = along.map((place) => {
    const exact = place / step;
    const near = Math.round(exact);
    // Positions are rounded in files: what lies on a plane is not interpolated.
    return Math.abs(exact - near) * step < 0.02 * step + 1e-3 ? near : exact;
  });
  return { step, planes: steps + 1, at };
}

/** Planes of a grid that lie on one of the places, by their index; the others have to be interpolated. */
function planesAtPlaces({ at }: EvenGrid): ReadonlyMap<number, number> {
  return new Map(at.flatMap((plane, place) => (Number.isInteger(plane) ? [[plane, place]] : [])));
}

/** Values of slices, volumes in time one after the other, and 1 for each that is no measurement. */
export interface GridSlices {
  readonly data: Float32Array;
  readonly padded?: Uint8Array;
}

/**
 * Slices interpolated linearly between their neighbours. Where one of these holds no measurement, neither
 * does what is between.
 *
 * @param slices at the grid's places
 * @param volumes how many there are of them in time
 */
export function resampledSlices(slices: GridSlices, grid: EvenGrid, volumes: number): GridSlices {
  const places = grid.at.length;
  const size = slices.data.length / (places * volumes);
  const out = new Float32Array(volumes * grid.planes * size);
  const mask = slices.padded ? new Uint8Array(out.length) : undefined;
  const known = planesAtPlaces(grid);
  for (let t = 0; t < volumes; t++) {
    let above = 1;
    for (let plane = 0; plane < grid.planes; plane++) {
      const to = (t * grid.planes + plane) * size;
      const start = (place: number) => (t * places + place) * size;
      const place = known.get(plane);
      if (place !== undefined) {
        out.set(slices.data.subarray(start(place), start(place) + size), to);
        mask?.set(slices.padded!.subarray(start(place), start(place) + size), to);
        continue;
      }
      while (above < places - 1 && grid.at[above]! < plane) above++;
      const [low, high] = [grid.at[above - 1]!, grid.at[above]!];
      const share = (plane - low) / (high - low);
      const [from, next] = [start(above - 1), start(above)];
      for (let i = 0; i < size; i++) {
        const [a, b] = [slices.data[from + i]!, slices.data[next + i]!];
        const missing = slices.padded?.[from + i] === 1 ? a : b;
        const hidden = slices.padded?.[from + i] === 1 || slices.padded?.[next + i] === 1;
        out[to + i] = hidden ? missing : (1 - share) * a + share * b;
        if (hidden) mask![to + i] = 1;
      }
    }
  }
  return { data: out, ...(mask ? { padded: mask } : {}) };
}

/**
 * The planes of a resampled volume that are slices of its source, in the order of those.
 *
 * @throws InputError when some source slice lies between two planes
 */
export function slicesOfGrid(data: Float32Array, grid: EvenGrid, volumes: number): Float32Array {
  const between = grid.at.filter((plane) => !Number.isInteger(plane)).length;
  if (between > 0) {
    throw new InputError(
      `Cannot write the slices of a resampled volume: found ${between} of ${grid.at.length} between its planes, wanted all on one; write one file of another format, or split at the uneven steps`,
    );
  }
  const size = data.length / (grid.planes * volumes);
  const places = grid.at.length;
  const out = new Float32Array(volumes * places * size);
  for (let t = 0; t < volumes; t++) {
    for (const [place, plane] of grid.at.entries()) {
      const from = (t * grid.planes + plane) * size;
      out.set(data.subarray(from, from + size), (t * places + place) * size);
    }
  }
  return out;
}

/** What is said of a volume that was resampled. */
export function resampledNote(grid: EvenGrid): string {
  const made = grid.planes - planesAtPlaces(grid).size;
  return `resampled: ${made} of ${grid.planes} slices are interpolated between their neighbours`;
}

/** @throws InputError where uneven slices are refused */
export function refuseUneven(name: string, findings: readonly string[]): never {
  throw new InputError(
    `Cannot read ${name} as a volume: found ${findings.join("; ")}, wanted evenly spaced slices; split it at the gaps or resample it`,
  );
}
