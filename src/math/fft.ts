/**
 * Discrete Fourier transform of any length and rank, float64, split complex.
 *
 *   X[k] = Σ_n x[n] exp(−2πi kn/N),   inverse with +2πi and division by N.
 *
 * Lengths whose prime factors are at most 31 go through self-sorting mixed-radix passes
 * [stockham1966high]; any other length through a chirp convolution [bluestein1970linear]. Along an axis that is
 * not the last one the passes run over all inner positions at once, so nothing is gathered.
 */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { mixedRadix, type RadixPlan } from "./mixed-radix.ts";

/** Real and imaginary parts, equal lengths. */
export interface ComplexArray {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

interface Plan extends RadixPlan {
  readonly bluestein: Bluestein | undefined;
}

interface Bluestein {
  readonly size: number;
  /** exp(−πi j²/N). */
  readonly chirpRe: Float64Array;
  readonly chirpIm: Float64Array;
  /** Transform of the conjugate chirp, wrapped, divided by `size`. */
  readonly kernelRe: Float64Array;
  readonly kernelIm: Float64Array;
  readonly inner: Plan;
}

const largestRadix = 31;
const planLimit = 64;
const plans = new Map<number, Plan>();

function factorise(n: number): number[] {
  const radices: number[] = [];
  let rest = n;
  while (rest % 4 === 0) {
    radices.push(4);
    rest /= 4;
  }
  for (let p = 2; p * p <= rest; p++) {
    while (rest % p === 0) {
      radices.push(p);
      rest /= p;
    }
  }
  if (rest > 1) radices.push(rest);
  return radices;
}

function planOf(n: number): Plan {
  const known = plans.get(n);
  if (known) return known;
  const radices = factorise(n);
  const direct = radices.every((r) => r <= largestRadix);
  const cos = new Float64Array(direct ? n : 0);
  const sin = new Float64Array(direct ? n : 0);
  for (let j = 0; j < cos.length; j++) {
    cos[j] = Math.cos((2 * Math.PI * j) / n);
    sin[j] = -Math.sin((2 * Math.PI * j) / n);
  }
  const plan: Plan = {
    n,
    radices,
    cos,
    sin,
    bluestein: direct ? undefined : bluesteinOf(n),
  };
  if (plans.size >= planLimit) plans.delete(plans.keys().next().value!);
  plans.set(n, plan);
  return plan;
}

function bluesteinOf(n: number): Bluestein {
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const chirpRe = new Float64Array(n);
  const chirpIm = new Float64Array(n);
  const kernelRe = new Float64Array(size);
  const kernelIm = new Float64Array(size);
  for (let j = 0; j < n; j++) {
    // j² mod 2N keeps the angle small and exact; j² itself stays below 2^53 up to N = 9·10⁷.
    const angle = (Math.PI * ((j * j) % (2 * n))) / n;
    chirpRe[j] = Math.cos(angle);
    chirpIm[j] = -Math.sin(angle);
    kernelRe[j] = chirpRe[j]! / size;
    kernelIm[j] = -chirpIm[j]! / size;
    if (j > 0) {
      kernelRe[size - j] = kernelRe[j]!;
      kernelIm[size - j] = kernelIm[j]!;
    }
  }
  const inner = planOf(size);
  const spareRe = new Float64Array(size);
  const spareIm = new Float64Array(size);
  mixedRadix(inner, kernelRe, kernelIm, spareRe, spareIm, 0, 1);
  return { size, chirpRe, chirpIm, kernelRe, kernelIm, inner };
}

function chirpLine(
  chirp: Bluestein,
  re: Float64Array,
  im: Float64Array,
  base: number,
  inner: number,
  room: readonly [Float64Array, Float64Array, Float64Array, Float64Array],
): void {
  const [ar, ai, br, bi] = room;
  const n = chirp.chirpRe.length;
  ar.fill(0);
  ai.fill(0);
  for (let j = 0, p = base; j < n; j++, p += inner) {
    const cr = chirp.chirpRe[j]!;
    const ci = chirp.chirpIm[j]!;
    ar[j] = re[p]! * cr - im[p]! * ci;
    ai[j] = re[p]! * ci + im[p]! * cr;
  }
  mixedRadix(chirp.inner, ar, ai, br, bi, 0, 1);
  for (let j = 0; j < chirp.size; j++) {
    const kr = chirp.kernelRe[j]!;
    const ki = chirp.kernelIm[j]!;
    const vr = ar[j]! * kr - ai[j]! * ki;
    const vi = ar[j]! * ki + ai[j]! * kr;
    // Swapped parts: a forward transform of (im, re) is the inverse one, swapped.
    ar[j] = vi;
    ai[j] = vr;
  }
  mixedRadix(chirp.inner, ar, ai, br, bi, 0, 1);
  for (let j = 0, p = base; j < n; j++, p += inner) {
    const cr = chirp.chirpRe[j]!;
    const ci = chirp.chirpIm[j]!;
    re[p] = ai[j]! * cr - ar[j]! * ci;
    im[p] = ai[j]! * ci + ar[j]! * cr;
  }
}

/** Forward transform along one axis, in place: the array is [outer, n, inner]. */
function alongAxis(
  re: Float64Array,
  im: Float64Array,
  axis: { outer: number; n: number; inner: number },
): void {
  const { outer, n, inner } = axis;
  if (n === 1) return;
  const plan = planOf(n);
  if (plan.bluestein) {
    const size = plan.bluestein.size;
    const room = [0, 1, 2, 3].map(() => new Float64Array(size)) as unknown as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let o = 0; o < outer; o++) {
      for (let q = 0; q < inner; q++)
        chirpLine(plan.bluestein, re, im, o * n * inner + q, inner, room);
    }
    return;
  }
  if (n * inner > tileFrom && inner > tileWidth) {
    throughTiles(plan, re, im, { outer, inner });
    return;
  }
  const spareRe = new Float64Array(n * inner);
  const spareIm = new Float64Array(n * inner);
  for (let o = 0; o < outer; o++) {
    mixedRadix(plan, re, im, spareRe, spareIm, o * n * inner, inner);
  }
}

