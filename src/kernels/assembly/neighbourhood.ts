/**
 * Weighted means over a neighbourhood: bilateral and non-local means. Defined by
 * src/denoise/neighbourhood/*.ts. Pointers are byte offsets, strides count values. Inputs carry
 * margins on every side, so that no access needs a test; rows are worked on in groups of four pixels,
 * and every array has room for three values past its end.
 */
import { exp2Lanes } from "./shared/exp2";

// @ts-ignore: decorator
@inline
function at(pointer: usize, index: i32): usize {
  return pointer + ((<isize>index) << 2);
}

/**
 * out(p) = Σ_o w v(p+o) / Σ_o w,  w = 2^(logWeight(o) − slope(p) (g(p+o) − g(p))²).
 * `offsets` holds `count` index differences (i32), `logs` their base-2 log weights (f32).
 * `slope` has one value for each output pixel of the row-major `rows` × `nx` outputs; `start` holds the
 * index in the padded arrays of each row's first pixel.
 */
export function bilateralRows(
  guide: usize,
  values: usize,
  out: usize,
  slope: usize,
  start: usize,
  rows: i32,
  nx: i32,
  offsets: usize,
  logs: usize,
  count: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const first = load<i32>(at(start, row));
    for (let x = 0; x < nx; x += 8) {
      const here = first + x;
      const g0 = v128.load(at(guide, here));
      const g1 = v128.load(at(guide, here), 16);
      const s0 = v128.load(at(slope, row * nx + x));
      const s1 = v128.load(at(slope, row * nx + x), 16);
      let sum0 = f32x4.splat(0);
      let sum1 = f32x4.splat(0);
      let all0 = f32x4.splat(0);
      let all1 = f32x4.splat(0);
      for (let o = 0; o < count; o++) {
        const there = here + load<i32>(at(offsets, o));
        const log = v128.load32_splat(at(logs, o));
        const d0 = f32x4.sub(v128.load(at(guide, there)), g0);
        const d1 = f32x4.sub(v128.load(at(guide, there), 16), g1);
        const w0 = exp2Lanes(f32x4.sub(log, f32x4.mul(s0, f32x4.mul(d0, d0))));
        const w1 = exp2Lanes(f32x4.sub(log, f32x4.mul(s1, f32x4.mul(d1, d1))));
        sum0 = f32x4.add(sum0, f32x4.mul(w0, v128.load(at(values, there))));
        sum1 = f32x4.add(sum1, f32x4.mul(w1, v128.load(at(values, there), 16)));
        all0 = f32x4.add(all0, w0);
        all1 = f32x4.add(all1, w1);
      }
      storeSome(at(out, row * nx + x), f32x4.div(sum0, all0), nx - x);
      if (nx - x > 4) storeSome(at(out, row * nx + x) + 16, f32x4.div(sum1, all1), nx - x - 4);
    }
  }
}

// @ts-ignore: decorator
@inline
function storeSome(to: usize, value: v128, room: i32): void {
  if (room >= 4) {
    v128.store(to, value);
    return;
  }
  store<f32>(to, f32x4.extract_lane(value, 0));
  if (room > 1) store<f32>(to, f32x4.extract_lane(value, 1), 4);
  if (room > 2) store<f32>(to, f32x4.extract_lane(value, 2), 8);
}

/** Σ over the patch's slices of (u − u shifted)² for four pixels of one row. */
// @ts-ignore: decorator
@inline
function rowDistance(here: usize, shift: isize, slices: i32, sliceBytes: isize): v128 {
  let a = here;
  let d = f32x4.sub(v128.load(a), v128.load(a + shift));
  let sum = f32x4.mul(d, d);
  for (let k = 1; k < slices; k++) {
    a += sliceBytes;
    d = f32x4.sub(v128.load(a), v128.load(a + shift));
    sum = f32x4.add(sum, f32x4.mul(d, d));
  }
  return sum;
}

/**
 * Up to four rows of
 *
 *   out(p) = Σ_t w v(p+t) / Σ_t w,  w = 2^(−slope(p) max(d² − floor(p), 0)),
 *   d² = scale Σ_{q in patch} (u(p+q) − u(p+t+q))².
 *
 * `first` is the index of the first row's first pixel in the padded arrays, `stride` the values from one
 * row to the next, `radius` half the patch along x and y, `slices` and `sliceStride` its extent along z
 * (the first slice of the patch being `first`'s, shifted by the caller through `sliceShift`).
 * `offsets` holds the search window. Four rows share the distances of the patch rows that they have in
 * common. Scratch: `sums`, `top`, `bottom`, `most` of 4 × `pitch` values each,
 * pitch ≥ nx + 2 radius + 8. With `largestForSelf` the centre weighs as much as its best neighbour.
 */
