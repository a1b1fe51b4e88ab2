/**
 * Orthonormal cosine transform (DCT-II and its inverse, DCT-III) of any length and rank, float64:
 *
 *   X[k] = c_k Σ_n x[n] cos(π (2n + 1) k / 2N),   c_0 = √(1/N), c_k = √(2/N).
 *
 * Its basis is that of arrays mirrored at their borders (… b a | a b …): a filter that is symmetric and sees such
 * borders is a product in this basis. By a complex transform of the same length, two lines at a time
 * [makhoul1980fast]: v[n] = x[2n], v[N − 1 − n] = x[2n + 1], X[k] = c_k Re(exp(−πi k / 2N) V[k]).
 */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { fftN } from "./fft.ts";

/** Pairs of lines transformed together: enough to fill cache lines, few enough to stay in the cache. */
const pairsTogether = 16;

/**
 * Transform over all axes of a row-major array.
 *
 * @param options.shape size of every axis, slowest first
 * @returns a new array of the same layout
 * @throws InputError when shape and length disagree
 */
export function cosineTransform(
  values: ArrayLike<number>,
  options: { readonly shape: readonly number[]; readonly inverse?: boolean },
): Float64Array {
  const { shape, inverse = false } = options;
  if (sizeOf(shape) !== values.length) {
    throw new InputError(
      `Cannot transform: found ${values.length} values, wanted ${shape.map(String).join(" × ")} of them`,
    );
  }
  const out = Float64Array.from(values);
  shape.forEach((n, axis) =>
    cosineTransformAxis(out, { n, inner: sizeOf(shape.slice(axis + 1)), inverse }),
  );
  return out;
}

/**
 * The transform along one axis, in place.
 *
 * @param values an array [outer, n, inner]
 * @param options.inner product of the sizes behind the axis
 */
export function cosineTransformAxis(
  values: Float64Array,
  { n, inner, inverse = false }: { n: number; inner: number; inverse?: boolean },
): void {
  if (n === 1) return;
  const lines = values.length / n;
  const cos = Float64Array.from({ length: n }, (_, k) => Math.cos((Math.PI * k) / (2 * n)));
  const sin = Float64Array.from({ length: n }, (_, k) => Math.sin((Math.PI * k) / (2 * n)));
  const scale = Float64Array.from({ length: n }, (_, k) => Math.sqrt((k === 0 ? 1 : 2) / n));
  /** Where the values of a line go in v. */
  const place = Int32Array.from({ length: n }, (_, i) =>
    i % 2 === 0 ? i / 2 : n - 1 - (i - 1) / 2,
  );
  const start = (line: number) => Math.floor(line / inner) * n * inner + (line % inner);
  for (let first = 0; first < lines; first += 2 * pairsTogether) {
    const pairs = Math.min(pairsTogether, Math.ceil((lines - first) / 2));
    const re = new Float64Array(n * pairs);
    const im = new Float64Array(n * pairs);
    const shape = [n, pairs];
    const each = (work: (p: number, a: number, b: number) => void) => {
      for (let p = 0; p < pairs; p++) {
        const line = first + p;
        const other = first + pairs + p;
        work(p, start(line), other < lines ? start(other) : -1);
      }
    };
    if (!inverse) {
      each((p, a, b) => {
        for (let i = 0; i < n; i++) {
          const at = place[i]! * pairs + p;
          re[at] = values[a + i * inner]!;
          im[at] = b < 0 ? 0 : values[b + i * inner]!;
        }
      });
      const v = fftN(re, im, { shape, skipLast: true });
      each((p, a, b) => {
        for (let k = 0; k < n; k++) {
          const at = k * pairs + p;
          const mirror = (k === 0 ? 0 : n - k) * pairs + p;
          // V of the first line is the Hermitian part, that of the second the anti-Hermitian one over i.
          const [ar, ai] = [v.re[at]! + v.re[mirror]!, v.im[at]! - v.im[mirror]!];
          const [br, bi] = [v.im[at]! + v.im[mirror]!, v.re[mirror]! - v.re[at]!];
          const half = 0.5 * scale[k]!;
          values[a + k * inner] = half * (cos[k]! * ar + sin[k]! * ai);
          if (b >= 0) values[b + k * inner] = half * (cos[k]! * br + sin[k]! * bi);
        }
      });
      continue;
    }
    each((p, a, b) => {
      for (let k = 0; k < n; k++) {
        const at = k * pairs + p;
        // V[k] = exp(πi k / 2N) (X[k] − i X[N − k]) / c_k·…, of a line and i times that of the other.
        const unit = 1 / scale[k]!;
        const opposite = k === 0 ? 0 : 1 / scale[n - k]!;
        const line = (from: number): [number, number] => {
          if (from < 0) return [0, 0];
          const x = values[from + k * inner]! * unit;
          const y = k === 0 ? 0 : values[from + (n - k) * inner]! * opposite;
          return [cos[k]! * x + sin[k]! * y, sin[k]! * x - cos[k]! * y];
        };
        const [xr, xi] = line(a);
        const [yr, yi] = line(b);
        re[at] = xr - yi;
        im[at] = xi + yr;
      }
    });
    const v = fftN(re, im, { shape, skipLast: true, inverse: true });
    each((p, a, b) => {
      for (let i = 0; i < n; i++) {
        const at = place[i]! * pairs + p;
        values[a + i * inner] = v.re[at]!;
        if (b >= 0) values[b + i * inner] = v.im[at]!;
      }
    });
  }
}
