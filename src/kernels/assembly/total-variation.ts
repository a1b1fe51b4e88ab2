/**
 * Steps of the dual total-variation solver; defined by src/denoise/variation/steps.ts, which also gives the
 * layout of the arrays. Pointers are byte offsets.
 */

// @ts-ignore: decorator
@inline
function at(pointer: usize, index: i32): usize {
  return pointer + ((<usize>index) << 2);
}

/** Row: u = f + wx (d − d₋ₓ) + wy (dy − dy₋) [+ wz (dz − dz₋)]; a `dz` of 0 leaves the last term out. */
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
  value += wy * (load<f32>(dy) - load<f32>(above));
  if (dz) value += wz * (load<f32>(dz) - load<f32>(below));
  store<f32>(u, value);
  const vx = f32x4.splat(wx);
  const vy = f32x4.splat(wy);
  const vz = f32x4.splat(wz);
  let x = 1;
  if (dz) {
    for (; x + 4 <= nx; x += 4) {
      const v = planarPrimal(f, dx, dy, above, x, vx, vy);
      const step = f32x4.sub(v128.load(at(dz, x)), v128.load(at(below, x)));
      v128.store(at(u, x), f32x4.add(v, f32x4.mul(vz, step)));
    }
  } else {
    for (; x + 4 <= nx; x += 4) {
      v128.store(at(u, x), planarPrimal(f, dx, dy, above, x, vx, vy));
    }
  }
  for (; x < nx; x++) {
    let v = load<f32>(at(f, x)) + wx * (load<f32>(at(dx, x)) - load<f32>(at(dx, x - 1)));
    v += wy * (load<f32>(at(dy, x)) - load<f32>(at(above, x)));
    if (dz) v += wz * (load<f32>(at(dz, x)) - load<f32>(at(below, x)));
    store<f32>(at(u, x), v);
  }
}

// @ts-ignore: decorator
@inline
function planarPrimal(
  f: usize,
  dx: usize,
  dy: usize,
  above: usize,
  x: i32,
  vx: v128,
  vy: v128,
): v128 {
  const v = f32x4.add(
    v128.load(at(f, x)),
    f32x4.mul(vx, f32x4.sub(v128.load(at(dx, x)), v128.load(at(dx, x - 1)))),
  );
  return f32x4.add(
    v,
    f32x4.mul(vy, f32x4.sub(v128.load(at(dy, x)), v128.load(at(above, x)))),
  );
}

/** u = f + λ div d on one row of all channels; weights already hold λ; `zeros` is a row of zeros. */
function primalRows(
  f: usize,
  d: usize,
  u: usize,
  zeros: usize,
  z: i32,
  y: i32,
  channels: i32,
  nz: i32,
  ny: i32,
  nx: i32,
  directions: i32,
  wx: f32,
  wy: f32,
  wz: f32,
): void {
  const deep = directions === 3;
  const joint = channels * nx;
  const pitch = directions * joint;
  const here = at(d, (z * ny + y) * pitch);
  for (let c = 0; c < channels; c++) {
    const row = ((c * nz + z) * ny + y) * nx;
    const dx = at(here, c * nx);
    const dy = at(dx, joint);
    const dz = at(dy, joint);
    primalRow(
      at(f, row),
      at(u, row),
      dx,
      dy,
      y > 0 ? at(dy, -pitch) : zeros,
      deep ? dz : 0,
      deep && z > 0 ? at(dz, -ny * pitch) : zeros,
      nx,
      wx,
      wy,
      wz,
    );
  }
}

