// Eigen-decomposition of a Gram matrix and reweighting along its eigenvectors, float64. Pointers are
// byte offsets; rows have an even number of values (padding holds zeros). Defined by
// src/denoise/low-rank/definition.ts.

// @ts-ignore: decorator
@inline
function at(pointer: usize, index: i32): usize {
  return pointer + ((<usize>index) << 3);
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, n: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const p = at(a, i);
    const q = at(b, i);
    s0 = f64x2.add(s0, f64x2.mul(v128.load(p), v128.load(q)));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(p, 16), v128.load(q, 16)));
    s2 = f64x2.add(s2, f64x2.mul(v128.load(p, 32), v128.load(q, 32)));
    s3 = f64x2.add(s3, f64x2.mul(v128.load(p, 48), v128.load(q, 48)));
  }
  for (; i < n; i += 2) s0 = f64x2.add(s0, f64x2.mul(v128.load(at(a, i)), v128.load(at(b, i))));
  const s = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

/** y += factor · x over n values. */
// @ts-ignore: decorator
@inline
function addScaled(y: usize, x: usize, factor: f64, n: i32): void {
  const f = f64x2.splat(factor);
  for (let i = 0; i < n; i += 2) {
    const p = at(y, i);
    v128.store(p, f64x2.add(v128.load(p), f64x2.mul(f, v128.load(at(x, i)))));
  }
}

/** g = x xᵀ for n rows of `columns` values; g has rows of `wide` values (n rounded up to even). */
export function gramOfRows(x: usize, n: i32, columns: i32, g: usize, wide: i32): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const s = dot(at(x, i * columns), at(x, j * columns), columns);
      store<f64>(at(g, i * wide + j), s);
      store<f64>(at(g, j * wide + i), s);
    }
  }
}

/**
 * Eigenvalues (in no order) and eigenvectors (rows of `p`) of the symmetric g, which is overwritten.
 * `d`, `e`, `w` have room for `wide` values; `b` holds the reflectors' factors. False when
 * no convergence was reached.
 */
