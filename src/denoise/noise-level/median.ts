/** The q-th smallest of the first `n` values (0-based), by quickselect; reorders them. */
export function selectNth(values: Float64Array, n: number, q: number): number {
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) {
        const kept = values[i]!;
        values[i++] = values[j]!;
        values[j--] = kept;
      }
    }
    if (q <= j) high = j;
    else if (q >= i) low = i;
    else break;
  }
  return values[q]!;
}

/** Median of a list of numbers; the mean of the two middle ones when their count is even; NaN for none. */
export function medianOf(values: ArrayLike<number>): number {
  const n = values.length;
  if (n === 0) return NaN;
  const copy = new Float64Array(values);
  const upper = selectNth(copy, n, n >> 1);
  if (n % 2 === 1) return upper;
  let lower = -Infinity;
  for (let i = 0; i < n >> 1; i++) if (copy[i]! > lower) lower = copy[i]!;
  return 0.5 * (lower + upper);
}

/** Φ⁻¹(3/4): the median absolute deviation of a standard normal variable. */
export const normalMad = 0.6744897501960817;