/** u = f + λ div d over [channel, z, y, x]. */
export function tvPrimal(
  f: usize,
  d: usize,
  u: usize,
  zeros: usize,
  channels: i32,
  nz: i32,
  ny: i32,
  nx: i32,
  directions: i32,
  wx: f32,
  wy: f32,
  wz: f32,
): void {
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      primalRows(f, d, u, zeros, z, y, channels, nz, ny, nx, directions, wx, wy, wz);
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

/** p⁺ = t / max(1, norm), q = p⁺ + θ (p⁺ − p), p = p⁺ on four values. */
// @ts-ignore: decorator
@inline
function settle(p: usize, q: usize, x: i32, t: v128, scale: v128, vt: v128, old: v128): void {
  const next = f32x4.mul(t, scale);
  v128.store(at(q, x), f32x4.add(next, f32x4.mul(vt, f32x4.sub(next, old))));
  v128.store(at(p, x), next);
}

// @ts-ignore: decorator
@inline
function ascended(q: usize, ahead: usize, x: i32, own: v128, weight: v128): v128 {
  return f32x4.add(
    v128.load(at(q, x)),
    f32x4.mul(weight, f32x4.sub(v128.load(at(ahead, x)), own)),
  );
}

// @ts-ignore: decorator
@inline
function inverseLength(squares: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.max(one, f32x4.sqrt(squares)));
}

/** Isotropic ascent of one row of a single channel, all in registers; `deep` with a z direction. */
function dualRowOfOne(
  u: usize,
  low: usize,
  behind: usize,
  p: usize,
  q: usize,
  nx: i32,
  deep: bool,
  wx: f32,
  wy: f32,
  wz: f32,
  theta: f32,
): void {
  const vx = f32x4.splat(wx);
  const vy = f32x4.splat(wy);
  const vz = f32x4.splat(wz);
  const vt = f32x4.splat(theta);
  const py = at(p, nx);
  const qy = at(q, nx);
  const pz = at(p, 2 * nx);
  const qz = at(q, 2 * nx);
  const right = u + 4;
  let x = 0;
  if (deep) {
    for (; x + 4 < nx; x += 4) {
      const own = v128.load(at(u, x));
      const tx = ascended(q, right, x, own, vx);
      const ty = ascended(qy, low, x, own, vy);
      const tz = ascended(qz, behind, x, own, vz);
      const squares = f32x4.add(
        f32x4.add(f32x4.mul(tx, tx), f32x4.mul(ty, ty)),
        f32x4.mul(tz, tz),
      );
      const scale = inverseLength(squares);
      // All loads before the stores: a load would wait for a store at the same place of another page.
      const ox = v128.load(at(p, x));
      const oy = v128.load(at(py, x));
      const oz = v128.load(at(pz, x));
      settle(p, q, x, tx, scale, vt, ox);
      settle(py, qy, x, ty, scale, vt, oy);
      settle(pz, qz, x, tz, scale, vt, oz);
    }
  } else {
    for (; x + 4 < nx; x += 4) {
      const own = v128.load(at(u, x));
      const tx = ascended(q, right, x, own, vx);
      const ty = ascended(qy, low, x, own, vy);
      const scale = inverseLength(f32x4.add(f32x4.mul(tx, tx), f32x4.mul(ty, ty)));
      const ox = v128.load(at(p, x));
      const oy = v128.load(at(py, x));
      settle(p, q, x, tx, scale, vt, ox);
      settle(py, qy, x, ty, scale, vt, oy);
    }
  }
  for (; x < nx; x++) {
    const own = load<f32>(at(u, x));
    const tx: f32 =
      x === nx - 1 ? <f32>0 : load<f32>(at(q, x)) + wx * (load<f32>(at(right, x)) - own);
    const ty = load<f32>(at(qy, x)) + wy * (load<f32>(at(low, x)) - own);
    const tz: f32 = deep ? load<f32>(at(qz, x)) + wz * (load<f32>(at(behind, x)) - own) : <f32>0;
    const scale: f32 = 1 / max<f32>(1, sqrt<f32>(tx * tx + ty * ty + tz * tz));
    settleOne(at(p, x), at(q, x), tx * scale, theta);
    settleOne(at(py, x), at(qy, x), ty * scale, theta);
    if (deep) settleOne(at(pz, x), at(qz, x), tz * scale, theta);
  }
}

