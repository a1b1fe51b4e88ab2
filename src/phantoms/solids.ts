/**
 * Solids as approximate signed distances in mm, negative inside, in patient coordinates: x to the
 * left, y to the back, z to the head.
 */

/** Signed distance to a surface at a place, in mm. */
export type Distance = (x: number, y: number, z: number) => number;

/** Axis-aligned box [x0, x1, y0, y1, z0, z1] in mm. */
export type Box = readonly [number, number, number, number, number, number];

export interface Solid {
  readonly distance: Distance;
  /** Box outside which the distance is positive. */
  readonly box: Box;
}

export type Point = readonly [number, number, number];

/** A box around a centre. */
export function boxAround([x, y, z]: Point, [rx, ry, rz]: Point): Box {
  return [x - rx, x + rx, y - ry, y + ry, z - rz, z + rz];
}

export interface EllipsoidOptions {
  readonly centre: Point;
  /** Half-axes in mm. */
  readonly radii: Point;
  /** Rotation about z in radians, from x towards y. */
  readonly turn?: number;
}

/** Ellipsoid; the distance is first order near the surface and of the right order elsewhere. */
export function ellipsoid({ centre, radii, turn = 0 }: EllipsoidOptions): Solid {
  const [cx, cy, cz] = centre;
  const [rx, ry, rz] = radii;
  const c = Math.cos(turn);
  const s = Math.sin(turn);
  const distance: Distance = (x, y, z) => {
    const u = (c * (x - cx) + s * (y - cy)) / rx;
    const v = (c * (y - cy) - s * (x - cx)) / ry;
    const w = (z - cz) / rz;
    const k0 = Math.sqrt(u * u + v * v + w * w);
    const gx = u / rx;
    const gy = v / ry;
    const gz = w / rz;
    const k1 = Math.sqrt(gx * gx + gy * gy + gz * gz);
    return k1 > 0 ? (k0 * (k0 - 1)) / k1 : -Math.min(rx, ry, rz);
  };
  const bx = Math.abs(rx * c) + Math.abs(ry * s);
  const by = Math.abs(rx * s) + Math.abs(ry * c);
  return { distance, box: boxAround(centre, [bx, by, rz]) };
}

/** Segment with round ends and a radius that runs linearly from one end to the other. */
export function capsule(from: Point, to: Point, radii: readonly [number, number]): Solid {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const dz = to[2] - from[2];
  const length2 = dx * dx + dy * dy + dz * dz || 1e-12;
  const distance: Distance = (x, y, z) => {
    const px = x - from[0];
    const py = y - from[1];
    const pz = z - from[2];
    const t = Math.max(0, Math.min(1, (px * dx + py * dy + pz * dz) / length2));
    const ex = px - t * dx;
    const ey = py - t * dy;
    const ez = pz - t * dz;
    return Math.sqrt(ex * ex + ey * ey + ez * ez) - radii[0] - t * (radii[1] - radii[0]);
  };
  const r = Math.max(radii[0], radii[1]);
  return {
    distance,
    box: [
      Math.min(from[0], to[0]) - r,
      Math.max(from[0], to[0]) + r,
      Math.min(from[1], to[1]) - r,
      Math.max(from[1], to[1]) + r,
      Math.min(from[2], to[2]) - r,
      Math.max(from[2], to[2]) + r,
    ],
  };
}

/** A chain of capsules through points; one solid per link, so that each is painted in its own box. */
export function chain(points: readonly Point[], radii: readonly number[]): Solid[] {
  const links: Solid[] = [];
  for (let i = 0; i + 1 < points.length; i++) {
    links.push(
      capsule(points[i]!, points[i + 1]!, [radii[i] ?? radii[0]!, radii[i + 1] ?? radii[0]!]),
    );
  }
  return links;
}

/** One solid around many: their union. */
export function union(parts: readonly Solid[]): Solid {
  const box: [number, number, number, number, number, number] = [
    Infinity,
    -Infinity,
    Infinity,
    -Infinity,
    Infinity,
    -Infinity,
  ];
  for (const part of parts) {
    for (let a = 0; a < 6; a += 2) {
      box[a] = Math.min(box[a]!, part.box[a]!);
      box[a + 1] = Math.max(box[a + 1]!, part.box[a + 1]!);
    }
  }
  return {
    box,
    distance: (x, y, z) => {
      let least = Infinity;
      for (const { box: b, distance } of parts) {
        // A part whose box is farther away than the nearest surface so far cannot be nearer.
        const out = Math.max(b[0] - x, x - b[1], b[2] - y, y - b[3], b[4] - z, z - b[5]);
        if (out < least) least = Math.min(least, distance(x, y, z));
      }
      return least;
    },
  };
}

/** Smooth union: like `min`, rounded over about `k` mm where the surfaces meet. */
export function blend(a: number, b: number, k: number): number {
  const h = Math.max(0, k - Math.abs(a - b)) / k;
  return Math.min(a, b) - 0.25 * h * h * k;
}

/**
 * Superellipse in the plane, |u|^n + |v|^n ≤ 1, extended along z; distances are along the radius. The
 * outline is tabulated by angle, since powers are the dearest thing that drawing would do.
 */
export function superellipse(
  centre: readonly [number, number],
  radii: readonly [number, number],
  exponent: number,
): Distance {
  const steps = 2048;
  const outline = new Float64Array(steps + 2);
  for (let a = 0; a < outline.length; a++) {
    const angle = (2 * Math.PI * a) / steps - Math.PI;
    const u = Math.abs(Math.cos(angle)) / radii[0];
    const v = Math.abs(Math.sin(angle)) / radii[1];
    outline[a] = (u ** exponent + v ** exponent) ** (-1 / exponent);
  }
  const perRadian = steps / (2 * Math.PI);
  return (x, y) => {
    const dx = x - centre[0];
    const dy = y - centre[1];
    const t = (Math.atan2(dy, dx) + Math.PI) * perRadian;
    const a = Math.floor(t);
    const low = outline[a]!;
    return Math.sqrt(dx * dx + dy * dy) - low - (t - a) * (outline[a + 1]! - low);
  };
}
