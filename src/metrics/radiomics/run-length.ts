/** Grey-level run-length features [galloway1975texture], directions merged as in [zwanenburg2020image]. */
import { directionsOf } from "./levels.ts";
import type { Levels } from "./levels.ts";
import { addSize, sizeFeatures } from "./size-features.ts";

/** Features of the runs of equal level along 4 (plane) or 13 (volume) directions. */
export function runLengthOf(levels: Levels): Readonly<Record<string, number>> {
  const { values, shape } = levels;
  const [nz, ny, nx] = shape;
  const table = new Map<string, { level: number; size: number; count: number }>();
  const directions = directionsOf(shape);
  const at = (z: number, y: number, x: number) =>
    z < 0 || z >= nz || y < 0 || y >= ny || x < 0 || x >= nx ? 0 : values[(z * ny + y) * nx + x]!;
  for (const [dz, dy, dx] of directions) {
    for (let z = 0; z < nz; z++) {
      for (let y = 0; y < ny; y++) {
        for (let x = 0; x < nx; x++) {
          const level = at(z, y, x);
          if (level === 0 || at(z - dz, y - dy, x - dx) === level) continue;
          let size = 1;
          while (at(z + size * dz, y + size * dy, x + size * dx) === level) size++;
          addSize(table, { level, size });
        }
      }
    }
  }
  const voxels = values.reduce((s, v) => s + (v > 0 ? 1 : 0), 0);
  return sizeFeatures(table, { voxels: voxels * directions.length });
}