// @ts-ignore: decorator
@inline
function settleOne(p: usize, q: usize, next: f32, theta: f32): void {
  store<f32>(q, next + theta * (next - load<f32>(p)));
  store<f32>(p, next);
}

/** Ascent of one row with projection and momentum; weights already hold the step. */
function dualRows(
  u: usize,
  p: usize,
  q: usize,
  rows: usize,
  norm: usize,
  z: i32,
  y: i32,
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
  const lowest = y === ny - 1;
  const deepest = z === nz - 1;
  const dualRow = (z * ny + y) * directions * channels * nx;
  if (isotropic && channels === 1) {
    const row = z * plane + y * nx;
    dualRowOfOne(
      at(u, row),
      at(u, lowest ? row : row + nx),
      at(u, deepest ? row : row + plane),
      at(p, dualRow),
      at(q, dualRow),
      nx,
      directions === 3,
      wx,
      lowest ? 0 : wy,
      deepest ? 0 : wz,
      theta,
    );
    return;
  }
  memory.fill(norm, 0, (<usize>nx) << 2);
  for (let k = 0; k < directions; k++) {
    const edge = (k === 1 && lowest) || (k === 2 && deepest);
    const weight: f32 = edge ? <f32>0 : k === 0 ? wx : k === 1 ? wy : wz;
    const stride = edge ? 0 : k === 0 ? 1 : k === 1 ? nx : plane;
    const end = k === 0 ? nx - 1 : nx;
    for (let c = 0; c < channels; c++) {
      const row = c * voxels + z * plane + y * nx;
      const to = at(rows, (k * channels + c) * nx);
      const from = at(q, dualRow + (k * channels + c) * nx);
      ascendRow(at(u, row), at(u, row + stride), from, to, norm, end, weight);
      if (k === 0) store<f32>(at(to, nx - 1), 0);
    }
  }
  if (isotropic) invertNorm(norm, nx);
  for (let k = 0; k < directions * channels; k++) {
    const to = dualRow + k * nx;
    settleRow(at(rows, k * nx), norm, at(p, to), at(q, to), nx, theta, isotropic);
  }
}

/** One ascent of the dual field. */
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
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      dualRows(u, p, q, rows, norm, z, y, channels, nz, ny, nx, directions, wx, wy, wz, theta, isotropic);
    }
  }
}

/**
 * `tvPrimal` from q and `tvDual` in one sweep: every row of u is computed just before the first dual row
 * that reads it, when what it is computed from has not been overwritten yet. Weights p* hold λ, d* the step.
 */
export function tvStep(
  f: usize,
  u: usize,
  p: usize,
  q: usize,
  rows: usize,
  norm: usize,
  zeros: usize,
  channels: i32,
  nz: i32,
  ny: i32,
  nx: i32,
  directions: i32,
  px: f32,
  py: f32,
  pz: f32,
  dx: f32,
  dy: f32,
  dz: f32,
  theta: f32,
  isotropic: bool,
): void {
  const deep = directions === 3;
  if (deep) {
    for (let y = 0; y < ny; y++) {
      primalRows(f, q, u, zeros, 0, y, channels, nz, ny, nx, directions, px, py, pz);
    }
  }
  for (let z = 0; z < nz; z++) {
    if (!deep) primalRows(f, q, u, zeros, z, 0, channels, nz, ny, nx, directions, px, py, pz);
    for (let y = 0; y < ny; y++) {
      if (deep) {
        if (z + 1 < nz) {
          primalRows(f, q, u, zeros, z + 1, y, channels, nz, ny, nx, directions, px, py, pz);
        }
      } else if (y + 1 < ny) {
        primalRows(f, q, u, zeros, z, y + 1, channels, nz, ny, nx, directions, px, py, pz);
      }
      dualRows(u, p, q, rows, norm, z, y, channels, nz, ny, nx, directions, dx, dy, dz, theta, isotropic);
    }
  }
}

