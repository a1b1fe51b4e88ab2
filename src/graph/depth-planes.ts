/**
 * Volumes as planes: `[N, C, D, H, W]` seen as N·D planar images `[N·D, C, H, W]`. What couples planes along the
 * depth becomes a choice of planes, so that planar operators do the rest.
 */
import type { Lowering } from "./lowering.ts";

export interface DepthGeometry {
  /** N and D. */
  readonly images: number;
  readonly planes: number;
  /** Planes of the kernel. */
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Zero planes before and behind. */
  readonly margins: readonly [number, number];
}

/** Number of planes of a convolution's result. */
function outputPlanes({ planes, kernel, stride, dilation, margins }: DepthGeometry): number {
  const reach = dilation * (kernel - 1) + 1;
  return Math.floor((planes + margins[0] + margins[1] - reach) / stride) + 1;
}

/**
 * For each plane of the kernel, the input plane n·D + d that each output plane meets there, −1 in the margins.
 *
 * @param count planes of the output of one image
 */
export function metPlanes(geometry: DepthGeometry, count = outputPlanes(geometry)): number[][] {
  const { images, planes, kernel, stride, dilation, margins } = geometry;
  return Array.from({ length: kernel }, (_, k) =>
    Array.from({ length: images * count }, (_, i) => {
      const d = (i % count) * stride + k * dilation - margins[0];
      return d < 0 || d >= planes ? -1 : Math.floor(i / count) * planes + d;
    }),
  );
}

/** Whether the planes chosen are all there are, in order. */
const isWhole = (chosen: readonly number[], total: number) =>
  chosen.length === total && chosen.every((plane, i) => plane === i);

/**
 * The chosen planes of a value, one for each entry, zeros for −1. What is all there as it lies is not copied.
 *
 * @param shape `[planes, C, H, W]` of the value
 */
export function pickPlanes(
  lowering: Lowering,
  value: string,
  { chosen, shape }: { chosen: readonly number[]; shape: readonly number[] },
): string {
  const [total = 0, ...plane] = shape;
  if (isWhole(chosen, total)) return value;
  const [first = 0] = chosen;
  if (first >= 0 && chosen.every((row, i) => row === first + i)) {
    const ends = [[first], [first + chosen.length], [0], [1]];
    return lowering.add("Slice", [value, ...ends.map((entry) => lowering.ints(entry))]);
  }
  const outside = chosen.some((row) => row < 0);
  const zeros = () => lowering.add("ConstantOfShape", [lowering.ints([1, ...plane])]);
  const source = outside ? lowering.add("Concat", [value, zeros()], { axis: 0 }) : value;
  const rows = lowering.ints(chosen.map((row) => (row < 0 ? total : row)));
  return lowering.add("Gather", [source, rows], { axis: 0 });
}
