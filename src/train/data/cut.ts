/** Patches cut from samples: where, and the values of a field there, turned and brought to a window. */
import { InputError } from "../../core/errors.ts";
import type { Stream } from "../../core/random.ts";
import { type PatchWindow, pick } from "../patches.ts";
import type { AugmentConfig } from "./description.ts";
import { has, type PlaneField, type Sample } from "./sample.ts";

/** Size of a patch: planes, rows and columns of a square. */
export interface PatchSize {
  readonly side: number;
  /** Planes of a stack or volume; 1 for planes. */
  readonly depth: number;
}

export const valuesIn = ({ side, depth }: PatchSize): number => depth * side * side;

/** A place in a sample and how it is looked at. */
export interface Cut {
  readonly sample: Sample;
  readonly size: PatchSize;
  /** First plane. */
  readonly plane: number;
  readonly top: number;
  readonly left: number;
  /** Flips in y (1) and x (2), and the exchange of both axes (4). */
  readonly turn: number;
  /** Whether planes run the other way. */
  readonly reversed: boolean;
  readonly window: PatchWindow;
}

export interface Foreground {
  readonly above: number;
  readonly share: number;
}

export interface CutPlan {
  readonly size: PatchSize;
  readonly augment: AugmentConfig;
  /** Least share of pixels of the clean image (the noisy one where there is none) above a value. */
  readonly foreground?: Foreground | undefined;
  /** Whether the place where a sample's signal is expected comes to lie at half of the patch's size. */
  readonly centre?: "anywhere" | "signal";
}

/** How often a patch with too little foreground is cut anew before it is taken as it is. */
const attempts = 20;

/** Draws where to cut. What is drawn depends on the stream and the samples alone. */
export function drawCut(samples: readonly Sample[], plan: CutPlan, stream: Stream): Cut {
  const { size, augment, foreground, centre } = plan;
  for (let attempt = 1; ; attempt++) {
    const sample = samples[pick(samples, stream)]!;
    const plane = drawPlane(sample, size.depth, stream);
    const window = sample.windows[pick(sample.windows, stream)]!;
    const top = stream.integer(sample.ny - size.side + 1);
    const left = stream.integer(sample.nx - size.side + 1);
    const anywhere = {
      plane,
      top,
      left,
      turn: turnOf(stream.integer(8), augment),
      reversed: augment.flipDepth && stream.child("depth").uniform() < 0.5,
    };
    const cut = {
      sample,
      size,
      ...(centre === "signal" ? drawAboutSignal(sample, { plan, stream }) : anywhere),
      window: augmentedWindow(window, augment, stream),
    };
    if (foreground === undefined || attempt === attempts) return cut;
    if (shareAbove(cut, foreground.above) >= foreground.share) return cut;
  }
}

type CutPlace = Pick<Cut, "plane" | "top" | "left" | "turn" | "reversed">;

/**
 * All ways to cut a patch that has the expected place of the signal at half of its size, a symmetry as often as it is
 * drawn elsewhere. Those that would reach beyond the image are left out: of a patch as large as the image, flips, whose
 * middle is the pixel before.
 */
function waysAboutSignal(
  { signal, depth, ny, nx }: Sample,
  { size, augment }: Pick<CutPlan, "size" | "augment">,
): CutPlace[] {
  const [z, y, x] = (signal!.expected ?? signal!.place).map(Math.round) as [number, number, number];
  const before = (length: number, flipped: boolean) => {
    const half = Math.floor(length / 2);
    return flipped ? length - 1 - half : half;
  };
  const ways: CutPlace[] = [];
  for (const reversed of augment.flipDepth ? [false, true] : [false]) {
    for (let drawn = 0; drawn < 8; drawn++) {
      const turn = turnOf(drawn, augment);
      // Rows of the patch run along columns of the image where axes are exchanged.
      const [rows, columns] = turn & 4 ? [turn & 2, turn & 1] : [turn & 1, turn & 2];
      const plane = z - before(size.depth, reversed);
      const top = y - before(size.side, rows !== 0);
      const left = x - before(size.side, columns !== 0);
      if (Math.min(plane, top, left) < 0 || plane + size.depth > depth) continue;
      if (top + size.side > ny || left + size.side > nx) continue;
      ways.push({ plane, top, left, turn, reversed });
    }
  }
  return ways;
}

function drawAboutSignal(
  sample: Sample,
  { plan, stream }: { plan: CutPlan; stream: Stream },
): CutPlace {
  const ways = waysAboutSignal(sample, plan);
  return ways[stream.child("about").integer(ways.length)]!;
}

/** First of `depth` planes that follow each other. */
function drawPlane({ planes, depth, kept }: Sample, wanted: number, stream: Stream): number {
  // A scan is one stack; counting its planes would read it.
  const stacks = kept === undefined ? Object.values(planes)[0]!.length / depth : 1;
  const places = depth - wanted + 1;
  const chosen = stream.integer(stacks * places);
  return Math.floor(chosen / places) * depth + (chosen % places);
}

