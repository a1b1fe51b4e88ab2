import { InputError } from "../core/errors.ts";
import { sparseCodingSource } from "./generated/sparse-coding.ts";
import { openKernel } from "./load.ts";

interface Exports {
  pursue(...args: number[]): void;
}

/** Sparse codes of many signals: `counts[s]` entries of the `most` kept for each signal are in use. */
export interface SparseCodes {
  readonly most: number;
  readonly counts: Int32Array;
  readonly indices: Int32Array;
  readonly coefficients: Float32Array;
}

export interface PursuitRequest {
  /** Row-major [signals][n]. */
  readonly signals: Float32Array;
  /** Row-major [atoms][n], unit rows; the number of atoms is a multiple of 16. */
  readonly dictionary: Float32Array;
  readonly n: number;
  /** Squared error at which a signal is done. */
  readonly limit: number;
  readonly most: number;
}

/** Signals coded in one call: bounds the kernel's memory and the time of a step. */
const batch = 2048;

/**
 * Orthogonal matching pursuit by WebAssembly SIMD, in steps of some thousand signals; defined by
 * `pursuePlainly`.
 *
 * @throws InputError when the number of atoms is no multiple of 16
 */
export function* pursueKernel(request: PursuitRequest): Generator<undefined, SparseCodes, void> {
  const { signals, dictionary, n, limit, most } = request;
  const atoms = dictionary.length / n;
  if (!Number.isInteger(atoms) || atoms % 16 !== 0) {
    throw new InputError(`Cannot code signals: found ${atoms} atoms, wanted a multiple of 16`);
  }
  const total = signals.length / n;
  const transposed = new Float32Array(dictionary.length);
  for (let a = 0; a < atoms; a++) {
    for (let i = 0; i < n; i++) transposed[i * atoms + a] = dictionary[a * n + i]!;
  }
  const kernel = openKernel<Exports>(sparseCodingSource);
  const room = Math.min(batch, total);
  const d = kernel.putFloat32(transposed);
  const g = kernel.putFloat32(gramOf(dictionary, atoms, n));
  const x = kernel.allocate(4 * room * n);
  const indices = kernel.allocate(4 * room * most);
  const coefficients = kernel.allocate(4 * room * most);
  const counts = kernel.allocate(4 * room);
  const work = kernel.allocate(8 * atoms + 8 * (most * most + 4 * most));
  const codes: SparseCodes = {
    most,
    counts: new Int32Array(total),
    indices: new Int32Array(total * most),
    coefficients: new Float32Array(total * most),
  };
  for (let start = 0; start < total; start += room) {
    const count = Math.min(room, total - start);
    kernel.float32(x, count * n).set(signals.subarray(start * n, (start + count) * n));
    kernel.exports.pursue(
      x,
      count,
      n,
      d,
      g,
      atoms,
      limit,
      most,
      indices,
      coefficients,
      counts,
      work,
    );
    codes.counts.set(kernel.int32(counts, count), start);
    codes.indices.set(kernel.int32(indices, count * most), start * most);
    codes.coefficients.set(kernel.float32(coefficients, count * most), start * most);
    yield undefined;
  }
  return codes;
}

function gramOf(dictionary: Float32Array, atoms: number, n: number): Float32Array {
  const out = new Float32Array(atoms * atoms);
  for (let a = 0; a < atoms; a++) {
    for (let b = 0; b <= a; b++) {
      let s = 0;
      for (let i = 0; i < n; i++) s += dictionary[a * n + i]! * dictionary[b * n + i]!;
      out[a * atoms + b] = s;
      out[b * atoms + a] = s;
    }
  }
  return out;
}
