/** Polynomials over a square window: what is taken out of it, so that noise is left. */

/**
 * Orthonormal polynomials of total degree up to `degree` over the (2r+1)² pixels of a window, row-major, by
 * Gram–Schmidt on powers of y and x.
 */
export function windowPolynomials(radius: number, degree: number): readonly Float64Array[] {
  const side = 2 * radius + 1;
  const n = side * side;
  const found: Float64Array[] = [];
  for (let total = 0; total <= degree; total++) {
    for (let power = 0; power <= total; power++) {
      const column = Float64Array.from({ length: n }, (_, i) => {
        const y = (Math.floor(i / side) - radius) / radius;
        const x = ((i % side) - radius) / radius;
        return y ** power * x ** (total - power);
      });
      // Twice, because once leaves what rounding left.
      for (let pass = 0; pass < 2; pass++) for (const one of found) removeFrom(column, one);
      const length = Math.sqrt(dot(column, column));
      found.push(column.map((v) => v / length));
    }
  }
  return found;
}

/** Takes the part along a unit vector out of a vector, in place. */
export function removeFrom(vector: Float64Array, unit: Float64Array): void {
  const along = dot(vector, unit);
  for (let i = 0; i < vector.length; i++) vector[i]! -= along * unit[i]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
