/** Clean training patches: drawn from planes by seed, turned and flipped, brought to a window. */
import { InputError } from "../core/errors.ts";
import type { Stream } from "../core/random.ts";
import type { ImageFacts } from "./image-facts.ts";

/** One plane to draw from, in its own intensity unit. */
export interface Plane {
  readonly data: Float32Array;
  readonly ny: number;
  readonly nx: number;
}

/** Values that become 0 and 1, and what happens outside. */
export interface PatchWindow {
  readonly low: number;
  readonly high: number;
  readonly clip: boolean;
  readonly weight: number;
}

/** Planes that are drawn from alike. */
export interface PlaneSource {
  readonly planes: readonly Plane[];
  readonly windows: readonly PatchWindow[];
  readonly weight: number;
  /** What is known of the image. */
  readonly about?: ImageFacts;
}

/** Number of an item, drawn by weight. */
export function pick(items: readonly { readonly weight: number }[], stream: Stream): number {
  const total = items.reduce((sum, item) => sum + item.weight, 0);
  let at = stream.uniform() * total;
  for (const [i, { weight }] of items.entries()) {
    at -= weight;
    if (at < 0) return i;
  }
  return items.length - 1;
}

/** Checks that every plane can hold a patch. */
export function checkPlanes(sources: readonly PlaneSource[], side: number): void {
  for (const { planes } of sources) {
    if (planes.length === 0) {
      throw new InputError(
        "Cannot draw patches: found a source without images, wanted at least one",
      );
    }
    for (const { ny, nx } of planes) {
      if (ny < side || nx < side) {
        throw new InputError(
          `Cannot draw patches: found an image of ${ny} x ${nx} pixels, wanted at least ${side} x ${side}`,
        );
      }
    }
  }
}

/**
 * Writes one patch, windowed and turned, into `out` at `offset`.
 *
 * @returns numbers of the source, and of the plane within it, that it was cut from
 */
export function drawPatch(
  sources: readonly PlaneSource[],
  { side, stream }: { side: number; stream: Stream },
  { out, offset }: { out: Float32Array; offset: number },
): { readonly source: number; readonly plane: number } {
  const chosenSource = pick(sources, stream);
  const source = sources[chosenSource]!;
  const chosen = stream.integer(source.planes.length);
  const plane = source.planes[chosen]!;
  const window = source.windows[pick(source.windows, stream)]!;
  const top = stream.integer(plane.ny - side + 1);
  const left = stream.integer(plane.nx - side + 1);
  const turn = stream.integer(8);
  const scale = 1 / (window.high - window.low);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      // Eight symmetries of the square: flips in y and x, and the exchange of axes.
      const fy = turn & 1 ? side - 1 - y : y;
      const fx = turn & 2 ? side - 1 - x : x;
      const [sy, sx] = turn & 4 ? [fx, fy] : [fy, fx];
      const raw = (plane.data[(top + sy) * plane.nx + left + sx]! - window.low) * scale;
      out[offset + y * side + x] = window.clip ? Math.min(1, Math.max(0, raw)) : raw;
    }
  }
  return { source: chosenSource, plane: chosen };
}
