/**
 * Steps of the primal–dual solver for total generalised variation; defined by
 * src/denoise/variation/tgv-steps.ts, which also gives the layout of the arrays. Pointers are byte offsets.
 */

// @ts-ignore: decorator
@inline
function at(pointer: usize, index: i32): usize {
  return pointer + ((<usize>index) << 2);
}

/** moved = t + s (next − own). */
// @ts-ignore: decorator
@inline
function add(t: v128, s: v128, next: v128, own: v128): v128 {
  return f32x4.add(t, f32x4.mul(s, f32x4.sub(next, own)));
}

// @ts-ignore: decorator
@inline
function add1(t: f32, s: f32, next: f32, own: f32): f32 {
  return t + s * (next - own);
}

/** radius / max(radius, √squares). */
// @ts-ignore: decorator
@inline
function shrink(radius: v128, squares: v128): v128 {
  return f32x4.div(radius, f32x4.max(radius, f32x4.sqrt(squares)));
}

// @ts-ignore: decorator
@inline
function shrink1(radius: f32, squares: f32): f32 {
  return radius / max<f32>(radius, sqrt<f32>(squares));
}

// @ts-ignore: decorator
@inline
function square(t: v128): v128 {
  return f32x4.mul(t, t);
}

// @ts-ignore: decorator
@inline
function twice(t: v128): v128 {
  const s = f32x4.mul(t, t);
  return f32x4.add(s, s);
}

/**
 * Dual step of one row: `u` is a row of uBar, `w` of wBar; `low`/`wLow` are the rows below and
 * `behind`/`wBehind` those of the next plane, or the row itself at the edge.
 */
