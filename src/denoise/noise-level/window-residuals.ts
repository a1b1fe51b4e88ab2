/** What is left in small windows when their least-squares plane is taken out: noise, where there is no structure. */
import { type Image, layoutOf } from "../../core/image.ts";
import { sampledPlanes } from "./sampled-planes.ts";
import { boxSum, summedArea } from "./usable-pixels.ts";

export interface WindowResiduals {
  /** Standard deviation about the plane, with n − 3 degrees of freedom, of every window. */
  readonly sd: Float64Array;
  readonly mean: Float64Array;
  /** Index of the window's centre in the image's values. */
  readonly centre: Int32Array;
}

/**
 * Windows of (2r+1)² pixels on every second pixel of the sampled planes, those that are usable as a whole.
 *
 * @param options.usable one byte per pixel, from `usablePixels`
 * @param options.radius r, half width of the windows in px
 * @param options.step distance of windows in px; default 2
 */
export function windowResiduals(
  image: Image,
  options: { readonly usable: Uint8Array; readonly radius: number; readonly step?: number },
): WindowResiduals {
  const { usable, radius: r, step = 2 } = options;
  const layout = layoutOf(image);
  const { ny, nx } = layout;
  const side = 2 * r + 1;
  const n = side * side;
  // Σ k² over the window along one axis, for the plane's slopes.
  let moment = 0;
  for (let k = -r; k <= r; k++) moment += side * k * k;
  const sd: number[] = [];
  const mean: number[] = [];
  const centre: number[] = [];
  for (const p of sampledPlanes(layout)) {
    const offset = p * ny * nx;
    const sums = summedArea(ny, nx, (i) => usable[offset + i]!);
    for (let y = r; y + r < ny; y += step) {
      for (let x = r; x + r < nx; x += step) {
        if (boxSum(sums, nx, y - r, x - r, y + r + 1, x + r + 1) !== n) continue;
        const at = offset + y * nx + x;
        const shift = image.data[at]!;
        let [sum, squares, sy, sx] = [0, 0, 0, 0];
        for (let dy = -r; dy <= r; dy++) {
          const row = at + dy * nx;
          for (let dx = -r; dx <= r; dx++) {
            const v = image.data[row + dx]! - shift;
            sum += v;
            squares += v * v;
            sy += v * dy;
            sx += v * dx;
          }
        }
        const rest = squares - (sum * sum) / n - (sy * sy + sx * sx) / moment;
        sd.push(Math.sqrt(Math.max(0, rest / (n - 3))));
        mean.push(shift + sum / n);
        centre.push(at);
      }
    }
  }
  return {
    sd: Float64Array.from(sd),
    mean: Float64Array.from(mean),
    centre: Int32Array.from(centre),
  };
}
