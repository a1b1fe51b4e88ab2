/**
 * Covariance of few images with many values, without forming it: S = ZᵀZ/f with Z the centred rows, so
 * that systems of the number of images suffice.
 */
import { cholesky, choleskySolve } from "../math/cholesky.ts";
import { symmetricEigen } from "../math/symmetric-eigen.ts";
import type { Cases } from "./cases.ts";
import { caseAt, meanCase } from "./cases.ts";
import type { Refusal } from "./observer.ts";

/** Rows less their own class's mean. */
export interface CentredRows {
  /** Row-major count×size. */
  readonly rows: Float64Array;
  readonly count: number;
  readonly size: number;
  /** Degrees of freedom: rows less classes. */
  readonly free: number;
}

/** Centres each class by its own mean and stacks the rows. */
export function centredRows(classes: readonly Cases[]): CentredRows {
  const size = classes[0]!.size;
  const count = classes.reduce((s, c) => s + c.count, 0);
  const rows = new Float64Array(count * size);
  let at = 0;
  for (const cases of classes) {
    const mean = meanCase(cases);
    for (let i = 0; i < cases.count; i++, at += size) {
      const row = caseAt(cases, i);
      for (let j = 0; j < size; j++) rows[at + j] = row[j]! - mean[j]!;
    }
  }
  return { rows, count, size, free: count - classes.length };
}

/** S = ZᵀZ/f, row-major size×size. */
export function covarianceOf(z: CentredRows): Float64Array {
  const { rows, count, size, free } = z;
  const out = new Float64Array(size * size);
  for (let r = 0; r < count; r++) {
    const start = r * size;
    for (let i = 0; i < size; i++) {
      const v = rows[start + i]! / free;
      if (v === 0) continue;
      const to = i * size;
      for (let j = 0; j <= i; j++) out[to + j]! += v * rows[start + j]!;
    }
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) out[j * size + i] = out[i * size + j]!;
  return out;
}

/** ZZᵀ, row-major count×count. */
function gramOf({ rows, count, size }: CentredRows): Float64Array {
  const out = new Float64Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += rows[a * size + j]! * rows[b * size + j]!;
      out[a * count + b] = sum;
      out[b * count + a] = sum;
    }
  }
  return out;
}

/** tr S and tr S². */
export function traces(z: CentredRows): { trace: number; square: number } {
  const small = z.count < z.size;
  const m = small ? gramOf(z) : covarianceOf(z);
  const n = small ? z.count : z.size;
  const scale = small ? z.free : 1;
  let trace = 0;
  for (let i = 0; i < n; i++) trace += m[i * n + i]! / scale;
  return { trace, square: m.reduce((s, v) => s + v * v, 0) / (scale * scale) };
}

/** Z v. */
function times(z: CentredRows, v: Float64Array): Float64Array {
  const out = new Float64Array(z.count);
  for (let r = 0; r < z.count; r++) {
    let sum = 0;
    for (let j = 0; j < z.size; j++) sum += z.rows[r * z.size + j]! * v[j]!;
    out[r] = sum;
  }
  return out;
}

/** Zᵀ u. */
function transposeTimes(z: CentredRows, u: Float64Array): Float64Array {
  const out = new Float64Array(z.size);
  for (let r = 0; r < z.count; r++) {
    const c = u[r]!;
    for (let j = 0; j < z.size; j++) out[j]! += c * z.rows[r * z.size + j]!;
  }
  return out;
}

/** S v without forming S. */
export function covarianceTimes(z: CentredRows, v: Float64Array): Float64Array {
  return transposeTimes(z, times(z, v)).map((x) => x / z.free);
}

export interface RidgeSolution {
  readonly status: "ok";
  readonly x: Float64Array;
  /** ‖K x − s‖/‖s‖. */
  readonly residual: number;
}

/**
 * Solves (ridge·I + gain·S) x = s with a system of min(images, values) unknowns (Woodbury's identity when
 * images are fewer).
 */
export function solveRidge(
  z: CentredRows,
  s: Float64Array,
  options: { ridge: number; gain: number },
): RidgeSolution | Refusal {
  const { ridge, gain } = options;
  let x: Float64Array;
  if (z.count < z.size && ridge > 0) {
    const g = gramOf(z);
    const shift = (ridge * z.free) / gain;
    for (let i = 0; i < z.count; i++) g[i * z.count + i]! += shift;
    const factored = cholesky(g, z.count);
    if (factored.status !== "ok") return notSolved(z);
    const u = choleskySolve(factored.factor, times(z, s));
    const back = transposeTimes(z, u);
    x = s.map((v, i) => (v - back[i]!) / ridge);
  } else {
    const k = covarianceOf(z).map((v) => v * gain);
    for (let i = 0; i < z.size; i++) k[i * z.size + i]! += ridge;
    const factored = cholesky(k, z.size);
    if (factored.status !== "ok") return notSolved(z);
    x = choleskySolve(factored.factor, s);
  }
  const product = covarianceTimes(z, x);
  let missed = 0;
  let scale = 0;
  for (let i = 0; i < s.length; i++) {
    missed += (gain * product[i]! + ridge * x[i]! - s[i]!) ** 2;
    scale += s[i]! ** 2;
  }
  return { status: "ok", x, residual: Math.sqrt(missed / (scale || 1)) };
}

function notSolved(z: CentredRows): Refusal {
  return {
    status: "refused",
    cause: `the covariance of ${z.size} values from ${z.count} images is not positive definite`,
    remedy: "train on more images, or raise the shrinkage or the known noise",
  };
}

/** Eigenvalues of S, descending, with eigenvectors as rows; only those above rounding. */
export function principalComponents(z: CentredRows): {
  values: Float64Array;
  vectors: Float64Array[];
} {
  const small = z.count < z.size;
  const n = small ? z.count : z.size;
  const { values, vectors } = symmetricEigen(small ? gramOf(z) : covarianceOf(z), n);
  const top = values[n - 1]!;
  const outValues: number[] = [];
  const outVectors: Float64Array[] = [];
  for (let k = n - 1; k >= 0; k--) {
    if (!(values[k]! > 1e-12 * top)) break;
    const own = Float64Array.from({ length: n }, (_, i) => vectors[i * n + k]!);
    const root = Math.sqrt(values[k]!);
    outValues.push(small ? values[k]! / z.free : values[k]!);
    outVectors.push(small ? transposeTimes(z, own).map((v) => v / root) : own);
  }
  return { values: Float64Array.from(outValues), vectors: outVectors };
}
