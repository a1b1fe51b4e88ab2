/** Fills a grid from a function of the place in mm about the signal's centre. */
import { InputError } from "../../core/errors.ts";
import { sizeOf } from "../../core/image.ts";
import type { Stream } from "../../core/random.ts";
import type { SignalGrid } from "./signal.ts";

export interface FillOptions {
  /** Distance in mm from the centre beyond which the profile is zero. */
  readonly reachMm: number;
  /** Points along each side of a pixel that are averaged; 1 takes the pixel's centre alone. */
  readonly oversample?: number;
}

/**
 * Adds a profile into `out` (zeros when absent) and returns it.
 *
 * @param profile value at a place (x, y, z) in mm from the centre; z is 0 in planes
 */
export function fillProfile(
  grid: SignalGrid,
  profile: (x: number, y: number, z: number) => number,
  { reachMm, oversample = 1 }: FillOptions,
): Float32Array {
  const [nx = 1, ny = 1, nz = 1] = [...grid.shape].reverse();
  const [dz, dy, dx] = grid.spacing ?? [1, 1, 1];
  const centre = grid.centre ?? grid.shape.map((n) => Math.floor(n / 2));
  if (centre.length !== grid.shape.length) {
    throw new InputError(
      `Cannot draw a signal: found a centre of ${centre.length} numbers, wanted ${grid.shape.length}`,
    );
  }
  const [cx = 0, cy = 0, cz = 0] = [...centre].reverse();
  const out = new Float32Array(sizeOf(grid.shape));
  const planar = grid.shape.length === 2;
  const range = (c: number, pitch: number, n: number): [number, number] => [
    Math.max(0, Math.floor(c - reachMm / pitch) - 1),
    Math.min(n - 1, Math.ceil(c + reachMm / pitch) + 1),
  ];
  const [k0, k1] = planar ? [0, 0] : range(cz, dz, nz);
  const [j0, j1] = range(cy, dy, ny);
  const [i0, i1] = range(cx, dx, nx);
  const offsets = Array.from({ length: oversample }, (_, a) => (a + 0.5) / oversample - 0.5);
  const depths = planar ? [0] : offsets;
  const share = 1 / (oversample * oversample * depths.length);
  for (let k = k0; k <= k1; k++) {
    for (let j = j0; j <= j1; j++) {
      for (let i = i0; i <= i1; i++) {
        let sum = 0;
        for (const c of depths) {
          for (const b of offsets) {
            for (const a of offsets) {
              sum += profile((i + a - cx) * dx, (j + b - cy) * dy, planar ? 0 : (k + c - cz) * dz);
            }
          }
        }
        out[(k * ny + j) * nx + i] = sum * share;
      }
    }
  }
  return out;
}

/** The stream, or an error that says which signal needs one. */
export function streamFor(signal: string, stream: Stream | undefined): Stream {
  if (stream === undefined) {
    throw new InputError(
      `Cannot draw a ${signal} signal: found no random stream, wanted one for its random form`,
    );
  }
  return stream;
}
