/**
 * A radial filter B with mirrored borders: B = Cᵀ diag(H) C with the orthonormal cosine transform C. B is
 * symmetric, and for 0 ≤ H ≤ 1 no response gets larger; where H is 0 or 1 it is an orthogonal projection.
 */
import { sizeOf } from "../../core/image.ts";
import { cosineTransformAxis } from "../../math/cosine-transform.ts";
import type { Transfer } from "./band.ts";

export interface LowPassOptions {
  /** Sizes, slowest axis first: of a plane or a volume. */
  readonly shape: readonly number[];
  /** Pitch in mm along each axis. */
  readonly spacing: readonly number[];
  readonly transfer: Transfer;
  /** Frequency in cycles/mm beyond which the transfer is 0; work beyond it is saved. */
  readonly end?: number;
}

/** Frequency in cycles/mm of cosine coefficient k along an axis of n pixels. */
export function cosineFrequency(k: number, { n, spacing }: { n: number; spacing: number }): number {
  return k / (2 * n * spacing);
}

/** B x, as float64. */
export function lowPass(values: ArrayLike<number>, options: LowPassOptions): Float64Array {
  const { shape, spacing, transfer, end = Infinity } = options;
  const kept = shape.map((n, a) => Math.min(n, Math.floor(end * 2 * n * spacing[a]!) + 1));
  let found: Float64Array = Float64Array.from(values);
  let sizes = [...shape];
  // From the last axis on: each is cut to the coefficients that matter before the next is transformed.
  for (let a = shape.length - 1; a >= 0; a--) {
    const inner = sizeOf(sizes.slice(a + 1));
    cosineTransformAxis(found, { n: sizes[a]!, inner });
    found = resized(found, { n: sizes[a]!, inner, to: kept[a]! });
    sizes[a] = kept[a]!;
  }
  weigh(found, { sizes, shape, spacing, transfer });
  for (let a = 0; a < shape.length; a++) {
    const inner = sizeOf(sizes.slice(a + 1));
    found = resized(found, { n: sizes[a]!, inner, to: shape[a]! });
    sizes = sizes.map((n, i) => (i === a ? shape[a]! : n));
    cosineTransformAxis(found, { n: shape[a]!, inner, inverse: true });
  }
  return found;
}

/** The first coefficients along an axis, or more of them that are 0. */
function resized(
  values: Float64Array,
  { n, inner, to }: { n: number; inner: number; to: number },
): Float64Array {
  if (to === n) return values;
  const outer = values.length / (n * inner);
  const out = new Float64Array(outer * to * inner);
  const count = Math.min(n, to) * inner;
  for (let o = 0; o < outer; o++) {
    out.set(values.subarray(o * n * inner, o * n * inner + count), o * to * inner);
  }
  return out;
}

function weigh(
  values: Float64Array,
  {
    sizes,
    shape,
    spacing,
    transfer,
  }: Pick<LowPassOptions, "shape" | "spacing" | "transfer"> & { sizes: readonly number[] },
): void {
  const squares = sizes.map((n, a) =>
    Float64Array.from(
      { length: n },
      (_, k) => cosineFrequency(k, { n: shape[a]!, spacing: spacing[a]! }) ** 2,
    ),
  );
  const width = sizes.at(-1)!;
  const fastest = squares.at(-1)!;
  for (let row = 0; row < values.length / width; row++) {
    let rest = row;
    let square = 0;
    for (let a = sizes.length - 2; a >= 0; a--) {
      square += squares[a]![rest % sizes[a]!]!;
      rest = Math.floor(rest / sizes[a]!);
    }
    for (let x = 0; x < width; x++) {
      values[row * width + x]! *= transfer(Math.sqrt(square + fastest[x]!));
    }
  }
}