// @ts-ignore: decorator
@inline
function dualRow(
  deep: bool,
  u: usize,
  low: usize,
  behind: usize,
  w: usize,
  wLow: usize,
  wBehind: usize,
  p: usize,
  q: usize,
  nx: i32,
  rowsBelow: i32,
  planesBehind: i32,
  step: f32,
  sx: f32,
  sy: f32,
  sz: f32,
  first: f32,
  second: f32,
): void {
  const lowest = rowsBelow === 0;
  const deepest = planesBehind === 0;
  // Coefficients are 0 where a difference would leave the volume.
  const half: f32 = 0.5;
  const ny = lowest ? <f32>0 : sy;
  const cy = lowest ? <f32>0 : step;
  const nz = deepest ? <f32>0 : sz;
  const bendY = rowsBelow > 1 ? sy : <f32>0;
  const bendZ = planesBehind > 1 ? sz : <f32>0;
  const cz = deepest ? <f32>0 : step;
  const xyY = half * ny;
  const xyX = lowest ? <f32>0 : half * sx;
  const xzZ = half * nz;
  const xzX = deepest ? <f32>0 : half * sx;
  const yzZ = lowest ? <f32>0 : half * nz;
  const yzY = deepest ? <f32>0 : half * ny;
  const wy = at(w, nx);
  const wz = at(w, 2 * nx);
  const wyLow = at(wLow, nx);
  const wzLow = at(wLow, 2 * nx);
  const wyBehind = at(wBehind, nx);
  const wzBehind = at(wBehind, 2 * nx);
  const py = at(p, nx);
  const pz = at(p, 2 * nx);
  const q1 = at(q, nx);
  const q2 = at(q, 2 * nx);
  const q3 = at(q, 3 * nx);
  const q4 = at(q, 4 * nx);
  const q5 = at(q, 5 * nx);
  const vFirst = f32x4.splat(first);
  const vSecond = f32x4.splat(second);
  const vStep = f32x4.splat(step);
  const vsx = f32x4.splat(sx);
  const vny = f32x4.splat(ny);
  const vcy = f32x4.splat(cy);
  const vnz = f32x4.splat(nz);
  const vcz = f32x4.splat(cz);
  const vBendY = f32x4.splat(bendY);
  const vBendZ = f32x4.splat(bendZ);
  const vxyY = f32x4.splat(xyY);
  const vxyX = f32x4.splat(xyX);
  const vxzZ = f32x4.splat(xzZ);
  const vxzX = f32x4.splat(xzX);
  const vyzZ = f32x4.splat(yzZ);
  const vyzY = f32x4.splat(yzY);
  let x = 0;
  for (; x + 5 < nx; x += 4) {
    const own = v128.load(at(u, x));
    const ax = v128.load(at(w, x));
    const ay = v128.load(at(wy, x));
    const tx = f32x4.sub(
      add(v128.load(at(p, x)), vsx, v128.load(at(u, x), 4), own),
      f32x4.mul(vStep, ax),
    );
    const ty = f32x4.sub(
      add(v128.load(at(py, x)), vny, v128.load(at(low, x)), own),
      f32x4.mul(vcy, ay),
    );
    const axRight = v128.load(at(w, x), 4);
    const ayRight = v128.load(at(wy, x), 4);
    const axLow = v128.load(at(wLow, x));
    const ayLow = v128.load(at(wyLow, x));
    const txx = add(v128.load(at(q, x)), vsx, axRight, ax);
    const txy = add(add(v128.load(at(q1, x)), vxyY, axLow, ax), vxyX, ayRight, ay);
    if (deep) {
      const az = v128.load(at(wz, x));
      const tz = f32x4.sub(
        add(v128.load(at(pz, x)), vnz, v128.load(at(behind, x)), own),
        f32x4.mul(vcz, az),
      );
      const scale = shrink(vFirst, f32x4.add(f32x4.add(square(tx), square(ty)), square(tz)));
      const txz = add(
        add(v128.load(at(q2, x)), vxzZ, v128.load(at(wBehind, x)), ax),
        vxzX,
        v128.load(at(wz, x), 4),
        az,
      );
      const tyy = add(v128.load(at(q3, x)), vBendY, ayLow, ay);
      const tyz = add(
        add(v128.load(at(q4, x)), vyzZ, v128.load(at(wyBehind, x)), ay),
        vyzY,
        v128.load(at(wzLow, x)),
        az,
      );
      const tzz = add(v128.load(at(q5, x)), vBendZ, v128.load(at(wzBehind, x)), az);
      let squares = f32x4.add(square(txx), twice(txy));
      squares = f32x4.add(squares, twice(txz));
      squares = f32x4.add(squares, square(tyy));
      squares = f32x4.add(squares, twice(tyz));
      squares = f32x4.add(squares, square(tzz));
      const shrunk = shrink(vSecond, squares);
      v128.store(at(p, x), f32x4.mul(tx, scale));
      v128.store(at(py, x), f32x4.mul(ty, scale));
      v128.store(at(pz, x), f32x4.mul(tz, scale));
      v128.store(at(q, x), f32x4.mul(txx, shrunk));
      v128.store(at(q1, x), f32x4.mul(txy, shrunk));
      v128.store(at(q2, x), f32x4.mul(txz, shrunk));
      v128.store(at(q3, x), f32x4.mul(tyy, shrunk));
      v128.store(at(q4, x), f32x4.mul(tyz, shrunk));
      v128.store(at(q5, x), f32x4.mul(tzz, shrunk));
    } else {
      const scale = shrink(vFirst, f32x4.add(square(tx), square(ty)));
      const tyy = add(v128.load(at(q2, x)), vBendY, ayLow, ay);
      const squares = f32x4.add(f32x4.add(square(txx), twice(txy)), square(tyy));
      const shrunk = shrink(vSecond, squares);
      v128.store(at(p, x), f32x4.mul(tx, scale));
      v128.store(at(py, x), f32x4.mul(ty, scale));
      v128.store(at(q, x), f32x4.mul(txx, shrunk));
      v128.store(at(q1, x), f32x4.mul(txy, shrunk));
      v128.store(at(q2, x), f32x4.mul(tyy, shrunk));
    }
  }
  for (; x < nx; x++) {
    const last = x === nx - 1;
    const inside: f32 = last ? <f32>0 : <f32>1;
    // Where the factor is 0 the difference is too: the value itself stands for its neighbour.
    const right = last ? x : x + 1;
    const own = load<f32>(at(u, x));
    const ax = load<f32>(at(w, x));
    const ay = load<f32>(at(wy, x));
    const tx =
      add1(load<f32>(at(p, x)), inside * sx, load<f32>(at(u, right)), own) - inside * step * ax;
    const ty = add1(load<f32>(at(py, x)), ny, load<f32>(at(low, x)), own) - cy * ay;
    const txx = add1(load<f32>(at(q, x)), x + 2 < nx ? sx : <f32>0, load<f32>(at(w, right)), ax);
    const txy = add1(
      add1(load<f32>(at(q1, x)), inside * xyY, load<f32>(at(wLow, x)), ax),
      inside * xyX,
      load<f32>(at(wy, right)),
      ay,
    );
    if (deep) {
      const az = load<f32>(at(wz, x));
      const tz = add1(load<f32>(at(pz, x)), nz, load<f32>(at(behind, x)), own) - cz * az;
      const scale = shrink1(first, tx * tx + ty * ty + tz * tz);
      const txz = add1(
        add1(load<f32>(at(q2, x)), inside * xzZ, load<f32>(at(wBehind, x)), ax),
        inside * xzX,
        load<f32>(at(wz, right)),
        az,
      );
      const tyy = add1(load<f32>(at(q3, x)), bendY, load<f32>(at(wyLow, x)), ay);
      const tyz = add1(
        add1(load<f32>(at(q4, x)), yzZ, load<f32>(at(wyBehind, x)), ay),
        yzY,
        load<f32>(at(wzLow, x)),
        az,
      );
      const tzz = add1(load<f32>(at(q5, x)), bendZ, load<f32>(at(wzBehind, x)), az);
      const squares =
        txx * txx + 2 * (txy * txy) + 2 * (txz * txz) + tyy * tyy + 2 * (tyz * tyz) + tzz * tzz;
      const shrunk = shrink1(second, squares);
      store<f32>(at(p, x), tx * scale);
      store<f32>(at(py, x), ty * scale);
      store<f32>(at(pz, x), tz * scale);
      store<f32>(at(q, x), txx * shrunk);
      store<f32>(at(q1, x), txy * shrunk);
      store<f32>(at(q2, x), txz * shrunk);
      store<f32>(at(q3, x), tyy * shrunk);
      store<f32>(at(q4, x), tyz * shrunk);
      store<f32>(at(q5, x), tzz * shrunk);
    } else {
      const scale = shrink1(first, tx * tx + ty * ty);
      const tyy = add1(load<f32>(at(q2, x)), bendY, load<f32>(at(wyLow, x)), ay);
      const shrunk = shrink1(second, txx * txx + 2 * (txy * txy) + tyy * tyy);
      store<f32>(at(p, x), tx * scale);
      store<f32>(at(py, x), ty * scale);
      store<f32>(at(q, x), txx * shrunk);
      store<f32>(at(q1, x), txy * shrunk);
      store<f32>(at(q2, x), tyy * shrunk);
    }
  }
}

