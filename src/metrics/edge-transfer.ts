/** Transfer function of the straight edge that a region shows: what `mtf` and `neq` share. */
import { InputError } from "../core/errors.ts";
import { makeImage } from "../core/image.ts";
import type { Image } from "../core/image.ts";
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { Plane } from "./planes.ts";
import type { Undefinedness } from "./undefinedness.ts";
import { transferFromEdge } from "./transfer.ts";
import type { TransferFunction } from "./transfer.ts";

export const edgeParameters = {
  reach: {
    type: "number",
    unit: "1",
    min: 0.05,
    max: 0.7,
    default: 0.25,
    about:
      "half-width of the edge profile in shorter sides of the region; nothing else may lie within it",
  },
  bin: {
    type: "number",
    unit: "px",
    min: 0.05,
    max: 2,
    default: 0.25,
    about: "width of a bin of the edge profile; an edge along the pixels needs 1",
  },
} satisfies ParameterTable;

/** Columns and rows that a mask touches: first column, first row, width, height. */
export function boundsOf(
  mask: Uint8Array,
  nx: number,
): readonly [x: number, y: number, width: number, height: number] {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -1, -1];
  mask.forEach((inside, i) => {
    if (inside === 0) return;
    const [x, y] = [i % nx, Math.floor(i / nx)];
    [x0, x1] = [Math.min(x0, x), Math.max(x1, x)];
    [y0, y1] = [Math.min(y0, y), y];
  });
  return [x0, y0, x1 - x0 + 1, y1 - y0 + 1];
}

export type EdgeTransfer = TransferFunction & { readonly angleRad: number };

/**
 * Transfer function of the edge in the mean of the planes.
 *
 * @param image for its spacing
 * @returns why there is none, where no edge stands out or its samples leave bins empty
 */
export function edgeTransfer(
  image: Image,
  planes: readonly Plane[],
  variant: ParameterValues,
): EdgeTransfer | Undefinedness {
  const first = planes[0];
  if (!first) return { cause: "the region is empty", remedy: "widen the region" };
  const { ny, nx } = first;
  const mean = new Float32Array(ny * nx);
  for (const { values } of planes) {
    for (let i = 0; i < mean.length; i++) mean[i]! += values[i]! / planes.length;
  }
  const inside = first.mask ?? new Uint8Array(ny * nx).fill(1);
  const [, , width, height] = boundsOf(inside, nx);
  const [, dy, dx] = image.spacing;
  const bin = (variant.bin as number) * Math.min(dx, dy);
  return standingOut(
    () =>
      transferFromEdge(makeImage(mean, [ny, nx], { spacing: [1, dy, dx] }), {
        inside,
        reach: (variant.reach as number) * Math.min(width * dx, height * dy),
        bin,
        // Twice Nyquist's frequency, where the bins resolve it: an edge's tilt samples finer than the pixels.
        highest: Math.min(1 / Math.max(dx, dy), 1 / (2 * bin)),
      }),
    {
      samples: inside.reduce((n, v) => n + v, 0),
      noEdge: "give a region that an edge crosses, or average more images of it",
      noSamples:
        "give a region that one straight edge crosses, tilted by some degrees against the pixels, or a wider bin",
    },
  );
}

/**
 * A transfer function whose edge stands out of the noise, or why there is none.
 *
 * @param options.samples number of pixels that the profile was made of
 * @param options.noEdge what helps where no edge stands out; `noSamples` where bins stay empty
 */
export function standingOut<T extends TransferFunction>(
  measure: () => T,
  options: { readonly samples: number; readonly noEdge: string; readonly noSamples: string },
): T | Undefinedness {
  let found: T;
  try {
    found = measure();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return {
      cause: error.message.replace("Cannot measure a transfer function: ", ""),
      remedy: options.noSamples,
    };
  }
  // A tenth of the profile's bins at either end give the contrast.
  const error = found.noise * Math.sqrt(2 / Math.max(1, 0.1 * options.samples));
  if (!(Math.abs(found.contrast) > 5 * error)) {
    return {
      cause: `no edge stands out: a step of ${Math.abs(found.contrast).toPrecision(3)} with a standard error of ${error.toPrecision(2)}`,
      remedy: options.noEdge,
    };
  }
  return found;
}

/** The parts that a transfer function means nothing without. */
export const partsOfEdge = (found: EdgeTransfer, image: Image): Record<string, number> => ({
  "f10 (1/mm)": found.f10,
  "Nyquist (1/mm)": 1 / (2 * Math.max(image.spacing[1], image.spacing[2])),
  contrast: found.contrast,
  noise: found.noise,
  "tilt (°)": (found.angleRad * 180) / Math.PI,
});

export const transferCurve = (found: TransferFunction) => ({
  x: found.frequency,
  y: found.transfer,
  xLabel: "Frequency (1/mm)",
  yLabel: "Transfer",
});
