// Orthogonal matching pursuit of many signals over one dictionary; defined by
// src/denoise/dictionary/definition.ts. Pointers are byte offsets.

// @ts-ignore: decorator
@inline
function at(pointer: usize, index: i32): usize {
  return pointer + ((<usize>index) << 2);
}

// @ts-ignore: decorator
@inline
function wide(pointer: usize, index: i32): usize {
  return pointer + ((<usize>index) << 3);
}

/** products[a] = Σ_i x_i d_ia for a dictionary laid as [n][atoms]; atoms is a multiple of 16. */
function correlate(x: usize, dictionary: usize, n: i32, atoms: i32, products: usize): void {
  for (let a = 0; a < atoms; a += 16) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    for (let i = 0; i < n; i++) {
      const v = v128.load32_splat(at(x, i));
      const row = at(dictionary, i * atoms + a);
      s0 = f32x4.add(s0, f32x4.mul(v, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(v, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(v, v128.load(row, 32)));
      s3 = f32x4.add(s3, f32x4.mul(v, v128.load(row, 48)));
    }
    const to = at(products, a);
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
  }
}

/**
 * For each of `count` signals of n values: indices and coefficients of atoms, added greedily until the
 * squared error is at most `limit` or `most` atoms are taken. `gram` holds the atoms' inner products.
 * `work` has room for 2·atoms float32 and most² + 4·most float64 values.
 */
export function pursue(
  signals: usize,
  count: i32,
  n: i32,
  dictionary: usize,
  gram: usize,
  atoms: i32,
  limit: f64,
  most: i32,
  indices: usize,
  coefficients: usize,
  counts: usize,
  work: usize,
): void {
  const first = work;
  const current = at(first, atoms);
  const factor = at(current, atoms);
  const right = wide(factor, most * most);
  const half = wide(right, most);
  const solution = wide(half, most);
  for (let s = 0; s < count; s++) {
    const x = at(signals, s * n);
    const list = at(indices, s * most);
    let energy: f64 = 0;
    for (let i = 0; i < n; i++) {
      const v = <f64>load<f32>(at(x, i));
      energy += v * v;
    }
    let taken = 0;
    let error = energy;
    if (error > limit) {
      correlate(x, dictionary, n, atoms, first);
      memory.copy(current, first, (<usize>atoms) << 2);
    }
    while (error > limit && taken < most) {
      let best = -1;
      let size: f32 = 0;
      for (let a = 0; a < atoms; a++) {
        const v = abs<f32>(load<f32>(at(current, a)));
        if (v > size) {
          size = v;
          best = a;
        }
      }
      if (best < 0) break;
      // New row of the Cholesky factor of the chosen atoms' Gram matrix.
      let diagonal: f64 = <f64>load<f32>(at(gram, best * atoms + best));
      let repeated = false;
      for (let i = 0; i < taken; i++) {
        const a = load<i32>(at(list, i));
        if (a === best) repeated = true;
        let v: f64 = <f64>load<f32>(at(gram, best * atoms + a));
        for (let k = 0; k < i; k++) {
          v -= load<f64>(wide(factor, taken * most + k)) * load<f64>(wide(factor, i * most + k));
        }
        v /= load<f64>(wide(factor, i * most + i));
        store<f64>(wide(factor, taken * most + i), v);
        diagonal -= v * v;
      }
      if (repeated || diagonal < 1e-6) break;
      store<f64>(wide(factor, taken * most + taken), Math.sqrt(diagonal));
      store<i32>(at(list, taken), best);
      store<f64>(wide(right, taken), <f64>load<f32>(at(first, best)));
      taken++;
      for (let i = 0; i < taken; i++) {
        let v = load<f64>(wide(right, i));
        for (let k = 0; k < i; k++) {
          v -= load<f64>(wide(factor, i * most + k)) * load<f64>(wide(half, k));
        }
        store<f64>(wide(half, i), v / load<f64>(wide(factor, i * most + i)));
      }
      let explained: f64 = 0;
      for (let i = taken - 1; i >= 0; i--) {
        let v = load<f64>(wide(half, i));
        for (let k = i + 1; k < taken; k++) {
          v -= load<f64>(wide(factor, k * most + i)) * load<f64>(wide(solution, k));
        }
        v /= load<f64>(wide(factor, i * most + i));
        store<f64>(wide(solution, i), v);
        explained += v * load<f64>(wide(right, i));
      }
      error = energy - explained;
      if (error <= limit || taken === most) break;
      memory.copy(current, first, (<usize>atoms) << 2);
      for (let i = 0; i < taken; i++) {
        const c = f32x4.splat(<f32>load<f64>(wide(solution, i)));
        const row = at(gram, load<i32>(at(list, i)) * atoms);
        for (let a = 0; a < atoms; a += 4) {
          const p = at(current, a);
          v128.store(p, f32x4.sub(v128.load(p), f32x4.mul(c, v128.load(at(row, a)))));
        }
      }
    }
    store<i32>(at(counts, s), taken);
    for (let i = 0; i < taken; i++) {
      store<f32>(at(coefficients, s * most + i), <f32>load<f64>(wide(solution, i)));
    }
  }
}
