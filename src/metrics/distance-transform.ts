/**
 * Exact Euclidean distance to a set of voxels, by lower envelopes of parabolas along each axis
 * [felzenszwalb2012distance], with anisotropic spacing.
 */

function envelope(
  f: Float64Array,
  step: number,
  out: Float64Array,
  work: { v: Int32Array; z: Float64Array },
): void {
  const n = f.length;
  const { v, z } = work;
  let k = -1;
  for (let q = 0; q < n; q++) {
    if (f[q] === Infinity) continue;
    const x = q * step;
    for (;;) {
      if (k < 0) {
        k = 0;
        v[0] = q;
        z[0] = -Infinity;
        break;
      }
      const p = v[k]! * step;
      const s = (f[q]! + x * x - (f[v[k]!]! + p * p)) / (2 * (x - p));
      if (s > z[k]!) {
        k++;
        v[k] = q;
        z[k] = s;
        break;
      }
      k--;
    }
  }
  if (k < 0) {
    out.fill(Infinity);
    return;
  }
  const last = k;
  k = 0;
  for (let q = 0; q < n; q++) {
    const x = q * step;
    while (k < last && z[k + 1]! < x) k++;
    const d = x - v[k]! * step;
    out[q] = d * d + f[v[k]!]!;
  }
}

/**
 * Distance of every voxel's centre to the nearest voxel of a set, in the unit of `spacing`.
 *
 * @param set 1 for voxels of the set, row-major over `shape` (`[nz, ny, nx]`)
 * @param options.spacing pitch along z, y, x
 * @returns distances; Infinity everywhere when the set is empty
 */
export function distanceTransform(
  set: ArrayLike<number>,
  options: { shape: readonly [number, number, number]; spacing: readonly [number, number, number] },
): Float64Array {
  const { shape, spacing } = options;
  const data = Float64Array.from({ length: set.length }, (_, i) => (set[i] ? 0 : Infinity));
  const strides = [shape[1] * shape[2], shape[2], 1];
  for (let axis = 0; axis < 3; axis++) {
    const n = shape[axis]!;
    if (n === 1) continue;
    const stride = strides[axis]!;
    const line = new Float64Array(n);
    const out = new Float64Array(n);
    const work = { v: new Int32Array(n), z: new Float64Array(n + 1) };
    for (let start = 0; start < data.length; start++) {
      if (Math.floor(start / stride) % n !== 0) continue;
      for (let i = 0; i < n; i++) line[i] = data[start + i * stride]!;
      envelope(line, spacing[axis]!, out, work);
      for (let i = 0; i < n; i++) data[start + i * stride] = out[i]!;
    }
  }
  return data.map(Math.sqrt);
}
