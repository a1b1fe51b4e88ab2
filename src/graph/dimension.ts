/**
 * Sizes of axes: whole numbers, or symbols for sizes known only when a program runs.
 *
 * A symbol reads `coefficient*name+offset`, such as `N`, `8*h` or `H+2`. Declaring an input's height
 * as `8*h` says that it is a multiple of eight, which is what a U-Net with three levels needs.
 */
import { InputError } from "../core/errors.ts";

export type Dim = number | string;

interface Affine {
  readonly coefficient: number;
  readonly name: string;
  readonly offset: number;
}

const pattern = /^(?:(\d+)\*)?(\[.*\]|[A-Za-z_]\w*)(?:([+-]\d+))?$/;

function parse(dim: string): Affine {
  const match = pattern.exec(dim);
  if (match === null) {
    throw new InputError(
      `Cannot read the size "${dim}": wanted a whole number or a symbol such as N, 8*h or H+2`,
    );
  }
  return { coefficient: Number(match[1] ?? 1), name: match[2]!, offset: Number(match[3] ?? 0) };
}

function print({ coefficient, name, offset }: Affine): Dim {
  if (coefficient === 0) return offset;
  const factor = coefficient === 1 ? "" : `${coefficient}*`;
  const shift = offset === 0 ? "" : offset > 0 ? `+${offset}` : `${offset}`;
  return `${factor}${name}${shift}`;
}

/** `dim + k`. */
export function addDim(dim: Dim, k: number): Dim {
  if (typeof dim === "number") return dim + k;
  const a = parse(dim);
  return print({ ...a, offset: a.offset + k });
}

/** `dim · k` for a whole k ≥ 0. */
export function multiplyDim(dim: Dim, k: number): Dim {
  if (typeof dim === "number") return dim * k;
  const a = parse(dim);
  return print({ ...a, coefficient: a.coefficient * k, offset: a.offset * k });
}

/** `⌊dim / k⌋`; exact on symbols whose coefficient k divides, a new opaque symbol otherwise. */
export function floorDivideDim(dim: Dim, k: number): Dim {
  if (typeof dim === "number") return Math.floor(dim / k);
  if (k === 1) return dim;
  const a = parse(dim);
  if (a.coefficient % k === 0) {
    return print({ ...a, coefficient: a.coefficient / k, offset: Math.floor(a.offset / k) });
  }
  const whole = Math.floor(a.offset / k);
  const rest = a.offset - whole * k;
  return print({
    coefficient: 1,
    name: `[${print({ ...a, offset: rest })}/${k}]`,
    offset: whole,
  });
}

/** Sum of sizes, of which at most one may be a symbol unless all others are numbers. */
export function sumDims(dims: readonly Dim[]): Dim {
  let total: Dim = 0;
  for (const dim of dims) {
    if (typeof dim === "number") total = addDim(total, dim);
    else if (typeof total === "number") total = addDim(dim, total);
    else {
      const a = parse(total);
      const b = parse(dim);
      total =
        a.name === b.name
          ? print({ ...a, coefficient: a.coefficient + b.coefficient, offset: a.offset + b.offset })
          : `[${total}+${dim}]`;
    }
  }
  return total;
}

/** Whether every size is a number. */
export function isConcrete(shape: readonly Dim[]): shape is readonly number[] {
  return shape.every((dim) => typeof dim === "number");
}

/**
 * The shape as numbers.
 *
 * @throws InputError naming the work that needs concrete sizes
 */
export function concrete(shape: readonly Dim[], work: string): readonly number[] {
  if (isConcrete(shape)) return shape;
  throw new InputError(
    `Cannot ${work} with symbolic sizes: found [${shape.join(", ")}], wanted whole numbers`,
  );
}

/** Shape of an element-wise result under NumPy's broadcasting rules. */
export function broadcastShapes(shapes: readonly (readonly Dim[])[], work: string): Dim[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const out: Dim[] = new Array<Dim>(rank).fill(1);
  for (const shape of shapes) {
    const shift = rank - shape.length;
    shape.forEach((dim, axis) => {
      const kept = out[axis + shift]!;
      if (dim === 1 || dim === kept) return;
      if (kept !== 1) {
        throw new InputError(
          `Cannot ${work}: found shapes ${shapes.map((s) => `[${s.join(", ")}]`).join(" and ")}, wanted sizes that are equal or 1`,
        );
      }
      out[axis + shift] = dim;
    });
  }
  return out;
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Axes as non-negative numbers in ascending order, negative ones counted from the end. */
export function normaliseAxes(axes: readonly number[], rank: number, work: string): number[] {
  const normal = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  if (
    normal.some((a) => !Number.isInteger(a) || a < 0 || a >= rank) ||
    new Set(normal).size !== normal.length
  ) {
    throw new InputError(
      `Cannot ${work}: found axes [${axes.join(", ")}], wanted distinct axes of a rank-${rank} array`,
    );
  }
  return normal.sort((a, b) => a - b);
}
