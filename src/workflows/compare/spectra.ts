/**
 * Noise and resolution of one method at one dose, measured in the images themselves, and the d' that the field
 * computes from the two [samei2019performance].
 *
 * The transfer function is what came out of the inserted signals over what went in, ring by ring of the spectrum,
 *
 *   T(f) = Σ Re(R S*) / Σ |S|²,
 *
 * R being the difference of a region with and without the signal, so that the noise of both cancels; times the images'
 * own. As the habit has it, the d' takes T with 1 at the lowest frequency, and noise and signal for additive.
 */
import { type Image, makeImage } from "../../core/image.ts";
import { fftN } from "../../math/fft.ts";
import { frequencyLength, noisePower, radialNoisePower } from "../../metrics/noise-power.ts";
import { transferFromDisk } from "../../metrics/transfer.ts";
import { taskDetectability } from "../../observers/task-detectability.ts";
import { eye } from "./judge.ts";
import type { SignalTask } from "./task.ts";

export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface NoiseFigures {
  /** Standard deviation about each region's plane. */
  readonly sd: number;
  /** In unit²·mm² over 1/mm. */
  readonly curve: Curve;
  /** In 1/mm. */
  readonly peak: number;
  readonly mean: number;
}

/** Noise power of signal-free regions about their planes. */
export function noiseFigures(
  regions: readonly Float32Array[],
  at: { readonly side: number; readonly spacing: Image["spacing"]; readonly unit: string },
): NoiseFigures {
  const { side, spacing, unit } = at;
  const spectrum = noisePower(regions, {
    shape: [side, side],
    spacing: spacing.slice(1),
    detrend: "plane",
  });
  const radial = radialNoisePower(spectrum, unit);
  const x = Array.from(radial.x);
  const y = Array.from(radial.y);
  let top = 1;
  for (let b = 1; b < y.length; b++) if (y[b]! > y[top]!) top = b;
  const total = y.reduce((a, v) => a + v, 0);
  return {
    sd: Math.sqrt(spectrum.variance),
    curve: { x, y },
    peak: x[top] ?? NaN,
    mean: y.reduce((a, v, b) => a + v * x[b]!, 0) / total,
  };
}

export interface TransferFigures {
  /** Of method and images together, over 1/mm; 1 where all of the signal's contrast came through. */
  readonly curve: Curve;
  /** 1/mm at which it falls to half of its value at the lowest frequency; NaN when it does not. */
  readonly f50: number;
  /** The same from the edge of the mean disk that came out, along its radius; NaN for other signals and few pixels. */
  readonly edgeF50: number;
}

/** Disks of fewer pixels across have no edge to measure. */
const leastAcross = 6;

/** f50 of the mean response's edge: all of them have their own noise taken off, so that little is left. */
function edgeF50Of(
  responses: readonly Float32Array[],
  { side, spacing, diskMm }: { side: number; spacing: Image["spacing"]; diskMm: number },
): number {
  if (diskMm < leastAcross * Math.max(spacing[1], spacing[2])) return NaN;
  const mean = new Float32Array(side * side);
  for (const r of responses) r.forEach((v, i) => (mean[i]! += v / responses.length));
  const middle = Math.floor(side / 2);
  try {
    return transferFromDisk(makeImage(mean, [side, side], { spacing }), {
      x: middle,
      y: middle,
      radius: diskMm / 2,
      bin: Math.min(spacing[1], spacing[2]) / 2,
    }).f50;
  } catch {
    // A signal that is gone has no edge.
    return NaN;
  }
}

/** Rings whose share of the signal's power is below this say nothing. */
const leastPower = 2e-3;

export function transferFigures(
  responses: readonly Float32Array[],
  signals: readonly Float32Array[],
  at: {
    readonly side: number;
    readonly spacing: Image["spacing"];
    readonly ownF50: number;
    /** Diameter of the signals, where they are disks. */
    readonly diskMm?: number;
  },
): TransferFigures {
  const { side, spacing, ownF50, diskMm } = at;
  const shape = [side, side];
  const length = frequencyLength(shape, spacing.slice(1));
  const step = Math.max(1 / (side * spacing[1]), 1 / (side * spacing[2]));
  const bins = Math.floor(side / 2) + 1;
  const cross = new Float64Array(bins);
  const power = new Float64Array(bins);
  responses.forEach((response, k) => {
    const spectrum = (v: Float32Array) =>
      fftN(Float64Array.from(v), new Float64Array(v.length), { shape });
    const r = spectrum(response);
    const s = spectrum(signals[k]!);
    for (let i = 0; i < length.length; i++) {
      const b = Math.round(length[i]! / step);
      if (b >= bins) continue;
      cross[b]! += r.re[i]! * s.re[i]! + r.im[i]! * s.im[i]!;
      power[b]! += s.re[i]! ** 2 + s.im[i]! ** 2;
    }
  });
  const most = Math.max(...power);
  const x: number[] = [];
  const y: number[] = [];
  for (let b = 0; b < bins; b++) {
    if (power[b]! < leastPower * most) continue;
    const f = b * step;
    const own = Number.isFinite(ownF50) ? 2 ** -((f / ownF50) ** 2) : 1;
    x.push(f);
    y.push((own * cross[b]!) / power[b]!);
  }
  let f50 = NaN;
  for (let b = 1; b < y.length && Number.isNaN(f50); b++) {
    const half = y[0]! / 2;
    if (y[b]! <= half && y[b - 1]! > half) {
      f50 = x[b - 1]! + ((y[b - 1]! - half) / (y[b - 1]! - y[b]!)) * (x[b]! - x[b - 1]!);
    }
  }
  const edgeF50 = diskMm === undefined ? NaN : edgeF50Of(responses, { side, spacing, diskMm });
  return { curve: { x, y }, f50, edgeF50 };
}

/**
 * d' of NPWE from noise and resolution.
 *
 * @returns NaN for signals without a closed form, or where the curves are too short
 */
export function promisedDetectability(
  task: SignalTask,
  noise: NoiseFigures,
  transfer: TransferFigures,
  pixelMm: number,
): number {
  const { shape, diameterMm, contrast } = task;
  const { x, y } = transfer.curve;
  if ((shape !== "disk" && shape !== "blob") || x.length < 2 || !(y[0]! > 0)) return NaN;
  return taskDetectability(
    {
      shape: shape === "blob" ? "gaussian" : "disk",
      diameterMm,
      contrast: Math.abs(contrast),
    },
    {
      noise: noise.curve,
      transfer: { x, y: y.map((v) => v / y[0]!) },
      observer: "npw",
      eye,
      pixelMm,
    },
  );
}
