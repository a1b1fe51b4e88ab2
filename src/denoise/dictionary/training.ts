/** Overcomplete dictionaries for patches: the DCT to start from, and training by K-SVD. */
import { pursueKernel, type SparseCodes } from "../../kernels/sparse-coding.ts";
import type { Steps } from "../turns.ts";

/**
 * Overcomplete separable DCT: side × side atoms of patch × patch pixels, unit length, all but the first
 * without mean [elad2006image]. Row-major [side²][patch²].
 */
export function overcompleteDct(patch: number, side: number): Float32Array {
  const lines: Float64Array[] = [];
  for (let k = 0; k < side; k++) {
    const line = Float64Array.from({ length: patch }, (_, x) => Math.cos((x * k * Math.PI) / side));
    const mean = k === 0 ? 0 : line.reduce((s, v) => s + v, 0) / patch;
    lines.push(line.map((v) => v - mean));
  }
  const n = patch * patch;
  const out = new Float32Array(side * side * n);
  for (let a = 0; a < side * side; a++) {
    const vertical = lines[Math.floor(a / side)]!;
    const horizontal = lines[a % side]!;
    let energy = 0;
    for (let i = 0; i < n; i++) {
      const v = vertical[Math.floor(i / patch)]! * horizontal[i % patch]!;
      out[a * n + i] = v;
      energy += v * v;
    }
    for (let i = 0; i < n; i++) out[a * n + i]! /= Math.sqrt(energy);
  }
  return out;
}

/** X − D Γ, row-major [signals][n]. */
export function residualOf(
  signals: Float32Array,
  codes: SparseCodes,
  options: { readonly dictionary: Float32Array; readonly n: number },
): Float32Array {
  const { dictionary, n } = options;
  const out = signals.slice();
  for (let s = 0; s < codes.counts.length; s++) {
    for (let k = 0; k < codes.counts[s]!; k++) {
      const atom = codes.indices[s * codes.most + k]! * n;
      const c = codes.coefficients[s * codes.most + k]!;
      for (let i = 0; i < n; i++) out[s * n + i]! -= c * dictionary[atom + i]!;
    }
  }
  return out;
}

/**
 * One K-SVD round: codes by matching pursuit, then each atom in turn becomes the best rank-one fit of
 * what its users need of it, by one power step [rubinstein2008efficient]. An atom without users becomes
 * the signal that is coded worst.
 *
 * @returns a new dictionary, after steps of a few milliseconds each
 */
export function* trainingRound(
  signals: Float32Array,
  options: {
    readonly dictionary: Float32Array;
    readonly n: number;
    readonly limit: number;
    readonly most: number;
  },
): Steps<Float32Array> {
  const { n, limit, most } = options;
  const dictionary = options.dictionary.slice();
  const codes = yield* pursueKernel({ signals, dictionary, n, limit, most });
  const residual = residualOf(signals, codes, { dictionary, n });
  const atoms = dictionary.length / n;
  const users: number[][] = Array.from({ length: atoms }, () => []);
  for (let s = 0; s < codes.counts.length; s++) {
    for (let k = 0; k < codes.counts[s]!; k++) {
      users[codes.indices[s * most + k]!]!.push(s * most + k);
    }
  }
  const next = new Float64Array(n);
  for (let a = 0; a < atoms; a++) {
    yield undefined;
    const atom = dictionary.subarray(a * n, (a + 1) * n);
    const places = users[a]!;
    if (places.length === 0) {
      replaceByWorst(atom, signals, residual);
      continue;
    }
    next.fill(0);
    for (const place of places) {
      const c = codes.coefficients[place]!;
      const from = Math.floor(place / most) * n;
      for (let i = 0; i < n; i++) {
        // The signal without the other atoms' share.
        residual[from + i]! += c * atom[i]!;
        next[i]! += c * residual[from + i]!;
      }
    }
    const length = Math.sqrt(next.reduce((s, v) => s + v * v, 0));
    if (length > 0) for (let i = 0; i < n; i++) atom[i] = next[i]! / length;
    for (const place of places) {
      const from = Math.floor(place / most) * n;
      let c = 0;
      for (let i = 0; i < n; i++) c += residual[from + i]! * atom[i]!;
      codes.coefficients[place] = c;
      for (let i = 0; i < n; i++) residual[from + i]! -= c * atom[i]!;
    }
  }
  return dictionary;
}

/** Puts the signal with the largest residual, at unit length, in the atom's place; its residual counts as done. */
function replaceByWorst(atom: Float32Array, signals: Float32Array, residual: Float32Array): void {
  const n = atom.length;
  let worst = -1;
  let largest = 0;
  for (let s = 0; s < signals.length / n; s++) {
    let energy = 0;
    for (let i = 0; i < n; i++) energy += residual[s * n + i]! ** 2;
    if (energy > largest) {
      largest = energy;
      worst = s;
    }
  }
  if (worst < 0) return;
  let length = 0;
  for (let i = 0; i < n; i++) length += signals[worst * n + i]! ** 2;
  if (length === 0) return;
  for (let i = 0; i < n; i++) atom[i] = signals[worst * n + i]! / Math.sqrt(length);
  residual.fill(0, worst * n, (worst + 1) * n);
}
