/** Steps of the dual total-variation solver; defined by src/denoise/variation/steps.ts. Pointers are byte offsets. */

// @ts-ignore: decorator
@inline
function at(pointer: usize, index: i32): usize {
  return pointer + ((<usize>index) << 2);
}

/** Row: u = f + wx (d − d₋ₓ) + wy (dy − dy₋) [+ wz (dz − dz₋)]; a pointer of 0 means a row of zeros. */
function primalRow(
  f: usize,
  u: usize,
  dx: usize,
  dy: usize,
  above: usize,
  dz: usize,
  below: usize,
  nx: i32,
  wx: f32,
  wy: f32,
  wz: f32,
): void {
  // The first element has no left neighbour.
  let value = load<f32>(f) + wx * (load<f32>(dx) - 0);
  value += wy * (load<f32>(dy) - (above ? load<f32>(above) : 0));
  if (dz) value += wz * (load<f32>(dz) - (below ? load<f32>(below) : 0));
  store<f32>(u, value);
  const vx = f32x4.splat(wx);
  const vy = f32x4.splat(wy);
  const vz = f32x4.splat(wz);
  const zero = f32x4.splat(0);
  let x = 1;
  for (; x + 4 <= nx; x += 4) {
    let v = f32x4.add(
      v128.load(at(f, x)),
      f32x4.mul(vx, f32x4.sub(v128.load(at(dx, x)), v128.load(at(dx, x - 1)))),
    );
    v = f32x4.add(
      v,
      f32x4.mul(vy, f32x4.sub(v128.load(at(dy, x)), above ? v128.load(at(above, x)) : zero)),
    );
    if (dz) {
      v = f32x4.add(
        v,
        f32x4.mul(vz, f32x4.sub(v128.load(at(dz, x)), below ? v128.load(at(below, x)) : zero)),
      );
    }
    v128.store(at(u, x), v);
  }
  for (; x < nx; x++) {
    let v = load<f32>(at(f, x)) + wx * (load<f32>(at(dx, x)) - load<f32>(at(dx, x - 1)));
    v += wy * (load<f32>(at(dy, x)) - (above ? load<f32>(at(above, x)) : 0));
    if (dz) v += wz * (load<f32>(at(dz, x)) - (below ? load<f32>(at(below, x)) : 0));
    store<f32>(at(u, x), v);
  }
}

/** u = f + λ div d over [channel, z, y, x]; weights already hold λ. */
export function tvPrimal(
  f: usize,
  d: usize,
  u: usize,
  channels: i32,
  nz: i32,
  ny: i32,
  nx: i32,
  directions: i32,
  wx: f32,
  wy: f32,
  wz: f32,
): void {
  const plane = ny * nx;
  const size = channels * nz * plane;
  const dy = at(d, size);
  const dz = at(d, 2 * size);
  for (let c = 0; c < channels; c++) {
    for (let z = 0; z < nz; z++) {
      for (let y = 0; y < ny; y++) {
        const row = (c * nz + z) * plane + y * nx;
        primalRow(
          at(f, row),
          at(u, row),
          at(d, row),
          at(dy, row),
          y > 0 ? at(dy, row - nx) : 0,
          directions === 3 ? at(dz, row) : 0,
          directions === 3 && z > 0 ? at(dz, row - plane) : 0,
          nx,
          wx,
          wy,
          wz,
        );
      }
    }
  }
}

/** rows = q + w (ahead − u), norm += rows²; the elements from `end` to nx are set to zero. */
function ascendRow(
  u: usize,
  ahead: usize,
  q: usize,
  rows: usize,
  norm: usize,
  end: i32,
  w: f32,
): void {
  const vw = f32x4.splat(w);
  let x = 0;
  for (; x + 4 <= end; x += 4) {
    const t = f32x4.add(
      v128.load(at(q, x)),
      f32x4.mul(vw, f32x4.sub(v128.load(at(ahead, x)), v128.load(at(u, x)))),
    );
    v128.store(at(rows, x), t);
    v128.store(at(norm, x), f32x4.add(v128.load(at(norm, x)), f32x4.mul(t, t)));
  }
  for (; x < end; x++) {
    const t = load<f32>(at(q, x)) + w * (load<f32>(at(ahead, x)) - load<f32>(at(u, x)));
    store<f32>(at(rows, x), t);
    store<f32>(at(norm, x), load<f32>(at(norm, x)) + t * t);
  }
}

/** p⁺ = rows / norm (or rows clamped to ±1), q = p⁺ + θ (p⁺ − p), p = p⁺. */
function settleRow(
  rows: usize,
  norm: usize,
  p: usize,
  q: usize,
  nx: i32,
  theta: f32,
  isotropic: bool,
): void {
  const vt = f32x4.splat(theta);
  const one = f32x4.splat(1);
  const minusOne = f32x4.splat(-1);
  let x = 0;
  for (; x + 4 <= nx; x += 4) {
    const t = v128.load(at(rows, x));
    const next = isotropic
      ? f32x4.mul(t, v128.load(at(norm, x)))
      : f32x4.max(minusOne, f32x4.min(one, t));
    const old = v128.load(at(p, x));
    v128.store(at(q, x), f32x4.add(next, f32x4.mul(vt, f32x4.sub(next, old))));
    v128.store(at(p, x), next);
  }
  for (; x < nx; x++) {
    const t = load<f32>(at(rows, x));
    const next = isotropic ? t * load<f32>(at(norm, x)) : max<f32>(-1, min<f32>(1, t));
    const old = load<f32>(at(p, x));
    store<f32>(at(q, x), next + theta * (next - old));
    store<f32>(at(p, x), next);
  }
}

