/**
 * The low-contrast module with inserts added to scans of its water: every scan is denoised without and with them, so
 * that what is kept of an insert is measured against the same noise,
 *
 *   kept = mean over scans of  w·(f(g + s) − f(g)) / w·s,   w = s about the insert,
 *
 * and what a linear filter B keeps is w·Bs / w·s exactly.
 */
import { makeImage, type Image } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { disk } from "../../src/phantoms/signals/disk.ts";
import { spiculated } from "../../src/phantoms/signals/spiculated.ts";
import { insertsOf } from "../../src/phantoms/water-inserts.ts";
import { lowPass } from "../../src/denoise/preserving/low-pass.ts";
import type { Transfer } from "../../src/denoise/preserving/band.ts";
import { parameters, pixel, reconstruct, scan, sinogramOf } from "../../tools/long/low-contrast.ts";

export const side = 161;
const middle = (side - 1) / 2;
/** Error is measured within this radius in px, inside the water. */
const radius = 75;

/** An insert alone in the noise-free image, and the pixels about it. */
export interface Added {
  readonly name: string;
  readonly values: Float32Array;
  readonly energy: number;
}

const added = (name: string, values: Float32Array): Added => ({
  name,
  values,
  energy: values.reduce((sum, v) => sum + v * v, 0),
});

/** Frequency in cycles/px at which the scanner keeps half of a contrast, for inserts drawn and not scanned. */
const halfCycles = 0.35;

/** A drawn signal at an angle on the module's ring, blurred as the scan is. */
function drawn(
  name: string,
  {
    signal,
    degrees,
  }: { signal: (centre: readonly [number, number]) => Float32Array; degrees: number },
): Added {
  const ring = (0.4 * 75) / pixel;
  const angle = (degrees * Math.PI) / 180;
  const sharp = signal([middle + ring * Math.sin(angle), middle + ring * Math.cos(angle)]);
  const blurred = lowPass(sharp, {
    shape: [side, side],
    spacing: [1, 1],
    transfer: (f) => 2 ** -((f / halfCycles) ** 2),
  });
  return added(name, Float32Array.from(blurred));
}

/** The module's own inserts, and others that no training has seen: between them, larger, darker, fainter, ragged. */
export function insertsToKeep(): { own: Added[]; unseen: Added[] } {
  const difference = reconstruct(sinogramOf(true), side);
  const empty = reconstruct(sinogramOf(false), side);
  const own = insertsOf(parameters).map(({ diameterMm, contrastHU, xMm, yMm }) => {
    const [x, y] = [middle + xMm / pixel, middle + yMm / pixel];
    const values = difference.map((v, i) =>
      Math.hypot((i % side) - x, Math.floor(i / side) - y) < diameterMm / pixel + 3
        ? v - empty[i]!
        : 0,
    );
    return added(`${diameterMm} mm ${contrastHU} HU`, values);
  });
  const disc = (mm: number, hu: number) => (centre: readonly [number, number]) =>
    Float32Array.from(
      disk.render(
        { shape: [side, side], spacing: [1, pixel, pixel], centre: [...centre] },
        { radiusMm: mm / 2, amplitude: hu },
      ),
    );
  const star = (centre: readonly [number, number]) =>
    Float32Array.from(
      spiculated.render(
        { shape: [side, side], spacing: [1, pixel, pixel], centre: [...centre] },
        { radiusMm: 4, amplitude: 8 },
        streamOf(20_261_204, "spicules"),
      ),
    );
  return {
    own,
    unseen: [
      drawn("4 mm 90 HU", { signal: disc(4, 90), degrees: 0 }),
      drawn("6 mm −8 HU", { signal: disc(6, -8), degrees: 90 }),
      drawn("20 mm 2 HU", { signal: disc(20, 2), degrees: 180 }),
      drawn("spiculated 8 HU", { signal: star, degrees: 270 }),
    ],
  };
}

export interface Scans {
  readonly dose: number;
  /** Noisy images without inserts. */
  readonly absent: readonly Float32Array[];
  readonly truth: Float32Array;
  /** Standard deviation of the noise within the disc. */
  readonly sigma: number;
}

/** @param name of the scans' stream: others are other scans */
export function scansOf(dose: number, count: number, name: string): Scans {
  const sinogram = sinogramOf(false);
  const truth = reconstruct(sinogram, side);
  const absent = Array.from({ length: count }, (_, k) =>
    scan(sinogram, { dose, name: [name, k], side }),
  );
  const squares = absent.map((g) => errorOf(g, truth) ** 2);
  return { dose, absent, truth, sigma: Math.sqrt(squares.reduce((a, b) => a + b, 0) / count) };
}

const inside = Uint8Array.from({ length: side * side }, (_, i) =>
  Number(Math.hypot((i % side) - middle, Math.floor(i / side) - middle) < radius),
);

/** Root mean square error within the disc. */
export function errorOf(values: ArrayLike<number>, truth: ArrayLike<number>): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < inside.length; i++) {
    if (inside[i] === 0) continue;
    sum += (values[i]! - truth[i]!) ** 2;
    count++;
  }
  return Math.sqrt(sum / count);
}

export const planeOf = (values: Float32Array): Image =>
  makeImage(values, [side, side], { spacing: [1, pixel, pixel], unit: "HU" });

export const pass = (values: ArrayLike<number>, transfer: Transfer): Float64Array =>
  lowPass(values, { shape: [side, side], spacing: [pixel, pixel], transfer });

/** w·v / w·s of an insert. */
export const responseOf = ({ values, energy }: Added, image: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * image[i]!;
  return sum / energy;
};

/** A family of linear filters by their error, each with what it keeps of every insert. */
export interface Frontier {
  readonly name: string;
  readonly points: readonly { readonly rmse: number; readonly kept: readonly number[] }[];
}

/** @param scans some of those that are judged: the filters' error is measured on them */
export function frontierOf(
  name: string,
  {
    transfers,
    scans,
    inserts,
  }: { transfers: readonly Transfer[]; scans: Scans; inserts: readonly Added[] },
): Frontier {
  const noises = scans.absent
    .slice(0, 8)
    .map((g) => Float64Array.from(g, (v, i) => v - scans.truth[i]!));
  const points = transfers.map((transfer) => {
    const squares = noises.map(
      (noise) => errorOf(pass(noise, transfer), new Float32Array(side * side)) ** 2,
    );
    const kept = inserts.map((insert) => responseOf(insert, pass(insert.values, transfer)));
    return { rmse: Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length), kept };
  });
  return { name, points: points.sort((a, b) => a.rmse - b.rmse) };
}

/** What the family keeps at an error (scaled to another noise level), its points joined linearly. */
export function keptAt({ points }: Frontier, rmse: number): readonly number[] | undefined {
  const at = points.findIndex((point) => point.rmse >= rmse);
  if (at < 0 || (at === 0 && points[0]!.rmse > rmse)) return undefined;
  const [a, b] = [points[at - 1]!, points[at]!];
  const t = (rmse - a.rmse) / (b.rmse - a.rmse);
  return a.kept.map((v, n) => v + t * (b.kept[n]! - v));
}
