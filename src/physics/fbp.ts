/**
 * Filtered backprojection for parallel beams over half a turn and fan beams over a full turn
 * [kak1988principles]:
 *
 *   parallel   f(x, y) = Δθ Σ_θ (h ∗ p)(t)
 *   flat fan   p·D/√(D²+s²), s on a detector moved to the axis;  f = ½ Δβ Σ_β (D/L)² (h ∗ p)(s′)
 *   arc fan    p·D cos γ;  f = ½ Δβ Σ_β 1/(L²+t²) (g ∗ p)(γ′),  g(γ) = (γ/sin γ)² h(γ)
 *
 * Line integrals (numbers) in, linear attenuation in 1/mm out.
 */
import { backprojectViews } from "../kernels/tomography.ts";
import { filterRows, type KernelName } from "./filter.ts";
import { channelCoordinate, viewAngle, type PlanarGeometry } from "./geometry.ts";
import { requireLength } from "./operator.ts";
import type { PlaneGrid } from "./planar-projector.ts";

export interface FbpOptions {
  readonly geometry: PlanarGeometry;
  readonly grid: PlaneGrid;
  readonly kernel: KernelName;
}

/** Step between channels as the filter sees it: mm across the beam or at the axis, or radians. */
export function filterPitch(geometry: PlanarGeometry): number {
  const { pitchMm } = geometry.detector;
  if (geometry.kind === "parallel") return pitchMm;
  return geometry.shape === "arc"
    ? pitchMm / geometry.sourceToDetectorMm
    : (pitchMm * geometry.sourceToIsoMm) / geometry.sourceToDetectorMm;
}

/** Factor on each channel before filtering. */
function preWeight(geometry: PlanarGeometry, channel: number): number {
  if (geometry.kind === "parallel") return 1;
  const c = channelCoordinate(geometry, channel);
  if (geometry.shape === "arc") return geometry.sourceToIsoMm * Math.cos(c);
  const sdd = geometry.sourceToDetectorMm;
  return sdd / Math.sqrt(sdd * sdd + c * c);
}

/** Numbers that tell the backprojection where each pixel falls in each view. */
function viewParameters(geometry: PlanarGeometry, grid: PlaneGrid): Float32Array {
  const params = new Float32Array(6 * geometry.views);
  const [px, py] = grid.pixelMm;
  const x0 = grid.centreMm[0] - ((grid.nx - 1) / 2) * px;
  const y0 = grid.centreMm[1] - ((grid.ny - 1) / 2) * py;
  for (let v = 0; v < geometry.views; v++) {
    const angle = viewAngle(geometry, v);
    const c = Math.cos(angle);
    const s = Math.sin(angle);
    const source = geometry.kind === "fan" ? geometry.sourceToIsoMm : 0;
    params.set(
      [-x0 * s + y0 * c, -px * s, py * c, source - x0 * c - y0 * s, -px * c, -py * s],
      6 * v,
    );
  }
  return params;
}

/**
 * Reconstructs a plane from its sinogram (views × channels, line integrals).
 *
 * @returns linear attenuation in 1/mm, row-major over the grid
 */
export function filteredBackprojection(sinogram: Float32Array, options: FbpOptions): Float32Array {
  const { geometry, grid, kernel } = options;
  const { channels } = geometry.detector;
  requireLength("filtered backprojection", sinogram, geometry.views * channels);
  const weights = Float64Array.from({ length: channels }, (_, c) => preWeight(geometry, c));
  const weighted = sinogram.map((p, i) => p * weights[i % channels]!);
  const pitch = filterPitch(geometry);
  const arc = geometry.kind === "fan" && geometry.shape === "arc";
  const filtered = filterRows(weighted, { kernel, channels, pitch, arc });
  const { offsetChannels } = geometry.detector;
  const sdd = geometry.kind === "fan" ? geometry.sourceToDetectorMm : 1;
  const image = backprojectViews(filtered, {
    mode: geometry.kind === "parallel" ? "parallel" : geometry.shape,
    params: viewParameters(geometry, grid),
    channels,
    scale: (arc || geometry.kind === "fan" ? sdd : 1) / geometry.detector.pitchMm,
    centre: (channels - 1) / 2 + offsetChannels,
    nx: grid.nx,
    ny: grid.ny,
    quarterTurns:
      geometry.kind === "fan" &&
      geometry.views % 4 === 0 &&
      grid.nx === grid.ny &&
      grid.pixelMm[0] === grid.pixelMm[1] &&
      grid.centreMm[0] === 0 &&
      grid.centreMm[1] === 0,
  });
  // Flat: weights (D/L)² need the D² that the kernel's 1/L² leaves out.
  const factor =
    geometry.kind === "parallel"
      ? Math.PI / geometry.views
      : (Math.PI / geometry.views) * (arc ? 1 : geometry.sourceToIsoMm ** 2);
  return image.map((v) => v * factor);
}