/** wx (x₋ₓ − x) + wy (y₋y − y) [+ wz (z₋z − z)] at four places. */
// @ts-ignore: decorator
@inline
function adjoint(
  deep: bool,
  x: i32,
  a: usize,
  b: usize,
  bAbove: usize,
  c: usize,
  cBefore: usize,
  wx: v128,
  wy: v128,
  wz: v128,
): v128 {
  const t = f32x4.mul(wx, f32x4.sub(v128.load(at(a, x - 1)), v128.load(at(a, x))));
  const s = add(t, wy, v128.load(at(bAbove, x)), v128.load(at(b, x)));
  return deep ? add(s, wz, v128.load(at(cBefore, x)), v128.load(at(c, x))) : s;
}

// @ts-ignore: decorator
@inline
function adjoint1(
  deep: bool,
  x: i32,
  a: usize,
  b: usize,
  bAbove: usize,
  c: usize,
  cBefore: usize,
  wx: f32,
  wy: f32,
  wz: f32,
): f32 {
  const left = x > 0 ? load<f32>(at(a, x - 1)) : <f32>0;
  const t = wx * (left - load<f32>(at(a, x)));
  const s = add1(t, wy, load<f32>(at(bAbove, x)), load<f32>(at(b, x)));
  return deep ? add1(s, wz, load<f32>(at(cBefore, x)), load<f32>(at(c, x))) : s;
}

/** value ← next and bar ← 2 next − value at four places. */
// @ts-ignore: decorator
@inline
function settle(value: usize, bar: usize, x: i32, old: v128, next: v128): void {
  v128.store(at(value, x), next);
  v128.store(at(bar, x), f32x4.sub(f32x4.add(next, next), old));
}

/** w ← w + step (p − e) and its bar. */
// @ts-ignore: decorator
@inline
function slope(w: usize, bar: usize, p: usize, x: i32, step: v128, e: v128): void {
  const old = v128.load(at(w, x));
  settle(w, bar, x, old, f32x4.add(old, f32x4.mul(step, f32x4.sub(v128.load(at(p, x)), e))));
}

