/** Planes in space and the vectors that they are made of, in LPS millimetres. */

export type Vector = readonly [number, number, number];

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function difference(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function unitVector(v: Vector): Vector {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
}

/** One frame's plane. */
export interface Plane {
  /** Unit vectors along a row (to the next column) and along a column (to the next row). */
  readonly rowDirection: Vector;
  readonly columnDirection: Vector;
  /** Centre of the first pixel. */
  readonly position: Vector;
}

export function normalOf(plane: Plane): Vector {
  return unitVector(cross(plane.rowDirection, plane.columnDirection));
}
