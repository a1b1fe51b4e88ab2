/**
 * The way between index, LPS and RAS coordinates. The rest of the package knows LPS only (x to the
 * patient's left, y to the back, z to the head); formats that speak RAS pass through here.
 */
import type { Geometry } from "../core/image.ts";

/**
 * Row-major 3×4 matrix from voxel indices (i, j, k) along (x, y, z) to millimetres:
 * `world = A · (i, j, k, 1)`.
 */
export type Affine = readonly number[];

/** The LPS affine of an image's geometry. */
export function affineOf(geometry: Pick<Geometry, "spacing" | "origin" | "direction">): Affine {
  const { spacing, origin, direction: d } = geometry;
  const [sz, sy, sx] = spacing;
  return [0, 1, 2].flatMap((r) => [
    d[3 * r]! * sx,
    d[3 * r + 1]! * sy,
    d[3 * r + 2]! * sz,
    origin[r]!,
  ]);
}

/**
 * Geometry of an LPS affine; undefined when its columns do not span space (a column of length zero,
 * or columns in one plane) or are not finite. Columns need not be perpendicular.
 */
export function geometryOf(
  affine: Affine,
): Pick<Geometry, "spacing" | "origin" | "direction"> | undefined {
  if (affine.length !== 12 || !affine.every(Number.isFinite)) return undefined;
  const lengths = [0, 1, 2].map((c) => Math.hypot(affine[c]!, affine[4 + c]!, affine[8 + c]!));
  if (!lengths.every((l) => l > 0 && Number.isFinite(l))) return undefined;
  const direction = [0, 1, 2].flatMap((r) =>
    [0, 1, 2].map((c) => clean(affine[4 * r + c]! / lengths[c]!)),
  );
  // Unit columns: a determinant this small means an angle to the plane of the others below 1e-4 rad.
  if (Math.abs(determinant(direction)) < 1e-4) return undefined;
  return {
    spacing: [lengths[2]!, lengths[1]!, lengths[0]!],
    origin: [affine[3]!, affine[7]!, affine[11]!],
    direction,
  };
}

/** The RAS affine of an LPS affine: the signs of world x and y turn. */
export function rasFromLps(affine: Affine): Affine {
  return affine.map((v, i) => clean(i < 8 ? -v : v));
}

/** The LPS affine of a RAS affine: the signs of world x and y turn. */
export function lpsFromRas(affine: Affine): Affine {
  return affine.map((v, i) => clean(i < 8 ? -v : v));
}

/** Determinant of a row-major 3×3 matrix. */
export function determinant(m: readonly number[]): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = m;
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/** Whether the columns of a direction matrix are perpendicular to within `tolerance` (cosine). */
export function isOrthogonal(direction: readonly number[], tolerance = 1e-4): boolean {
  for (const [p, q] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    let dot = 0;
    for (let r = 0; r < 3; r++) dot += direction[3 * r + p]! * direction[3 * r + q]!;
    if (Math.abs(dot) > tolerance) return false;
  }
  return true;
}

/** Without the negative zero, which prints and compares as a surprise. */
function clean(v: number): number {
  return v === 0 ? 0 : v;
}

/**
 * The orientation a radiologist names: the patient side to which each of the x, y and z index axes
 * runs, such as `LPS` for the identity; an oblique axis takes its nearest side in lower case.
 */
export function orientationCode(direction: readonly number[]): string {
  const positive = ["L", "P", "S"] as const;
  const negative = ["R", "A", "I"] as const;
  return [0, 1, 2]
    .map((c) => {
      let best = 0;
      for (let r = 1; r < 3; r++) {
        if (Math.abs(direction[3 * r + c]!) > Math.abs(direction[3 * best + c]!)) best = r;
      }
      const v = direction[3 * best + c]!;
      const letter = (v >= 0 ? positive : negative)[best]!;
      return Math.abs(v) > 0.9999 ? letter : letter.toLowerCase();
    })
    .join("");
}

/** Whether a planar image lies in the world's x–y plane with z at 0, as two-dimensional files assume. */
export function liesFlat(geometry: Pick<Geometry, "origin" | "direction">): boolean {
  const d = geometry.direction;
  return (
    d[2] === 0 && d[5] === 0 && d[6] === 0 && d[7] === 0 && d[8] === 1 && geometry.origin[2] === 0
  );
}
