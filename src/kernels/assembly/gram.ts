// Lower triangle of C += Xᵀ X for rows of float64 or float32 values; C is float64. The number of
// columns is a multiple of 8; `panel` has room for depth × columns float64.
import { symmetricUpdate } from "./shared/tile";

export function addRows(x: usize, rows: i32, columns: i32, c: usize, panel: usize): void {
  const groups = columns >> 2;
  for (let g = 0; g < groups; g++) {
    let p = panel + <usize>g * ((<usize>rows) << 5);
    let q = x + ((<usize>g) << 5);
    for (let k = 0; k < rows; k++) {
      v128.store(p, v128.load(q));
      v128.store(p, v128.load(q, 16), 16);
      p += 32;
      q += (<usize>columns) << 3;
    }
  }
  symmetricUpdate(panel, groups, rows, c, (<usize>columns) << 3, 1);
}

export function addFloat32Rows(x: usize, rows: i32, columns: i32, c: usize, panel: usize): void {
  const groups = columns >> 2;
  for (let g = 0; g < groups; g++) {
    let p = panel + <usize>g * ((<usize>rows) << 5);
    let q = x + ((<usize>g) << 4);
    for (let k = 0; k < rows; k++) {
      const v = v128.load(q);
      v128.store(p, f64x2.promote_low_f32x4(v));
      v128.store(p, f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1)), 16);
      p += 32;
      q += (<usize>columns) << 2;
    }
  }
  symmetricUpdate(panel, groups, rows, c, (<usize>columns) << 3, 1);
}

// The same with products and sums over one batch of rows in float32, twice as fast; batches are added
// to C in float64.
export function addFloat32Products(x: usize, rows: i32, columns: i32, c: usize, panel: usize): void {
  const groups = columns >> 3;
  const groupBytes = <usize>rows << 5;
  const stride = <usize>columns << 3;
  for (let g = 0; g < groups; g++) {
    let p = panel + <usize>g * groupBytes;
    let q = x + (<usize>g << 5);
    for (let k = 0; k < rows; k++) {
      v128.store(p, v128.load(q));
      v128.store(p, v128.load(q, 16), 16);
      p += 32;
      q += <usize>columns << 2;
    }
  }
  const across = max(1, 131072 / <i32>groupBytes);
  for (let block = 0; block < groups; block += across) {
    const blockEnd = min(block + across, groups);
    for (let i = block; i < groups; i++) {
      const last = min(i + 1, blockEnd);
      const a = panel + <usize>i * groupBytes;
      const row = c + (<usize>i << 3) * stride;
      for (let j = block; j < last; j++) {
        const b = panel + <usize>j * groupBytes;
        const at = row + (<usize>j << 6);
        tile32(a, b, rows, at, stride);
        tile32(a + 16, b, rows, at + 4 * stride, stride);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function tile32(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  const end = a + (<usize>depth << 5);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(a0, b0));
    c01 = f32x4.add(c01, f32x4.mul(a0, b1));
    const a1 = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(a1, b0));
    c11 = f32x4.add(c11, f32x4.mul(a1, b1));
    const a2 = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(a2, b0));
    c21 = f32x4.add(c21, f32x4.mul(a2, b1));
    const a3 = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(a3, b0));
    c31 = f32x4.add(c31, f32x4.mul(a3, b1));
    a += 32;
    b += 32;
  }
  addWide(c, c00);
  addWide(c + 32, c01);
  addWide(c + stride, c10);
  addWide(c + stride + 32, c11);
  addWide(c + 2 * stride, c20);
  addWide(c + 2 * stride + 32, c21);
  addWide(c + 3 * stride, c30);
  addWide(c + 3 * stride + 32, c31);
}

// @ts-ignore: decorator
@inline
function addWide(c: usize, v: v128): void {
  v128.store(c, f64x2.add(v128.load(c), f64x2.promote_low_f32x4(v)));
  v128.store(
    c,
    f64x2.add(v128.load(c, 16), f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1))),
    16,
  );
}
