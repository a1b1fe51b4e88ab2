/**
 * Scanning geometries. Coordinates in mm about the axis of rotation: x to the left, y to the back,
 * z to the head. At angle β the source stands at R·(cos β, sin β) and channels count along
 * (−sin β, cos β). A pixel at (x, y) has depth L = R − x cos β − y sin β from the source and lateral
 * place t = −x sin β + y cos β; its fan angle is atan(t/L).
 */
import { InputError } from "../core/errors.ts";

/** A row of detector channels. */
export interface Detector {
  readonly channels: number;
  /** Pitch in mm on the detector (fan) or across the beam (parallel). */
  readonly pitchMm: number;
  /** Shift of the detector's middle in channels; a quarter makes opposite rays interleave. */
  readonly offsetChannels: number;
}

/** Rays all parallel at each angle; views lie evenly on half a turn. */
export interface ParallelGeometry {
  readonly kind: "parallel";
  readonly views: number;
  readonly detector: Detector;
}

/** Rays from a point source to a row on an arc about the source or on a line; views on a full turn. */
export interface FanGeometry {
  readonly kind: "fan";
  readonly views: number;
  readonly detector: Detector;
  readonly sourceToIsoMm: number;
  readonly sourceToDetectorMm: number;
  readonly shape: "arc" | "flat";
}

export type PlanarGeometry = ParallelGeometry | FanGeometry;

/** Flat detector of several rows, source on a circle or a helix. */
export interface ConeGeometry {
  readonly kind: "cone";
  /** Views for each turn. */
  readonly views: number;
  readonly detector: Detector;
  readonly rows: number;
  /** Pitch of the rows on the detector in mm. */
  readonly rowPitchMm: number;
  readonly sourceToIsoMm: number;
  readonly sourceToDetectorMm: number;
  /** Table feed in mm a turn: 0 is a circle. */
  readonly feedMm: number;
  /** Turns of the source; 1 for a circle. */
  readonly turns: number;
  /** Height of the source at the first view in mm. */
  readonly startZMm: number;
}

/**
 * Scanner of the public pediatric phantom set: source to axis 595 mm, source to detector 1085.6 mm,
 * 880 channels of 1 mm, 1160 views a turn [nelson2024pediatric].
 */
export const pediatricScanner: FanGeometry = Object.freeze({
  kind: "fan",
  views: 1160,
  detector: Object.freeze({ channels: 880, pitchMm: 1, offsetChannels: 0.25 }),
  sourceToIsoMm: 595,
  sourceToDetectorMm: 1085.6,
  shape: "arc",
});

/** A parallel geometry that covers a field of view of the given size with channels of one pixel. */
export function parallelFor(options: {
  fovMm: number;
  pixelMm: number;
  views?: number;
}): ParallelGeometry {
  const { fovMm, pixelMm } = options;
  // The diagonal and an odd number of channels, so that one stands on the axis.
  const channels = 2 * Math.ceil((fovMm * Math.SQRT1_2) / pixelMm) + 3;
  return {
    kind: "parallel",
    views: options.views ?? Math.ceil((channels * Math.PI) / 2 / Math.SQRT2),
    detector: { channels, pitchMm: pixelMm, offsetChannels: 0 },
  };
}

/** Angle of a view in radians. */
export function viewAngle(geometry: PlanarGeometry, view: number): number {
  return ((geometry.kind === "parallel" ? Math.PI : 2 * Math.PI) * view) / geometry.views;
}

/** Channel coordinate: place across the beam in mm (parallel), at the detector in mm (flat) or angle (arc). */
export function channelCoordinate(geometry: PlanarGeometry, channel: number): number {
  const { channels, pitchMm, offsetChannels } = geometry.detector;
  const mm = (channel - (channels - 1) / 2 - offsetChannels) * pitchMm;
  if (geometry.kind === "parallel" || geometry.shape === "flat") return mm;
  return mm / geometry.sourceToDetectorMm;
}

/** Fan angle of a channel in radians (0 for parallel rays). */
export function fanAngle(geometry: PlanarGeometry, channel: number): number {
  if (geometry.kind === "parallel") return 0;
  const c = channelCoordinate(geometry, channel);
  return geometry.shape === "arc" ? c : Math.atan(c / geometry.sourceToDetectorMm);
}

/** A ray in the plane: a point on it and its unit direction. */
export interface Ray {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

/** The ray of a channel at a view angle. */
export function rayOf(geometry: PlanarGeometry, angle: number, channel: number): Ray {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  if (geometry.kind === "parallel") {
    const t = channelCoordinate(geometry, channel);
    return { x: -s * t, y: c * t, dx: -c, dy: -s };
  }
  const gamma = fanAngle(geometry, channel);
  const cg = Math.cos(gamma);
  const sg = Math.sin(gamma);
  const r = geometry.sourceToIsoMm;
  return { x: r * c, y: r * s, dx: -cg * c - sg * s, dy: -cg * s + sg * c };
}

/** Radius in mm about the axis that every view sees whole. */
export function fieldRadius(geometry: PlanarGeometry): number {
  const last = geometry.detector.channels - 1;
  const ends = [0, last].map((c) =>
    geometry.kind === "parallel"
      ? Math.abs(channelCoordinate(geometry, c))
      : geometry.sourceToIsoMm * Math.sin(Math.abs(fanAngle(geometry, c))),
  );
  return Math.min(...ends);
}

/**
 * Refuses a geometry that cannot be built or cannot see a round object of the given radius.
 *
 * @param radiusMm distance from the axis to the farthest part that attenuates
 */
export function requireSees(geometry: PlanarGeometry, radiusMm: number): void {
  const { channels, pitchMm } = geometry.detector;
  if (!(channels >= 2 && pitchMm > 0 && geometry.views >= 1)) {
    throw new InputError(
      `Cannot scan: found ${channels} channels of ${pitchMm} mm and ${geometry.views} views, wanted 2 channels of positive pitch and 1 view or more`,
    );
  }
  if (geometry.kind === "fan") {
    if (!(geometry.sourceToDetectorMm > geometry.sourceToIsoMm && geometry.sourceToIsoMm > 0)) {
      throw new InputError(
        `Cannot scan: found the detector ${geometry.sourceToDetectorMm} mm and the axis ${geometry.sourceToIsoMm} mm from the source, wanted the axis between them`,
      );
    }
    if (radiusMm >= geometry.sourceToIsoMm) {
      throw new InputError(
        `Cannot scan: found an object reaching ${radiusMm.toFixed(1)} mm from the axis, wanted it inside the source's circle of ${geometry.sourceToIsoMm} mm`,
      );
    }
  }
  const seen = fieldRadius(geometry);
  if (radiusMm > seen * (1 + 1e-6)) {
    throw new InputError(
      `Cannot scan: found an object reaching ${radiusMm.toFixed(1)} mm from the axis, wanted at most the ${seen.toFixed(1)} mm that the detector sees`,
    );
  }
}
