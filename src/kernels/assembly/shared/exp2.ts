// 2^t for t ≤ 0 on four lanes, relative error below 3e-6; t is limited to −126, where 2^t ends as a
// normal number: t = n + f with n whole and |f| ≤ 1/2, 2^f by its Taylor polynomial of degree 5, n
// added to the exponent's bits.

// @ts-ignore: decorator
@inline
export function exp2Lanes(t: v128): v128 {
  const limited = f32x4.max(t, f32x4.splat(-126));
  const n = f32x4.nearest(limited);
  const f = f32x4.sub(limited, n);
  let p = f32x4.splat(0.0013333558);
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.009618129));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.05550411));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.2402265));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(0.6931472));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1));
  return i32x4.add(p, i32x4.shl(i32x4.trunc_sat_f32x4_s(n), 23));
}
