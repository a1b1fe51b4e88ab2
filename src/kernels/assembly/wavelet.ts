/**
 * One level of the separable orthonormal wavelet transform, in float32; defined by
 * src/denoise/wavelet-transform.ts. Pointers are byte offsets, strides count values. A box is `planes`
 * × `rows` × n values inside larger arrays. `low` and `high` hold `taps` values (even).
 */

// @ts-ignore: decorator
@inline
function at(pointer: usize, index: i32): usize {
  return pointer + ((<isize>index) << 2);
}

/**
 * Along rows: a[i] = Σ h[k] x[2i + k mod n] to the front half, d[i] likewise with g to the back half.
 * Even and odd samples are taken apart first, so that neighbouring outputs read neighbouring values.
 * `scratch` holds n + 2 taps + 16 values; `from` and `to` may be the same.
 */
export function forwardRows(
  from: usize,
  to: usize,
  planes: i32,
  planeStride: i32,
  rows: i32,
  rowStride: i32,
  n: i32,
  low: usize,
  high: usize,
  taps: i32,
  scratch: usize,
): void {
  const half = n >> 1;
  const pairs = taps >> 1;
  const even = scratch;
  const odd = at(scratch, (half + pairs + 7) & ~3);
  for (let z = 0; z < planes; z++) {
    for (let y = 0; y < rows; y++) {
      const source = at(from, z * planeStride + y * rowStride);
      const target = at(to, z * planeStride + y * rowStride);
      let i = 0;
      for (; i + 4 <= half; i += 4) {
        const a = v128.load(at(source, 2 * i));
        const b = v128.load(at(source, 2 * i), 16);
        v128.store(at(even, i), v128.shuffle<f32>(a, b, 0, 2, 4, 6));
        v128.store(at(odd, i), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
      }
      for (; i < half; i++) {
        store<f32>(at(even, i), load<f32>(at(source, 2 * i)));
        store<f32>(at(odd, i), load<f32>(at(source, 2 * i + 1)));
      }
      for (let k = 0; k < pairs; k++) {
        store<f32>(at(even, half + k), load<f32>(at(even, k)));
        store<f32>(at(odd, half + k), load<f32>(at(odd, k)));
      }
      const detail = at(target, half);
      i = 0;
      for (; i + 16 <= half; i += 16) forwardSixteen(i, even, odd, target, detail, low, high, pairs);
      if (half >= 4) {
        for (; i < half; i += 4) {
          // The last group overlaps the one before: the same values are written again.
          const first = min(i, half - 4);
          forwardFour(first, even, odd, target, detail, low, high, pairs);
        }
      }
      for (; i < half; i++) {
        let a: f32 = 0;
        let d: f32 = 0;
        for (let k = 0; k < pairs; k++) {
          const e = load<f32>(at(even, i + k));
          const o = load<f32>(at(odd, i + k));
          a += load<f32>(at(low, 2 * k)) * e;
          a += load<f32>(at(low, 2 * k + 1)) * o;
          d += load<f32>(at(high, 2 * k)) * e;
          d += load<f32>(at(high, 2 * k + 1)) * o;
        }
        store<f32>(at(target, i), a);
        store<f32>(at(detail, i), d);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function forwardFour(
  i: i32,
  even: usize,
  odd: usize,
  target: usize,
  detail: usize,
  low: usize,
  high: usize,
  pairs: i32,
): void {
  let a = f32x4.splat(0);
  let d = f32x4.splat(0);
  for (let k = 0; k < pairs; k++) {
    const e = v128.load(at(even, i + k));
    const o = v128.load(at(odd, i + k));
    a = f32x4.add(a, f32x4.mul(v128.load32_splat(at(low, 2 * k)), e));
    a = f32x4.add(a, f32x4.mul(v128.load32_splat(at(low, 2 * k), 4), o));
    d = f32x4.add(d, f32x4.mul(v128.load32_splat(at(high, 2 * k)), e));
    d = f32x4.add(d, f32x4.mul(v128.load32_splat(at(high, 2 * k), 4), o));
  }
  v128.store(at(target, i), a);
  v128.store(at(detail, i), d);
}

// @ts-ignore: decorator
@inline
function forwardSixteen(
  i: i32,
  even: usize,
  odd: usize,
  target: usize,
  detail: usize,
  low: usize,
  high: usize,
  pairs: i32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let d0 = f32x4.splat(0);
  let d1 = f32x4.splat(0);
  let d2 = f32x4.splat(0);
  let d3 = f32x4.splat(0);
  for (let k = 0; k < pairs; k++) {
    const e = at(even, i + k);
    const o = at(odd, i + k);
    let h = v128.load32_splat(at(low, 2 * k));
    let g = v128.load32_splat(at(high, 2 * k));
    let x = v128.load(e);
    a0 = f32x4.add(a0, f32x4.mul(h, x));
    d0 = f32x4.add(d0, f32x4.mul(g, x));
    x = v128.load(e, 16);
    a1 = f32x4.add(a1, f32x4.mul(h, x));
    d1 = f32x4.add(d1, f32x4.mul(g, x));
    x = v128.load(e, 32);
    a2 = f32x4.add(a2, f32x4.mul(h, x));
    d2 = f32x4.add(d2, f32x4.mul(g, x));
    x = v128.load(e, 48);
    a3 = f32x4.add(a3, f32x4.mul(h, x));
    d3 = f32x4.add(d3, f32x4.mul(g, x));
    h = v128.load32_splat(at(low, 2 * k), 4);
    g = v128.load32_splat(at(high, 2 * k), 4);
    x = v128.load(o);
    a0 = f32x4.add(a0, f32x4.mul(h, x));
    d0 = f32x4.add(d0, f32x4.mul(g, x));
    x = v128.load(o, 16);
    a1 = f32x4.add(a1, f32x4.mul(h, x));
    d1 = f32x4.add(d1, f32x4.mul(g, x));
    x = v128.load(o, 32);
    a2 = f32x4.add(a2, f32x4.mul(h, x));
    d2 = f32x4.add(d2, f32x4.mul(g, x));
    x = v128.load(o, 48);
    a3 = f32x4.add(a3, f32x4.mul(h, x));
    d3 = f32x4.add(d3, f32x4.mul(g, x));
  }
  v128.store(at(target, i), a0);
  v128.store(at(target, i), a1, 16);
  v128.store(at(target, i), a2, 32);
  v128.store(at(target, i), a3, 48);
  v128.store(at(detail, i), d0);
  v128.store(at(detail, i), d1, 16);
  v128.store(at(detail, i), d2, 32);
  v128.store(at(detail, i), d3, 48);
}

/**
 * The transpose of `forwardRows`: x[2i + b] = Σ_k h[2k + b] a[i − k mod n/2] + g[2k + b] d[i − k mod n/2].
 */
export function inverseRows(
  from: usize,
  to: usize,
  planes: i32,
  planeStride: i32,
  rows: i32,
  rowStride: i32,
  n: i32,
  low: usize,
  high: usize,
  taps: i32,
  scratch: usize,
): void {
  const half = n >> 1;
  const pairs = taps >> 1;
  const lead = pairs - 1;
  // Halves with the values before their start, which wrap around.
  const front = scratch;
  const back = at(scratch, (half + lead + 7) & ~3);
  for (let z = 0; z < planes; z++) {
    for (let y = 0; y < rows; y++) {
      const source = at(from, z * planeStride + y * rowStride);
      const target = at(to, z * planeStride + y * rowStride);
      memory.copy(at(front, lead), source, (<usize>half) << 2);
      memory.copy(at(back, lead), at(source, half), (<usize>half) << 2);
      for (let k = lead - 1; k >= 0; k--) {
        store<f32>(at(front, k), load<f32>(at(front, k + half)));
        store<f32>(at(back, k), load<f32>(at(back, k + half)));
      }
      let i = 0;
      for (; i + 8 <= half; i += 8) inverseEight(i + lead, front, back, at(target, 2 * i), low, high, pairs);
      if (half >= 4) {
        for (; i < half; i += 4) {
          const first = min(i, half - 4);
          inverseFour(first + lead, front, back, at(target, 2 * first), low, high, pairs);
        }
      }
      for (; i < half; i++) {
        let even: f32 = 0;
        let odd: f32 = 0;
        for (let k = 0; k < pairs; k++) {
          const a = load<f32>(at(front, i + lead - k));
          const d = load<f32>(at(back, i + lead - k));
          even += load<f32>(at(low, 2 * k)) * a;
          even += load<f32>(at(high, 2 * k)) * d;
          odd += load<f32>(at(low, 2 * k + 1)) * a;
          odd += load<f32>(at(high, 2 * k + 1)) * d;
        }
        store<f32>(at(target, 2 * i), even);
        store<f32>(at(target, 2 * i + 1), odd);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function inverseFour(
  i: i32,
  front: usize,
  back: usize,
  target: usize,
  low: usize,
  high: usize,
  pairs: i32,
): void {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  for (let k = 0; k < pairs; k++) {
    const a = v128.load(at(front, i - k));
    const d = v128.load(at(back, i - k));
    even = f32x4.add(even, f32x4.mul(v128.load32_splat(at(low, 2 * k)), a));
    even = f32x4.add(even, f32x4.mul(v128.load32_splat(at(high, 2 * k)), d));
    odd = f32x4.add(odd, f32x4.mul(v128.load32_splat(at(low, 2 * k), 4), a));
    odd = f32x4.add(odd, f32x4.mul(v128.load32_splat(at(high, 2 * k), 4), d));
  }
  v128.store(target, v128.shuffle<f32>(even, odd, 0, 4, 1, 5));
  v128.store(target, v128.shuffle<f32>(even, odd, 2, 6, 3, 7), 16);
}

// @ts-ignore: decorator
@inline
function inverseEight(
  i: i32,
  front: usize,
  back: usize,
  target: usize,
  low: usize,
  high: usize,
  pairs: i32,
): void {
  let even0 = f32x4.splat(0);
  let even1 = f32x4.splat(0);
  let odd0 = f32x4.splat(0);
  let odd1 = f32x4.splat(0);
  let even2 = f32x4.splat(0);
  let even3 = f32x4.splat(0);
  let odd2 = f32x4.splat(0);
  let odd3 = f32x4.splat(0);
  for (let k = 0; k < pairs; k++) {
    const a0 = v128.load(at(front, i - k));
    const a1 = v128.load(at(front, i - k), 16);
    const d0 = v128.load(at(back, i - k));
    const d1 = v128.load(at(back, i - k), 16);
    let h = v128.load32_splat(at(low, 2 * k));
    let g = v128.load32_splat(at(high, 2 * k));
    even0 = f32x4.add(even0, f32x4.mul(h, a0));
    even1 = f32x4.add(even1, f32x4.mul(h, a1));
    even2 = f32x4.add(even2, f32x4.mul(g, d0));
    even3 = f32x4.add(even3, f32x4.mul(g, d1));
    h = v128.load32_splat(at(low, 2 * k), 4);
    g = v128.load32_splat(at(high, 2 * k), 4);
    odd0 = f32x4.add(odd0, f32x4.mul(h, a0));
    odd1 = f32x4.add(odd1, f32x4.mul(h, a1));
    odd2 = f32x4.add(odd2, f32x4.mul(g, d0));
    odd3 = f32x4.add(odd3, f32x4.mul(g, d1));
  }
  even0 = f32x4.add(even0, even2);
  even1 = f32x4.add(even1, even3);
  odd0 = f32x4.add(odd0, odd2);
  odd1 = f32x4.add(odd1, odd3);
  v128.store(target, v128.shuffle<f32>(even0, odd0, 0, 4, 1, 5));
  v128.store(target, v128.shuffle<f32>(even0, odd0, 2, 6, 3, 7), 16);
  v128.store(target, v128.shuffle<f32>(even1, odd1, 0, 4, 1, 5), 32);
  v128.store(target, v128.shuffle<f32>(even1, odd1, 2, 6, 3, 7), 48);
}

/**
 * Across rows: whole rows are added as vectors. Neighbours along the axis of even length n lie `stride`
 * apart; `outer` such axes lie `outerStride` apart, each `width` columns wide. `table` holds `taps`
 * pointers. `from` and `to` must differ.
 */
export function forwardAcross(
  from: usize,
  to: usize,
  outer: i32,
  outerStride: i32,
  n: i32,
  stride: i32,
  width: i32,
  low: usize,
  high: usize,
  taps: i32,
  table: usize,
): void {
  const half = n >> 1;
  for (let o = 0; o < outer; o++) {
    const base = o * outerStride;
    for (let i = 0; i < half; i++) {
      for (let k = 0; k < taps; k++) {
        store<usize>(
          table + <usize>k * sizeof<usize>(),
          at(from, base + ((2 * i + k) % n) * stride),
        );
      }
      const a = at(to, base + i * stride);
      const d = at(to, base + (half + i) * stride);
      let x = 0;
      for (; x + 16 <= width; x += 16) {
        let a0 = f32x4.splat(0);
        let a1 = f32x4.splat(0);
        let a2 = f32x4.splat(0);
        let a3 = f32x4.splat(0);
        let d0 = f32x4.splat(0);
        let d1 = f32x4.splat(0);
        let d2 = f32x4.splat(0);
        let d3 = f32x4.splat(0);
        for (let k = 0; k < taps; k++) {
          const source = at(load<usize>(table + <usize>k * sizeof<usize>()), x);
          const h = v128.load32_splat(at(low, k));
          const g = v128.load32_splat(at(high, k));
          let v = v128.load(source);
          a0 = f32x4.add(a0, f32x4.mul(h, v));
          d0 = f32x4.add(d0, f32x4.mul(g, v));
          v = v128.load(source, 16);
          a1 = f32x4.add(a1, f32x4.mul(h, v));
          d1 = f32x4.add(d1, f32x4.mul(g, v));
          v = v128.load(source, 32);
          a2 = f32x4.add(a2, f32x4.mul(h, v));
          d2 = f32x4.add(d2, f32x4.mul(g, v));
          v = v128.load(source, 48);
          a3 = f32x4.add(a3, f32x4.mul(h, v));
          d3 = f32x4.add(d3, f32x4.mul(g, v));
        }
        v128.store(at(a, x), a0);
        v128.store(at(a, x), a1, 16);
        v128.store(at(a, x), a2, 32);
        v128.store(at(a, x), a3, 48);
        v128.store(at(d, x), d0);
        v128.store(at(d, x), d1, 16);
        v128.store(at(d, x), d2, 32);
        v128.store(at(d, x), d3, 48);
      }
      if (width >= 4) {
        for (; x < width; x += 4) {
          const first = min(x, width - 4);
          let av = f32x4.splat(0);
          let dv = f32x4.splat(0);
          for (let k = 0; k < taps; k++) {
            const v = v128.load(at(load<usize>(table + <usize>k * sizeof<usize>()), first));
            av = f32x4.add(av, f32x4.mul(v128.load32_splat(at(low, k)), v));
            dv = f32x4.add(dv, f32x4.mul(v128.load32_splat(at(high, k)), v));
          }
          v128.store(at(a, first), av);
          v128.store(at(d, first), dv);
        }
      }
      for (; x < width; x++) {
        let av: f32 = 0;
        let dv: f32 = 0;
        for (let k = 0; k < taps; k++) {
          const v = load<f32>(at(load<usize>(table + <usize>k * sizeof<usize>()), x));
          av += load<f32>(at(low, k)) * v;
          dv += load<f32>(at(high, k)) * v;
        }
        store<f32>(at(a, x), av);
        store<f32>(at(d, x), dv);
      }
    }
  }
}

/** The transpose of `forwardAcross`. */
export function inverseAcross(
  from: usize,
  to: usize,
  outer: i32,
  outerStride: i32,
  n: i32,
  stride: i32,
  width: i32,
  low: usize,
  high: usize,
  taps: i32,
  table: usize,
): void {
  const half = n >> 1;
  const pairs = taps >> 1;
  const shift = half * stride;
  for (let o = 0; o < outer; o++) {
    const base = o * outerStride;
    for (let i = 0; i < half; i++) {
      for (let k = 0; k < pairs; k++) {
        // taps may exceed n: two additions of n/2 would not do.
        const row = (((i - k) % half) + half) % half;
        store<usize>(table + <usize>k * sizeof<usize>(), at(from, base + row * stride));
      }
      const even = at(to, base + 2 * i * stride);
      const odd = at(even, stride);
      let x = 0;
      for (; x + 8 <= width; x += 8) {
        let e0 = f32x4.splat(0);
        let e1 = f32x4.splat(0);
        let o0 = f32x4.splat(0);
        let o1 = f32x4.splat(0);
        let e2 = f32x4.splat(0);
        let e3 = f32x4.splat(0);
        let o2 = f32x4.splat(0);
        let o3 = f32x4.splat(0);
        for (let k = 0; k < pairs; k++) {
          const source = at(load<usize>(table + <usize>k * sizeof<usize>()), x);
          const a0 = v128.load(source);
          const a1 = v128.load(source, 16);
          const d0 = v128.load(at(source, shift));
          const d1 = v128.load(at(source, shift), 16);
          let h = v128.load32_splat(at(low, 2 * k));
          let g = v128.load32_splat(at(high, 2 * k));
          e0 = f32x4.add(e0, f32x4.mul(h, a0));
          e1 = f32x4.add(e1, f32x4.mul(h, a1));
          e2 = f32x4.add(e2, f32x4.mul(g, d0));
          e3 = f32x4.add(e3, f32x4.mul(g, d1));
          h = v128.load32_splat(at(low, 2 * k), 4);
          g = v128.load32_splat(at(high, 2 * k), 4);
          o0 = f32x4.add(o0, f32x4.mul(h, a0));
          o1 = f32x4.add(o1, f32x4.mul(h, a1));
          o2 = f32x4.add(o2, f32x4.mul(g, d0));
          o3 = f32x4.add(o3, f32x4.mul(g, d1));
        }
        v128.store(at(even, x), f32x4.add(e0, e2));
        v128.store(at(even, x), f32x4.add(e1, e3), 16);
        v128.store(at(odd, x), f32x4.add(o0, o2));
        v128.store(at(odd, x), f32x4.add(o1, o3), 16);
      }
      if (width >= 4) {
        for (; x < width; x += 4) {
          const first = min(x, width - 4);
          let e = f32x4.splat(0);
          let odds = f32x4.splat(0);
          for (let k = 0; k < pairs; k++) {
            const source = at(load<usize>(table + <usize>k * sizeof<usize>()), first);
            const a = v128.load(source);
            const d = v128.load(at(source, shift));
            e = f32x4.add(e, f32x4.mul(v128.load32_splat(at(low, 2 * k)), a));
            e = f32x4.add(e, f32x4.mul(v128.load32_splat(at(high, 2 * k)), d));
            odds = f32x4.add(odds, f32x4.mul(v128.load32_splat(at(low, 2 * k), 4), a));
            odds = f32x4.add(odds, f32x4.mul(v128.load32_splat(at(high, 2 * k), 4), d));
          }
          v128.store(at(even, first), e);
          v128.store(at(odd, first), odds);
        }
      }
      for (; x < width; x++) {
        let e: f32 = 0;
        let odds: f32 = 0;
        for (let k = 0; k < pairs; k++) {
          const source = at(load<usize>(table + <usize>k * sizeof<usize>()), x);
          const a = load<f32>(source);
          const d = load<f32>(at(source, shift));
          e += load<f32>(at(low, 2 * k)) * a;
          e += load<f32>(at(high, 2 * k)) * d;
          odds += load<f32>(at(low, 2 * k + 1)) * a;
          odds += load<f32>(at(high, 2 * k + 1)) * d;
        }
        store<f32>(at(even, x), e);
        store<f32>(at(odd, x), odds);
      }
    }
  }
}

/** Σ x² over a box, in float64. */
export function boxEnergy(
  from: usize,
  planes: i32,
  planeStride: i32,
  rows: i32,
  rowStride: i32,
  n: i32,
): f64 {
  let sums = f64x2.splat(0);
  let rest: f64 = 0;
  for (let z = 0; z < planes; z++) {
    for (let y = 0; y < rows; y++) {
      const row = at(from, z * planeStride + y * rowStride);
      let x = 0;
      for (; x + 4 <= n; x += 4) {
        const v = v128.load(at(row, x));
        const a = f64x2.promote_low_f32x4(v);
        const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
        sums = f64x2.add(sums, f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b)));
      }
      for (; x < n; x++) {
        const v = <f64>load<f32>(at(row, x));
        rest += v * v;
      }
    }
  }
  return rest + f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

/** Sets values of at most `threshold` in magnitude to zero; `soft` also shrinks the others by it. */
export function shrinkBox(
  from: usize,
  planes: i32,
  planeStride: i32,
  rows: i32,
  rowStride: i32,
  n: i32,
  threshold: f32,
  soft: bool,
): void {
  const limit = f32x4.splat(threshold);
  const amount = f32x4.splat(soft ? threshold : 0);
  const sign = i32x4.splat(0x80000000);
  for (let z = 0; z < planes; z++) {
    for (let y = 0; y < rows; y++) {
      const row = at(from, z * planeStride + y * rowStride);
      let x = 0;
      for (; x + 4 <= n; x += 4) {
        const v = v128.load(at(row, x));
        const magnitude = f32x4.abs(v);
        const kept = v128.or(f32x4.sub(magnitude, amount), v128.and(v, sign));
        v128.store(at(row, x), v128.and(kept, f32x4.gt(magnitude, limit)));
      }
      for (; x < n; x++) {
        const v = load<f32>(at(row, x));
        const magnitude = abs<f32>(v);
        const kept = soft ? magnitude - threshold : magnitude;
        store<f32>(at(row, x), magnitude > threshold ? copysign<f32>(kept, v) : 0);
      }
    }
  }
}

/** total += from over a box; the arrays have strides of their own. */
export function addBox(
  from: usize,
  total: usize,
  planes: i32,
  planeStride: i32,
  totalPlaneStride: i32,
  rows: i32,
  rowStride: i32,
  totalRowStride: i32,
  n: i32,
): void {
  for (let z = 0; z < planes; z++) {
    for (let y = 0; y < rows; y++) {
      const source = at(from, z * planeStride + y * rowStride);
      const target = at(total, z * totalPlaneStride + y * totalRowStride);
      let x = 0;
      for (; x + 4 <= n; x += 4) {
        v128.store(at(target, x), f32x4.add(v128.load(at(target, x)), v128.load(at(source, x))));
      }
      for (; x < n; x++) {
        store<f32>(at(target, x), load<f32>(at(target, x)) + load<f32>(at(source, x)));
      }
    }
  }
}
