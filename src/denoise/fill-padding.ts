/** Pixels without a measurement, filled so that no filter sees them. */
import { type Image, layoutOf } from "../core/image.ts";

/**
 * The image's values with padding replaced by the value of the nearest pixel (in pixels, the first in reading
 * order among equals) of the same plane that holds a measurement; in a plane that holds none by the plane
 * next to it, and left alone in an image that holds none.
 *
 * @param padding one byte per pixel, 1 where it holds no measurement
 */
export function filledFromNearest(image: Image, padding: Uint8Array): Float32Array {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const size = ny * nx;
  const out = image.data.slice();
  for (let block = 0; block < blocks; block++) {
    const empty: number[] = [];
    const held: number[] = [];
    for (let z = 0; z < nz; z++) {
      const from = (block * nz + z) * size;
      const marks = padding.subarray(from, from + size);
      const nearest = nearestHeld(marks, ny, nx);
      (nearest ? held : empty).push(z);
      if (!nearest) continue;
      for (let i = 0; i < size; i++) {
        if (marks[i] === 1) out[from + i] = image.data[from + nearest[i]!]!;
      }
    }
    if (held.length === 0) continue;
    for (const z of empty) {
      const like = held.reduce((a, b) => (Math.abs(b - z) < Math.abs(a - z) ? b : a));
      const from = (block * nz + like) * size;
      out.copyWithin((block * nz + z) * size, from, from + size);
    }
  }
  return out;
}

/**
 * Index of the nearest pixel that is no padding, for every pixel; undefined in a plane of padding only. Exact:
 * nearest along the column first, then the lower envelope of parabolas along the row.
 */
function nearestHeld(marks: Uint8Array, ny: number, nx: number): Int32Array | undefined {
  const row = new Int32Array(ny * nx).fill(-1);
  let any = false;
  for (let x = 0; x < nx; x++) {
    let last = -1;
    for (let y = 0; y < ny; y++) {
      if (marks[y * nx + x] !== 1) last = y;
      row[y * nx + x] = last;
    }
    if (last < 0) continue;
    any = true;
    for (let y = ny - 2; y >= 0; y--) {
      const below = row[(y + 1) * nx + x]!;
      const above = row[y * nx + x]!;
      if (above < 0 || below - y < y - above) row[y * nx + x] = below;
    }
  }
  if (!any) return undefined;
  const out = new Int32Array(ny * nx);
  // Columns of the parabolas of the envelope, and where each begins to be the lowest.
  const column = new Int32Array(nx);
  const begin = new Float64Array(nx + 1);
  for (let y = 0; y < ny; y++) {
    const height = (x: number): number => (row[y * nx + x]! - y) ** 2;
    let count = 0;
    for (let x = 0; x < nx; x++) {
      if (row[y * nx + x]! < 0) continue;
      let from = -Infinity;
      while (count > 0) {
        const c = column[count - 1]!;
        from = (height(x) + x * x - height(c) - c * c) / (2 * (x - c));
        if (from > begin[count - 1]!) break;
        count--;
        from = -Infinity;
      }
      column[count] = x;
      begin[count++] = from;
    }
    let k = 0;
    for (let x = 0; x < nx; x++) {
      while (k + 1 < count && begin[k + 1]! < x) k++;
      const c = column[k]!;
      out[y * nx + x] = row[y * nx + c]! * nx + c;
    }
  }
  return out;
}
