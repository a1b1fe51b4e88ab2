/**
 * Line integrals through a plane and their exact transpose, by Joseph's rule [joseph1982improved]: a
 * ray steps along the axis it runs most along, one row of pixels a step, and interpolates linearly
 * across.
 */
import { InputError } from "../core/errors.ts";
import { projectRays, projectRaysAdjoint, rayFields } from "../kernels/tomography.ts";
import { rayOf, viewAngle, type PlanarGeometry } from "./geometry.ts";
import { requireLength, type LinearOperator } from "./operator.ts";

/** A plane of pixels in the scanner's coordinates. */
export interface PlaneGrid {
  readonly nx: number;
  readonly ny: number;
  /** Pitch in mm along x and y. */
  readonly pixelMm: readonly [number, number];
  /** Place of the middle of the plane in mm; the axis of rotation is (0, 0). */
  readonly centreMm: readonly [number, number];
}

interface RayTable {
  /** Rays that march along y (rows of the image) and along x (rows of its transpose). */
  readonly rays: readonly [Float32Array, Float32Array];
  /** Index in the sinogram of each ray. */
  readonly places: readonly [Int32Array, Int32Array];
}

/** Rays of all views and channels as start, slope, weight and range of rows. */
function tabulate(geometry: PlanarGeometry, grid: PlaneGrid): RayTable {
  const { channels } = geometry.detector;
  const total = geometry.views * channels;
  const { nx, ny } = grid;
  const [px, py] = grid.pixelMm;
  const x0 = grid.centreMm[0] - ((nx - 1) / 2) * px;
  const y0 = grid.centreMm[1] - ((ny - 1) / 2) * py;
  const rays = [new Float32Array(total * rayFields), new Float32Array(total * rayFields)] as const;
  const places = [new Int32Array(total), new Int32Array(total)] as const;
  const filled = [0, 0];
  for (let v = 0; v < geometry.views; v++) {
    const angle = viewAngle(geometry, v);
    for (let c = 0; c < channels; c++) {
      const ray = rayOf(geometry, angle, c);
      // In pixels: start (u, w) and direction; march along the larger component.
      const u = (ray.x - x0) / px;
      const w = (ray.y - y0) / py;
      const du = ray.dx / px;
      const dw = ray.dy / py;
      const alongY = Math.abs(dw) >= Math.abs(du);
      const slope = alongY ? du / dw : dw / du;
      const start = alongY ? u - slope * w : w - slope * u;
      const weight = 1 / Math.abs(alongY ? dw : du);
      const along = alongY ? ny : nx;
      const across = alongY ? nx : ny;
      // Rows on which −1 ≤ start + slope·j ≤ across.
      let low = 0;
      let high = along - 1;
      if (Math.abs(slope) > 1e-12) {
        const a = (-1 - start) / slope;
        const b = (across - start) / slope;
        low = Math.max(low, Math.ceil(Math.min(a, b)));
        high = Math.min(high, Math.floor(Math.max(a, b)));
      } else if (start < -1 || start > across) high = low - 1;
      if (high < low) {
        low = 0;
        high = -1;
      }
      const set = alongY ? 0 : 1;
      const at = filled[set]!;
      rays[set].set([start, slope, weight, low, high], at * rayFields);
      places[set][at] = v * channels + c;
      filled[set] = at + 1;
    }
  }
  const cut = (set: 0 | 1) => rays[set].subarray(0, filled[set]! * rayFields);
  const cutPlaces = (set: 0 | 1) => places[set].subarray(0, filled[set]);
  return { rays: [cut(0), cut(1)], places: [cutPlaces(0), cutPlaces(1)] };
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]!;
  }
  return out;
}

/**
 * The projector of a geometry on a grid: x is the plane, row-major, in 1/mm; y the sinogram, views ×
 * channels, in numbers (∫μ dl).
 */
export function planarProjector(geometry: PlanarGeometry, grid: PlaneGrid): LinearOperator {
  if (!(grid.pixelMm[0] > 0 && grid.pixelMm[1] > 0 && grid.nx > 0 && grid.ny > 0)) {
    throw new InputError(
      `Cannot project: found ${grid.nx}×${grid.ny} pixels of ${grid.pixelMm.join("×")} mm, wanted positive sizes`,
    );
  }
  const table = tabulate(geometry, grid);
  const { nx, ny } = grid;
  const rangeLength = geometry.views * geometry.detector.channels;
  const planes = [
    { along: ny, across: nx },
    { along: nx, across: ny },
  ] as const;
  return {
    domainLength: nx * ny,
    rangeLength,
    apply(x) {
      requireLength("a projector", x, nx * ny);
      const out = new Float32Array(rangeLength);
      for (const set of [0, 1] as const) {
        const values = set === 0 ? x : transpose(x, ny, nx);
        const sums = projectRays(values, table.rays[set], planes[set]);
        const places = table.places[set];
        for (let r = 0; r < sums.length; r++) out[places[r]!] = sums[r]!;
      }
      return out;
    },
    adjoint(y) {
      requireLength("a projector's transpose", y, rangeLength);
      const parts = ([0, 1] as const).map((set) => {
        const values = Float32Array.from(table.places[set], (place) => y[place]!);
        return projectRaysAdjoint(values, table.rays[set], planes[set]);
      });
      const other = transpose(parts[1]!, nx, ny);
      return parts[0]!.map((v, i) => v + other[i]!);
    },
  };
}

/**
 * The same integrals in float64 without the kernel: the definition that the kernel is tested against.
 */
export function projectByDefinition(
  x: ArrayLike<number>,
  geometry: PlanarGeometry,
  grid: PlaneGrid,
): Float64Array {
  const { rays, places } = tabulate(geometry, grid);
  const { nx, ny } = grid;
  const out = new Float64Array(geometry.views * geometry.detector.channels);
  for (const set of [0, 1] as const) {
    const across = set === 0 ? nx : ny;
    const at = (j: number, i: number): number =>
      i < 0 || i >= across ? 0 : set === 0 ? x[j * nx + i]! : x[i * nx + j]!;
    for (let r = 0; r < places[set].length; r++) {
      const [a = 0, b = 0, w = 0, j0 = 0, j1 = -1] = rays[set].subarray(
        r * rayFields,
        (r + 1) * rayFields,
      );
      let sum = 0;
      for (let j = j0; j <= j1; j++) {
        const place = a + b * j;
        const i = Math.floor(place);
        sum += (1 - place + i) * at(j, i) + (place - i) * at(j, i + 1);
      }
      out[places[set][r]!] = w * sum;
    }
  }
  return out;
}
