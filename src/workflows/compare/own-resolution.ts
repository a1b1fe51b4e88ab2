/**
 * The images' own resolution, from the patient's or phantom's surface: where a foreground meets air, the edge is
 * straight over a few millimetres and its contrast drowns the noise.
 */
import { type Image, layoutOf, makeImage } from "../../core/image.ts";
import { transferFromEdge } from "../../metrics/transfer.ts";

export interface OwnResolution {
  /** Frequency in 1/mm at which the transfer falls to one half. */
  readonly f50: number;
  /** `surface`: median over edges of the surface; `given`; `assumed`: half of what the pixels hold. */
  readonly from: "surface" | "given" | "assumed";
  /** Edges that were measured. */
  readonly edges: number;
}

/** Half-side of a patch about an edge, in pixels. */
const half = 8;
/** Edges that make a median, and as many as are worth measuring. */
const [fewest, most] = [8, 60];
/** Least height of an edge over the noise along it. */
const standsOut = 8;

/** Resolution of the images in 1/mm; `assumed` where no surface stands out. */
export function ownResolution(image: Image, slices: readonly number[]): OwnResolution {
  const { ny, nx } = layoutOf(image);
  const [, dy, dx] = image.spacing;
  const found: number[] = [];
  for (const slice of spread(slices, 4)) {
    const plane = image.data.subarray(slice * ny * nx, (slice + 1) * ny * nx);
    found.push(...edgesOf(plane, { ny, nx, dy, dx }));
  }
  const sorted = found.sort((a, b) => a - b);
  const nyquist = 1 / (2 * Math.max(dx, dy));
  return sorted.length < fewest
    ? { f50: nyquist / 2, from: "assumed", edges: sorted.length }
    : { f50: sorted[sorted.length >> 1]!, from: "surface", edges: sorted.length };
}

function spread(of: readonly number[], count: number): number[] {
  const n = Math.min(count, of.length);
  return Array.from({ length: n }, (_, i) => of[Math.floor(((i + 0.5) * of.length) / n)]!);
}

interface Grid {
  readonly ny: number;
  readonly nx: number;
  readonly dy: number;
  readonly dx: number;
}

/** f50 of edges where the plane first rises from background to foreground, from the left and right, row by row. */
function edgesOf(plane: Float32Array, { ny, nx, dy, dx }: Grid): number[] {
  const sorted = Float64Array.from(plane.filter(Number.isFinite)).sort();
  const [low, high] = [0.02, 0.9].map((q) => sorted[Math.floor(q * (sorted.length - 1))]!) as [
    number,
    number,
  ];
  const middle = (low + high) / 2;
  const found: number[] = [];
  const step = Math.max(1, Math.floor(ny / 40));
  for (let j = half; j + half < ny && found.length < most; j += step) {
    const row = plane.subarray(j * nx, (j + 1) * nx);
    const right = row.findLastIndex((v) => v > middle);
    for (const i of [row.findIndex((v) => v > middle), right]) {
      if (i < half || i + half >= nx) continue;
      const side = 2 * half + 1;
      const patch = new Float32Array(side * side);
      for (let b = 0; b < side; b++) {
        for (let a = 0; a < side; a++) {
          patch[b * side + a] = plane[(j + b - half) * nx + i + a - half]!;
        }
      }
      try {
        const edge = transferFromEdge(makeImage(patch, [side, side], { spacing: [1, dy, dx] }), {
          reach: (half - 2) * Math.min(dx, dy),
          bin: Math.min(dx, dy) / 2,
        });
        const clear =
          Math.abs(edge.contrast) > Math.max(0.5 * (high - low), standsOut * edge.noise);
        if (clear && Number.isFinite(edge.f50)) found.push(edge.f50);
      } catch {
        // An edge along the pixels leaves bins empty: another row will do.
      }
    }
  }
  return found;
}
