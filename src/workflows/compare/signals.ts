/** Signals drawn on a region's grid, with the blur of the images themselves. */
import { InputError } from "../../core/errors.ts";
import { type Image, makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { disk } from "../../phantoms/signals/disk.ts";
import { gaussianBlob } from "../../phantoms/signals/gaussian-blob.ts";
import { spiculated } from "../../phantoms/signals/spiculated.ts";
import { blurSignal, gaussianTransfer } from "../../phantoms/insert.ts";
import type { SignalTask } from "./task.ts";

/** Width at half height over standard deviation of a Gaussian. */
const widthOfSigma = 2 * Math.sqrt(2 * Math.log(2));

const [leastSide, mostSide] = [15, 129];

/**
 * Odd side in pixels of the region about a signal.
 *
 * @param diameters side in signal diameters: what the observer sees around the signal tells it the background
 */
export function regionSide(diameterMm: number, pixelMm: number, diameters = 3): number {
  const wanted = Math.round((diameters * diameterMm) / pixelMm);
  return Math.min(mostSide, Math.max(leastSide, wanted + 1 - (wanted % 2)));
}

export interface DrawOptions {
  /** Of a region, odd. */
  readonly side: number;
  readonly spacing: Image["spacing"];
  /** Frequency in 1/mm at which the images' own transfer falls to one half; Infinity for none. */
  readonly f50: number;
  readonly seed: number;
}

/**
 * The signal of a task in the middle of a region, for one case: random shapes follow the case's name.
 *
 * @returns values in the image's unit, row-major side×side
 * @throws InputError when the signal is larger than its region, or a mask holds no shares
 */
export function drawSignal(task: SignalTask, caseId: string, options: DrawOptions): Float32Array {
  const { side, spacing, f50 } = options;
  const sharp = sharpSignal(task, caseId, options);
  if (!Number.isFinite(f50)) return sharp;
  const grid = makeImage(sharp, [side, side], { spacing });
  return blurSignal(grid, sharp, { transfer: gaussianTransfer(f50) });
}

function sharpSignal(
  task: SignalTask,
  caseId: string,
  { side, spacing, seed }: DrawOptions,
): Float32Array {
  const { shape, diameterMm, contrast } = task;
  const grid = { shape: [side, side], spacing };
  const sideMm = side * Math.min(spacing[1], spacing[2]);
  if (diameterMm > 0.7 * sideMm) {
    throw new InputError(
      `Cannot insert a signal of ${diameterMm} mm: found pixels of ${spacing[2]} mm, of which a region holds at most ${side}, wanted a smaller signal`,
    );
  }
  switch (shape) {
    case "disk":
      return disk.render(grid, { amplitude: contrast, radiusMm: diameterMm / 2, edge: "area" });
    case "blob":
      return gaussianBlob.render(grid, {
        amplitude: contrast,
        sigmaMm: diameterMm / widthOfSigma,
      });
    case "spiculated":
      return spiculated.render(
        grid,
        { amplitude: contrast, radiusMm: diameterMm / 2, reach: 1.6 },
        streamOf(seed, "shape", caseId),
      );
    case "mask":
      return maskOnGrid(task.mask!, task, { side, spacing });
  }
}

/**
 * A mask about the middle of its bounding box, sampled on the region's grid by linear interpolation; its larger side
 * becomes the diameter.
 */
function maskOnGrid(
  mask: Image,
  { diameterMm, contrast }: SignalTask,
  { side, spacing }: Pick<DrawOptions, "side" | "spacing">,
): Float32Array {
  if (mask.axes !== "yx") {
    throw new InputError(
      `Cannot insert a mask: found axes "${mask.axes}", wanted one plane of shares from 0 to 1`,
    );
  }
  const [my, mx] = mask.shape as [number, number];
  let [top, bottom, left, right] = [my, -1, mx, -1];
  mask.data.forEach((v, i) => {
    if (!(v >= 0 && v <= 1)) {
      throw new InputError(`Cannot insert a mask: found the value ${v}, wanted shares from 0 to 1`);
    }
    if (v === 0) return;
    const [j, x] = [Math.floor(i / mx), i % mx];
    [top, bottom] = [Math.min(top, j), Math.max(bottom, j)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
  });
  if (bottom < 0) throw new InputError("Cannot insert a mask: found zeros alone, wanted a signal");
  const [, sy, sx] = mask.spacing;
  const own = Math.max((bottom - top + 1) * sy, (right - left + 1) * sx);
  const scale = own / diameterMm;
  const [cy, cx] = [(top + bottom) / 2, (left + right) / 2];
  const half = Math.floor(side / 2);
  const at = (j: number, i: number): number =>
    j < 0 || i < 0 || j >= my || i >= mx ? 0 : mask.data[j * mx + i]!;
  const out = new Float32Array(side * side);
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const y = cy + ((j - half) * spacing[1] * scale) / sy;
      const x = cx + ((i - half) * spacing[2] * scale) / sx;
      const [j0, i0] = [Math.floor(y), Math.floor(x)];
      const [b, a] = [y - j0, x - i0];
      out[j * side + i] =
        contrast *
        ((1 - b) * ((1 - a) * at(j0, i0) + a * at(j0, i0 + 1)) +
          b * ((1 - a) * at(j0 + 1, i0) + a * at(j0 + 1, i0 + 1)));
    }
  }
  return out;
}