/** One of the eight symmetries of the square, as far as they are allowed. */
function turnOf(drawn: number, { flip, turn }: AugmentConfig): number {
  if (flip && turn) return drawn;
  if (flip) return drawn & 3;
  // Of the exchanges of axes those with one flip are turns; so are none and both flips.
  return turn ? [0, 3, 5, 6][drawn & 3]! : 0;
}

/** A window made wider or narrower about its middle, then moved by a share of its width. */
function augmentedWindow(
  window: PatchWindow,
  { windowScale, windowShift }: AugmentConfig,
  stream: Stream,
): PatchWindow {
  if (windowScale === undefined && windowShift === undefined) return window;
  const own = stream.child("window");
  const between = ({ from, to }: { from: number; to: number }) =>
    from + (to - from) * own.uniform();
  const width = window.high - window.low;
  const wider = windowScale === undefined ? 1 : between(windowScale);
  const moved = windowShift === undefined ? 0 : between(windowShift);
  const middle = (window.low + window.high) / 2 + moved * width;
  return { ...window, low: middle - (wider * width) / 2, high: middle + (wider * width) / 2 };
}

function shareAbove(cut: Cut, above: number): number {
  const { sample, size, plane, top, left } = cut;
  const planes = sample.planes[has(sample, "clean") ? "clean" : "noisy"]!;
  let count = 0;
  for (let k = plane; k < plane + size.depth; k++) {
    const data = planes[k]!;
    for (let y = top; y < top + size.side; y++) {
      for (let x = left; x < left + size.side; x++) if (data[y * sample.nx + x]! > above) count++;
    }
  }
  return count / valuesIn(size);
}

/** Values of a field of a cut, in the sample's own unit, planes first. */
export function valuesOf(cut: Cut, field: PlaneField): Float32Array {
  const { sample, size, plane, top, left, turn, reversed } = cut;
  const { side, depth } = size;
  const { nx } = sample;
  const out = new Float32Array(valuesIn(size));
  // Steps in the image for one pixel down and one to the right in the patch.
  const [flippedY, flippedX] = [turn & 1 ? -1 : 1, turn & 2 ? -1 : 1];
  const exchanged = (turn & 4) !== 0;
  const down = exchanged ? flippedY : flippedY * nx;
  const right = exchanged ? flippedX * nx : flippedX;
  const first =
    top * nx + left + (turn & 1 ? -down * (side - 1) : 0) + (turn & 2 ? -right * (side - 1) : 0);
  const planes = sample.planes[field]!;
  let at = 0;
  for (let k = 0; k < depth; k++) {
    const data = planes[plane + (reversed ? depth - 1 - k : k)]!;
    for (let y = 0; y < side; y++) {
      let from = first + y * down;
      for (let x = 0; x < side; x++, from += right) out[at++] = data[from]!;
    }
  }
  return out;
}

/** Whether a pixel (plane, row, column) lies in a cut. */
export function holds(cut: Cut, place: readonly [number, number, number]): boolean {
  const { size, top, left, sample } = cut;
  const first = cut.plane % sample.depth;
  const from = [first, top, left];
  return place.every((at, axis) => {
    const length = axis === 0 ? size.depth : size.side;
    return Math.round(at) >= from[axis]! && Math.round(at) < from[axis]! + length;
  });
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

/**
 * Checks that every sample can hold a patch, about its signal where that is wanted.
 *
 * @throws InputError with the sizes
 */
export function checkSamples(
  samples: readonly Sample[],
  { size, augment, centre }: Omit<CutPlan, "foreground">,
): void {
  const { side, depth } = size;
  if (samples.length === 0) {
    throw new InputError("Cannot draw patches: found no images, wanted at least one");
  }
  for (const { name, ny, nx, depth: nz } of samples) {
    if (ny < side || nx < side) {
      throw new InputError(
        `Cannot draw patches of ${name}: found an image of ${ny} x ${nx} pixels, wanted at least ${side} x ${side}`,
      );
    }
    if (nz < depth) {
      throw new InputError(
        `Cannot draw patches of ${name}: found ${nz} neighbouring planes, wanted at least ${depth}`,
      );
    }
  }
  if (centre !== "signal") return;
  for (const sample of samples) checkRoom(sample, { size, augment });
}

/** Checks that a patch about the signal lies in the sample. */
function checkRoom(sample: Sample, plan: Pick<CutPlan, "size" | "augment">): void {
  const { name, signal, depth, ny, nx } = sample;
  if (signal === undefined) {
    throw new InputError(
      `Cannot centre patches of ${name} on the signal: found no signal, wanted one in every source`,
    );
  }
  if (waysAboutSignal(sample, plan).length > 0) return;
  const { size } = plan;
  const place = (signal.expected ?? signal.place).map((at) => Math.round(at)).join(", ");
  throw new InputError(
    `Cannot centre patches of ${name} on the signal: found it at plane, row and column ${place} of ${depth} x ${ny} x ${nx}, wanted half a patch of ${size.depth} x ${size.side} x ${size.side} about it; make patches smaller or the signal's margin greater`,
  );
}
