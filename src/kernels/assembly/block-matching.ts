// Block matching and collaborative filtering of BM3D and BM4D; defined by src/denoise/block-matching.
// Arrays are float32 [z, y, x]. A block has bz × n × n voxels, stored as bz·n rows of `stride` values
// (n rounded up to 4). Pointers are byte offsets; arrays have 16 values of room behind them.

// @ts-ignore: decorator
@inline
function at(pointer: usize, index: i32): usize {
  return pointer + ((<usize>index) << 2);
}

/** out[x] = Σ over planes of (a − b)², or adds to out; x from `from` to `to` and up to 3 beyond. */
function squaresRow(
  a: usize,
  b: usize,
  planes: i32,
  plane: i32,
  out: usize,
  from: i32,
  to: i32,
  add: bool,
): void {
  for (let x = from; x < to; x += 4) {
    let sum = add ? v128.load(at(out, x)) : f32x4.splat(0);
    for (let z = 0; z < planes; z++) {
      const d = f32x4.sub(v128.load(at(a, z * plane + x)), v128.load(at(b, z * plane + x)));
      sum = f32x4.add(sum, f32x4.mul(d, d));
    }
    v128.store(at(out, x), sum);
  }
}

/** Puts a candidate into a list sorted by distance; the worst falls out when the list is full. */
function insert(
  distances: usize,
  places: usize,
  count: usize,
  most: i32,
  distance: f32,
  place: i32,
): void {
  let k = load<i32>(count);
  if (k < most) store<i32>(count, k + 1);
  else k = most - 1;
  while (k > 1 && load<f32>(at(distances, k - 1)) > distance) {
    store<f32>(at(distances, k), load<f32>(at(distances, k - 1)));
    store<i32>(at(places, k), load<i32>(at(places, k - 1)));
    k--;
  }
  store<f32>(at(distances, k), distance);
  store<i32>(at(places, k), place);
}

/**
 * Lists, for reference blocks at (z, y0 + j·step, refX[i]), the `most` nearest blocks within the search
 * reach: sums of squared differences below `limit`, sorted; the reference itself first. `scratch` has
 * room for (2·(rows + n/step + 1) + 2) rows of nx + 16 values.
 */
