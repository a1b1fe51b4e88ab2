/** Objects whose line integrals have formulas: the oracles of the projectors. */
import { rayOf, viewAngle, type PlanarGeometry } from "./geometry.ts";

export interface AnalyticEllipse {
  readonly centreMm: readonly [number, number];
  readonly radiiMm: readonly [number, number];
  /** Rotation from x towards y in radians. */
  readonly turn?: number;
  /** Added attenuation in 1/mm. */
  readonly value: number;
}

/** Integral along a ray through an ellipse: value × chord. */
export function ellipseIntegral(
  ellipse: AnalyticEllipse,
  ray: { x: number; y: number; dx: number; dy: number },
): number {
  const c = Math.cos(ellipse.turn ?? 0);
  const s = Math.sin(ellipse.turn ?? 0);
  const [a, b] = ellipse.radiiMm;
  const x = ray.x - ellipse.centreMm[0];
  const y = ray.y - ellipse.centreMm[1];
  // On the unit circle of the ellipse the chord is the root of a quadratic in the ray's parameter.
  const u = (c * x + s * y) / a;
  const v = (c * y - s * x) / b;
  const du = (c * ray.dx + s * ray.dy) / a;
  const dv = (c * ray.dy - s * ray.dx) / b;
  const qa = du * du + dv * dv;
  const qb = u * du + v * dv;
  const disc = qb * qb - qa * (u * u + v * v - 1);
  return disc > 0 ? (2 * ellipse.value * Math.sqrt(disc)) / qa : 0;
}

/** Sinogram of ellipses, views × channels. */
export function projectEllipses(
  ellipses: readonly AnalyticEllipse[],
  geometry: PlanarGeometry,
): Float32Array {
  const { channels } = geometry.detector;
  const out = new Float32Array(geometry.views * channels);
  for (let v = 0; v < geometry.views; v++) {
    const angle = viewAngle(geometry, v);
    for (let ch = 0; ch < channels; ch++) {
      const ray = rayOf(geometry, angle, ch);
      let sum = 0;
      for (const e of ellipses) sum += ellipseIntegral(e, ray);
      out[v * channels + ch] = sum;
    }
  }
  return out;
}

/** Sinogram of a round Gaussian of peak `value` and width `sigmaMm`: value·σ√2π·exp(−d²/2σ²). */
export function projectGaussian(
  blob: { centreMm: readonly [number, number]; sigmaMm: number; value: number },
  geometry: PlanarGeometry,
): Float32Array {
  const { channels } = geometry.detector;
  const out = new Float32Array(geometry.views * channels);
  const peak = blob.value * blob.sigmaMm * Math.sqrt(2 * Math.PI);
  for (let v = 0; v < geometry.views; v++) {
    const angle = viewAngle(geometry, v);
    for (let ch = 0; ch < channels; ch++) {
      const ray = rayOf(geometry, angle, ch);
      const x = blob.centreMm[0] - ray.x;
      const y = blob.centreMm[1] - ray.y;
      const d = x * ray.dy - y * ray.dx;
      out[v * channels + ch] = peak * Math.exp((-d * d) / (2 * blob.sigmaMm ** 2));
    }
  }
  return out;
}