/** Blocks of more values than this no longer fit the second-level cache with their spare. */
const tileFrom = 16_384;
/** Inner positions per tile: two cache lines of each part. */
const tileWidth = 16;

/** A block too large for the cache goes through a small copy, some inner positions at a time. */
function throughTiles(
  plan: Plan,
  re: Float64Array,
  im: Float64Array,
  axis: { outer: number; inner: number },
): void {
  const { outer, inner } = axis;
  const n = plan.n;
  const [tr, ti, sr, si] = [0, 1, 2, 3].map(() => new Float64Array(n * tileWidth)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let o = 0; o < outer; o++) {
    for (let q = 0; q < inner; q += tileWidth) {
      const width = Math.min(tileWidth, inner - q);
      const base = o * n * inner + q;
      for (let k = 0; k < n; k++) {
        const from = base + k * inner;
        for (let w = 0; w < width; w++) {
          tr[k * width + w] = re[from + w]!;
          ti[k * width + w] = im[from + w]!;
        }
      }
      mixedRadix(plan, tr, ti, sr, si, 0, width);
      for (let k = 0; k < n; k++) {
        const to = base + k * inner;
        for (let w = 0; w < width; w++) {
          re[to + w] = tr[k * width + w]!;
          im[to + w] = ti[k * width + w]!;
        }
      }
    }
  }
}

function axesOf(shape: readonly number[]): { outer: number; n: number; inner: number }[] {
  return shape.map((n, a) => ({
    outer: sizeOf(shape.slice(0, a)),
    n,
    inner: sizeOf(shape.slice(a + 1)),
  }));
}

function requireShape(length: number, shape: readonly number[], what: string): void {
  if (!shape.every((n) => Number.isInteger(n) && n > 0) || sizeOf(shape) !== length) {
    throw new InputError(
      `Cannot transform: found ${length} ${what} values, wanted ${shape.map(String).join(" × ")} of them`,
    );
  }
}

/**
 * Transform of a one-dimensional complex signal of any length ≥ 1.
 *
 * @returns new arrays; the inverse divides by the length
 * @throws InputError when the parts differ in length or are empty
 */
export function fft(
  re: Float64Array,
  im: Float64Array,
  options: { readonly inverse?: boolean } = {},
): ComplexArray {
  return fftN(re, im, { shape: [re.length], inverse: options.inverse });
}

/**
 * Transform over all axes of a row-major complex array.
 *
 * @param options.shape size of every axis, slowest first
 * @param options.skipLast leave the last axis alone (it is then a batch, or was transformed already)
 * @returns new arrays of the same layout; the inverse divides by the number of values transformed together
 * @throws InputError when shape and lengths disagree
 */
export function fftN(
  re: Float64Array,
  im: Float64Array,
  options: {
    readonly shape: readonly number[];
    readonly inverse?: boolean;
    readonly skipLast?: boolean;
  },
): ComplexArray {
  requireShape(re.length, options.shape, "real");
  requireShape(im.length, options.shape, "imaginary");
  const outRe = Float64Array.from(re);
  const outIm = Float64Array.from(im);
  const axes = axesOf(options.shape);
  const last = options.skipLast ? axes.pop()!.n : 1;
  if (!options.inverse) {
    for (const axis of axes) alongAxis(outRe, outIm, axis);
    return { re: outRe, im: outIm };
  }
  for (const axis of axes) alongAxis(outIm, outRe, axis);
  scale(outRe, last / re.length);
  scale(outIm, last / re.length);
  return { re: outRe, im: outIm };
}

function scale(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor;
}

/** The index that frequency `k` of an axis of length `n` stands at, counted as −n/2 … n/2: signed cycles per axis. */
export function signedFrequency(k: number, n: number): number {
  return k <= (n - 1) / 2 ? k : k - n;
}
