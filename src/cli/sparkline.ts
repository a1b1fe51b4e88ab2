/** A course of numbers as one line of text. */

const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/**
 * Means of as many equal parts as there are columns, from the least (▁) to the greatest (█); fewer values than columns
 * stand one by one. Positive values that span more than a decade are drawn by their logarithm, as losses fall.
 */
export function sparkline(values: readonly number[], columns: number): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0 || columns < 1) return "";
  const count = Math.min(columns, finite.length);
  const means = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * finite.length) / count);
    const part = finite.slice(from, Math.floor(((i + 1) * finite.length) / count));
    return part.reduce((sum, v) => sum + v, 0) / part.length;
  });
  const [least, most] = [Math.min(...means), Math.max(...means)];
  const drawn = least > 0 && most > 10 * least ? means.map(Math.log) : means;
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  const level = (v: number) =>
    high > low ? Math.min(7, Math.floor((8 * (v - low)) / (high - low))) : 3;
  return drawn.map((v) => bars[level(v)]!).join("");
}
