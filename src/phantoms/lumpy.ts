/**
 * Lumpy background [rolland1992effect]: Gaussian lumps at places of a Poisson process, on a torus so
 * that the field is exactly stationary:
 *
 *   b(r) = base + Σ_{n=1}^{K} a · exp(−|r − r_n|² / 2s²),  K ~ Poisson(lumps)
 *   mean = base + (lumps/A) · 2π s² a,   P(f) = (lumps/A) · |2π s² a · exp(−2π² s² f²)|²
 */
import { makeImage } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { BackgroundPopulation, Phantom } from "./phantom.ts";
import { radialFrequencies } from "./power-law-field.ts";
import { numberRow } from "../core/parameter-rows.ts";
import { sizeRow } from "./shared-parameters.ts";

const parameters: ParameterTable = {
  size: sizeRow(64),
  lumps: numberRow("lumps", [0, 5, 1e5], "Mean number of lumps in the image"),
  widthPx: numberRow("px", [0.2, 7, 1000], "Standard deviation of a lump; larger is smoother"),
  amplitude: numberRow("1", [-1e6, 1, 1e6], "Height of a lump"),
  base: numberRow("1", [-1e6, 0, 1e6], "Value without lumps"),
};

export const lumpy: Phantom = {
  name: "lumpy",
  title: "Lumpy background",
  summary:
    "Gaussian lumps at random places on a torus: a non-Gaussian background with known mean and covariance.",
  references: ["rolland1992effect"],
  unit: "arbitrary",
  acquisition: "direct",
  dimensions: [2],
  labels: {},
  parameters,
  draw(stream, given) {
    const p = resolveParameters("lumpy", parameters, given);
    const size = p.size as number;
    const s = p.widthPx as number;
    const a = p.amplitude as number;
    const values = new Float64Array(size * size).fill(p.base as number);
    const count = stream.poisson(p.lumps as number);
    const profile = (centre: number): Float64Array => {
      const line = new Float64Array(size);
      // Images of the lump up to 6 s away; farther ones are below 1e-7 of its height.
      const copies = Math.ceil((6 * s) / size);
      for (let i = 0; i < size; i++) {
        for (let c = -copies; c <= copies; c++) {
          line[i]! += Math.exp(-((i - centre + c * size) ** 2) / (2 * s * s));
        }
      }
      return line;
    };
    for (let n = 0; n < count; n++) {
      const px = profile(size * stream.uniform());
      const py = profile(size * stream.uniform());
      for (let j = 0; j < size; j++) {
        const row = a * py[j]!;
        for (let i = 0; i < size; i++) values[j * size + i]! += row * px[i]!;
      }
    }
    return {
      image: makeImage(Float32Array.from(values), [size, size]),
      truth: { lumps: count },
    };
  },
  population: (given) => lumpyPopulation(given),
};

/** Mean and power spectrum of the lumpy background with these parameters, from the formulas above. */
export function lumpyPopulation(given?: Readonly<Record<string, unknown>>): BackgroundPopulation {
  const p = resolveParameters("lumpy", parameters, given);
  const size = p.size as number;
  const s = p.widthPx as number;
  const shape = [size, size] as const;
  const weight = 2 * Math.PI * s * s * (p.amplitude as number);
  const density = (p.lumps as number) / (size * size);
  const spectrum = radialFrequencies(shape).map(
    (f) => density * (weight * Math.exp(-2 * (Math.PI * s * f) ** 2)) ** 2,
  );
  return { mean: (p.base as number) + density * weight, spectrum, shape };
}
