/**
 * How far the images of a method lie from the truth: against it, against another scan, or estimated from the images
 * alone. Against a scan with independent noise, E|D(g) − g′|² = E|D(g) − θ|² + σ′², and σ′² is half of E|g − g′|². Alone,
 * Stein's estimate [stein1981estimation] with a probe for the divergence [ramani2008montecarlo],
 *
 *   MSE ≈ |D(g) − g|²/N − σ² + 2 bᵀ(D(g + εb) − D(g))/(εN),   b drawn like the noise.
 */
import type { Treated } from "./treat.ts";

export interface Fidelity {
  readonly by: "truth" | "repeat" | "self-supervised (SURE)";
  /** Root mean square error over the regions, in the image's unit; NaN where the estimate of its square is negative. */
  readonly rmse: number;
  /** Of the shown slice, with a truth. */
  readonly psnrDb?: number;
  readonly ssim?: number;
}

/** The same regions of other images, in the order of the cases. */
export type Regions = readonly Float32Array[];

function meanSquare(a: Regions, b: Regions): number {
  let [sum, n] = [0, 0];
  a.forEach((region, k) => {
    const other = b[k]!;
    for (let i = 0; i < region.length; i++) sum += (region[i]! - other[i]!) ** 2;
    n += region.length;
  });
  return sum / n;
}

const root = (square: number): number => (square >= 0 ? Math.sqrt(square) : NaN);

export function errorAgainstTruth(treated: Treated, truth: Regions): Fidelity {
  return { by: "truth", rmse: root(meanSquare(treated.without, truth)) };
}

/** @param acquired regions of the scan at full dose as it is, whose noise the repeated scan shares in strength */
export function errorAgainstRepeat(treated: Treated, acquired: Regions, repeat: Regions): Fidelity {
  const own = meanSquare(acquired, repeat) / 2;
  return { by: "repeat", rmse: root(meanSquare(treated.without, repeat) - own) };
}

/**
 * @param untreated regions of the same images as they are; both of the shown slice alone
 * @param sigma level of the noise that the probe had
 */
export function errorAlone(
  treated: Regions,
  untreated: Regions,
  at: { readonly divergence: number; readonly sigma: number },
): Fidelity {
  const change = meanSquare(treated, untreated);
  const rmse = root(change - at.sigma ** 2 + 2 * at.divergence);
  return { by: "self-supervised (SURE)", rmse };
}
