/**
 * Helical cone-beam data to planar fan sinograms, one for each slice [noo1999single]: every view
 * within half a turn of the slice gives, in each channel, the row whose ray passes the slice in the
 * middle of the field of view,
 *
 *   v = Δz · (u² + D²)/(R·D),   p₂(β, u) = p(β, u, v) · √(u² + D²) / √(u² + v² + D²)
 *
 * with Δz the slice's height above the source, R the source's and D the detector's distance. The
 * sinogram covers a full turn and is reconstructed as flat fan-beam data.
 */
import { InputError } from "../core/errors.ts";
import { coneView, coneViews, detectorPlace } from "./cone-projector.ts";
import type { ConeGeometry, FanGeometry } from "./geometry.ts";

/** The fan geometry of the rebinned sinograms. */
export function rebinnedGeometry(geometry: ConeGeometry): FanGeometry {
  return {
    kind: "fan",
    views: geometry.views,
    detector: geometry.detector,
    sourceToIsoMm: geometry.sourceToIsoMm,
    sourceToDetectorMm: geometry.sourceToDetectorMm,
    shape: "flat",
  };
}

/**
 * Sinogram (views of one turn × channels) of the slice at `zMm`.
 *
 * @throws InputError when the helix does not reach half a turn beyond the slice on both sides
 */
export function rebinSlice(
  projections: Float32Array,
  { geometry, zMm }: { geometry: ConeGeometry; zMm: number },
): Float32Array {
  const { channels, pitchMm, offsetChannels } = geometry.detector;
  const { rows, views } = geometry;
  const total = coneViews(geometry);
  const middle = ((zMm - geometry.startZMm) / geometry.feedMm) * views;
  const first = Math.round(middle - views / 2);
  if (!Number.isFinite(middle) || first < 0 || first + views > total) {
    throw new InputError(
      `Cannot rebin the slice at ${zMm} mm: found views from ${geometry.startZMm} to ${geometry.startZMm + geometry.feedMm * geometry.turns} mm, wanted half a turn (${Math.abs(geometry.feedMm) / 2} mm) beyond the slice on both sides`,
    );
  }
  const d = geometry.sourceToDetectorMm;
  const out = new Float32Array(views * channels);
  for (let n = 0; n < views; n++) {
    const view = first + n;
    const dz = zMm - coneView(geometry, view).z;
    const place = ((view % views) + views) % views;
    for (let ch = 0; ch < channels; ch++) {
      const u = detectorPlace(ch, channels, pitchMm, offsetChannels);
      const wanted = (dz * (u * u + d * d)) / (geometry.sourceToIsoMm * d);
      // Rows that do not exist are replaced by the outermost one.
      const row = Math.max(0, Math.min(rows - 1, wanted / geometry.rowPitchMm + (rows - 1) / 2));
      const low = Math.min(rows - 1, Math.floor(row));
      const high = Math.min(rows - 1, low + 1);
      const share = row - low;
      const at = (r: number): number => projections[(view * rows + r) * channels + ch]!;
      const v = (row - (rows - 1) / 2) * geometry.rowPitchMm;
      const flat = Math.sqrt(u * u + d * d) / Math.sqrt(u * u + v * v + d * d);
      out[place * channels + ch] = flat * (at(low) + share * (at(high) - at(low)));
    }
  }
  return out;
}
