import { makeImage } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Phantom } from "./phantom.ts";
import {
  drawField,
  powerLawSpectrum,
  radialFrequencies,
  scaleSpectrum,
  type ExponentConvention,
} from "./power-law-field.ts";
import { numberRow } from "../core/parameter-rows.ts";
import { sizeRow, slicesRow } from "./shared-parameters.ts";

const parameters: ParameterTable = {
  size: sizeRow(64),
  slices: slicesRow(),
  spectrum: {
    type: "choice",
    choices: ["power-law", "gaussian", "band", "white"],
    default: "power-law",
    about: "Shape of the power spectrum: 1/f^λ, a Gaussian, a ring around one frequency, or flat",
  },
  exponent: numberRow("1", [0, 3, 8], "λ of the power law; larger gives larger structures"),
  convention: {
    type: "choice",
    choices: ["amplitude", "power"],
    default: "power",
    about: "Whether λ is the exponent of the amplitude or of the power spectrum",
  },
  correlationPx: numberRow(
    "px",
    [0.1, 4, 1000],
    "Gaussian: standard deviation of the autocovariance; larger is smoother",
  ),
  frequency: numberRow(
    "cycles/px",
    [0, 0.1, 0.7],
    "Band: middle of the ring; larger gives finer structures",
  ),
  bandwidth: numberRow("cycles/px", [0.001, 0.03, 0.5], "Band: standard deviation of the ring"),
  mean: numberRow("1", [-1e6, 0, 1e6], "Mean value"),
  sigma: numberRow("1", [0, 1, 1e6], "Ensemble standard deviation"),
};

/**
 * Power spectrum of the field that `gaussian-field` draws with these parameters, row-major over
 * [size, size] or [slices, size, size]; its mean is sigma². The covariance is circulant with these
 * eigenvalues.
 */
export function gaussianFieldSpectrum(given?: Readonly<Record<string, unknown>>): {
  spectrum: Float64Array;
  shape: readonly number[];
} {
  const p = resolveParameters("gaussian-field", parameters, given);
  const size = p.size as number;
  const slices = p.slices as number;
  const shape = slices === 1 ? [size, size] : [slices, size, size];
  const variance = (p.sigma as number) ** 2;
  const radii = radialFrequencies(shape);
  const ell = p.correlationPx as number;
  const f0 = p.frequency as number;
  const width = p.bandwidth as number;
  const kinds: Record<string, () => Float64Array> = {
    "power-law": () =>
      powerLawSpectrum({
        shape,
        exponent: p.exponent as number,
        convention: p.convention as ExponentConvention,
      }),
    // C(r) = σ² exp(−r²/2ℓ²) on the torus has P(f) ∝ exp(−2π²ℓ²f²).
    gaussian: () => radii.map((f) => Math.exp(-2 * (Math.PI * ell * f) ** 2)),
    band: () => radii.map((f) => Math.exp(-0.5 * ((f - f0) / width) ** 2)),
    white: () => new Float64Array(radii.length).fill(1),
  };
  return { spectrum: scaleSpectrum(kinds[p.spectrum as string]!(), variance), shape };
}

export const gaussianField: Phantom = {
  name: "gaussian-field",
  title: "Gaussian random field",
  summary:
    "A stationary, periodic normal field with a power-law, Gaussian, band or white spectrum; the observer's covariance is known exactly.",
  references: [],
  unit: "arbitrary",
  acquisition: "direct",
  dimensions: [2, 3],
  labels: {},
  parameters,
  draw(stream, given) {
    const { spectrum, shape } = gaussianFieldSpectrum(given);
    const mean = (given?.mean as number | undefined) ?? 0;
    const field = drawField(stream, { spectrum, shape });
    return {
      image: makeImage(
        Float32Array.from(field, (g) => mean + g),
        shape,
      ),
      truth: {},
    };
  },
  population: (given) => ({
    mean: resolveParameters("gaussian-field", parameters, given).mean as number,
    ...gaussianFieldSpectrum(given),
  }),
};
