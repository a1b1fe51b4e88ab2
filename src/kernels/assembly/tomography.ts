// Ray marching (Joseph) through a plane and pixel-driven backprojection, float32.
//
// A ray is seven numbers: start a and slope b of the across index over the along index j, weight w,
// first and last j. Rows of the image are `stride` values apart and padded with zeros at both ends.

// Added to a number of small magnitude, it leaves the nearest whole number in the low bits: with one
// half taken off first this is the floor (or the whole number itself less one, with a share of 1),
// at half the cost of a saturating conversion.
const MAGIC: f32 = 12582912.0;

export function project(image: usize, stride: i32, rays: usize, count: i32, out: usize): void {
  const steps = f32x4(0, 1, 2, 3);
  const half = f32x4.splat(0.5);
  const magic = f32x4.splat(MAGIC);
  for (let r = 0; r < count; r++) {
    const a = load<f32>(rays);
    const b = load<f32>(rays, 4);
    const w = load<f32>(rays, 8);
    const j0 = <i32>load<f32>(rays, 12);
    const j1 = <i32>load<f32>(rays, 16);
    rays += 20;
    const av = f32x4.splat(a);
    const bv = f32x4.splat(b);
    let acc = f32x4.splat(0);
    let j = j0;
    let row = image + ((<usize>(j0 * stride)) << 2);
    const pitch = (<usize>stride) << 2;
    for (; j + 3 <= j1; j += 4) {
      const x = f32x4.add(av, f32x4.mul(bv, f32x4.add(f32x4.splat(<f32>j), steps)));
      const y = f32x4.add(f32x4.sub(x, half), magic);
      const f = f32x4.sub(x, f32x4.sub(y, magic));
      const i = i32x4.shl(i32x4.sub(y, magic), 2);
      const v0 = v128.load64_zero(row + <usize>i32x4.extract_lane(i, 0));
      row += pitch;
      const v1 = v128.load64_zero(row + <usize>i32x4.extract_lane(i, 1));
      row += pitch;
      const v2 = v128.load64_zero(row + <usize>i32x4.extract_lane(i, 2));
      row += pitch;
      const v3 = v128.load64_zero(row + <usize>i32x4.extract_lane(i, 3));
      row += pitch;
      const t0 = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5);
      const t1 = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5);
      const lo = v128.shuffle<i64>(t0, t1, 0, 2);
      const hi = v128.shuffle<i64>(t0, t1, 1, 3);
      acc = f32x4.add(acc, f32x4.add(lo, f32x4.mul(f, f32x4.sub(hi, lo))));
    }
    let sum =
      f32x4.extract_lane(acc, 0) +
      f32x4.extract_lane(acc, 1) +
      f32x4.extract_lane(acc, 2) +
      f32x4.extract_lane(acc, 3);
    for (; j <= j1; j++) {
      const x = a + b * <f32>j;
      const fl = floor<f32>(x);
      const p = row + ((<usize>(<i32>fl)) << 2);
      const lo = load<f32>(p);
      sum += lo + (x - fl) * (load<f32>(p, 4) - lo);
      row += pitch;
    }
    store<f32>(out, w * sum);
    out += 4;
  }
}

export function projectAdjoint(image: usize, stride: i32, rays: usize, count: i32, values: usize): void {
  const pitch = (<usize>stride) << 2;
  for (let r = 0; r < count; r++) {
    const a = load<f32>(rays);
    const b = load<f32>(rays, 4);
    const y = load<f32>(rays, 8) * load<f32>(values);
    const j0 = <i32>load<f32>(rays, 12);
    const j1 = <i32>load<f32>(rays, 16);
    rays += 20;
    values += 4;
    let row = image + ((<usize>(j0 * stride)) << 2);
    for (let j = j0; j <= j1; j++) {
      const x = a + b * <f32>j;
      const fl = floor<f32>(x);
      const p = row + ((<usize>(<i32>fl)) << 2);
      const hi = (x - fl) * y;
      store<f32>(p, load<f32>(p) + y - hi);
      store<f32>(p, load<f32>(p, 4) + hi, 4);
      row += pitch;
    }
  }
}

// Sums one row's four neighbouring places into an accumulator image.
// @ts-ignore: decorator
@inline
function gather(view: usize, at: v128, f: v128, weight: v128, weighted: bool, out: usize): void {
  const v0 = v128.load64_zero(view + <usize>i32x4.extract_lane(at, 0));
  const v1 = v128.load64_zero(view + <usize>i32x4.extract_lane(at, 1));
  const v2 = v128.load64_zero(view + <usize>i32x4.extract_lane(at, 2));
  const v3 = v128.load64_zero(view + <usize>i32x4.extract_lane(at, 3));
  const t0 = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5);
  const t1 = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5);
  const lo = v128.shuffle<i64>(t0, t1, 0, 2);
  const hi = v128.shuffle<i64>(t0, t1, 1, 3);
  const value = f32x4.add(lo, f32x4.mul(f, f32x4.sub(hi, lo)));
  v128.store(out, f32x4.add(v128.load(out), weighted ? f32x4.mul(weight, value) : value));
}

