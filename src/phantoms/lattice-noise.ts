import type { Stream } from "../core/random.ts";

/** A smooth random function of a place; mean 0, standard deviation about 1. */
export type NoiseFunction = (x: number, y: number, z: number) => number;

/** Uniform number on [−1, 1] from the mixed place of a lattice point. */
function latticeValue(place: number): number {
  let h = Math.imul(place ^ (place >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= h >>> 16;
  return h * (1 / 0x80000000);
}

const fade = (t: number): number => t * t * (3 - 2 * t);

/**
 * Value noise on a cubic lattice of the given pitch: uniform numbers hashed from the lattice place,
 * blended smoothly. A slice and a volume through the same place see the same values.
 *
 * @param stream names the noise; one number is drawn from it
 * @param pitch lattice pitch in mm: the size of the blobs
 * @param octaves layers, each of half the pitch and `gain` times the amplitude of the one before
 */
export function latticeNoise(
  stream: Stream,
  { pitch, octaves = 1, gain = 0.5 }: { pitch: number; octaves?: number; gain?: number },
): NoiseFunction {
  const seed = stream.uint32();
  let variance = 0;
  for (let o = 0; o < octaves; o++) variance += gain ** (2 * o);
  // Variance of blended uniform numbers: 1/3 times the mean of (1−s)²+s² over s = fade(t), cubed.
  const scale = 1 / Math.sqrt((variance * 0.743 ** 3) / 3);
  return (x, y, z) => {
    let sum = 0;
    let amplitude = scale;
    let per = 1 / pitch;
    for (let o = 0; o < octaves; o++) {
      const px = x * per;
      const py = y * per;
      const pz = z * per;
      const i = Math.floor(px);
      const j = Math.floor(py);
      const k = Math.floor(pz);
      const u = fade(px - i);
      const v = fade(py - j);
      const w = fade(pz - k);
      const i0 = Math.imul(i, 0x27d4eb2d) ^ (seed + o * 0x632be5ab);
      const i1 = Math.imul(i + 1, 0x27d4eb2d) ^ (seed + o * 0x632be5ab);
      const j0 = Math.imul(j, 0x165667b1);
      const j1 = Math.imul(j + 1, 0x165667b1);
      const k0 = Math.imul(k, 0x9e3779b1);
      const k1 = Math.imul(k + 1, 0x9e3779b1);
      const a = latticeValue(i0 ^ j0 ^ k0);
      const b = latticeValue(i1 ^ j0 ^ k0);
      const c = latticeValue(i0 ^ j1 ^ k0);
      const d = latticeValue(i1 ^ j1 ^ k0);
      const e = latticeValue(i0 ^ j0 ^ k1);
      const f = latticeValue(i1 ^ j0 ^ k1);
      const g = latticeValue(i0 ^ j1 ^ k1);
      const h = latticeValue(i1 ^ j1 ^ k1);
      const near = a + (b - a) * u + (c + (d - c) * u - a - (b - a) * u) * v;
      const far = e + (f - e) * u + (g + (h - g) * u - e - (f - e) * u) * v;
      sum += amplitude * (near + (far - near) * w);
      amplitude *= gain;
      per *= 2;
    }
    return sum;
  };
}