/** norm = 1 / max(1, √norm). */
function invertNorm(norm: usize, nx: i32): void {
  const one = f32x4.splat(1);
  let x = 0;
  for (; x + 4 <= nx; x += 4) {
    const root = f32x4.sqrt(v128.load(at(norm, x)));
    v128.store(at(norm, x), f32x4.div(one, f32x4.max(one, root)));
  }
  for (; x < nx; x++) {
    store<f32>(at(norm, x), 1 / max<f32>(1, sqrt<f32>(load<f32>(at(norm, x)))));
  }
}

/** One ascent of the dual field with projection and momentum; weights already hold the step. */
export function tvDual(
  u: usize,
  p: usize,
  q: usize,
  rows: usize,
  norm: usize,
  channels: i32,
  nz: i32,
  ny: i32,
  nx: i32,
  directions: i32,
  wx: f32,
  wy: f32,
  wz: f32,
  theta: f32,
  isotropic: bool,
): void {
  const plane = ny * nx;
  const voxels = nz * plane;
  const size = channels * voxels;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      memory.fill(norm, 0, (<usize>nx) << 2);
      for (let k = 0; k < directions; k++) {
        const edge = (k === 1 && y === ny - 1) || (k === 2 && z === nz - 1);
        const weight: f32 = edge ? <f32>0 : k === 0 ? wx : k === 1 ? wy : wz;
        const stride = edge ? 0 : k === 0 ? 1 : k === 1 ? nx : plane;
        const end = k === 0 ? nx - 1 : nx;
        for (let c = 0; c < channels; c++) {
          const row = c * voxels + z * plane + y * nx;
          const to = at(rows, (k * channels + c) * nx);
          ascendRow(
            at(u, row),
            at(u, row + stride),
            at(q, k * size + row),
            to,
            norm,
            end,
            weight,
          );
          if (k === 0) store<f32>(at(to, nx - 1), 0);
        }
      }
      if (isotropic) invertNorm(norm, nx);
      for (let k = 0; k < directions; k++) {
        for (let c = 0; c < channels; c++) {
          const to = k * size + c * voxels + z * plane + y * nx;
          settleRow(
            at(rows, (k * channels + c) * nx),
            norm,
            at(p, to),
            at(q, to),
            nx,
            theta,
            isotropic,
          );
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function pair(pointer: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(pointer));
}

/** Σ ( |D u| − ⟨D u, p⟩ ) in float64; `below` and `deeper` are 0 at the far edges. */
export function tvGap(
  u: usize,
  p: usize,
  channels: i32,
  nz: i32,
  ny: i32,
  nx: i32,
  directions: i32,
  wx: f64,
  wy: f64,
  wz: f64,
  isotropic: bool,
): f64 {
  const plane = ny * nx;
  const voxels = nz * plane;
  const size = channels * voxels;
  const vx = f64x2.splat(wx);
  const vy = f64x2.splat(wy);
  const vz = f64x2.splat(wz);
  const zero = f64x2.splat(0);
  let sums = zero;
  let total: f64 = 0;
  for (let z = 0; z < nz; z++) {
    const deep = directions === 3 && z < nz - 1;
    for (let y = 0; y < ny; y++) {
      const low = y < ny - 1;
      const row = z * plane + y * nx;
      let x = 0;
      for (; x + 2 < nx; x += 2) {
        let squares = zero;
        let sum = zero;
        let inner = zero;
        for (let c = 0; c < channels; c++) {
          const i = c * voxels + row + x;
          const own = pair(at(u, i));
          const dx = f64x2.mul(vx, f64x2.sub(pair(at(u, i + 1)), own));
          squares = f64x2.add(squares, f64x2.mul(dx, dx));
          sum = f64x2.add(sum, f64x2.abs(dx));
          inner = f64x2.add(inner, f64x2.mul(dx, pair(at(p, i))));
          if (low) {
            const dy = f64x2.mul(vy, f64x2.sub(pair(at(u, i + nx)), own));
            squares = f64x2.add(squares, f64x2.mul(dy, dy));
            sum = f64x2.add(sum, f64x2.abs(dy));
            inner = f64x2.add(inner, f64x2.mul(dy, pair(at(p, size + i))));
          }
          if (deep) {
            const dz = f64x2.mul(vz, f64x2.sub(pair(at(u, i + plane)), own));
            squares = f64x2.add(squares, f64x2.mul(dz, dz));
            sum = f64x2.add(sum, f64x2.abs(dz));
            inner = f64x2.add(inner, f64x2.mul(dz, pair(at(p, 2 * size + i))));
          }
        }
        const length = isotropic ? f64x2.sqrt(squares) : sum;
        sums = f64x2.add(sums, f64x2.sub(length, inner));
      }
      for (; x < nx; x++) {
        let squares: f64 = 0;
        let sum: f64 = 0;
        let inner: f64 = 0;
        for (let c = 0; c < channels; c++) {
          const i = c * voxels + row + x;
          const own = <f64>load<f32>(at(u, i));
          if (x < nx - 1) {
            const dx = wx * (<f64>load<f32>(at(u, i + 1)) - own);
            squares += dx * dx;
            sum += Math.abs(dx);
            inner += dx * <f64>load<f32>(at(p, i));
          }
          if (low) {
            const dy = wy * (<f64>load<f32>(at(u, i + nx)) - own);
            squares += dy * dy;
            sum += Math.abs(dy);
            inner += dy * <f64>load<f32>(at(p, size + i));
          }
          if (deep) {
            const dz = wz * (<f64>load<f32>(at(u, i + plane)) - own);
            squares += dz * dz;
            sum += Math.abs(dz);
            inner += dz * <f64>load<f32>(at(p, 2 * size + i));
          }
        }
        total += (isotropic ? Math.sqrt(squares) : sum) - inner;
      }
    }
  }
  return total + f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}
