/** Applying the inverse of a known covariance: white noise, circulant plus white noise, or a full matrix. */
import { cholesky, choleskySolve } from "../math/cholesky.ts";
import { fftN } from "../math/fft.ts";
import type { Known, Refusal } from "./observer.ts";

export interface InverseCovariance {
  readonly status: "ok";
  /** What it was made of. */
  readonly form: "matrix" | "circulant" | "white";
  apply(v: Float64Array): Float64Array;
}

/** The inverse for what is known of a Gaussian background and noise. */
export function inverseCovariance(
  known: Known | undefined,
  shape: readonly number[],
): InverseCovariance | Refusal {
  const { covariance, powerSpectrum, sigma } = known ?? {};
  const size = shape.reduce((a, b) => a * b, 1);
  if (covariance) {
    const factored = cholesky(covariance, size);
    if (factored.status !== "ok") {
      return {
        status: "refused",
        cause: "the known covariance is not positive definite",
        remedy: "add the noise's variance to its diagonal",
      };
    }
    const { factor } = factored;
    return { status: "ok", form: "matrix", apply: (v) => choleskySolve(factor, v) };
  }
  if (sigma === undefined || !(sigma > 0)) {
    return {
      status: "refused",
      cause: "neither covariance nor noise level is known",
      remedy: "use a simulated task that states them",
    };
  }
  const white = sigma * sigma;
  if (!powerSpectrum) return { status: "ok", form: "white", apply: (v) => v.map((x) => x / white) };
  return {
    status: "ok",
    form: "circulant",
    apply: (v) => {
      const { re, im } = fftN(v, new Float64Array(size), { shape: [...shape] });
      for (let i = 0; i < size; i++) {
        const p = powerSpectrum[i]! + white;
        re[i]! /= p;
        im[i]! /= p;
      }
      return fftN(re, im, { shape: [...shape], inverse: true }).re;
    },
  };
}
