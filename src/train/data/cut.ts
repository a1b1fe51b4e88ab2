/** Patches cut from samples: where, and the values of a field there, turned and brought to a window. */
import { InputError } from "../../core/errors.ts";
import type { Stream } from "../../core/random.ts";
import { pick, type PatchWindow } from "../patches.ts";
import type { PlaneField, Sample } from "./sample.ts";

/** A place in a sample and how it is looked at. */
export interface Cut {
  readonly sample: Sample;
  /** Plane, or the first of a stack. */
  readonly plane: number;
  readonly top: number;
  readonly left: number;
  /** Which of the eight symmetries of the square, from 0. */
  readonly turn: number;
  readonly window: PatchWindow;
}

export interface Foreground {
  readonly above: number;
  readonly share: number;
}

/** How often a patch with too little foreground is cut anew before it is taken as it is. */
const attempts = 20;

/**
 * Draws where to cut. What is drawn depends on the stream and the samples alone.
 *
 * @param options.foreground least share of pixels of the clean image (the noisy one where there is none) above a value
 */
export function drawCut(
  samples: readonly Sample[],
  {
    side,
    stream,
    foreground,
  }: { side: number; stream: Stream; foreground?: Foreground | undefined },
): Cut {
  for (let attempt = 1; ; attempt++) {
    const sample = samples[pick(samples, stream)]!;
    const plane = stream.integer(countOf(sample));
    const window = sample.windows[pick(sample.windows, stream)]!;
    const top = stream.integer(sample.ny - side + 1);
    const left = stream.integer(sample.nx - side + 1);
    const cut = { sample, plane, window, top, left, turn: stream.integer(8) };
    if (foreground === undefined || attempt === attempts) return cut;
    if (shareAbove(cut, { side, above: foreground.above }) >= foreground.share) return cut;
  }
}

const countOf = ({ planes }: Sample): number => Object.values(planes)[0]!.length;

function shareAbove(cut: Cut, { side, above }: { side: number; above: number }): number {
  const { sample, plane, top, left } = cut;
  const data = (sample.planes.clean ?? sample.planes.noisy)![plane]!;
  let count = 0;
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) if (data[y * sample.nx + x]! > above) count++;
  }
  return count / (side * side);
}

/** Calls `visit` with each pixel of a cut: its place in the patch and in the plane. */
export function visitCut(
  { sample, top, left, turn }: Cut,
  side: number,
  visit: (at: number, from: number) => void,
): void {
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      // Flips in y and x, and the exchange of axes.
      const fy = turn & 1 ? side - 1 - y : y;
      const fx = turn & 2 ? side - 1 - x : x;
      const [sy, sx] = turn & 4 ? [fx, fy] : [fy, fx];
      visit(y * side + x, (top + sy) * sample.nx + left + sx);
    }
  }
}

/** Values of a field of a cut, in the sample's own unit. */
export function valuesOf(cut: Cut, side: number, field: PlaneField): Float32Array {
  const data = cut.sample.planes[field]![cut.plane]!;
  const out = new Float32Array(side * side);
  visitCut(cut, side, (at, from) => {
    out[at] = data[from]!;
  });
  return out;
}

/** Brings values to a window, clipped where the window says so; writes them into `out` at `offset`. */
export function writeWindowed(
  values: Float32Array,
  { low, high, clip }: PatchWindow,
  { out, offset }: { out: Float32Array; offset: number },
): void {
  const scale = 1 / (high - low);
  for (let i = 0; i < values.length; i++) {
    const value = (values[i]! - low) * scale;
    out[offset + i] = clip ? Math.min(1, Math.max(0, value)) : value;
  }
}

/** Checks that every sample can hold a patch. @throws InputError with the sizes */
export function checkSamples(samples: readonly Sample[], side: number): void {
  if (samples.length === 0) {
    throw new InputError("Cannot draw patches: found no images, wanted at least one");
  }
  for (const { ny, nx } of samples) {
    if (ny < side || nx < side) {
      throw new InputError(
        `Cannot draw patches: found an image of ${ny} x ${nx} pixels, wanted at least ${side} x ${side}`,
      );
    }
  }
}