// @ts-ignore: decorator
@inline
function slope1(w: usize, bar: usize, p: usize, x: i32, step: f32, e: f32): void {
  const old = load<f32>(at(w, x));
  const next = old + step * (load<f32>(at(p, x)) - e);
  store<f32>(at(w, x), next);
  store<f32>(at(bar, x), 2 * next - old);
}

/**
 * Primal step of one row; `pAbove`, `qAbove` are the rows above and `pBefore`, `qBefore` those of the plane
 * before, or zeros.
 */
// @ts-ignore: decorator
@inline
function primalRow(
  deep: bool,
  f: usize,
  u: usize,
  uBar: usize,
  w: usize,
  wBar: usize,
  p: usize,
  pAbove: usize,
  pBefore: usize,
  q: usize,
  qAbove: usize,
  qBefore: usize,
  nx: i32,
  step: f32,
  inverse: f32,
  wx: f32,
  wy: f32,
  wz: f32,
): void {
  const py = at(p, nx);
  const pz = at(p, 2 * nx);
  const pyAbove = at(pAbove, nx);
  const pzBefore = at(pBefore, 2 * nx);
  // Rows of the tensor by name; a plane has no xz, yz, zz.
  const xy = at(q, nx);
  const xyAbove = at(qAbove, nx);
  const xz = at(q, 2 * nx);
  const xzBefore = at(qBefore, 2 * nx);
  const yy = at(q, deep ? 3 * nx : 2 * nx);
  const yyAbove = at(qAbove, deep ? 3 * nx : 2 * nx);
  const yz = at(q, 4 * nx);
  const yzAbove = at(qAbove, 4 * nx);
  const yzBefore = at(qBefore, 4 * nx);
  const zz = at(q, 5 * nx);
  const zzBefore = at(qBefore, 5 * nx);
  const wy1 = at(w, nx);
  const wz1 = at(w, 2 * nx);
  const barY = at(wBar, nx);
  const barZ = at(wBar, 2 * nx);
  const vStep = f32x4.splat(step);
  const vInverse = f32x4.splat(inverse);
  const vx = f32x4.splat(wx);
  const vy = f32x4.splat(wy);
  const vz = f32x4.splat(wz);
  let x = 0;
  while (x < nx) {
    // The first element has no left neighbour.
    if (x > 0 && x + 4 <= nx) {
      const d = adjoint(deep, x, p, py, pyAbove, pz, pzBefore, vx, vy, vz);
      const old = v128.load(at(u, x));
      const moved = f32x4.add(old, f32x4.mul(vStep, f32x4.sub(v128.load(at(f, x)), d)));
      settle(u, uBar, x, old, f32x4.mul(moved, vInverse));
      const ex = adjoint(deep, x, q, xy, xyAbove, xz, xzBefore, vx, vy, vz);
      const ey = adjoint(deep, x, xy, yy, yyAbove, yz, yzBefore, vx, vy, vz);
      slope(w, wBar, p, x, vStep, ex);
      slope(wy1, barY, py, x, vStep, ey);
      if (deep) {
        const ez = adjoint(deep, x, xz, yz, yzAbove, zz, zzBefore, vx, vy, vz);
        slope(wz1, barZ, pz, x, vStep, ez);
      }
      x += 4;
    } else {
      const d = adjoint1(deep, x, p, py, pyAbove, pz, pzBefore, wx, wy, wz);
      const old = load<f32>(at(u, x));
      const next = (old + step * (load<f32>(at(f, x)) - d)) * inverse;
      store<f32>(at(u, x), next);
      store<f32>(at(uBar, x), 2 * next - old);
      const ex = adjoint1(deep, x, q, xy, xyAbove, xz, xzBefore, wx, wy, wz);
      const ey = adjoint1(deep, x, xy, yy, yyAbove, yz, yzBefore, wx, wy, wz);
      slope1(w, wBar, p, x, step, ex);
      slope1(wy1, barY, py, x, step, ey);
      if (deep) {
        const ez = adjoint1(deep, x, xz, yz, yzAbove, zz, zzBefore, wx, wy, wz);
        slope1(wz1, barZ, pz, x, step, ez);
      }
      x++;
    }
  }
}

