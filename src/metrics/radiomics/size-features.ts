/**
 * Features that run-length and size-zone matrices share [zwanenburg2020image]: a table of how many
 * runs (zones) of each level have each length (size).
 */
import { InputError } from "../../core/errors.ts";

/** Count for each pair of level and size. */
export type SizeTable = ReadonlyMap<
  string,
  { readonly level: number; readonly size: number; readonly count: number }
>;

/** Adds one run or zone to a table. */
export function addSize(
  table: Map<string, { level: number; size: number; count: number }>,
  entry: { level: number; size: number },
): void {
  const key = `${entry.level}|${entry.size}`;
  const found = table.get(key);
  if (found) found.count++;
  else table.set(key, { ...entry, count: 1 });
}

/**
 * Named features of a table.
 *
 * @param options.voxels voxels in the region, counted once for each direction that was merged
 */
export function sizeFeatures(
  table: SizeTable,
  options: { voxels: number },
): Record<string, number> {
  const rows = [...table.values()];
  const n = rows.reduce((s, r) => s + r.count, 0);
  if (n === 0)
    throw new InputError("Cannot take texture features: found an empty region, wanted voxels");
  const mean = (f: (level: number, size: number) => number) =>
    rows.reduce((s, r) => s + r.count * f(r.level, r.size), 0) / n;
  const byLevel = new Map<number, number>();
  const bySize = new Map<number, number>();
  for (const { level, size, count } of rows) {
    byLevel.set(level, (byLevel.get(level) ?? 0) + count);
    bySize.set(size, (bySize.get(size) ?? 0) + count);
  }
  const squares = (m: Map<number, number>) => [...m.values()].reduce((s, c) => s + c * c, 0);
  const meanLevel = mean((l) => l);
  const meanSize = mean((_, s) => s);
  return {
    shortEmphasis: mean((_, s) => 1 / (s * s)),
    longEmphasis: mean((_, s) => s * s),
    lowLevelEmphasis: mean((l) => 1 / (l * l)),
    highLevelEmphasis: mean((l) => l * l),
    shortLowLevelEmphasis: mean((l, s) => 1 / (l * l * s * s)),
    shortHighLevelEmphasis: mean((l, s) => (l * l) / (s * s)),
    longLowLevelEmphasis: mean((l, s) => (s * s) / (l * l)),
    longHighLevelEmphasis: mean((l, s) => l * l * s * s),
    levelNonUniformity: squares(byLevel) / n,
    levelNonUniformityNormalised: squares(byLevel) / (n * n),
    sizeNonUniformity: squares(bySize) / n,
    sizeNonUniformityNormalised: squares(bySize) / (n * n),
    percentage: n / options.voxels,
    levelVariance: mean((l) => (l - meanLevel) ** 2),
    sizeVariance: mean((_, s) => (s - meanSize) ** 2),
    entropy: -rows.reduce((s, r) => s + (r.count / n) * Math.log2(r.count / n), 0),
  };
}
