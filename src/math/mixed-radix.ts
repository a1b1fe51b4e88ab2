/** Self-sorting passes of the mixed-radix Fourier transform, split complex, over a batch of inner positions. */

/** A length, its factorisation and its roots of unity. */
export interface RadixPlan {
  readonly n: number;
  readonly radices: readonly number[];
  /** cos and −sin of 2πj/N. */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/**
 * Transforms one block of `n` rows of `inner` values at `base`, in place; `spare` has room for the block.
 */
export function mixedRadix(
  plan: RadixPlan,
  re: Float64Array,
  im: Float64Array,
  spareRe: Float64Array,
  spareIm: Float64Array,
  base: number,
  inner: number,
): void {
  let length = plan.n;
  let stride = inner;
  let fromRe = re;
  let fromIm = im;
  let from = base;
  let toRe = spareRe;
  let toIm = spareIm;
  let to = 0;
  for (const radix of plan.radices) {
    const m = length / radix;
    const step = plan.n / length;
    if (radix === 4) pass4(plan, fromRe, fromIm, from, toRe, toIm, to, m, stride, step);
    else if (radix === 2) pass2(plan, fromRe, fromIm, from, toRe, toIm, to, m, stride, step);
    else passAny(plan, radix, fromRe, fromIm, from, toRe, toIm, to, m, stride, step);
    [fromRe, toRe] = [toRe, fromRe];
    [fromIm, toIm] = [toIm, fromIm];
    [from, to] = [to, from];
    length = m;
    stride *= radix;
  }
  if (fromRe !== re) {
    const size = plan.n * inner;
    re.set(spareRe.subarray(0, size), base);
    im.set(spareIm.subarray(0, size), base);
  }
}

// Each pass reads x_j at p + m·j and writes y_k = w^{pk} Σ_j x_j exp(−2πi jk/radix) at radix·p + k,
// for all `stride` positions q, with w = exp(−2πi/length).

function pass2(
  plan: RadixPlan,
  xr: Float64Array,
  xi: Float64Array,
  from: number,
  yr: Float64Array,
  yi: Float64Array,
  to: number,
  m: number,
  stride: number,
  step: number,
): void {
  const half = m * stride;
  for (let p = 0; p < m; p++) {
    const wr = plan.cos[p * step]!;
    const wi = plan.sin[p * step]!;
    let a = from + stride * p;
    let c = to + stride * 2 * p;
    for (let q = 0; q < stride; q++, a++, c++) {
      const ar = xr[a]!;
      const ai = xi[a]!;
      const br = xr[a + half]!;
      const bi = xi[a + half]!;
      yr[c] = ar + br;
      yi[c] = ai + bi;
      const dr = ar - br;
      const di = ai - bi;
      yr[c + stride] = dr * wr - di * wi;
      yi[c + stride] = dr * wi + di * wr;
    }
  }
}

function pass4(
  plan: RadixPlan,
  xr: Float64Array,
  xi: Float64Array,
  from: number,
  yr: Float64Array,
  yi: Float64Array,
  to: number,
  m: number,
  stride: number,
  step: number,
): void {
  const quarter = m * stride;
  for (let p = 0; p < m; p++) {
    const w1r = plan.cos[p * step]!;
    const w1i = plan.sin[p * step]!;
    const w2r = plan.cos[2 * p * step]!;
    const w2i = plan.sin[2 * p * step]!;
    const w3r = plan.cos[3 * p * step]!;
    const w3i = plan.sin[3 * p * step]!;
    let a = from + stride * p;
    let e = to + stride * 4 * p;
    for (let q = 0; q < stride; q++, a++, e++) {
      const b = a + quarter;
      const c = b + quarter;
      const d = c + quarter;
      const sr = xr[a]! + xr[c]!;
      const si = xi[a]! + xi[c]!;
      const tr = xr[a]! - xr[c]!;
      const ti = xi[a]! - xi[c]!;
      const ur = xr[b]! + xr[d]!;
      const ui = xi[b]! + xi[d]!;
      // −i (x_b − x_d)
      const vr = xi[b]! - xi[d]!;
      const vi = xr[d]! - xr[b]!;
      yr[e] = sr + ur;
      yi[e] = si + ui;
      const f = e + stride;
      const y1r = tr + vr;
      const y1i = ti + vi;
      yr[f] = y1r * w1r - y1i * w1i;
      yi[f] = y1r * w1i + y1i * w1r;
      const g = f + stride;
      const y2r = sr - ur;
      const y2i = si - ui;
      yr[g] = y2r * w2r - y2i * w2i;
      yi[g] = y2r * w2i + y2i * w2r;
      const h = g + stride;
      const y3r = tr - vr;
      const y3i = ti - vi;
      yr[h] = y3r * w3r - y3i * w3i;
      yi[h] = y3r * w3i + y3i * w3r;
    }
  }
}

function passAny(
  plan: RadixPlan,
  radix: number,
  xr: Float64Array,
  xi: Float64Array,
  from: number,
  yr: Float64Array,
  yi: Float64Array,
  to: number,
  m: number,
  stride: number,
  step: number,
): void {
  const block = m * stride;
  const turn = plan.n / radix;
  const half = (radix - 1) / 2;
  const sumRe = new Float64Array(half + 1);
  const sumIm = new Float64Array(half + 1);
  const difRe = new Float64Array(half + 1);
  const difIm = new Float64Array(half + 1);
  for (let p = 0; p < m; p++) {
    for (let q = 0; q < stride; q++) {
      const a = from + stride * p + q;
      const c = to + stride * radix * p + q;
      const x0r = xr[a]!;
      const x0i = xi[a]!;
      let totalRe = x0r;
      let totalIm = x0i;
      for (let j = 1; j <= half; j++) {
        const u = a + j * block;
        const v = a + (radix - j) * block;
        sumRe[j] = xr[u]! + xr[v]!;
        sumIm[j] = xi[u]! + xi[v]!;
        difRe[j] = xr[u]! - xr[v]!;
        difIm[j] = xi[u]! - xi[v]!;
        totalRe += sumRe[j]!;
        totalIm += sumIm[j]!;
      }
      yr[c] = totalRe;
      yi[c] = totalIm;
      for (let k = 1; k <= half; k++) {
        let er = x0r;
        let ei = x0i;
        let or = 0;
        let oi = 0;
        for (let j = 1, t = k; j <= half; j++, t = (t + k) % radix) {
          const cos = plan.cos[t * turn]!;
          const sin = plan.sin[t * turn]!;
          er += sumRe[j]! * cos;
          ei += sumIm[j]! * cos;
          // i·sin·(x_j − x_{r−j})
          or -= difIm[j]! * sin;
          oi += difRe[j]! * sin;
        }
        store(plan, yr, yi, c + k * stride, er + or, ei + oi, p * k * step);
        store(plan, yr, yi, c + (radix - k) * stride, er - or, ei - oi, p * (radix - k) * step);
      }
    }
  }
}

function store(
  plan: RadixPlan,
  yr: Float64Array,
  yi: Float64Array,
  at: number,
  re: number,
  im: number,
  turn: number,
): void {
  const wr = plan.cos[turn]!;
  const wi = plan.sin[turn]!;
  yr[at] = re * wr - im * wi;
  yi[at] = re * wi + im * wr;
}