// Parameters of a view, in float32: lateral place t of pixel (0, 0), its steps along x and y, depth L
// of pixel (0, 0), its steps along x and y. Mode 0: parallel; 1: flat fan; 2: arc fan.
//
// With `turns` = 4 the views a quarter, half and three quarters of a turn later are summed at the same
// places into three more images: their pixels are those of the first image turned. `turnViews` and
// `turnImages` are the distances in bytes from one to the next.
// @ts-ignore: decorator
@inline
function backprojectRows(
  mode: i32,
  turns: i32,
  views: usize,
  stride: i32,
  turnViews: usize,
  params: usize,
  count: i32,
  scale: f32,
  centre: f32,
  last: f32,
  image: usize,
  turnImages: usize,
  nx: i32,
  ny: i32,
): void {
  const steps = f32x4(0, 1, 2, 3);
  const scaleV = f32x4.splat(scale);
  const centreV = f32x4.splat(centre);
  const lastV = f32x4.splat(last);
  const zero = f32x4.splat(0);
  const half = f32x4.splat(0.5);
  const magic = f32x4.splat(MAGIC);
  for (let j = 0; j < ny; j++) {
    const jf = <f32>j;
    let p = params;
    let view = views;
    for (let v = 0; v < count; v++) {
      const t00 = f32x4.splat(load<f32>(p) + jf * load<f32>(p, 8));
      const dt = v128.load32_splat(p, 4);
      const l00 = f32x4.splat(load<f32>(p, 12) + jf * load<f32>(p, 20));
      const dl = v128.load32_splat(p, 16);
      let out = image + ((<usize>(j * nx)) << 2);
      for (let i = 0; i < nx; i += 4) {
        const iv = f32x4.add(f32x4.splat(<f32>i), steps);
        let q = f32x4.add(t00, f32x4.mul(iv, dt));
        let weight = zero;
        if (mode > 0) {
          const depth = f32x4.add(l00, f32x4.mul(iv, dl));
          if (mode == 1) {
            const inverse = f32x4.div(f32x4.splat(1), depth);
            q = f32x4.mul(q, inverse);
            weight = f32x4.mul(inverse, inverse);
          } else {
            // One division serves 1/(L² + t²) and t/L.
            const distance2 = f32x4.add(f32x4.mul(depth, depth), f32x4.mul(q, q));
            const inverse = f32x4.div(f32x4.splat(1), f32x4.mul(depth, distance2));
            weight = f32x4.mul(inverse, depth);
            q = f32x4.mul(q, f32x4.mul(inverse, distance2));
            const q2 = f32x4.mul(q, q);
            // Odd polynomial of atan on |q| ≤ 0.7, error below 1e-7.
            let s = f32x4.splat(-0.03041773);
            s = f32x4.add(f32x4.splat(0.08442546), f32x4.mul(q2, s));
            s = f32x4.add(f32x4.splat(-0.13665057), f32x4.mul(q2, s));
            s = f32x4.add(f32x4.splat(0.19931126), f32x4.mul(q2, s));
            s = f32x4.add(f32x4.splat(-0.33330611), f32x4.mul(q2, s));
            s = f32x4.add(f32x4.splat(1.0), f32x4.mul(q2, s));
            q = f32x4.mul(q, s);
          }
        }
        // Place in the padded row: one zero before the first channel and two after the last.
        let x = f32x4.add(f32x4.mul(q, scaleV), centreV);
        x = f32x4.pmin(f32x4.pmax(x, zero), lastV);
        const y = f32x4.add(f32x4.sub(x, half), magic);
        const f = f32x4.sub(x, f32x4.sub(y, magic));
        const at = i32x4.shl(i32x4.sub(y, magic), 2);
        gather(view, at, f, weight, mode > 0, out);
        if (turns == 4) {
          gather(view + turnViews, at, f, weight, mode > 0, out + turnImages);
          gather(view + 2 * turnViews, at, f, weight, mode > 0, out + 2 * turnImages);
          gather(view + 3 * turnViews, at, f, weight, mode > 0, out + 3 * turnImages);
        }
        out += 16;
      }
      p += 24;
      view += (<usize>stride) << 2;
    }
  }
}

export function backprojectParallel(
  views: usize,
  stride: i32,
  turnViews: usize,
  params: usize,
  count: i32,
  scale: f32,
  centre: f32,
  last: f32,
  image: usize,
  turnImages: usize,
  nx: i32,
  ny: i32,
): void {
  backprojectRows(0, 1, views, stride, turnViews, params, count, scale, centre, last, image, turnImages, nx, ny);
}

export function backprojectFlat(
  views: usize,
  stride: i32,
  turnViews: usize,
  params: usize,
  count: i32,
  scale: f32,
  centre: f32,
  last: f32,
  image: usize,
  turnImages: usize,
  nx: i32,
  ny: i32,
): void {
  backprojectRows(1, 1, views, stride, turnViews, params, count, scale, centre, last, image, turnImages, nx, ny);
}

export function backprojectFlatTurned(
  views: usize,
  stride: i32,
  turnViews: usize,
  params: usize,
  count: i32,
  scale: f32,
  centre: f32,
  last: f32,
  image: usize,
  turnImages: usize,
  nx: i32,
  ny: i32,
): void {
  backprojectRows(1, 4, views, stride, turnViews, params, count, scale, centre, last, image, turnImages, nx, ny);
}

export function backprojectArc(
  views: usize,
  stride: i32,
  turnViews: usize,
  params: usize,
  count: i32,
  scale: f32,
  centre: f32,
  last: f32,
  image: usize,
  turnImages: usize,
  nx: i32,
  ny: i32,
): void {
  backprojectRows(2, 1, views, stride, turnViews, params, count, scale, centre, last, image, turnImages, nx, ny);
}

export function backprojectArcTurned(
  views: usize,
  stride: i32,
  turnViews: usize,
  params: usize,
  count: i32,
  scale: f32,
  centre: f32,
  last: f32,
  image: usize,
  turnImages: usize,
  nx: i32,
  ny: i32,
): void {
  backprojectRows(2, 4, views, stride, turnViews, params, count, scale, centre, last, image, turnImages, nx, ny);
}
