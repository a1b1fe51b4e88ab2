// Blocked Cholesky factorisation, float64, lower triangle in place. The size is a multiple of 4.
import { symmetricUpdate } from "./shared/tile";

const block: i32 = 64;

// Room for the packed panel below the diagonal block, in bytes.
export function panelBytes(n: i32): i32 {
  return n * block * 8;
}

// Returns the row whose pivot is not positive, or -1.
export function factorise(a: usize, n: i32, panel: usize): i32 {
  const stride = (<usize>n) << 3;
  for (let start = 0; start < n; start += block) {
    const end = min(start + block, n);
    const depth = end - start;
    const corner = a + <usize>start * stride + ((<usize>start) << 3);
    const pivot = diagonal(corner, depth, stride);
    if (pivot >= 0) return start + pivot;
    const below = n - end;
    if (below == 0) break;
    const groups = below >> 2;
    for (let g = 0; g < groups; g++) {
      const packed = panel + <usize>g * ((<usize>depth) << 5);
      solveGroup(
        corner,
        depth,
        stride,
        a + <usize>(end + 4 * g) * stride + ((<usize>start) << 3),
        packed,
      );
    }
    symmetricUpdate(
      panel,
      groups,
      depth,
      a + <usize>end * stride + ((<usize>end) << 3),
      stride,
      -1,
    );
  }
  return -1;
}

function diagonal(c: usize, size: i32, stride: usize): i32 {
  for (let j = 0; j < size; j++) {
    const rowJ = c + <usize>j * stride;
    let d = load<f64>(rowJ + ((<usize>j) << 3));
    for (let k = 0; k < j; k++) {
      const v = load<f64>(rowJ + ((<usize>k) << 3));
      d -= v * v;
    }
    // Written so that NaN fails too.
    if (!(d > 0) || d == Infinity) return j;
    const root = Math.sqrt(d);
    store<f64>(rowJ + ((<usize>j) << 3), root);
    for (let i = j + 1; i < size; i++) {
      const rowI = c + <usize>i * stride;
      let s = load<f64>(rowI + ((<usize>j) << 3));
      for (let k = 0; k < j; k++) {
        s -= load<f64>(rowI + ((<usize>k) << 3)) * load<f64>(rowJ + ((<usize>k) << 3));
      }
      store<f64>(rowI + ((<usize>j) << 3), s / root);
    }
  }
  return -1;
}

// Four rows below the diagonal block: X Lᵀ = A, solved in packed form and written back.
function solveGroup(corner: usize, depth: i32, stride: usize, rows: usize, packed: usize): void {
  for (let j = 0; j < depth; j++) {
    const column = rows + ((<usize>j) << 3);
    let low = f64x2.replace_lane(f64x2.splat(load<f64>(column)), 1, load<f64>(column + stride));
    let high = f64x2.replace_lane(
      f64x2.splat(load<f64>(column + 2 * stride)),
      1,
      load<f64>(column + 3 * stride),
    );
    let low2 = f64x2.splat(0);
    let high2 = f64x2.splat(0);
    const lower = corner + <usize>j * stride;
    let p = packed;
    let k = 0;
    for (; k + 2 <= j; k += 2) {
      const l = v128.load64_splat(lower + ((<usize>k) << 3));
      low = f64x2.sub(low, f64x2.mul(l, v128.load(p)));
      high = f64x2.sub(high, f64x2.mul(l, v128.load(p, 16)));
      const m = v128.load64_splat(lower + ((<usize>k) << 3), 8);
      low2 = f64x2.sub(low2, f64x2.mul(m, v128.load(p, 32)));
      high2 = f64x2.sub(high2, f64x2.mul(m, v128.load(p, 48)));
      p += 64;
    }
    if (k < j) {
      const l = v128.load64_splat(lower + ((<usize>k) << 3));
      low = f64x2.sub(low, f64x2.mul(l, v128.load(p)));
      high = f64x2.sub(high, f64x2.mul(l, v128.load(p, 16)));
      p += 32;
    }
    const d = v128.load64_splat(lower + ((<usize>j) << 3));
    low = f64x2.div(f64x2.add(low, low2), d);
    high = f64x2.div(f64x2.add(high, high2), d);
    v128.store(p, low);
    v128.store(p, high, 16);
    store<f64>(column, f64x2.extract_lane(low, 0));
    store<f64>(column + stride, f64x2.extract_lane(low, 1));
    store<f64>(column + 2 * stride, f64x2.extract_lane(high, 0));
    store<f64>(column + 3 * stride, f64x2.extract_lane(high, 1));
  }
}
