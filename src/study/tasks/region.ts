/**
 * Regions cut out of larger images about the place of a signal, off by as much as observers are left in doubt:
 * what a reader of a region knows is that the signal, if there is one, lies within the tolerance of its middle.
 */
import type { DrawnCase } from "../../cases/case-source.ts";
import { spreadOf } from "../../cases/imaging.ts";
import { InputError } from "../../core/errors.ts";
import { type Image, makeImage } from "../../core/image.ts";
import type { Stream } from "../../core/random.ts";

export interface Region {
  /** Pixels along each side. */
  readonly side: number;
  /** Greatest distance in mm of the signal's place from the middle, but for rounding to whole pixels. */
  readonly toleranceMm: number;
}

interface CutOptions {
  readonly region: Region;
  /** The case's own stream. */
  readonly stream: Stream;
}

/**
 * A case cut out about its place; its place is then the region's middle, as observers are told (between two pixels of
 * an even side, so that turning a region changes nothing). The noise level is that of the region.
 *
 * @throws InputError where the region leaves the image
 */
export function cutCase(drawn: DrawnCase, options: CutOptions): DrawnCase {
  const { noisy, place } = drawn;
  const corner = cornerOf(noisy, { ...options, place });
  const cut = (image: Image) => cutImage(image, { corner, side: options.region.side });
  const [noisyRegion, reference] = [cut(noisy), cut(drawn.reference)];
  const labels = drawn.labels?.shape.join() === noisy.shape.join() ? cut(drawn.labels) : undefined;
  const { labels: _whole, ...rest } = drawn;
  const middle = (options.region.side - 1) / 2;
  return {
    ...rest,
    noisy: noisyRegion,
    reference,
    sigma: spreadOf(noisyRegion, reference),
    place: [middle, middle],
    ...(labels === undefined ? {} : { labels }),
  };
}

/** The same region of an object's images without and with its signal. */
export function cutPair(
  pair: { readonly absent: Image; readonly present: Image; readonly place: readonly number[] },
  options: CutOptions,
): { readonly absent: Image; readonly present: Image } {
  const corner = cornerOf(pair.absent, { ...options, place: pair.place });
  const { side } = options.region;
  return {
    absent: cutImage(pair.absent, { corner, side }),
    present: cutImage(pair.present, { corner, side }),
  };
}

function cornerOf(
  image: Image,
  { region, stream, place }: CutOptions & { readonly place: readonly number[] | undefined },
): readonly [number, number] {
  const { side, toleranceMm } = region;
  if (image.axes !== "yx" || place?.length !== 2) {
    throw new InputError(
      `Cannot cut regions: found images of axes ${image.axes}, wanted planes with a signal`,
    );
  }
  const [ny = 0, nx = 0] = image.shape;
  const pitch = image.spacing.slice(1);
  const step = withinDisk(stream.child("region"));
  const [top = 0, left = 0] = place.map((at, axis) =>
    Math.round(at + (toleranceMm * step[axis]!) / pitch[axis]! - (side - 1) / 2),
  );
  if (top < 0 || left < 0 || top + side > ny || left + side > nx) {
    throw new InputError(
      `Cannot cut a region of ${side} pixels about row ${place[0]!.toFixed(1)}, column ${place[1]!.toFixed(1)}: found images of ${ny} x ${nx}, wanted room for it; use a smaller side, or place signals further inside`,
    );
  }
  return [top, left];
}

/** Even draws from the disk of radius 1. */
function withinDisk(stream: Stream): readonly [number, number] {
  for (;;) {
    const [y, x] = [2 * stream.uniform() - 1, 2 * stream.uniform() - 1];
    if (y * y + x * x <= 1) return [y, x];
  }
}

function cutImage(
  image: Image,
  { corner: [top, left], side }: { corner: readonly [number, number]; side: number },
): Image {
  const [, nx = 0] = image.shape;
  const data = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    const from = (top + y) * nx + left;
    data.set(image.data.subarray(from, from + side), y * side);
  }
  const { axes, spacing, direction, unit, orientationKnown, origin } = image;
  const [, sy, sx] = spacing;
  // The world's place of the region's first pixel.
  const moved = [0, 1, 2].map(
    (r) => origin[r]! + direction[3 * r]! * left * sx + direction[3 * r + 1]! * top * sy,
  ) as [number, number, number];
  return makeImage(data, [side, side], {
    axes,
    direction,
    unit,
    orientationKnown,
    origin: moved,
    ...(image.spacingKnown ? { spacing } : {}),
  });
}