/** Σ ( |D u| − ⟨D u, p⟩ ): terms in float32, summed in float64. */
export function tvGap(
  u: usize,
  p: usize,
  channels: i32,
  nz: i32,
  ny: i32,
  nx: i32,
  directions: i32,
  wx: f32,
  wy: f32,
  wz: f32,
  isotropic: bool,
): f64 {
  const plane = ny * nx;
  const voxels = nz * plane;
  const joint = channels * nx;
  const vx = f32x4.splat(wx);
  const zero = f32x4.splat(0);
  let sums = f64x2.splat(0);
  let total: f64 = 0;
  for (let z = 0; z < nz; z++) {
    const deep = directions === 3;
    const behind = z < nz - 1 ? plane : 0;
    const vz = f32x4.splat(z < nz - 1 ? wz : 0);
    for (let y = 0; y < ny; y++) {
      const below = y < ny - 1 ? nx : 0;
      const vy = f32x4.splat(y < ny - 1 ? wy : 0);
      const row = z * plane + y * nx;
      const dual = at(p, (z * ny + y) * directions * joint);
      let x = 0;
      for (; x + 4 < nx; x += 4) {
        let squares = zero;
        let sum = zero;
        let inner = zero;
        for (let c = 0; c < channels; c++) {
          const here = at(u, c * voxels + row + x);
          const field = at(dual, c * nx + x);
          const own = v128.load(here);
          const dx = f32x4.mul(vx, f32x4.sub(v128.load(here, 4), own));
          const dy = f32x4.mul(vy, f32x4.sub(v128.load(at(here, below)), own));
          squares = f32x4.add(squares, f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy)));
          sum = f32x4.add(sum, f32x4.add(f32x4.abs(dx), f32x4.abs(dy)));
          inner = f32x4.add(inner, f32x4.mul(dx, v128.load(field)));
          inner = f32x4.add(inner, f32x4.mul(dy, v128.load(at(field, joint))));
          if (deep) {
            const dz = f32x4.mul(vz, f32x4.sub(v128.load(at(here, behind)), own));
            squares = f32x4.add(squares, f32x4.mul(dz, dz));
            sum = f32x4.add(sum, f32x4.abs(dz));
            inner = f32x4.add(inner, f32x4.mul(dz, v128.load(at(field, 2 * joint))));
          }
        }
        const length = isotropic ? f32x4.sqrt(squares) : sum;
        const term = f32x4.sub(length, inner);
        sums = f64x2.add(sums, f64x2.promote_low_f32x4(term));
        sums = f64x2.add(
          sums,
          f64x2.promote_low_f32x4(v128.shuffle<f32>(term, term, 2, 3, 2, 3)),
        );
      }
      for (; x < nx; x++) {
        let squares: f32 = 0;
        let sum: f32 = 0;
        let inner: f32 = 0;
        for (let c = 0; c < channels; c++) {
          const here = at(u, c * voxels + row + x);
          const field = at(dual, c * nx + x);
          const own = load<f32>(here);
          const dx: f32 = x < nx - 1 ? wx * (load<f32>(here, 4) - own) : <f32>0;
          const dy: f32 = below ? wy * (load<f32>(at(here, below)) - own) : <f32>0;
          const dz: f32 = deep && behind ? wz * (load<f32>(at(here, behind)) - own) : <f32>0;
          squares += dx * dx + dy * dy + dz * dz;
          sum += abs<f32>(dx) + abs<f32>(dy) + abs<f32>(dz);
          inner += dx * load<f32>(field) + dy * load<f32>(at(field, joint));
          if (deep) inner += dz * load<f32>(at(field, 2 * joint));
        }
        total += <f64>((isotropic ? sqrt<f32>(squares) : sum) - inner);
      }
    }
  }
  return total + f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}