/**
 * One iteration in one sweep: the dual step of a row reads bars of this and later rows only, and the
 * primal step of a row, which overwrites them, reads dual rows up to its own.
 */
// @ts-ignore: decorator
@inline
function sweep(
  deep: bool,
  f: usize,
  u: usize,
  uBar: usize,
  w: usize,
  wBar: usize,
  p: usize,
  q: usize,
  zeros: usize,
  nz: i32,
  ny: i32,
  nx: i32,
  step: f32,
  inverse: f32,
  wx: f32,
  wy: f32,
  wz: f32,
  sx: f32,
  sy: f32,
  sz: f32,
  first: f32,
  second: f32,
): void {
  const pitch = deep ? 3 * nx : 2 * nx;
  const tensor = deep ? 6 * nx : 3 * nx;
  for (let z = 0; z < nz; z++) {
    const deepest = z === nz - 1;
    for (let y = 0; y < ny; y++) {
      const lowest = y === ny - 1;
      const row = z * ny + y;
      const below = lowest ? row : row + 1;
      const behind = deepest ? row : row + ny;
      dualRow(
        deep,
        at(uBar, row * nx),
        at(uBar, below * nx),
        at(uBar, behind * nx),
        at(wBar, row * pitch),
        at(wBar, below * pitch),
        at(wBar, behind * pitch),
        at(p, row * pitch),
        at(q, row * tensor),
        nx,
        ny - 1 - y,
        nz - 1 - z,
        step,
        sx,
        sy,
        sz,
        first,
        second,
      );
      primalRow(
        deep,
        at(f, row * nx),
        at(u, row * nx),
        at(uBar, row * nx),
        at(w, row * pitch),
        at(wBar, row * pitch),
        at(p, row * pitch),
        y > 0 ? at(p, (row - 1) * pitch) : zeros,
        z > 0 ? at(p, (row - ny) * pitch) : zeros,
        at(q, row * tensor),
        y > 0 ? at(q, (row - 1) * tensor) : zeros,
        z > 0 ? at(q, (row - ny) * tensor) : zeros,
        nx,
        step,
        inverse,
        wx,
        wy,
        wz,
      );
    }
  }
}

/** One iteration; s* are step times weight. `zeros` are six rows of zeros. */
export function tgvStep(
  f: usize,
  u: usize,
  uBar: usize,
  w: usize,
  wBar: usize,
  p: usize,
  q: usize,
  zeros: usize,
  nz: i32,
  ny: i32,
  nx: i32,
  step: f32,
  inverse: f32,
  wx: f32,
  wy: f32,
  wz: f32,
  sx: f32,
  sy: f32,
  sz: f32,
  first: f32,
  second: f32,
): void {
  if (nz > 1) {
    sweep(true, f, u, uBar, w, wBar, p, q, zeros, nz, ny, nx, step, inverse, wx, wy, wz, sx, sy, sz, first, second);
  } else {
    sweep(false, f, u, uBar, w, wBar, p, q, zeros, nz, ny, nx, step, inverse, wx, wy, wz, sx, sy, sz, first, second);
  }
}

// @ts-ignore: decorator
@inline
function wide(pointer: usize): f64 {
  return <f64>load<f32>(pointer);
}

/** weight · (before − own) of a component of q along an axis; 0 before the volume. */
// @ts-ignore: decorator
@inline
function back(own: usize, exists: bool, stride: i32, weight: f64): f64 {
  return weight * ((exists ? wide(at(own, -stride)) : 0) - wide(own));
}

/** weight · (next − own). */
// @ts-ignore: decorator
@inline
function ahead(own: usize, stride: i32, weight: f64): f64 {
  return weight * (wide(at(own, stride)) - wide(own));
}

/**
 * Sums for the duality gap in float64, in `out`: primal value, ⟨f, ∇ᵀEᵀq⟩, ‖∇ᵀEᵀq‖², largest |Eᵀq|²
 * and |q|². `slopes` has room for one plane of Eᵀq in float64, [y, direction, x].
 */
