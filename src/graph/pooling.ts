/** What operators over windows of the spatial axes share: shapes, the places of a window, the walk over them. */
import { addDim, concrete, type Dim, floorDivideDim } from "./dimension.ts";
import type { Node } from "./node.ts";
import type { Range } from "./ops/slice.ts";
import type { Suite } from "./suite.ts";
import { fillByIndex, stridesOf, type Tensor } from "./tensor.ts";

export interface PoolAttributes extends Record<string, unknown> {
  readonly window: readonly number[];
  readonly strides: readonly number[];
}

/** Shape after pooling without margins. */
export function pooledShape(shape: readonly Dim[], { window, strides }: PoolAttributes): Dim[] {
  return shape.map((dim, axis) =>
    axis < 2 ? dim : addDim(floorDivideDim(addDim(dim, -window[axis - 2]!), strides[axis - 2]!), 1),
  );
}

/** Offsets inside a window, row-major. */
function windowOffsets(window: readonly number[]): number[][] {
  return window.reduce<number[][]>(
    (offsets, size) => offsets.flatMap((o) => Array.from({ length: size }, (_, i) => [...o, i])),
    [[]],
  );
}

/**
 * For each place inside a window, the elements of the input that lie there, one a window.
 *
 * @param pooled shape after pooling
 */
export function windowRanges(
  pooled: readonly number[],
  { window, strides }: PoolAttributes,
): (Range | null)[][] {
  return windowOffsets(window).map((offset) =>
    pooled.map((count, axis) =>
      axis < 2 ? null : { start: offset[axis - 2]!, count, step: strides[axis - 2]! },
    ),
  );
}

/** Folds each window into one value, starting from `start`. */
export function foldWindows(
  x: Tensor,
  attributes: PoolAttributes,
  { start, step }: { start: number; step: (so: number, next: number) => number },
): Tensor {
  const strides = stridesOf(x.shape);
  const offsets = windowOffsets(attributes.window);
  return fillByIndex(concrete(pooledShape(x.shape, attributes), "pool"), (index) => {
    let folded = start;
    for (const offset of offsets) {
      let at = 0;
      for (let axis = 0; axis < index.length; axis++) {
        const i =
          axis < 2
            ? index[axis]!
            : index[axis]! * attributes.strides[axis - 2]! + offset[axis - 2]!;
        at += i * strides[axis]!;
      }
      folded = step(folded, x.data[at]!);
    }
    return folded;
  });
}

/** Calls back with the first largest element of every window and the window, by their places in the data. */
export function forFirstMaxima(
  x: Tensor,
  attributes: PoolAttributes,
  each: (from: number, to: number) => void,
): void {
  const strides = stridesOf(x.shape);
  const offsets = windowOffsets(attributes.window);
  let to = 0;
  fillByIndex(concrete(pooledShape(x.shape, attributes), "pool"), (index) => {
    let from = -1;
    for (const offset of offsets) {
      const at = index.reduce(
        (sum, i, axis) =>
          sum +
          strides[axis]! * (axis < 2 ? i : i * attributes.strides[axis - 2]! + offset[axis - 2]!),
        0,
      );
      if (from < 0 || x.data[at]! > x.data[from]!) from = at;
    }
    each(from, to++);
    return 0;
  });
}

export interface PoolOptions {
  /** The window's size by default. */
  readonly strides?: readonly number[];
}

/** Random cases of a pooling: one to three spatial axes, windows and strides of all sizes up to `largest`. */
export function poolSuite(
  pool: (x: Node, window: readonly number[], options?: PoolOptions) => Node,
  largest: number,
): Suite {
  return {
    sample(stream) {
      const rank = 1 + stream.integer(3);
      const window = Array.from({ length: rank }, () => 1 + stream.integer(largest));
      const strides = Array.from({ length: rank }, () => 1 + stream.integer(2));
      const size = window.map((k) => k + stream.integer(4));
      return {
        inputs: [{ shape: [1 + stream.integer(2), 1 + stream.integer(2), ...size] }],
        build: ([x]) => pool(x!, window, { strides }),
      };
    },
    differentiable: "twice",
  };
}
