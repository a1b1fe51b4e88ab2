/** Batches of patches cut from images whose noise is their acquisition's own. */
import { streamOf } from "../core/random.ts";
import type { BatchSource, ValidationSource } from "../train/batch.ts";
import { checkPlanes, drawPatch, type Plane, type PlaneSource } from "../train/patches.ts";
import type { DrawnImages } from "./drawn-cases.ts";
import { planesOf } from "./facts.ts";
import type { NetworkWindow } from "./network-file.ts";

interface PairSource {
  readonly noisy: readonly PlaneSource[];
  readonly clean: readonly PlaneSource[];
  /** Standard deviation of each plane's noise, in windows. */
  readonly sigma: readonly number[];
}

function pairSource(images: readonly DrawnImages[], window: NetworkWindow): PairSource {
  const [noisy, clean]: [Plane[], Plane[]] = [[], []];
  const sigma: number[] = [];
  for (const one of images) {
    const { nz, ny, nx } = planesOf(one.noisy);
    for (let k = 0; k < nz; k++) {
      const part = (data: Float32Array) => data.subarray(k * ny * nx, (k + 1) * ny * nx);
      noisy.push({ data: part(one.noisy.data), ny, nx });
      clean.push({ data: part(one.clean.data), ny, nx });
      sigma.push(one.sigma / (window.high - window.low));
    }
  }
  const source = (planes: Plane[]): PlaneSource[] => [
    { planes, windows: [{ ...window, clip: false, weight: 1 }], weight: 1 },
  ];
  return { noisy: source(noisy), clean: source(clean), sigma };
}

/** One batch; patch `n` is drawn from the stream of `path(n)`, the same for an image and its truth. */
function drawPairs(
  { noisy, clean, sigma }: PairSource,
  options: {
    readonly seed: number;
    readonly count: number;
    readonly side: number;
    readonly path: (n: number) => readonly (string | number)[];
  },
) {
  const { seed, count, side, path } = options;
  const shape = [count, 1, side, side];
  const [a, b] = [new Float32Array(count * side * side), new Float32Array(count * side * side)];
  const level = new Float32Array(count);
  for (let n = 0; n < count; n++) {
    const offset = n * side * side;
    // Two streams of one name choose the same place twice.
    const stream = () => streamOf(seed, ...path(n));
    const { plane } = drawPatch(noisy, { side, stream: stream() }, { out: a, offset });
    drawPatch(clean, { side, stream: stream() }, { out: b, offset });
    level[n] = sigma[plane]!;
  }
  return {
    noisy: { shape, data: a },
    clean: { shape, data: b },
    sigma: { shape: [count, 1, 1, 1], data: level },
  };
}

/**
 * Batches and validation patches from drawn images.
 *
 * @throws InputError when an image cannot hold a patch
 */
export function pairData(
  images: {
    readonly training: readonly DrawnImages[];
    readonly validation: readonly DrawnImages[];
  },
  options: {
    readonly seed: number;
    readonly count: number;
    readonly side: number;
    readonly window: NetworkWindow;
  },
): { data: BatchSource; validation: ValidationSource } {
  const { seed, count, side, window } = options;
  const training = pairSource(images.training, window);
  const validation = pairSource(images.validation, window);
  for (const { noisy } of [training, validation]) checkPlanes(noisy, side);
  const shape = [count, 1, side, side];
  return {
    data: {
      shapes: { noisy: shape, clean: shape, sigma: [count, 1, 1, 1] },
      draw: ({ step, draw }) =>
        drawPairs(training, { seed, count, side, path: (n) => ["pair", step, draw, n] }),
    },
    validation: {
      groups: ["validation"],
      count: validation.sigma.length,
      draw: (_, { start, count: many }) =>
        drawPairs(validation, {
          seed,
          count: many,
          side,
          path: (n) => ["validation pair", start + n],
        }),
    },
  };
}