export function eigen(
  g: usize,
  n: i32,
  wide: i32,
  p: usize,
  d: usize,
  e: usize,
  w: usize,
  b: usize,
): bool {
  // Entries so far below the trace are nothing; their squares might underflow.
  let trace: f64 = 0;
  for (let i = 0; i < n; i++) trace += Math.abs(load<f64>(at(g, i * wide + i)));
  const faint = 1e-50 * trace * trace;
  // Householder: reflector k lives in row k of g, in places k+1 … n−1, zeros before.
  for (let k = 0; k + 2 < n; k++) {
    const row = at(g, k * wide);
    store<f64>(at(d, k), load<f64>(at(row, k)));
    for (let i = 0; i <= k; i++) store<f64>(at(row, i), 0);
    let tail: f64 = 0;
    for (let i = k + 2; i < n; i++) tail += load<f64>(at(row, i)) * load<f64>(at(row, i));
    const first = load<f64>(at(row, k + 1));
    if (tail <= faint) {
      store<f64>(at(e, k), first);
      store<f64>(at(b, k), 0);
      continue;
    }
    const norm = Math.sqrt(first * first + tail);
    const value = first > 0 ? -norm : norm;
    store<f64>(at(e, k), value);
    store<f64>(at(row, k + 1), first - value);
    const beta = 1 / (norm * norm - first * value);
    store<f64>(at(b, k), beta);
    // Even starting place, so that SIMD loads stay within the row; zeros before k+1 do no harm.
    const start = (k + 1) & ~1;
    const length = wide - start;
    const vector = at(row, start);
    let inner: f64 = 0;
    for (let i = k + 1; i < n; i++) {
      const s = beta * dot(at(g, i * wide + start), vector, length);
      store<f64>(at(w, i), s);
      inner += s * load<f64>(at(row, i));
    }
    const half = 0.5 * beta * inner;
    for (let i = start; i <= k; i++) store<f64>(at(w, i), 0);
    for (let i = k + 1; i < n; i++) {
      store<f64>(at(w, i), load<f64>(at(w, i)) - half * load<f64>(at(row, i)));
    }
    for (let i = n; i < wide; i++) store<f64>(at(w, i), 0);
    for (let i = k + 1; i < n; i++) {
      const target = at(g, i * wide + start);
      const vi = f64x2.splat(-load<f64>(at(row, i)));
      const wi = f64x2.splat(-load<f64>(at(w, i)));
      const other = at(w, start);
      for (let j = 0; j < length; j += 2) {
        const q = at(target, j);
        v128.store(
          q,
          f64x2.add(
            v128.load(q),
            f64x2.add(
              f64x2.mul(vi, v128.load(at(other, j))),
              f64x2.mul(wi, v128.load(at(vector, j))),
            ),
          ),
        );
      }
    }
  }
  if (n > 1) {
    store<f64>(at(d, n - 2), load<f64>(at(g, (n - 2) * wide + n - 2)));
    store<f64>(at(e, n - 2), load<f64>(at(g, (n - 1) * wide + n - 2)));
  }
  store<f64>(at(d, n - 1), load<f64>(at(g, (n - 1) * wide + n - 1)));
  store<f64>(at(e, n - 1), 0);
  // Rows of p span the tridiagonal basis: p = Qᵀ, multiplied by the reflectors from the right.
  memory.fill(p, 0, (<usize>(n * wide)) << 3);
  for (let i = 0; i < n; i++) store<f64>(at(p, i * wide + i), 1);
  for (let k = n - 3; k >= 0; k--) {
    const beta = load<f64>(at(b, k));
    if (beta === 0) continue;
    const start = (k + 1) & ~1;
    const vector = at(g, k * wide + start);
    for (let i = k + 1; i < n; i++) {
      const target = at(p, i * wide + start);
      addScaled(target, vector, -beta * dot(target, vector, wide - start), wide - start);
    }
  }
  // Couplings below the rounding of the largest entry are nothing: nearly singular matrices would
  // otherwise turn rounding errors into each other for ever.
  let largest: f64 = 0;
  for (let i = 0; i < n; i++) {
    largest = Math.max(largest, Math.abs(load<f64>(at(d, i))) + Math.abs(load<f64>(at(e, i))));
  }
  const nothing = f64.EPSILON * largest;
  // Implicit QL steps with the rows of p rotated along.
  for (let l = 0; l < n; l++) {
    for (let step = 0; ; step++) {
      let m = l;
      for (; m < n - 1; m++) {
        const scale = Math.abs(load<f64>(at(d, m))) + Math.abs(load<f64>(at(d, m + 1)));
        const coupling = Math.abs(load<f64>(at(e, m)));
        if (coupling <= nothing || coupling <= f64.EPSILON * scale) break;
      }
      if (m === l) break;
      if (step > 200) return false;
      let q = (load<f64>(at(d, l + 1)) - load<f64>(at(d, l))) / (2 * load<f64>(at(e, l)));
      let r = Math.sqrt(q * q + 1);
      q =
        load<f64>(at(d, m)) - load<f64>(at(d, l)) + load<f64>(at(e, l)) / (q + (q >= 0 ? r : -r));
      let s: f64 = 1;
      let c: f64 = 1;
      let u: f64 = 0;
      let split = false;
      for (let i = m - 1; i >= l; i--) {
        const f = s * load<f64>(at(e, i));
        const h = c * load<f64>(at(e, i));
        r = Math.sqrt(f * f + q * q);
        store<f64>(at(e, i + 1), r);
        if (r === 0) {
          store<f64>(at(d, i + 1), load<f64>(at(d, i + 1)) - u);
          store<f64>(at(e, m), 0);
          split = true;
          break;
        }
        s = f / r;
        c = q / r;
        q = load<f64>(at(d, i + 1)) - u;
        r = (load<f64>(at(d, i)) - q) * s + 2 * c * h;
        u = s * r;
        store<f64>(at(d, i + 1), q + u);
        q = c * r - h;
        const a = at(p, i * wide);
        const z = at(a, wide);
        const vc = f64x2.splat(c);
        const vs = f64x2.splat(s);
        for (let t = 0; t < wide; t += 2) {
          const x = v128.load(at(a, t));
          const y = v128.load(at(z, t));
          v128.store(at(z, t), f64x2.add(f64x2.mul(vs, x), f64x2.mul(vc, y)));
          v128.store(at(a, t), f64x2.sub(f64x2.mul(vc, x), f64x2.mul(vs, y)));
        }
      }
      if (split) continue;
      store<f64>(at(d, l), load<f64>(at(d, l)) - u);
      store<f64>(at(e, l), q);
      store<f64>(at(e, m), 0);
    }
  }
  return true;
}

/** x ← Σ factor_i p_i p_iᵀ x; `out` has room for x, `line` for one row of x. */
export function reweigh(
  x: usize,
  n: i32,
  columns: i32,
  p: usize,
  wide: i32,
  factors: usize,
  out: usize,
  line: usize,
): void {
  const bytes = (<usize>(n * columns)) << 3;
  memory.fill(out, 0, bytes);
  for (let i = 0; i < n; i++) {
    const factor = load<f64>(at(factors, i));
    if (factor === 0) continue;
    const vector = at(p, i * wide);
    memory.fill(line, 0, (<usize>columns) << 3);
    for (let r = 0; r < n; r++) {
      addScaled(line, at(x, r * columns), load<f64>(at(vector, r)), columns);
    }
    for (let r = 0; r < n; r++) {
      addScaled(at(out, r * columns), line, factor * load<f64>(at(vector, r)), columns);
    }
  }
  memory.copy(x, out, bytes);
}