export function nonLocalMeansRows(
  u: usize,
  values: usize,
  out: usize,
  slope: usize,
  floor: usize,
  first: i32,
  stride: i32,
  rows: i32,
  nx: i32,
  offsets: usize,
  count: i32,
  radius: i32,
  slices: i32,
  sliceStride: i32,
  sliceShift: i32,
  scale: f32,
  sums: usize,
  top: usize,
  bottom: usize,
  most: usize,
  pitch: i32,
  largestForSelf: i32,
): void {
  const width = nx + 2 * radius;
  const vscale = f32x4.splat(scale);
  const zero = f32x4.splat(0);
  const rowBytes = (<isize>stride) << 2;
  const sliceBytes = (<isize>sliceStride) << 2;
  const pitchBytes = (<isize>pitch) << 2;
  for (let x = 0; x < 4 * pitch; x += 4) {
    v128.store(at(top, x), zero);
    v128.store(at(bottom, x), zero);
    v128.store(at(most, x), zero);
  }
  const corner = at(u, first + sliceShift - radius * stride - radius);
  for (let o = 0; o < count; o++) {
    const offset = load<i32>(at(offsets, o));
    if (offset === 0) continue;
    const shift = (<isize>offset) << 2;
    for (let x = 0; x < width; x += 4) {
      let a = at(corner, x);
      const to = at(sums, x);
      const r0 = rowDistance(a, shift, slices, sliceBytes);
      const r1 = rowDistance((a += rowBytes), shift, slices, sliceBytes);
      const r2 = rowDistance((a += rowBytes), shift, slices, sliceBytes);
      const r3 = rowDistance((a += rowBytes), shift, slices, sliceBytes);
      const r4 = rowDistance((a += rowBytes), shift, slices, sliceBytes);
      const r5 = rowDistance((a += rowBytes), shift, slices, sliceBytes);
      const r23 = f32x4.add(r2, r3);
      if (radius === 1) {
        const r12 = f32x4.add(r1, r2);
        const r34 = f32x4.add(r3, r4);
        v128.store(to, f32x4.add(r0, r12));
        v128.store(to + pitchBytes, f32x4.add(r12, r3));
        v128.store(to + 2 * pitchBytes, f32x4.add(r2, r34));
        v128.store(to + 3 * pitchBytes, f32x4.add(r34, r5));
        continue;
      }
      const r6 = rowDistance((a += rowBytes), shift, slices, sliceBytes);
      const r7 = rowDistance((a += rowBytes), shift, slices, sliceBytes);
      const r45 = f32x4.add(r4, r5);
      if (radius === 2) {
        const middle = f32x4.add(r3, r4);
        const left = f32x4.add(r2, middle);
        const right = f32x4.add(middle, r5);
        v128.store(to, f32x4.add(f32x4.add(r0, r1), left));
        v128.store(to + pitchBytes, f32x4.add(f32x4.add(r1, left), r5));
        v128.store(to + 2 * pitchBytes, f32x4.add(f32x4.add(r2, right), r6));
        v128.store(to + 3 * pitchBytes, f32x4.add(right, f32x4.add(r6, r7)));
        continue;
      }
      const r8 = rowDistance((a += rowBytes), shift, slices, sliceBytes);
      const r9 = rowDistance((a += rowBytes), shift, slices, sliceBytes);
      const middle = f32x4.add(f32x4.add(r3, r45), r6);
      const left = f32x4.add(r2, middle);
      const right = f32x4.add(middle, r7);
      v128.store(to, f32x4.add(f32x4.add(r0, r1), left));
      v128.store(to + pitchBytes, f32x4.add(f32x4.add(r1, left), r7));
      v128.store(to + 2 * pitchBytes, f32x4.add(f32x4.add(r2, right), r8));
      v128.store(to + 3 * pitchBytes, f32x4.add(right, f32x4.add(r8, r9)));
    }
    for (let row = 0; row < rows; row++) {
      const there = at(values, first + row * stride + offset);
      const s0 = sums + row * pitchBytes;
      const t0 = top + row * pitchBytes;
      const b0 = bottom + row * pitchBytes;
      const m0 = most + row * pitchBytes;
      for (let x = 0; x < nx; x += 4) {
        const from = at(s0, x);
        let s = f32x4.add(f32x4.add(v128.load(from), v128.load(from, 4)), v128.load(from, 8));
        if (radius > 1) s = f32x4.add(s, f32x4.add(v128.load(from, 12), v128.load(from, 16)));
        if (radius > 2) s = f32x4.add(s, f32x4.add(v128.load(from, 20), v128.load(from, 24)));
        const excess = f32x4.max(
          f32x4.sub(f32x4.mul(s, vscale), v128.load(at(floor, row * nx + x))),
          zero,
        );
        const w = exp2Lanes(f32x4.neg(f32x4.mul(excess, v128.load(at(slope, row * nx + x)))));
        v128.store(
          at(t0, x),
          f32x4.add(v128.load(at(t0, x)), f32x4.mul(w, v128.load(at(there, x)))),
        );
        v128.store(at(b0, x), f32x4.add(v128.load(at(b0, x)), w));
        if (largestForSelf) v128.store(at(m0, x), f32x4.max(v128.load(at(m0, x)), w));
      }
    }
  }
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; row++) {
    const here = at(values, first + row * stride);
    for (let x = 0; x < nx; x += 4) {
      const k = row * pitch + x;
      // A centre whose neighbours all have no weight stays itself.
      const self = largestForSelf
        ? f32x4.max(v128.load(at(most, k)), f32x4.splat(1e-30))
        : one;
      const sum = f32x4.add(v128.load(at(top, k)), f32x4.mul(self, v128.load(at(here, x))));
      const all = f32x4.add(v128.load(at(bottom, k)), self);
      storeSome(at(out, row * nx + x), f32x4.div(sum, all), nx - x);
    }
  }
}
