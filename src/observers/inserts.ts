/** Inserts of a uniform phantom, found in its noise-free image. */
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";

export interface FoundInsert {
  /** Centre in pixels, weighted by contrast. */
  readonly x: number;
  readonly y: number;
  /** Difference from the background, in the image's unit. */
  readonly contrast: number;
  /** Diameter in pixels of the disk of equal area, edge pixels counted by their part of the contrast. */
  readonly diameterPx: number;
  /** Noise-free signal over the whole image: 0 outside this insert. */
  readonly signal: Float64Array;
}

/**
 * Inserts in a noise-free plane, by contrast, smallest disk first. The background is the most frequent
 * value inside the body; whatever differs from it and touches the border is the surrounding air.
 *
 * @throws InputError when there is none
 */
export function findInserts(truth: Image): FoundInsert[] {
  if (truth.axes !== "yx") {
    throw new InputError(
      `Cannot find inserts: found axes "${truth.axes}", wanted one noise-free plane`,
    );
  }
  const [ny, nx] = truth.shape as [number, number];
  const counts = new Map<number, number>();
  const border = truth.data[0]!;
  for (const v of truth.data) if (v !== border) counts.set(v, (counts.get(v) ?? 0) + 1);
  const background = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
  const inserts: FoundInsert[] = [];
  const seen = new Uint8Array(truth.data.length);
  for (let start = 0; start < seen.length && background !== undefined; start++) {
    if (seen[start] || truth.data[start] === background) continue;
    const members: number[] = [];
    const stack = [start];
    seen[start] = 1;
    let outside = false;
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      members.push(i);
      const x = i % nx;
      const y = Math.floor(i / nx);
      if (x === 0 || y === 0 || x === nx - 1 || y === ny - 1) outside = true;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const a = x + dx;
          const b = y + dy;
          if (a < 0 || b < 0 || a >= nx || b >= ny) continue;
          const j = b * nx + a;
          if (!seen[j] && truth.data[j] !== background) {
            seen[j] = 1;
            stack.push(j);
          }
        }
      }
    }
    if (outside) continue;
    const signal = new Float64Array(truth.data.length);
    let contrast = 0;
    let sum = 0;
    let sx = 0;
    let sy = 0;
    for (const i of members) {
      const d = truth.data[i]! - background;
      signal[i] = d;
      if (Math.abs(d) > Math.abs(contrast)) contrast = d;
      sum += d;
      sx += d * (i % nx);
      sy += d * Math.floor(i / nx);
    }
    inserts.push({
      x: sx / sum,
      y: sy / sum,
      contrast,
      diameterPx: 2 * Math.sqrt(Math.abs(sum / contrast) / Math.PI),
      signal,
    });
  }
  if (inserts.length === 0) {
    throw new InputError(
      "Cannot find inserts: found a background without any, wanted a noise-free image of a phantom with inserts",
    );
  }
  return inserts.sort((a, b) => a.diameterPx - b.diameterPx);
}

/** Diameter in mm and contrast in HU of the inserts of the MITA low-contrast module [vaishnav2014objective]. */
const mitaModule: readonly { diameterMm: number; contrast: number }[] = [
  { diameterMm: 3, contrast: 14 },
  { diameterMm: 5, contrast: 7 },
  { diameterMm: 7, contrast: 5 },
  { diameterMm: 10, contrast: 3 },
];

/**
 * Pixel pitch in mm of an image without stated spacing, when its inserts are those of the MITA module:
 * the pitch that fits the four design diameters best. Undefined when they are not.
 */
export function pitchOfMita(inserts: readonly FoundInsert[]): number | undefined {
  if (inserts.length !== mitaModule.length) return undefined;
  let cross = 0;
  let square = 0;
  for (const [i, { diameterMm, contrast }] of mitaModule.entries()) {
    const own = inserts[i]!;
    if (Math.abs(own.contrast - contrast) > 0.5) return undefined;
    cross += diameterMm * own.diameterPx;
    square += own.diameterPx ** 2;
  }
  const pitch = cross / square;
  const fits = inserts.every(
    (own, i) =>
      Math.abs(own.diameterPx * pitch - mitaModule[i]!.diameterMm) <
      0.15 * mitaModule[i]!.diameterMm,
  );
  return fits ? pitch : undefined;
}
