/**
 * Noise level from the areas without structure: the mode, over all windows of 9 × 9 px, of the standard
 * deviation inside the window about its least-squares plane. Windows over edges and texture scatter upwards and do
 * not form a mode. Correlation between pixels does not bias it as long as it is shorter than the window,
 * which is why CT noise is measured this way.
 */
import { type Image, layoutOf } from "../../core/image.ts";
import { halfSampleMode } from "./mode.ts";
import { sampledPlanes } from "./sampled-planes.ts";
import { boxSum, summedArea } from "./usable-pixels.ts";

/**
 * σ in the image's unit from windows that are usable as a whole.
 *
 * @param options.radius half width of the windows in px; default 4
 * @returns `undefined` for fewer than 200 windows
 */
export function flatAreasSigma(
  image: Image,
  options: { usable: Uint8Array; radius?: number },
): { readonly sigma: number; readonly count: number } | undefined {
  const { usable, radius: r = 4 } = options;
  const layout = layoutOf(image);
  const { ny, nx } = layout;
  const side = 2 * r + 1;
  const n = side * side;
  // Σ k² over the window along one axis, for the plane's slopes.
  let moment = 0;
  for (let k = -r; k <= r; k++) moment += side * k * k;
  const values: number[] = [];
  for (const p of sampledPlanes(layout)) {
    const offset = p * ny * nx;
    const sums = summedArea(ny, nx, (i) => usable[offset + i]!);
    for (let y = r; y + r < ny; y += 2) {
      for (let x = r; x + r < nx; x += 2) {
        if (boxSum(sums, nx, y - r, x - r, y + r + 1, x + r + 1) !== n) continue;
        const shift = image.data[offset + y * nx + x]!;
        let [sum, squares, sy, sx] = [0, 0, 0, 0];
        for (let dy = -r; dy <= r; dy++) {
          const row = offset + (y + dy) * nx + x;
          for (let dx = -r; dx <= r; dx++) {
            const v = image.data[row + dx]! - shift;
            sum += v;
            squares += v * v;
            sy += v * dy;
            sx += v * dx;
          }
        }
        const rest = squares - (sum * sum) / n - (sy * sy + sx * sx) / moment;
        values.push(Math.sqrt(Math.max(0, rest / (n - 3))));
      }
    }
  }
  if (values.length < 200) return undefined;
  return { sigma: halfSampleMode(Float64Array.from(values).sort()), count: values.length };
}