export function tgvSums(
  f: usize,
  u: usize,
  w: usize,
  q: usize,
  slopes: usize,
  out: usize,
  nz: i32,
  ny: i32,
  nx: i32,
  wx: f64,
  wy: f64,
  wz: f64,
  first: f64,
  second: f64,
): void {
  const deep = nz > 1;
  const pitch = deep ? 3 * nx : 2 * nx;
  const tensor = deep ? 6 * nx : 3 * nx;
  const plane = ny * nx;
  let primal: f64 = 0;
  let inner: f64 = 0;
  let squares: f64 = 0;
  let largest: f64 = 0;
  let radius: f64 = 0;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const row = z * ny + y;
      const low = y < ny - 1;
      const far = deep && z < nz - 1;
      let left: f64 = 0;
      for (let x = 0; x < nx; x++) {
        const right = x < nx - 1;
        const uHere = at(u, row * nx + x);
        const fHere = wide(at(f, row * nx + x));
        const ax = at(w, row * pitch + x);
        const ay = at(ax, nx);
        const az = at(ax, 2 * nx);
        let gradient: f64 = 0;
        let bent: f64 = 0;
        if (right) {
          const d = ahead(uHere, 1, wx) - wide(ax);
          gradient += d * d;
          if (x + 2 < nx) {
            const e = ahead(ax, 1, wx);
            bent += e * e;
          }
        }
        if (low) {
          const d = ahead(uHere, nx, wy) - wide(ay);
          gradient += d * d;
          if (y + 2 < ny) {
            const e = ahead(ay, pitch, wy);
            bent += e * e;
          }
          if (right) {
            const m = ahead(ax, pitch, wy) + ahead(ay, 1, wx);
            bent += 0.5 * m * m;
          }
        }
        if (far) {
          const d = ahead(uHere, plane, wz) - wide(az);
          gradient += d * d;
          if (z + 2 < nz) {
            const e = ahead(az, ny * pitch, wz);
            bent += e * e;
          }
          if (right) {
            const m = ahead(ax, ny * pitch, wz) + ahead(az, 1, wx);
            bent += 0.5 * m * m;
          }
          if (low) {
            const m = ahead(ay, ny * pitch, wz) + ahead(az, pitch, wy);
            bent += 0.5 * m * m;
          }
        }
        const misfit = wide(uHere) - fHere;
        primal += 0.5 * misfit * misfit + first * sqrt<f64>(gradient) + second * sqrt<f64>(bent);

        const xx = at(q, row * tensor + x);
        const xy = at(xx, nx);
        const yy = at(xx, deep ? 3 * nx : 2 * nx);
        let ex = back(xx, x > 0, 1, wx) + back(xy, y > 0, tensor, wy);
        let ey = back(xy, x > 0, 1, wx) + back(yy, y > 0, tensor, wy);
        let ez: f64 = 0;
        const qxx = wide(xx);
        const qxy = wide(xy);
        const qyy = wide(yy);
        let ball = qxx * qxx + 2 * qxy * qxy + qyy * qyy;
        if (deep) {
          const xz = at(xx, 2 * nx);
          const yz = at(xx, 4 * nx);
          const zz = at(xx, 5 * nx);
          ex += back(xz, z > 0, ny * tensor, wz);
          ey += back(yz, z > 0, ny * tensor, wz);
          ez = back(xz, x > 0, 1, wx) + back(yz, y > 0, tensor, wy) + back(zz, z > 0, ny * tensor, wz);
          const qxz = wide(xz);
          const qyz = wide(yz);
          const qzz = wide(zz);
          ball += 2 * qxz * qxz + 2 * qyz * qyz + qzz * qzz;
        }
        largest = max<f64>(largest, ex * ex + ey * ey + ez * ez);
        radius = max<f64>(radius, ball);
        // The plane of slopes still holds the plane before at this place.
        const yHere = slopes + ((<usize>(y * 2 * nx + x)) << 3);
        const zHere = yHere + ((<usize>nx) << 3);
        const above = y > 0 ? load<f64>(yHere - ((<usize>(2 * nx)) << 3)) : 0;
        let divergence = wx * (left - ex) + wy * (above - ey);
        if (deep) {
          const before = z > 0 ? load<f64>(zHere) : 0;
          divergence += wz * (before - ez);
          store<f64>(zHere, ez);
        }
        store<f64>(yHere, ey);
        left = ex;
        inner += fHere * divergence;
        squares += divergence * divergence;
      }
    }
  }
  store<f64>(out, primal, 0);
  store<f64>(out, inner, 8);
  store<f64>(out, squares, 16);
  store<f64>(out, largest, 24);
  store<f64>(out, radius, 32);
}
