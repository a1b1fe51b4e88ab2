// Standard normal float32 numbers: Philox4x32-10 on four counters at a time, and Box–Muller. Every
// operation is one that float32 arithmetic rounds once, so that the plain definition
// (math/normals.ts) gives the same bits.

const firstFactor: u32 = 0xd2511f53;
const secondFactor: u32 = 0xcd9e8d57;

// `keys` holds ten rounds of two keys, each repeated in four lanes; `groups` of four blocks of four
// numbers start at counter (low, high, 1, 0), of which `low` is a multiple of four.
export function fill(out: usize, groups: i32, low: u32, high: u32, keys: usize, sigma: f32): void {
  const scale = f32x4.splat(sigma);
  let counter = i32x4.add(i32x4.splat(low), i32x4(0, 1, 2, 3));
  const highs = i32x4.splat(high);
  for (let g = 0; g < groups; g++) {
    let c0 = counter;
    let c1 = highs;
    let c2 = i32x4.splat(1);
    let c3 = i32x4.splat(0);
    for (let key = keys; key < keys + 320; key += 32) {
      const a = i64x2.extmul_low_i32x4_u(c0, i32x4.splat(firstFactor));
      const b = i64x2.extmul_high_i32x4_u(c0, i32x4.splat(firstFactor));
      const c = i64x2.extmul_low_i32x4_u(c2, i32x4.splat(secondFactor));
      const d = i64x2.extmul_high_i32x4_u(c2, i32x4.splat(secondFactor));
      c0 = v128.xor(v128.xor(i32x4.shuffle(c, d, 1, 3, 5, 7), c1), v128.load(key));
      c2 = v128.xor(v128.xor(i32x4.shuffle(a, b, 1, 3, 5, 7), c3), v128.load(key, 16));
      c1 = i32x4.shuffle(c, d, 0, 2, 4, 6);
      c3 = i32x4.shuffle(a, b, 0, 2, 4, 6);
    }
    const r0 = f32x4.mul(radius(c0), scale);
    const r1 = f32x4.mul(radius(c2), scale);
    const x0 = f32x4.mul(r0, across(c1));
    const y0 = f32x4.mul(r0, upward(c1));
    const x1 = f32x4.mul(r1, across(c3));
    const y1 = f32x4.mul(r1, upward(c3));
    const p = i32x4.shuffle(x0, y0, 0, 4, 1, 5);
    const q = i32x4.shuffle(x1, y1, 0, 4, 1, 5);
    const s = i32x4.shuffle(x0, y0, 2, 6, 3, 7);
    const t = i32x4.shuffle(x1, y1, 2, 6, 3, 7);
    v128.store(out, i64x2.shuffle(p, q, 0, 2));
    v128.store(out, i64x2.shuffle(p, q, 1, 3), 16);
    v128.store(out, i64x2.shuffle(s, t, 0, 2), 32);
    v128.store(out, i64x2.shuffle(s, t, 1, 3), 48);
    out += 64;
    counter = i32x4.add(counter, i32x4.splat(4));
  }
}

// √(−2 ln u) for u = (word/2 + 1/2)/2³¹: exponent and mantissa in [√½, √2), a polynomial for the
// logarithm of the latter.
// @ts-ignore: decorator
@inline
function radius(word: v128): v128 {
  const u = f32x4.mul(
    f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(word, 1)), f32x4.splat(0.5)),
    f32x4.splat(4.656612873077393e-10),
  );
  const e = i32x4.shr_s(i32x4.sub(u, i32x4.splat(0x3f3504f3)), 23);
  const f = f32x4.sub(i32x4.sub(u, i32x4.shl(e, 23)), f32x4.splat(1));
  let p = f32x4.splat(-0.1022737994);
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.1614075005));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-0.1716585159));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.1991027147));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-0.2498064339));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.3333469033));
  const square = f32x4.mul(f, f);
  // ln(1 + f) = f − f²/2 + f³ P(f).
  const rest = f32x4.mul(square, f32x4.sub(f32x4.mul(p, f), f32x4.splat(0.5)));
  const natural = f32x4.add(
    f32x4.mul(f32x4.convert_i32x4_s(e), f32x4.splat(0.6931471806)),
    f32x4.add(f, rest),
  );
  // The polynomial may end above zero by one rounding where u rounds to 1.
  return f32x4.sqrt(f32x4.max(f32x4.mul(natural, f32x4.splat(-2)), f32x4.splat(0)));
}

// Two bits of a word choose one of four quarters of the circle, the other thirty a place from −π/4
// to π/4 within it.
// @ts-ignore: decorator
@inline
function place(word: v128): v128 {
  return f32x4.mul(
    f32x4.convert_i32x4_s(i32x4.shl(word, 2)),
    f32x4.splat(4.656612873077393e-10),
  );
}

// @ts-ignore: decorator
@inline
function sine(y: v128): v128 {
  const z = f32x4.mul(y, y);
  let p = f32x4.splat(-0.00003595450835);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.002490007086));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.08074543625));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.7853981853));
  return f32x4.mul(p, y);
}

// @ts-ignore: decorator
@inline
function cosine(y: v128): v128 {
  const z = f32x4.mul(y, y);
  let p = f32x4.splat(-0.0003188805131);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.0158499144));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.3084242642));
  return f32x4.add(f32x4.mul(p, z), f32x4.splat(1));
}

// The cosine takes the sign of bit 31; bit 30 exchanges the two coordinates.
// @ts-ignore: decorator
@inline
function across(word: v128): v128 {
  const y = place(word);
  const c = v128.xor(cosine(y), v128.and(word, i32x4.splat(0x80000000)));
  return v128.bitselect(sine(y), c, i32x4.shr_s(i32x4.shl(word, 1), 31));
}

// @ts-ignore: decorator
@inline
function upward(word: v128): v128 {
  const y = place(word);
  const c = v128.xor(cosine(y), v128.and(word, i32x4.splat(0x80000000)));
  return v128.bitselect(c, sine(y), i32x4.shr_s(i32x4.shl(word, 1), 31));
}
