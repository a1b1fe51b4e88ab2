/**
 * Line integrals through a volume from a source on a circle or helix to a flat detector, and their
 * exact transpose: Joseph's rule in three dimensions, one plane of voxels a step along x or y, bilinear
 * between the four voxels that the ray passes.
 */
import { InputError } from "../core/errors.ts";
import type { ConeGeometry } from "./geometry.ts";
import { requireLength, type LinearOperator } from "./operator.ts";

/** Voxels in the scanner's coordinates, centred on the axis of rotation in x and y. */
export interface VolumeGrid {
  readonly shape: readonly [nz: number, ny: number, nx: number];
  /** Pitch in mm (z, y, x). */
  readonly spacing: readonly [number, number, number];
  /** Height of the middle of the volume in mm. */
  readonly centreZMm: number;
}

/** All views of a scan. */
export function coneViews(geometry: ConeGeometry): number {
  return Math.round(geometry.views * geometry.turns);
}

/** Angle and source height of a view. */
export function coneView(geometry: ConeGeometry, view: number): { angle: number; z: number } {
  const turn = view / geometry.views;
  return { angle: 2 * Math.PI * turn, z: geometry.startZMm + geometry.feedMm * turn };
}

/** Place of a channel or row on the detector in mm from its middle. */
export function detectorPlace(index: number, count: number, pitchMm: number, offset = 0): number {
  return (index - (count - 1) / 2 - offset) * pitchMm;
}

type Visit = (voxel: number, share: number) => void;

/** Calls `visit` for every voxel of one ray with its share of the line integral. */
function walkRay(
  grid: VolumeGrid,
  from: readonly [number, number, number],
  direction: readonly [number, number, number],
  visit: Visit,
): void {
  const [nz, ny, nx] = grid.shape;
  const [sz, sy, sx] = grid.spacing;
  const length = Math.hypot(...direction);
  // In voxels from the middle of the first one.
  const x = from[0] / sx + (nx - 1) / 2;
  const y = from[1] / sy + (ny - 1) / 2;
  const z = (from[2] - grid.centreZMm) / sz + (nz - 1) / 2;
  const dx = direction[0] / length / sx;
  const dy = direction[1] / length / sy;
  const dz = direction[2] / length / sz;
  const alongY = Math.abs(dy) >= Math.abs(dx);
  const along = alongY ? ny : nx;
  const across = alongY ? nx : ny;
  const step = alongY ? dy : dx;
  const slope = (alongY ? dx : dy) / step;
  const rise = dz / step;
  const start = (alongY ? x : y) - slope * (alongY ? y : x);
  const base = z - rise * (alongY ? y : x);
  const weight = 1 / Math.abs(step);
  const strideAlong = alongY ? nx : 1;
  const strideAcross = alongY ? 1 : nx;
  const plane = ny * nx;
  for (let j = 0; j < along; j++) {
    const a = start + slope * j;
    const b = base + rise * j;
    const ia = Math.floor(a);
    const ib = Math.floor(b);
    if (ia < -1 || ia >= across || ib < -1 || ib >= nz) continue;
    const fa = a - ia;
    const fb = b - ib;
    const at = ib * plane + j * strideAlong + ia * strideAcross;
    if (ib >= 0) {
      if (ia >= 0) visit(at, weight * (1 - fa) * (1 - fb));
      if (ia + 1 < across) visit(at + strideAcross, weight * fa * (1 - fb));
    }
    if (ib + 1 < nz) {
      if (ia >= 0) visit(at + plane, weight * (1 - fa) * fb);
      if (ia + 1 < across) visit(at + plane + strideAcross, weight * fa * fb);
    }
  }
}

/**
 * The projector of a cone or helical geometry: x is the volume (z, y, x) in 1/mm, y the line integrals
 * (views, rows, channels).
 */
export function coneProjector(geometry: ConeGeometry, grid: VolumeGrid): LinearOperator {
  const { channels, pitchMm, offsetChannels } = geometry.detector;
  const views = coneViews(geometry);
  const [nz, ny, nx] = grid.shape;
  if (!(views >= 1 && channels >= 1 && geometry.rows >= 1)) {
    throw new InputError(
      `Cannot project: found ${views} views, ${geometry.rows} rows and ${channels} channels, wanted at least one of each`,
    );
  }
  const domainLength = nz * ny * nx;
  const rangeLength = views * geometry.rows * channels;
  const eachRay = (
    view: number,
    use: (ray: number, walk: (visit: Visit) => void) => void,
  ): void => {
    const { angle, z } = coneView(geometry, view);
    const c = Math.cos(angle);
    const s = Math.sin(angle);
    const from = [geometry.sourceToIsoMm * c, geometry.sourceToIsoMm * s, z] as const;
    for (let r = 0; r < geometry.rows; r++) {
      const v = detectorPlace(r, geometry.rows, geometry.rowPitchMm);
      for (let ch = 0; ch < channels; ch++) {
        const u = detectorPlace(ch, channels, pitchMm, offsetChannels);
        const d = geometry.sourceToDetectorMm;
        const direction = [-d * c - u * s, -d * s + u * c, v] as const;
        use((view * geometry.rows + r) * channels + ch, (visit) =>
          walkRay(grid, from, direction, visit),
        );
      }
    }
  };
  return {
    domainLength,
    rangeLength,
    apply(x) {
      requireLength("a cone projector", x, domainLength);
      const out = new Float32Array(rangeLength);
      for (let view = 0; view < views; view++) {
        eachRay(view, (ray, walk) => {
          let sum = 0;
          walk((voxel, share) => {
            sum += share * x[voxel]!;
          });
          out[ray] = sum;
        });
      }
      return out;
    },
    adjoint(y) {
      requireLength("a cone projector's transpose", y, rangeLength);
      const out = new Float64Array(domainLength);
      for (let view = 0; view < views; view++) {
        eachRay(view, (ray, walk) => {
          const value = y[ray]!;
          if (value === 0) return;
          walk((voxel, share) => {
            out[voxel]! += share * value;
          });
        });
      }
      return Float32Array.from(out);
    },
  };
}

/** Refuses cone geometries that cannot see a cylinder of the given radius and half-height about the middle. */
export function requireConeSees(
  geometry: ConeGeometry,
  reach: { radiusMm: number; halfHeightMm: number },
): void {
  const halfFan = Math.atan(
    (((geometry.detector.channels - 1) / 2 - Math.abs(geometry.detector.offsetChannels)) *
      geometry.detector.pitchMm) /
      geometry.sourceToDetectorMm,
  );
  const seen = geometry.sourceToIsoMm * Math.sin(halfFan);
  if (reach.radiusMm > seen * (1 + 1e-6)) {
    throw new InputError(
      `Cannot scan: found an object reaching ${reach.radiusMm.toFixed(1)} mm from the axis, wanted at most the ${seen.toFixed(1)} mm that the detector sees`,
    );
  }
  if (geometry.feedMm !== 0) return;
  // On the side towards the source the cone is narrowest.
  const halfCone = ((geometry.rows - 1) / 2) * geometry.rowPitchMm;
  const height =
    (halfCone * (geometry.sourceToIsoMm - reach.radiusMm)) / geometry.sourceToDetectorMm;
  if (reach.halfHeightMm > height * (1 + 1e-6)) {
    throw new InputError(
      `Cannot scan: found a volume of ${(2 * reach.halfHeightMm).toFixed(1)} mm along the axis, wanted at most the ${(2 * height).toFixed(1)} mm that every view of the circle sees`,
    );
  }
}
