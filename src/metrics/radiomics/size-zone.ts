/** Grey-level size-zone features [thibault2013shape]: connected zones of equal level (8 or 26 neighbours). */
import { directionsOf } from "./levels.ts";
import type { Levels } from "./levels.ts";
import { addSize, sizeFeatures } from "./size-features.ts";

/** Features of the connected zones of a region. */
export function sizeZoneOf(levels: Levels): Readonly<Record<string, number>> {
  const { values, shape } = levels;
  const [nz, ny, nx] = shape;
  const neighbours = directionsOf(shape).flatMap(([z, y, x]) => [
    [z, y, x],
    [-z, -y, -x],
  ]) as [number, number, number][];
  const seen = new Uint8Array(values.length);
  const table = new Map<string, { level: number; size: number; count: number }>();
  for (let start = 0; start < values.length; start++) {
    const level = values[start]!;
    if (level === 0 || seen[start]) continue;
    const stack = [start];
    seen[start] = 1;
    let size = 0;
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      size++;
      const x = i % nx;
      const y = Math.floor(i / nx) % ny;
      const z = Math.floor(i / (nx * ny));
      for (const [dz, dy, dx] of neighbours) {
        const a = z + dz;
        const b = y + dy;
        const c = x + dx;
        if (a < 0 || a >= nz || b < 0 || b >= ny || c < 0 || c >= nx) continue;
        const other = (a * ny + b) * nx + c;
        if (values[other] !== level || seen[other]) continue;
        seen[other] = 1;
        stack.push(other);
      }
    }
    addSize(table, { level, size });
  }
  return sizeFeatures(table, { voxels: values.reduce((s, v) => s + (v > 0 ? 1 : 0), 0) });
}
