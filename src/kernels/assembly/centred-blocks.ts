// Rows less a shift, laid out for products of column blocks: as they are and transposed; and sums of
// columns in float64, added row after row.

// Sixteen rows of `blocks × block` columns, `stride` bytes apart, of which `count` are real and the
// others equal the shift. Block b goes to right + b × batch × block × 4 (rows of `block`) and
// transposed to left + b × batch × block × 4 (rows of `batch`), from row `first` on, a multiple of four.
export function scatter(
  rows: usize,
  stride: usize,
  count: i32,
  shift: usize,
  sums: usize,
  right: usize,
  left: usize,
  first: i32,
  batch: i32,
  block: i32,
  blocks: i32,
): void {
  const size = (<usize>batch * <usize>block) << 2;
  const width = <usize>block << 2;
  for (let r = 0; r < 16; r++) {
    let p = rows + <usize>r * stride;
    let s = shift;
    for (let b = 0; b < blocks; b++) {
      let to = right + <usize>b * size + <usize>(first + r) * width;
      const end = to + width;
      for (; to < end; to += 16) {
        v128.store(to, f32x4.sub(v128.load(p), v128.load(s)));
        p += 16;
        s += 16;
      }
    }
  }
  const tall = <usize>batch << 2;
  for (let b = 0; b < blocks; b++) {
    let p = rows + <usize>b * width;
    let s = shift + <usize>b * width;
    let total = sums + ((<usize>b * width) << 1);
    let to = left + <usize>b * size + (<usize>first << 2);
    for (let c = 0; c < block; c += 4) {
      let low = v128.load(total);
      let high = v128.load(total, 16);
      let q = p;
      for (let r = 0; r < count; r++) {
        const v = v128.load(q);
        low = f64x2.add(low, f64x2.promote_low_f32x4(v));
        high = f64x2.add(high, f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1)));
        q += stride;
      }
      v128.store(total, low);
      v128.store(total, high, 16);
      const k = v128.load(s);
      quarter(p, stride, k, to, tall);
      quarter(p + 4 * stride, stride, k, to + 16, tall);
      quarter(p + 8 * stride, stride, k, to + 32, tall);
      quarter(p + 12 * stride, stride, k, to + 48, tall);
      p += 16;
      s += 16;
      total += 32;
      to += 4 * tall;
    }
  }
}

// Four rows of four columns, transposed.
// @ts-ignore: decorator
@inline
function quarter(p: usize, stride: usize, shift: v128, to: usize, tall: usize): void {
  const a = f32x4.sub(v128.load(p), shift);
  const b = f32x4.sub(v128.load(p + stride), shift);
  const c = f32x4.sub(v128.load(p + 2 * stride), shift);
  const d = f32x4.sub(v128.load(p + 3 * stride), shift);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ef = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const gh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to + tall, i64x2.shuffle(ab, cd, 1, 3));
  v128.store(to + 2 * tall, i64x2.shuffle(ef, gh, 0, 2));
  v128.store(to + 3 * tall, i64x2.shuffle(ef, gh, 1, 3));
}

// Adds rows × columns of float32 values, `width` to a row, to float64 sums with `stride` to a row.
// `columns` is a multiple of four.
export function accumulate(
  values: usize,
  rows: i32,
  columns: i32,
  width: i32,
  sums: usize,
  stride: i32,
): void {
  for (let r = 0; r < rows; r++) {
    let p = values + ((<usize>r * <usize>width) << 2);
    let to = sums + ((<usize>r * <usize>stride) << 3);
    const end = p + (<usize>columns << 2);
    for (; p < end; p += 16) {
      const v = v128.load(p);
      v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(v)));
      v128.store(
        to,
        f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1))),
        16,
      );
      to += 32;
    }
  }
}
