// 4×4 tile of C ± A Bᵀ, float64. `a` and `b` are packed panels: for each k, four values. A packed
// panel of R rows (a multiple of 4) and depth K is R/4 groups, each K × 4 values.

// @ts-ignore: decorator
@inline
export function tile(a: usize, b: usize, depth: i32, c: usize, stride: usize, sign: f64): void {
  let c00 = f64x2.splat(0);
  let c01 = f64x2.splat(0);
  let c10 = f64x2.splat(0);
  let c11 = f64x2.splat(0);
  let c20 = f64x2.splat(0);
  let c21 = f64x2.splat(0);
  let c30 = f64x2.splat(0);
  let c31 = f64x2.splat(0);
  const end = a + (<usize>depth << 5);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load64_splat(a);
    c00 = f64x2.add(c00, f64x2.mul(a0, b0));
    c01 = f64x2.add(c01, f64x2.mul(a0, b1));
    const a1 = v128.load64_splat(a, 8);
    c10 = f64x2.add(c10, f64x2.mul(a1, b0));
    c11 = f64x2.add(c11, f64x2.mul(a1, b1));
    const a2 = v128.load64_splat(a, 16);
    c20 = f64x2.add(c20, f64x2.mul(a2, b0));
    c21 = f64x2.add(c21, f64x2.mul(a2, b1));
    const a3 = v128.load64_splat(a, 24);
    c30 = f64x2.add(c30, f64x2.mul(a3, b0));
    c31 = f64x2.add(c31, f64x2.mul(a3, b1));
    a += 32;
    b += 32;
  }
  const s = f64x2.splat(sign);
  addTo(c, c00, c01, s);
  addTo(c + stride, c10, c11, s);
  addTo(c + 2 * stride, c20, c21, s);
  addTo(c + 3 * stride, c30, c31, s);
}

// @ts-ignore: decorator
@inline
function addTo(c: usize, low: v128, high: v128, s: v128): void {
  v128.store(c, f64x2.add(v128.load(c), f64x2.mul(s, low)));
  v128.store(c, f64x2.add(v128.load(c, 16), f64x2.mul(s, high)), 16);
}

// Lower triangle of C (rows and columns from..size in groups of four) ± P Pᵀ. Columns go in blocks
// whose panels fit the second-level cache; one group of rows stays in the first level meanwhile.
export function symmetricUpdate(
  panel: usize,
  groups: i32,
  depth: i32,
  c: usize,
  stride: usize,
  sign: f64,
): void {
  const groupBytes = <usize>depth << 5;
  const across = max(1, 131072 / <i32>groupBytes);
  for (let block = 0; block < groups; block += across) {
    const blockEnd = min(block + across, groups);
    for (let i = block; i < groups; i++) {
      const last = min(i + 1, blockEnd);
      for (let j = block; j < last; j++) {
        tile(
          panel + <usize>i * groupBytes,
          panel + <usize>j * groupBytes,
          depth,
          c + (<usize>i << 2) * stride + (<usize>j << 5),
          stride,
          sign,
        );
      }
    }
  }
}