export function matchBlocks(
  image: usize,
  nz: i32,
  ny: i32,
  nx: i32,
  bz: i32,
  n: i32,
  z: i32,
  y0: i32,
  rows: i32,
  step: i32,
  refX: usize,
  columns: i32,
  reachZ: i32,
  reach: i32,
  limit: f32,
  most: i32,
  distances: usize,
  places: usize,
  counts: usize,
  scratch: usize,
): void {
  const plane = ny * nx;
  const wide = nx + 16;
  const whole = n / step;
  const part = n % step;
  const chunks = rows - 1 + whole + (part > 0 ? 1 : 0);
  const sums = scratch;
  const parts = at(sums, chunks * wide);
  const column = at(parts, chunks * wide);
  const block = at(column, wide);
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const r = j * columns + i;
      store<i32>(at(counts, r), 1);
      store<f32>(at(distances, r * most), 0);
      store<i32>(
        at(places, r * most),
        z * plane + (y0 + j * step) * nx + load<i32>(at(refX, i)),
      );
    }
  }
  for (let dz = -reachZ; dz <= reachZ; dz++) {
    if (z + dz < 0 || z + dz + bz > nz) continue;
    for (let dy = -reach; dy <= reach; dy++) {
      if (y0 + (rows - 1) * step + dy < 0 || y0 + dy + n > ny) continue;
      for (let dx = -reach; dx <= reach; dx++) {
        if (dz === 0 && dy === 0 && dx === 0) continue;
        const from = dx < 0 ? -dx : 0;
        const to = dx > 0 ? nx - dx : nx;
        if (to - from < n) continue;
        const shift = dz * plane + dy * nx + dx;
        for (let c = 0; c < chunks; c++) {
          const out = at(sums, c * wide);
          let started = false;
          for (let k = 0; k < step; k++) {
            const y = y0 + c * step + k;
            if (y >= ny || y + dy < 0 || y + dy >= ny) continue;
            const a = at(image, z * plane + y * nx);
            squaresRow(a, at(a, shift), bz, plane, out, from, to, started);
            started = true;
            if (k === part - 1) memory.copy(at(parts, c * wide), out, (<usize>wide) << 2);
          }
        }
        for (let j = 0; j < rows; j++) {
          const y = y0 + j * step;
          if (y + dy < 0 || y + dy + n > ny) continue;
          for (let x = from; x < to; x += 4) {
            let sum = part > 0 ? v128.load(at(parts, (j + whole) * wide + x)) : f32x4.splat(0);
            for (let c = j; c < j + whole; c++) {
              sum = f32x4.add(sum, v128.load(at(sums, c * wide + x)));
            }
            v128.store(at(column, x), sum);
          }
          // Sum over n columns by doubling: bits of n say which doubled sums take part.
          let offset = 0;
          for (let power = 1; power <= n; power <<= 1) {
            if (n & power) {
              if (offset === 0) {
                for (let x = from; x < to; x += 4) {
                  v128.store(at(block, x), v128.load(at(column, x)));
                }
              } else {
                for (let x = from; x < to; x += 4) {
                  v128.store(
                    at(block, x),
                    f32x4.add(v128.load(at(block, x)), v128.load(at(column, x + offset))),
                  );
                }
              }
              offset += power;
            }
            if (power << 1 <= n) {
              for (let x = from; x < to; x += 4) {
                v128.store(
                  at(column, x),
                  f32x4.add(v128.load(at(column, x)), v128.load(at(column, x + power))),
                );
              }
            }
          }
          const last = to - n;
          for (let i = 0; i < columns; i++) {
            const x = load<i32>(at(refX, i));
            if (x < from || x > last) continue;
            const r = j * columns + i;
            const full = load<i32>(at(counts, r)) === most;
            const bound = full ? load<f32>(at(distances, r * most + most - 1)) : limit;
            const d = load<f32>(at(block, x));
            if (d < bound) {
              insert(
                at(distances, r * most),
                at(places, r * most),
                at(counts, r),
                most,
                d,
                z * plane + y * nx + x + shift,
              );
            }
          }
        }
      }
    }
  }
}

/** out = left · x for an n×n `left` and n rows of `stride` values; row by row, all in `stride`. */
function leftProduct(left: usize, x: usize, out: usize, n: i32, stride: i32): void {
  for (let c = 0; c < stride; c += 4) {
    for (let i = 0; i < n; i++) {
      let sum = f32x4.mul(v128.load32_splat(at(left, i * stride)), v128.load(at(x, c)));
      for (let k = 1; k < n; k++) {
        sum = f32x4.add(
          sum,
          f32x4.mul(v128.load32_splat(at(left, i * stride + k)), v128.load(at(x, k * stride + c))),
        );
      }
      v128.store(at(out, i * stride + c), sum);
    }
  }
}

/** out = a · b with the rows of `a` spread over the rows of `b`. */
function rightProduct(a: usize, b: usize, out: usize, n: i32, stride: i32): void {
  for (let c = 0; c < stride; c += 4) {
    for (let i = 0; i < n; i++) {
      let sum = f32x4.mul(v128.load32_splat(at(a, i * stride)), v128.load(at(b, c)));
      for (let k = 1; k < n; k++) {
        sum = f32x4.add(
          sum,
          f32x4.mul(v128.load32_splat(at(a, i * stride + k)), v128.load(at(b, k * stride + c))),
        );
      }
      v128.store(at(out, i * stride + c), sum);
    }
  }
}

// @ts-ignore: decorator
@inline
function splat8(m: usize, i: i32, k: i32): v128 {
  return v128.load32_splat(at(m, i * 8 + k));
}

