/** What CT asks of an object or image before it may be scanned: unit, spacing, field of view, metal. */
import { InputError } from "../core/errors.ts";
import { layoutOf, type Image } from "../core/image.ts";
import type { Stream } from "../core/random.ts";
import type { PlaneGrid } from "./planar-projector.ts";

/** HU above which a voxel is metal for certain. */
const metalHU = 3072;
/** Share of border pixels with tissue above which a field of view is refused as truncated. */
const truncatedShare = 0.05;

/** Refuses images without HU, spacing or finite values. `work` is what shall be done, as in "scan". */
export function requireHounsfield(image: Image, work: string): void {
  if (image.unit !== "HU") {
    throw new InputError(`Cannot ${work}: found values in "${image.unit}", wanted HU`);
  }
  if (!image.spacingKnown) {
    throw new InputError(`Cannot ${work}: found an image without spacing, wanted pixels in mm`);
  }
  if (image.axes !== "yx" && image.axes !== "zyx") {
    throw new InputError(`Cannot ${work}: found axes "${image.axes}", wanted "yx" or "zyx"`);
  }
  const at = image.data.findIndex((v) => !Number.isFinite(v));
  if (at >= 0) {
    throw new InputError(
      `Cannot ${work}: found the value ${image.data[at]} at index ${at}, wanted finite HU`,
    );
  }
}

/** What a scan will meet in the object. */
export interface ObjectFindings {
  /** Share of the border pixels that hold tissue rather than air. */
  readonly borderShare: number;
  /** Pixels above the HU of any tissue. */
  readonly metalPixels: number;
  /** Distance in mm from the middle to the farthest pixel of tissue; noise in the air does not count. */
  readonly radiusMm: number;
}

/** Looks for truncation, metal and the object's reach. */
export function inspectObject(image: Image): ObjectFindings {
  const { nz, ny, nx } = layoutOf(image);
  const [, dy, dx] = image.spacing;
  let border = 0;
  let tissue = 0;
  let metal = 0;
  let far2 = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const y = (j - (ny - 1) / 2) * dy;
      for (let i = 0; i < nx; i++) {
        const hu = image.data[(k * ny + j) * nx + i]!;
        const edge = j === 0 || i === 0 || j === ny - 1 || i === nx - 1;
        if (edge) {
          border++;
          if (hu > -300) tissue++;
        }
        if (hu > metalHU) metal++;
        if (hu > -500) {
          const x = (i - (nx - 1) / 2) * dx;
          far2 = Math.max(far2, x * x + y * y);
        }
      }
    }
  }
  return { borderShare: tissue / border, metalPixels: metal, radiusMm: Math.sqrt(far2) };
}

/** Refuses a truncated object unless told to take it; says in the notes what was met. */
export function judgeObject(
  findings: ObjectFindings,
  { work, acceptTruncated }: { work: string; acceptTruncated: boolean },
): Record<string, string | number> {
  const notes: Record<string, string | number> = {};
  const percent = (100 * findings.borderShare).toFixed(1);
  if (findings.borderShare > truncatedShare && !acceptTruncated) {
    throw new InputError(
      `Cannot ${work}: found tissue on ${percent} % of the border (a truncated field of view, whose line integrals are too small), wanted at most ${100 * truncatedShare} % or the parameter acceptTruncated`,
    );
  }
  if (findings.borderShare > 0) {
    notes.truncation = `tissue on ${percent} % of the border: noise is too low for rays through it`;
  }
  if (findings.metalPixels > 0) {
    notes.metal = `${findings.metalPixels} voxels above ${metalHU} HU: readings behind them rest on the floor, streaks are not those of the scanner`;
  }
  return notes;
}

/** The grid of an image's slices, its middle on the axis of rotation. */
export function gridOf(image: Image): PlaneGrid {
  const { ny, nx } = layoutOf(image);
  return { nx, ny, pixelMm: [image.spacing[2], image.spacing[1]], centreMm: [0, 0] };
}

/** A seed drawn from a stream, for work that is named by a number in another thread. */
export function drawSeed(stream: Stream): number {
  return (stream.uint32() >>> 11) * 0x100000000 + stream.uint32();
}
