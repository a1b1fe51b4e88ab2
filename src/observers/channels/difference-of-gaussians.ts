/**
 * Difference-of-Gaussians channels [abbey2001human]: C_j(f) = exp(−f²/2(Q a_j)²) − exp(−f²/2 a_j²),
 * a_j = a₀ α^j in cycles per pixel. Published sets: dense, ten channels with a₀ 0.005, α 1.4, Q 1.67;
 * sparse, three with 0.015, 2, 2.
 */
import { fftN, signedFrequency } from "../../math/fft.ts";
import type { Centre, ChannelSet } from "./channel-set.ts";
import { unitRows } from "./channel-set.ts";

export const denseGaussians = { count: 10, a0: 0.005, alpha: 1.4, q: 1.67 } as const;
export const sparseGaussians = { count: 3, a0: 0.015, alpha: 2, q: 2 } as const;

/** Channels with zero phase about the centre, made in the frequency domain (so they wrap at the border). */
export function differenceOfGaussians(
  shape: readonly number[],
  options: { centre: Centre; count: number; a0: number; alpha: number; q: number },
): ChannelSet {
  const { centre, count, a0, alpha, q } = options;
  const size = shape.reduce((a, b) => a * b, 1);
  const rows = new Float64Array(count * size);
  for (let j = 0; j < count; j++) {
    const a = a0 * alpha ** j;
    const re = new Float64Array(size);
    const im = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      let rest = i;
      let f2 = 0;
      let shift = 0;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const n = shape[axis]!;
        const u = signedFrequency(rest % n, n) / n;
        f2 += u * u;
        shift += u * centre[axis]!;
        rest = Math.floor(rest / n);
      }
      const value = Math.exp(-f2 / (2 * (q * a) ** 2)) - Math.exp(-f2 / (2 * a * a));
      re[i] = value * Math.cos(2 * Math.PI * shift);
      im[i] = -value * Math.sin(2 * Math.PI * shift);
    }
    rows.set(fftN(re, im, { shape: [...shape], inverse: true }).re, j * size);
  }
  return unitRows({ name: "difference-of-gaussians", count, size, rows });
}
