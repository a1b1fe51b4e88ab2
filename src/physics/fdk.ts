/**
 * Reconstruction from a circle of cone-beam views [feldkamp1984practical]: rows weighted with
 * D/√(D²+u²+v²), ramp-filtered, and backprojected with (R/L)², full turn.
 */
import { filterRows, type KernelName } from "./filter.ts";
import { coneView, coneViews, detectorPlace, type VolumeGrid } from "./cone-projector.ts";
import type { ConeGeometry } from "./geometry.ts";
import { requireLength } from "./operator.ts";

/**
 * @param projections line integrals (views, rows, channels)
 * @returns attenuation in 1/mm (z, y, x)
 */
export function feldkamp(
  projections: Float32Array,
  options: { geometry: ConeGeometry; grid: VolumeGrid; kernel: KernelName },
): Float32Array {
  const { geometry, grid, kernel } = options;
  const { channels, pitchMm, offsetChannels } = geometry.detector;
  const { rows } = geometry;
  const views = coneViews(geometry);
  requireLength("Feldkamp's reconstruction", projections, views * rows * channels);
  const sdd = geometry.sourceToDetectorMm;
  const weighted = new Float32Array(projections.length);
  for (let i = 0; i < weighted.length; i++) {
    const u = detectorPlace(i % channels, channels, pitchMm, offsetChannels);
    const v = detectorPlace(Math.floor(i / channels) % rows, rows, geometry.rowPitchMm);
    weighted[i] = (projections[i]! * sdd) / Math.sqrt(sdd * sdd + u * u + v * v);
  }
  const isoPitch = (pitchMm * geometry.sourceToIsoMm) / sdd;
  const filtered = filterRows(weighted, { kernel, channels, pitch: isoPitch });
  const [nz, ny, nx] = grid.shape;
  const [sz, sy, sx] = grid.spacing;
  const sum = new Float64Array(nz * ny * nx);
  const middle = (channels - 1) / 2 + offsetChannels;
  for (let view = 0; view < views; view++) {
    const { angle, z: sourceZ } = coneView(geometry, view);
    const c = Math.cos(angle);
    const s = Math.sin(angle);
    const base = view * rows * channels;
    for (let j = 0; j < ny; j++) {
      const y = (j - (ny - 1) / 2) * sy;
      for (let i = 0; i < nx; i++) {
        const x = (i - (nx - 1) / 2) * sx;
        const depth = geometry.sourceToIsoMm - x * c - y * s;
        const u = (((y * c - x * s) / depth) * sdd) / pitchMm + middle;
        const iu = Math.floor(u);
        if (iu < 0 || iu + 1 >= channels) continue;
        const fu = u - iu;
        const scale = geometry.sourceToIsoMm / depth;
        for (let k = 0; k < nz; k++) {
          const z = grid.centreZMm + (k - (nz - 1) / 2) * sz - sourceZ;
          const v = ((z / depth) * sdd) / geometry.rowPitchMm + (rows - 1) / 2;
          const iv = Math.floor(v);
          if (iv < 0 || iv >= rows) continue;
          const fv = iv + 1 < rows ? v - iv : 0;
          const at = base + iv * channels + iu;
          const up = fv > 0 ? at + channels : at;
          const low = filtered[at]! + fu * (filtered[at + 1]! - filtered[at]!);
          const high = filtered[up]! + fu * (filtered[up + 1]! - filtered[up]!);
          sum[(k * ny + j) * nx + i]! += scale * scale * (low + fv * (high - low));
        }
      }
    }
  }
  const factor = Math.PI / geometry.views;
  return Float32Array.from(sum, (v) => v * factor);
}
