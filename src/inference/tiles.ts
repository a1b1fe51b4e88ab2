/**
 * Tiles: large planes denoised piece by piece, each with a margin as wide as the network can see, so
 * that the pieces' cores fit together without seams.
 */
import { InputError } from "../core/errors.ts";

/** One tile along one axis. */
export interface Span {
  /** First pixel read. */
  readonly from: number;
  /** Pixels read; a multiple of the network's unit wherever the plane allows it. */
  readonly count: number;
  /** First pixel written. */
  readonly keepFrom: number;
  /** Pixels written. */
  readonly keepCount: number;
}

export interface TilePlan {
  /** Greatest number of pixels written per tile along an axis. */
  readonly core: number;
  /** Pixels on each side that can influence a pixel. */
  readonly reach: number;
  /** Sizes and offsets of tiles are multiples of this. */
  readonly multiple: number;
}

/**
 * Splits an axis of `size` pixels (a multiple of the plan's unit) into tiles.
 *
 * Offsets are multiples of the unit too: a network with strides sees the same phase in every tile.
 */
export function spansOf(size: number, { core, reach, multiple }: TilePlan): Span[] {
  if (size % multiple !== 0 || core < multiple) {
    throw new InputError(
      `Cannot tile: found size ${size} and core ${core}, wanted multiples of ${multiple}`,
    );
  }
  const up = (n: number) => Math.ceil(n / multiple) * multiple;
  const margin = up(reach);
  if (size <= core + 2 * margin) return [{ from: 0, count: size, keepFrom: 0, keepCount: size }];
  const pieces = Math.ceil(size / core);
  const step = up(size / pieces);
  const spans: Span[] = [];
  for (let keepFrom = 0; keepFrom < size; keepFrom += step) {
    const keepCount = Math.min(step, size - keepFrom);
    const from = Math.max(0, keepFrom - margin);
    const to = Math.min(size, keepFrom + keepCount + margin);
    spans.push({ from, count: to - from, keepFrom, keepCount });
  }
  return spans;
}

/** A plane enlarged to multiples of a unit by mirroring its far edges. */
export function padToMultiple(
  plane: Float32Array,
  { ny, nx }: { ny: number; nx: number },
  multiple: number,
): { data: Float32Array; ny: number; nx: number } {
  const height = Math.ceil(ny / multiple) * multiple;
  const width = Math.ceil(nx / multiple) * multiple;
  if (height === ny && width === nx) return { data: plane, ny, nx };
  // Mirroring with period 2n − 2, which also serves planes narrower than the margin.
  const mirror = (i: number, n: number) => {
    if (n === 1) return 0;
    const at = i % (2 * n - 2);
    return at < n ? at : 2 * n - 2 - at;
  };
  const data = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = mirror(y, ny) * nx;
    for (let x = 0; x < width; x++) data[y * width + x] = plane[row + mirror(x, nx)]!;
  }
  return { data, ny: height, nx: width };
}