/** The 8×8 case of both products, unrolled: `first` on the left of x, then `second` on the right. */
function product8(first: usize, x: usize, second: usize, out: usize, middle: usize): void {
  for (let half = 0; half < 8; half += 4) {
    const x0 = v128.load(at(x, half));
    const x1 = v128.load(at(x, 8 + half));
    const x2 = v128.load(at(x, 16 + half));
    const x3 = v128.load(at(x, 24 + half));
    const x4 = v128.load(at(x, 32 + half));
    const x5 = v128.load(at(x, 40 + half));
    const x6 = v128.load(at(x, 48 + half));
    const x7 = v128.load(at(x, 56 + half));
    for (let i = 0; i < 8; i++) {
      const a = f32x4.add(f32x4.mul(splat8(first, i, 0), x0), f32x4.mul(splat8(first, i, 1), x1));
      const b = f32x4.add(f32x4.mul(splat8(first, i, 2), x2), f32x4.mul(splat8(first, i, 3), x3));
      const c = f32x4.add(f32x4.mul(splat8(first, i, 4), x4), f32x4.mul(splat8(first, i, 5), x5));
      const d = f32x4.add(f32x4.mul(splat8(first, i, 6), x6), f32x4.mul(splat8(first, i, 7), x7));
      v128.store(at(middle, i * 8 + half), f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    }
  }
  for (let half = 0; half < 8; half += 4) {
    const x0 = v128.load(at(second, half));
    const x1 = v128.load(at(second, 8 + half));
    const x2 = v128.load(at(second, 16 + half));
    const x3 = v128.load(at(second, 24 + half));
    const x4 = v128.load(at(second, 32 + half));
    const x5 = v128.load(at(second, 40 + half));
    const x6 = v128.load(at(second, 48 + half));
    const x7 = v128.load(at(second, 56 + half));
    for (let i = 0; i < 8; i++) {
      const a = f32x4.add(f32x4.mul(splat8(middle, i, 0), x0), f32x4.mul(splat8(middle, i, 1), x1));
      const b = f32x4.add(f32x4.mul(splat8(middle, i, 2), x2), f32x4.mul(splat8(middle, i, 3), x3));
      const c = f32x4.add(f32x4.mul(splat8(middle, i, 4), x4), f32x4.mul(splat8(middle, i, 5), x5));
      const d = f32x4.add(f32x4.mul(splat8(middle, i, 6), x6), f32x4.mul(splat8(middle, i, 7), x7));
      v128.store(at(out, i * 8 + half), f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    }
  }
}

/**
 * Separable transform of one block in place: `along` and its transpose for y and x, `deep` for z.
 * `spare` has room for one block.
 */
function transform(
  block: usize,
  along: usize,
  transposed: usize,
  deep: usize,
  bz: i32,
  n: i32,
  stride: i32,
  spare: usize,
): void {
  const slice = n * stride;
  for (let z = 0; z < bz; z++) {
    const s = at(block, z * slice);
    if (n === 8) {
      product8(along, s, transposed, s, spare);
    } else {
      leftProduct(along, s, spare, n, stride);
      rightProduct(spare, transposed, s, n, stride);
    }
  }
  if (bz === 1) return;
  memory.copy(spare, block, (<usize>(bz * slice)) << 2);
  for (let i = 0; i < bz; i++) {
    for (let k = 0; k < slice; k += 4) {
      let sum = f32x4.mul(v128.load32_splat(at(deep, i * bz)), v128.load(at(spare, k)));
      for (let z = 1; z < bz; z++) {
        sum = f32x4.add(
          sum,
          f32x4.mul(v128.load32_splat(at(deep, i * bz + z)), v128.load(at(spare, z * slice + k))),
        );
      }
      v128.store(at(block, i * slice + k), sum);
    }
  }
}

const root: f32 = 0.7071067811865476;

/** Orthonormal Haar transform over `count` (a power of two) blocks of `size` values, in place. */
function haar(group: usize, count: i32, size: i32, spare: usize): void {
  const r = f32x4.splat(root);
  for (let length = count; length > 1; length >>= 1) {
    const half = length >> 1;
    for (let k = 0; k < half; k++) {
      const a = at(group, 2 * k * size);
      const b = at(a, size);
      const low = at(group, k * size);
      const high = at(spare, k * size);
      for (let i = 0; i < size; i += 4) {
        const x = v128.load(at(a, i));
        const y = v128.load(at(b, i));
        v128.store(at(low, i), f32x4.mul(r, f32x4.add(x, y)));
        v128.store(at(high, i), f32x4.mul(r, f32x4.sub(x, y)));
      }
    }
    memory.copy(at(group, half * size), spare, (<usize>(half * size)) << 2);
  }
}

/** Undoes `haar`. */
function inverseHaar(group: usize, count: i32, size: i32, spare: usize): void {
  const r = f32x4.splat(root);
  for (let half = 1; half < count; half <<= 1) {
    memory.copy(spare, group, (<usize>(2 * half * size)) << 2);
    for (let k = 0; k < half; k++) {
      const low = at(spare, k * size);
      const high = at(spare, (half + k) * size);
      const a = at(group, 2 * k * size);
      const b = at(a, size);
      for (let i = 0; i < size; i += 4) {
        const x = v128.load(at(low, i));
        const y = v128.load(at(high, i));
        v128.store(at(a, i), f32x4.mul(r, f32x4.add(x, y)));
        v128.store(at(b, i), f32x4.mul(r, f32x4.sub(x, y)));
      }
    }
  }
}

function gather(
  image: usize,
  place: i32,
  plane: i32,
  nx: i32,
  bz: i32,
  n: i32,
  stride: i32,
  out: usize,
): void {
  for (let z = 0; z < bz; z++) {
    for (let y = 0; y < n; y++) {
      const from = at(image, place + z * plane + y * nx);
      const to = at(out, (z * n + y) * stride);
      for (let x = 0; x < stride; x += 4) v128.store(at(to, x), v128.load(at(from, x)));
    }
  }
}

function spread(
  block: usize,
  window: usize,
  weight: f32,
  place: i32,
  plane: i32,
  nx: i32,
  bz: i32,
  n: i32,
  stride: i32,
  sum: usize,
  weights: usize,
): void {
  const w = f32x4.splat(weight);
  for (let z = 0; z < bz; z++) {
    for (let y = 0; y < n; y++) {
      const row = (z * n + y) * stride;
      const to = place + z * plane + y * nx;
      for (let x = 0; x < stride; x += 4) {
        const share = f32x4.mul(w, v128.load(at(window, row + x)));
        const s = at(sum, to + x);
        const t = at(weights, to + x);
        v128.store(
          s,
          f32x4.add(v128.load(s), f32x4.mul(share, v128.load(at(block, row + x)))),
        );
        v128.store(t, f32x4.add(v128.load(t), share));
      }
    }
  }
}

function powerOfTwo(count: i32): i32 {
  let p = 1;
  while (p << 1 <= count) p <<= 1;
  return p;
}

/** Zeroes coefficients below the threshold, except the mean of the group; returns how many stay. */
function hardThreshold(group: usize, values: i32, threshold: f32): i32 {
  const limit = f32x4.splat(threshold);
  const mean = load<f32>(group);
  let kept = 0;
  for (let i = 0; i < values; i += 4) {
    const v = v128.load(at(group, i));
    const mask = f32x4.ge(f32x4.abs(v), limit);
    kept += popcnt<i32>(i32x4.bitmask(mask));
    v128.store(at(group, i), v128.and(v, mask));
  }
  if (!(abs<f32>(mean) >= threshold)) {
    store<f32>(group, mean);
    kept++;
  }
  return kept;
}

/** First stage: transform, hard threshold, inverse, weighted sum. `group` and `spare` hold `most` blocks each. */
export function filterHard(
  image: usize,
  ny: i32,
  nx: i32,
  bz: i32,
  n: i32,
  stride: i32,
  references: i32,
  most: i32,
  places: usize,
  counts: usize,
  matrices: usize,
  window: usize,
  threshold: f32,
  group: usize,
  spare: usize,
  sum: usize,
  weights: usize,
): void {
  const plane = ny * nx;
  const size = bz * n * stride;
  const square = n * stride;
  const inverse = at(matrices, 2 * square);
  const deep = at(matrices, 4 * square);
  for (let r = 0; r < references; r++) {
    const count = powerOfTwo(load<i32>(at(counts, r)));
    const list = at(places, r * most);
    for (let k = 0; k < count; k++) {
      const block = at(group, k * size);
      gather(image, load<i32>(at(list, k)), plane, nx, bz, n, stride, block);
      transform(block, matrices, at(matrices, square), deep, bz, n, stride, spare);
    }
    haar(group, count, size, spare);
    const kept = hardThreshold(group, count * size, threshold);
    inverseHaar(group, count, size, spare);
    const weight = <f32>1 / <f32>kept;
    for (let k = 0; k < count; k++) {
      const block = at(group, k * size);
      transform(block, inverse, at(inverse, square), at(deep, bz * bz), bz, n, stride, spare);
      spread(
        block,
        window,
        weight,
        load<i32>(at(list, k)),
        plane,
        nx,
        bz,
        n,
        stride,
        sum,
        weights,
      );
    }
  }
}

/** Second stage: empirical Wiener weights from the first estimate. `group`, `pilot` and `spare` hold `most` blocks each. */
export function filterWiener(
  image: usize,
  estimate: usize,
  ny: i32,
  nx: i32,
  bz: i32,
  n: i32,
  stride: i32,
  references: i32,
  most: i32,
  places: usize,
  counts: usize,
  matrices: usize,
  window: usize,
  variance: f32,
  group: usize,
  pilot: usize,
  spare: usize,
  sum: usize,
  weights: usize,
): void {
  const plane = ny * nx;
  const size = bz * n * stride;
  const square = n * stride;
  const transposed = at(matrices, square);
  const inverse = at(matrices, 2 * square);
  const deep = at(matrices, 4 * square);
  const v = f32x4.splat(variance);
  for (let r = 0; r < references; r++) {
    const count = powerOfTwo(load<i32>(at(counts, r)));
    const list = at(places, r * most);
    for (let k = 0; k < count; k++) {
      const place = load<i32>(at(list, k));
      gather(image, place, plane, nx, bz, n, stride, at(group, k * size));
      transform(at(group, k * size), matrices, transposed, deep, bz, n, stride, spare);
      gather(estimate, place, plane, nx, bz, n, stride, at(pilot, k * size));
      transform(at(pilot, k * size), matrices, transposed, deep, bz, n, stride, spare);
    }
    haar(group, count, size, spare);
    haar(pilot, count, size, spare);
    const mean = load<f32>(group);
    const pilotMean = load<f32>(pilot);
    let squares = f32x4.splat(0);
    for (let i = 0; i < count * size; i += 4) {
      const p = v128.load(at(pilot, i));
      const energy = f32x4.mul(p, p);
      const w = f32x4.div(energy, f32x4.add(energy, v));
      squares = f32x4.add(squares, f32x4.mul(w, w));
      v128.store(at(group, i), f32x4.mul(w, v128.load(at(group, i))));
    }
    // The mean passes whole, so that an offset of the image changes nothing.
    store<f32>(group, mean);
    const share = (pilotMean * pilotMean) / (pilotMean * pilotMean + variance);
    const total =
      f32x4.extract_lane(squares, 0) +
      f32x4.extract_lane(squares, 1) +
      f32x4.extract_lane(squares, 2) +
      f32x4.extract_lane(squares, 3) -
      share * share +
      1;
    const weight = <f32>1 / total;
    inverseHaar(group, count, size, spare);
    for (let k = 0; k < count; k++) {
      const block = at(group, k * size);
      transform(block, inverse, at(inverse, square), at(deep, bz * bz), bz, n, stride, spare);
      spread(
        block,
        window,
        weight,
        load<i32>(at(list, k)),
        plane,
        nx,
        bz,
        n,
        stride,
        sum,
        weights,
      );
    }
  }
}
