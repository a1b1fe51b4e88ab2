/** Areas without signal, such as the air around an object, as against dark pixels of its noise. */
import { type Image, layoutOf } from "../../core/image.ts";

/**
 * Pixels below a level in a 3 × 3 square of such pixels (cut at the border), and all that join one of these; a
 * square of nulls is speckle in no image, a single null is in every one.
 *
 * @returns one byte per pixel, 1 in dark areas; undefined where there is none, or nothing else
 */
export function darkAreas(image: Image, least: number): Uint8Array | undefined {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const size = ny * nx;
  const mask = new Uint8Array(image.data.length);
  let any = false;
  for (let p = 0; p < blocks * nz; p++) {
    const plane = image.data.subarray(p * size, (p + 1) * size);
    const marks = mask.subarray(p * size, (p + 1) * size);
    const open: number[] = [];
    const visit = (i: number): boolean => {
      if (plane[i]! < least && marks[i] !== 1) {
        marks[i] = 1;
        open.push(i);
      }
      return true;
    };
    const around = (i: number) => ({ y: Math.floor(i / nx), x: i % nx, ny, nx });
    for (let i = 0; i < size; i++) {
      if (marks[i] !== 1 && everyAround(around(i), (k) => plane[k]! < least)) visit(i);
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        any = true;
        everyAround(around(next), visit);
      }
    }
  }
  return any && mask.includes(0) ? mask : undefined;
}

function everyAround(
  { y, x, ny, nx }: { y: number; x: number; ny: number; nx: number },
  test: (index: number) => boolean,
): boolean {
  for (let j = Math.max(0, y - 1); j <= Math.min(ny - 1, y + 1); j++) {
    for (let k = Math.max(0, x - 1); k <= Math.min(nx - 1, x + 1); k++) {
      if (!test(j * nx + k)) return false;
    }
  }
  return true;
}
