/**
 * Counter-based random streams: Philox4x32-10 [salmon2011parallel].
 *
 * A stream is named by a seed and a path of labels and indices. What it yields depends on that name
 * and the position alone, so work split over any number of workers draws the same numbers. Cases,
 * patches and readers each take a child stream; nothing shares one.
 */
import { InputError } from "./errors.ts";

const m0 = 0xd2511f53;
const m1 = 0xcd9e8d57;
const w0 = 0x9e3779b9;
const w1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const mid = ah * bl + ((al * bl) >>> 16);
  const carry = (mid & 0xffff) + al * bh;
  return (ah * bh + Math.floor(mid / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** One block of Philox4x32-10: four words from a 128-bit counter and a 64-bit key. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array = new Uint32Array(4),
): Uint32Array {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const h0 = mulHigh(m0, c0);
    const l0 = Math.imul(m0, c0) >>> 0;
    const h1 = mulHigh(m1, c2);
    const l1 = Math.imul(m1, c2) >>> 0;
    c0 = (h1 ^ c1 ^ k0) >>> 0;
    c1 = l1;
    c2 = (h0 ^ c3 ^ k1) >>> 0;
    c3 = l0;
    k0 = (k0 + w0) >>> 0;
    k1 = (k1 + w1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
  return out;
}

/** A seeded stream of random numbers. Drawing advances it; `child` does not. */
export interface Stream {
  /** An independent stream named by this one's name and the given labels or indices. */
  child(...path: (string | number)[]): Stream;
  /** A whole number in [0, 2³²). */
  uint32(): number;
  /** A number in [0, 1) with 53 random bits. */
  uniform(): number;
  /** A whole number in [0, n), without modulo bias. */
  integer(n: number): number;
  /** A standard normal number (Box–Muller on 53-bit uniforms). */
  normal(): number;
  /** Exponential with mean 1. */
  exponential(): number;
  /** Poisson with the given mean: inversion below 10, transformed rejection PTRS above [hormann1993poisson]. */
  poisson(mean: number): number;
  /** Gamma with the given shape and scale 1 [marsaglia2000gamma]. */
  gamma(shape: number): number;
  /** The numbers 0 … n−1 in random order (Fisher–Yates). */
  permutation(n: number): Uint32Array;
  /** `n` standard normal numbers. */
  normals(n: number): Float64Array;
  /**
   * Takes the next `blocks` Philox blocks (counter words block, block ≫ 32, 1, 0) of a sequence beside
   * that of single draws, for code that makes very many numbers at once (`fillNormals` of dprime/math).
   * Neither sequence moves the other.
   */
  reserve(blocks: number): ReservedBlocks;
}

/** Key, and number of the first of the blocks reserved. */
export interface ReservedBlocks {
  readonly key: readonly [number, number];
  readonly block: number;
}

/** FNV-1a over UTF-16 units, then a finaliser: turns a path step into key material. */
function mixIn(state: [number, number], step: string | number): [number, number] {
  const text = typeof step === "number" ? `#${step}` : `$${step}`;
  let [a, b] = state;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193) >>> 0;
    b = Math.imul(b ^ code, 0x85ebca6b) >>> 0;
    b = (b ^ (b >>> 13)) >>> 0;
  }
  const mixed = philox4x32([a, b, text.length, 0x6470], state);
  return [mixed[0]!, mixed[1]!];
}

class PhiloxStream implements Stream {
  readonly #key: [number, number];
  readonly #block = new Uint32Array(4);
  #counter = 0;
  #reserved = 0;
  #used = 4;
  #spare: number | undefined;

  constructor(key: [number, number]) {
    this.#key = key;
  }

  child(...path: (string | number)[]): Stream {
    let key = this.#key;
    for (const step of path) key = mixIn(key, step);
    return new PhiloxStream(key);
  }

  uint32(): number {
    if (this.#used === 4) {
      const low = this.#counter >>> 0;
      const high = Math.floor(this.#counter / 0x100000000) >>> 0;
      philox4x32([low, high, 0, 0], this.#key, this.#block);
      this.#counter++;
      this.#used = 0;
    }
    return this.#block[this.#used++]!;
  }

  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 0x100000000) {
      throw new InputError(
        `Cannot draw an integer below ${n}: wanted a whole number from 1 to 2^32`,
      );
    }
    const limit = 0x100000000 - (0x100000000 % n);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % n;
  }

  normal(): number {
    if (this.#spare !== undefined) {
      const kept = this.#spare;
      this.#spare = undefined;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  poisson(mean: number): number {
    if (!(mean >= 0) || !Number.isFinite(mean)) {
      throw new InputError(
        `Cannot draw a Poisson number: found mean ${mean}, wanted a finite mean >= 0`,
      );
    }
    if (mean < 10) {
      const floor = Math.exp(-mean);
      let count = 0;
      let product = this.uniform();
      while (product > floor) {
        count++;
        product *= this.uniform();
      }
      return count;
    }
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const squeeze = 0.9277 - 3.6224 / (b - 2);
    const logMean = Math.log(mean);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= squeeze) return k;
      if (k < 0 || (us < 0.013 && v > us)) continue;
      const left = Math.log((v * inverseAlpha) / (a / (us * us) + b));
      if (left <= k * logMean - mean - logFactorial(k)) return k;
    }
  }

  gamma(shape: number): number {
    if (!(shape > 0) || !Number.isFinite(shape)) {
      throw new InputError(
        `Cannot draw a gamma number: found shape ${shape}, wanted a finite shape > 0`,
      );
    }
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      const u = 1 - this.uniform();
      if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = order[i]!;
      order[i] = order[j]!;
      order[j] = kept;
    }
    return order;
  }

  normals(n: number): Float64Array {
    const values = new Float64Array(n);
    for (let i = 0; i < n; i++) values[i] = this.normal();
    return values;
  }

  reserve(blocks: number): ReservedBlocks {
    if (!Number.isSafeInteger(blocks) || blocks < 0) {
      throw new InputError(
        `Cannot reserve ${blocks} blocks of random numbers: wanted a whole number, 0 or more`,
      );
    }
    const block = this.#reserved;
    this.#reserved += blocks;
    return { key: this.#key, block };
  }
}

const logFactorials = (() => {
  const table = new Float64Array(128);
  for (let k = 2; k < table.length; k++) table[k] = table[k - 1]! + Math.log(k);
  return table;
})();

/** ln k!: exact sums up to 127, Stirling's series above (error under 1e-15 relative there). */
function logFactorial(k: number): number {
  if (k < logFactorials.length) return logFactorials[k]!;
  const x = k + 1;
  const r = 1 / (x * x);
  return (
    (x - 0.5) * Math.log(x) -
    x +
    0.5 * Math.log(2 * Math.PI) +
    (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r / 1680))) / x
  );
}

/**
 * The stream named by a seed and a path.
 *
 * @param seed whole number from 0 to 2^53 − 1
 */
export function streamOf(seed: number, ...path: (string | number)[]): Stream {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new InputError(
      `Cannot seed a stream: found ${seed}, wanted a whole number from 0 to 2^53 - 1`,
    );
  }
  const root = new PhiloxStream([seed >>> 0, Math.floor(seed / 0x100000000) >>> 0]);
  return path.length > 0 ? root.child(...path) : root;
}
