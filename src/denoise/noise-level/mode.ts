/**
 * Mode of sorted values by the half-sample method [bickel2006fast]: the shortest interval that holds half of
 * them, again and again, down to a sixty-fourth; then the mean of what is left.
 */
export function halfSampleMode(sorted: Float64Array): number {
  let low = 0;
  let high = sorted.length;
  const least = Math.max(3, sorted.length / 64);
  while (high - low > least) {
    const half = Math.ceil((high - low) / 2);
    let best = low;
    for (let i = low; i + half <= high; i++) {
      if (sorted[i + half - 1]! - sorted[i]! < sorted[best + half - 1]! - sorted[best]!) best = i;
    }
    low = best;
    high = best + half;
  }
  let sum = 0;
  for (let i = low; i < high; i++) sum += sorted[i]!;
  return sum / (high - low);
}
