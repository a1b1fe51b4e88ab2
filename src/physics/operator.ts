/** Linear operators with their transposes: what acquisitions and iterative reconstructions share. */
import { InputError } from "../core/errors.ts";
import type { Stream } from "../core/random.ts";

/** y = A x with its exact transpose: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ up to rounding. */
export interface LinearOperator {
  /** Number of values of x. */
  readonly domainLength: number;
  /** Number of values of y. */
  readonly rangeLength: number;
  apply(x: Float32Array): Float32Array;
  adjoint(y: Float32Array): Float32Array;
}

/** Refuses an array of the wrong length, naming the operator. */
export function requireLength(operator: string, values: ArrayLike<number>, wanted: number): void {
  if (values.length !== wanted) {
    throw new InputError(
      `Cannot apply ${operator}: found ${values.length} values, wanted ${wanted}`,
    );
  }
}

/** ‖A‖² (largest eigenvalue of AᵀA) by power iteration; `rounds` of 20 are right to about 1 %. */
export function squaredOperatorNorm(
  operator: LinearOperator,
  { stream, rounds = 20 }: { stream: Stream; rounds?: number },
): number {
  let x = Float32Array.from(stream.normals(operator.domainLength));
  let norm = 0;
  for (let r = 0; r < rounds; r++) {
    const y = operator.adjoint(operator.apply(x));
    let square = 0;
    for (const v of y) square += v * v;
    norm = Math.sqrt(square);
    if (norm === 0) return 0;
    let before = 0;
    for (const v of x) before += v * v;
    const scale = 1 / norm;
    norm /= Math.sqrt(before);
    x = y.map((v) => v * scale);
  }
  return norm;
}
