/**
 * The definition of convolution and its two adjoints, in float64: one enumeration of all triples
 * (element of y, element of x, element of w) that the product w·x → y couples.
 */
import { concrete } from "./dimension.ts";
import type { ConvGeometry, ConvInputAttributes, ConvKernelAttributes } from "./conv-attributes.ts";
import type { Tensor } from "./tensor.ts";

interface Sizes {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
}

/** Calls `visit(yIndex, xIndex, wIndex)` for every coupled triple of flat indices. */
function couple(
  { x, w, y }: Sizes,
  g: ConvGeometry,
  visit: (y: number, x: number, w: number) => void,
): void {
  const rank = g.strides.length;
  const perGroup = w[1]!;
  const outputsPerGroup = y[1]! / g.groups;
  // Along each spatial axis, the pairs (output index, kernel index) that fall inside the input.
  const pairs = g.strides.map((stride, axis) => {
    const list: [i: number, k: number, j: number][] = [];
    for (let i = 0; i < y[axis + 2]!; i++) {
      for (let k = 0; k < w[axis + 2]!; k++) {
        const j = i * stride + k * g.dilations[axis]! - g.margins[axis]![0];
        if (j >= 0 && j < x[axis + 2]!) list.push([i, k, j]);
      }
    }
    return list;
  });
  const descend = (axis: number, yi: number, xi: number, wi: number): void => {
    if (axis === rank) {
      visit(yi, xi, wi);
      return;
    }
    for (const [i, k, j] of pairs[axis]!) {
      descend(axis + 1, yi * y[axis + 2]! + i, xi * x[axis + 2]! + j, wi * w[axis + 2]! + k);
    }
  };
  for (let n = 0; n < y[0]!; n++) {
    for (let o = 0; o < y[1]!; o++) {
      const group = Math.floor(o / outputsPerGroup);
      for (let c = 0; c < perGroup; c++) {
        descend(0, n * y[1]! + o, n * x[1]! + group * perGroup + c, o * perGroup + c);
      }
    }
  }
}

const total = (shape: readonly number[]) => shape.reduce((n, s) => n * s, 1);

/** y[n,o,i] = Σ w[o,c,k] x[n,c, s·i + d·k − p] (+ bias[o]). */
export function correlate(
  x: Tensor,
  w: Tensor,
  g: ConvGeometry & { readonly bias?: Tensor | undefined },
): Tensor {
  const spatial = g.strides.map((stride, axis) => {
    const reach = g.dilations[axis]! * (w.shape[axis + 2]! - 1) + 1;
    const [before, after] = g.margins[axis]!;
    return Math.floor((x.shape[axis + 2]! + before + after - reach) / stride) + 1;
  });
  const shape = [x.shape[0]!, w.shape[0]!, ...spatial];
  const data = new Float64Array(total(shape));
  couple({ x: x.shape, w: w.shape, y: shape }, g, (yi, xi, wi) => {
    data[yi]! += w.data[wi]! * x.data[xi]!;
  });
  if (g.bias !== undefined) {
    const area = total(spatial);
    for (let i = 0; i < data.length; i++) {
      data[i]! += g.bias.data[Math.floor(i / area) % shape[1]!]!;
    }
  }
  return { shape, data };
}

/** x[n,c,j] = Σ over s·i + d·k − p = j of w[o,c,k] y[n,o,i]. */
export function correlateInput(y: Tensor, w: Tensor, g: ConvInputAttributes): Tensor {
  const size = concrete(g.size, "evaluate a convolution's adjoint");
  const shape = [y.shape[0]!, w.shape[1]! * g.groups, ...size];
  const data = new Float64Array(total(shape));
  couple({ x: shape, w: w.shape, y: y.shape }, g, (yi, xi, wi) => {
    data[xi]! += w.data[wi]! * y.data[yi]!;
  });
  return { shape, data };
}

/** w[o,c,k] = Σ_{n,i} y[n,o,i] x[n,c, s·i + d·k − p]. */
export function correlateKernel(x: Tensor, y: Tensor, g: ConvKernelAttributes): Tensor {
  const shape = [y.shape[1]!, x.shape[1]! / g.groups, ...g.kernel];
  const data = new Float64Array(total(shape));
  couple({ x: x.shape, w: shape, y: y.shape }, g, (yi, xi, wi) => {
    data[wi]! += y.data[yi]! * x.data[xi]!;
  });
  return { shape, data };
}
