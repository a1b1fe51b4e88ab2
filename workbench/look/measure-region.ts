/** Figures of a part of a plane: a rectangle, or a line from pixel to pixel. */
import type { Line, Region } from "../state/view.ts";
import type { Plane } from "../viewer/plane-store.ts";

export interface RegionFigures {
  /** Pixels with a number. */
  readonly count: number;
  readonly mean: number;
  /** Standard deviation with n − 1. */
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
}

/** The pixels of a rectangle that lie inside the plane, at least one. */
export function within(region: Region, { rows, columns }: Pick<Plane, "rows" | "columns">): Region {
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, Math.floor(value)));
  const x = clamp(region.x, columns - 1);
  const y = clamp(region.y, rows - 1);
  return {
    x,
    y,
    width: Math.max(1, Math.min(columns - x, Math.round(region.width))),
    height: Math.max(1, Math.min(rows - y, Math.round(region.height))),
  };
}

export function regionFigures(plane: Plane, region: Region): RegionFigures {
  const { x, y, width, height } = within(region, plane);
  let [count, sum, min, max] = [0, 0, Infinity, -Infinity];
  const each = (take: (value: number) => void): void => {
    for (let j = y; j < y + height; j++) {
      for (let i = x; i < x + width; i++) {
        const value = plane.values[j * plane.columns + i]!;
        if (Number.isFinite(value)) take(value);
      }
    }
  };
  each((value) => {
    count++;
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  });
  const mean = sum / count;
  let squares = 0;
  each((value) => void (squares += (value - mean) ** 2));
  return { count, mean, deviation: Math.sqrt(squares / (count - 1)), min, max };
}

/** Distances in pixels of columns, and the values nearest to points a pixel apart. */
export function profileOf(
  plane: Plane,
  { from, to }: Line,
  aspect: number,
): { readonly at: readonly number[]; readonly values: readonly (number | null)[] } {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(dx), Math.abs(dy))));
  const length = Math.hypot(dx, dy * aspect);
  const at: number[] = [];
  const values: (number | null)[] = [];
  for (let k = 0; k <= steps; k++) {
    const share = k / steps;
    const [column, row] = [Math.round(from[0] + share * dx), Math.round(from[1] + share * dy)];
    const inside = column >= 0 && row >= 0 && column < plane.columns && row < plane.rows;
    const value = inside ? plane.values[row * plane.columns + column]! : NaN;
    at.push(share * length);
    values.push(Number.isFinite(value) ? value : null);
  }
  return { at, values };
}
