import { InputError } from "../core/errors.ts";
import { tomographySource } from "./generated/tomography.ts";
import { openKernel } from "./load.ts";

interface Exports {
  project(image: number, stride: number, rays: number, count: number, out: number): void;
  projectAdjoint(image: number, stride: number, rays: number, count: number, values: number): void;
  backprojectParallel: Backproject;
  backprojectFlat: Backproject;
  backprojectArc: Backproject;
  backprojectFlatTurned: Backproject;
  backprojectArcTurned: Backproject;
}

type Backproject = (
  views: number,
  stride: number,
  turnViews: number,
  params: number,
  count: number,
  scale: number,
  centre: number,
  last: number,
  image: number,
  turnImages: number,
  nx: number,
  ny: number,
) => void;

/** Five numbers a ray: across = a + b·along, weight, first and last along index. */
export const rayFields = 5;
/**
 * Work is handed to the kernel in pieces: engines start WebAssembly with a quick compiler and swap in
 * the optimised code only between calls.
 */
const raysPerCall = 8192;
const viewsPerCall = 8;

/** Zeros kept at both ends of every row of the image, so that rounding cannot read past it. */
const rowPad = 2;

/** Rows of `across` values with `rowPad` zeros at both ends. */
function padRows(values: Float32Array, along: number, across: number): Float32Array {
  const stride = across + 2 * rowPad;
  const padded = new Float32Array(along * stride);
  for (let j = 0; j < along; j++) {
    padded.set(values.subarray(j * across, (j + 1) * across), j * stride + rowPad);
  }
  return padded;
}

/** Sizes of a plane as rays march through it. */
export interface MarchedPlane {
  readonly along: number;
  readonly across: number;
}

/**
 * Line integrals by Joseph's rule: for each ray the sum over rows j of the image interpolated
 * linearly at a + b·j, times the ray's weight. float32, WebAssembly SIMD.
 *
 * @param values plane of along × across values, row-major
 * @param rays `rayFields` float32 numbers a ray; rows j0 … j1 lie within the plane and places within
 *   [−1, across]; j1 < j0 makes an empty ray
 */
export function projectRays(
  values: Float32Array,
  rays: Float32Array,
  { along, across }: MarchedPlane,
): Float32Array {
  const count = rays.length / rayFields;
  const kernel = openKernel<Exports>(tomographySource);
  const image = kernel.putFloat32(padRows(values, along, across));
  const r = kernel.putFloat32(rays);
  const out = kernel.allocate(count * 4);
  const stride = across + 2 * rowPad;
  for (let from = 0; from < count; from += raysPerCall) {
    const n = Math.min(raysPerCall, count - from);
    kernel.exports.project(image + 4 * rowPad, stride, r + 4 * rayFields * from, n, out + 4 * from);
  }
  return kernel.float32(out, count).slice();
}

/** The transpose of `projectRays`: spreads the rays' values back over the plane. */
export function projectRaysAdjoint(
  values: Float32Array,
  rays: Float32Array,
  { along, across }: MarchedPlane,
): Float32Array {
  const count = rays.length / rayFields;
  const stride = across + 2 * rowPad;
  const kernel = openKernel<Exports>(tomographySource);
  const image = kernel.allocate(along * stride * 4);
  const r = kernel.putFloat32(rays);
  const v = kernel.putFloat32(values);
  for (let from = 0; from < count; from += raysPerCall) {
    const n = Math.min(raysPerCall, count - from);
    kernel.exports.projectAdjoint(
      image + 4 * rowPad,
      stride,
      r + 4 * rayFields * from,
      n,
      v + 4 * from,
    );
  }
  const padded = kernel.float32(image, along * stride);
  const out = new Float32Array(along * across);
  for (let j = 0; j < along; j++) {
    const start = j * stride + rowPad;
    out.set(padded.subarray(start, start + across), j * across);
  }
  return out;
}

/** How detector rows are laid out for backprojection. */
export interface BackprojectionPlan {
  readonly mode: "parallel" | "flat" | "arc";
  /** Six float32 numbers a view: t, its steps along x and y; depth, its steps along x and y. */
  readonly params: Float32Array;
  readonly channels: number;
  /** Channels for each unit of t (parallel), t/depth (flat) or its arctangent (arc). */
  readonly scale: number;
  /** Channel index on which t = 0 falls. */
  readonly centre: number;
  readonly nx: number;
  readonly ny: number;
  /**
   * Whether the views cover a full turn evenly in a multiple of four, about the middle of a square
   * plane of square pixels. Then places are worked out for a quarter of the views only.
   */
  readonly quarterTurns?: boolean;
}

/**
 * Pixel-driven backprojection: sum over views of the filtered row, linearly interpolated where the
 * pixel projects, with weight 1 (parallel), 1/depth² (flat) or 1/(depth² + t²) (arc). float32.
 *
 * @param rows filtered views × channels
 */
export function backprojectViews(rows: Float32Array, plan: BackprojectionPlan): Float32Array {
  const { channels, nx, ny } = plan;
  const count = plan.params.length / 6;
  // A zero before, two after: places beyond the detector are held on the zeros.
  const stride = channels + 3;
  const padded = new Float32Array(count * stride);
  for (let v = 0; v < count; v++) {
    padded.set(rows.subarray(v * channels, (v + 1) * channels), v * stride + 1);
  }
  const wide = Math.ceil(nx / 4) * 4;
  const turned = plan.quarterTurns === true && plan.mode !== "parallel";
  const turns = turned ? 4 : 1;
  const worked = count / turns;
  if (!Number.isInteger(worked) || (turned && nx !== ny)) {
    throw new InputError(
      `Cannot backproject by quarter turns: found ${count} views and ${nx}×${ny} pixels, wanted a multiple of four and a square`,
    );
  }
  const kernel = openKernel<Exports>(tomographySource);
  const views = kernel.putFloat32(padded);
  const params = kernel.putFloat32(plan.params);
  const plane = wide * ny;
  const image = kernel.allocate(turns * plane * 4);
  const { exports } = kernel;
  const call = {
    parallel: exports.backprojectParallel,
    flat: turned ? exports.backprojectFlatTurned : exports.backprojectFlat,
    arc: turned ? exports.backprojectArcTurned : exports.backprojectArc,
  }[plan.mode];
  for (let from = 0; from < worked; from += viewsPerCall) {
    call(
      views + 4 * stride * from,
      stride,
      4 * stride * worked,
      params + 24 * from,
      Math.min(viewsPerCall, worked - from),
      plan.scale,
      plan.centre + 1,
      channels + 1,
      image,
      4 * plane,
      wide,
      ny,
    );
  }
  const all = kernel.float32(image, turns * plane);
  const out = new Float32Array(nx * ny);
  const n = nx - 1;
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      let sum = all[j * wide + i]!;
      if (turned) {
        // The view a quarter turn on sees pixel (i, j) where the first sees it turned a quarter back.
        sum += all[plane + (n - i) * wide + j]!;
        sum += all[2 * plane + (n - j) * wide + (n - i)]!;
        sum += all[3 * plane + i * wide + (n - j)]!;
      }
      out[j * nx + i] = sum;
    }
  }
  return out;
}
