/**
 * Eye filter E(f) = f^α exp(−c f^β), f in cycles per degree of visual angle [burgess1994statistically].
 *
 * A display pixel of side p mm at distance D mm spans (180/π)·p/D degrees, so f = u·π D/(180 p) for u in
 * cycles per pixel.
 */
export interface EyeFilter {
  readonly alpha: number;
  readonly beta: number;
  /** Per (cycle per degree)^β. */
  readonly c: number;
  readonly distanceMm: number;
  readonly displayPixelMm: number;
}

/** Value of the filter at a frequency in cycles per pixel, scaled so that its greatest value is 1. */
export function eyeResponse(filter: EyeFilter): (cyclesPerPixel: number) => number {
  const { alpha, beta, c, distanceMm, displayPixelMm } = filter;
  const perDegree = (Math.PI / 180) * (distanceMm / displayPixelMm);
  const value = (f: number) =>
    f === 0 ? (alpha === 0 ? 1 : 0) : f ** alpha * Math.exp(-c * f ** beta);
  const peak = alpha === 0 || c === 0 ? 1 : (alpha / (c * beta)) ** (1 / beta);
  const top = value(peak) || 1;
  return (u) => value(u * perDegree) / top;
}
