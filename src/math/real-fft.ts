/**
 * Transforms of real arrays: the half spectrum k = 0 … ⌊N/2⌋ along the last axis, and back. Two rows
 * share one complex transform.
 */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { type ComplexArray, fftN } from "./fft.ts";

/**
 * Half spectrum of a real row-major array.
 *
 * @param x real values, `shape` of them
 * @returns arrays of shape [..., ⌊N/2⌋ + 1]
 * @throws InputError when shape and length disagree
 */
export function rfftN(
  x: Float64Array,
  options: { readonly shape: readonly number[] },
): ComplexArray {
  const { shape } = options;
  if (sizeOf(shape) !== x.length || shape.length === 0) {
    throw new InputError(
      `Cannot transform: found ${x.length} values, wanted ${shape.map(String).join(" × ")} of them`,
    );
  }
  const n = shape[shape.length - 1]!;
  const half = Math.floor(n / 2) + 1;
  const rows = x.length / n;
  const re = new Float64Array(rows * half);
  const im = new Float64Array(rows * half);
  const a = new Float64Array(n);
  const b = new Float64Array(n);
  for (let r = 0; r < rows; r += 2) {
    const paired = r + 1 < rows;
    a.set(x.subarray(r * n, (r + 1) * n));
    if (paired) b.set(x.subarray((r + 1) * n, (r + 2) * n));
    else b.fill(0);
    const both = fftN(a, b, { shape: [n] });
    for (let k = 0; k < half; k++) {
      const m = k === 0 ? 0 : n - k;
      // x_a has the conjugate-even part of the joint spectrum, i·x_b the conjugate-odd one.
      re[r * half + k] = (both.re[k]! + both.re[m]!) / 2;
      im[r * half + k] = (both.im[k]! - both.im[m]!) / 2;
      if (paired) {
        re[(r + 1) * half + k] = (both.im[k]! + both.im[m]!) / 2;
        im[(r + 1) * half + k] = (both.re[m]! - both.re[k]!) / 2;
      }
    }
  }
  return otherAxes(re, im, { lead: shape.slice(0, -1), half });
}

/**
 * Real array of a half spectrum; divides by the number of values.
 *
 * @param options.shape shape of the real result; its last size tells even from odd
 * @throws InputError when shape and lengths disagree
 */
export function irfftN(
  spectrum: ComplexArray,
  options: { readonly shape: readonly number[] },
): Float64Array {
  const { shape } = options;
  const n = shape[shape.length - 1] ?? 0;
  const half = Math.floor(n / 2) + 1;
  const rows = sizeOf(shape) / n;
  if (spectrum.re.length !== rows * half || spectrum.im.length !== rows * half) {
    throw new InputError(
      `Cannot transform back: found ${spectrum.re.length} values, wanted ${rows * half} for shape [${shape.join(", ")}]`,
    );
  }
  const s = otherAxes(spectrum.re, spectrum.im, { lead: shape.slice(0, -1), half, inverse: true });
  const out = new Float64Array(rows * n);
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  for (let r = 0; r < rows; r += 2) {
    const paired = r + 1 < rows;
    const u = r * half;
    const v = u + half;
    for (let k = 0; k < n; k++) {
      const mirrored = k >= half;
      const at = mirrored ? n - k : k;
      const sign = mirrored ? -1 : 1;
      // Frequencies that are their own mirror are real; a stray imaginary part there is dropped.
      const own = at === 0 || 2 * at === n ? 0 : 1;
      const ai = sign * own * s.im[u + at]!;
      const br = paired ? s.re[v + at]! : 0;
      const bi = paired ? sign * own * s.im[v + at]! : 0;
      re[k] = s.re[u + at]! - bi;
      im[k] = ai + br;
    }
    const rowsTogether = fftN(re, im, { shape: [n], inverse: true });
    out.set(rowsTogether.re, r * n);
    if (paired) out.set(rowsTogether.im, (r + 1) * n);
  }
  return out;
}

/** Complex transform over the leading axes alone, the last one (`half`) riding along. */
function otherAxes(
  re: Float64Array,
  im: Float64Array,
  plan: { lead: readonly number[]; half: number; inverse?: boolean },
): ComplexArray {
  if (plan.lead.length === 0) return { re, im };
  return fftN(re, im, { shape: [...plan.lead, plan.half], inverse: plan.inverse, skipLast: true });
}
