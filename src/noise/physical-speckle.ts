/**
 * Speckle as coherent imaging makes it: scatterers of independent phase, weighted with the image,
 * blurred by the point-spread function; what is seen is the envelope:
 *
 *   y = |h ∗ (x·z)|,  z complex normal with E|z|² = 1
 *
 * h ∗ (x·z) is circular complex normal with variance V = |h|² ∗ x², so the envelope is Rayleigh:
 * mean √(πV)/2, variance V(1 − π/4). Neighbours are correlated over the width of h.
 */
import { layoutOf, withData, type Image } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
  type ParameterValuesOf,
} from "../core/parameters.ts";
import type { NoiseModel } from "./noise-model.ts";
import { numberRow } from "../core/parameter-rows.ts";
import { requireNonNegative } from "./parameter-rows.ts";

const parameters = {
  axialPx: numberRow("px", [0.05, 1, 100], "Gaussian width of the point spread along y"),
  lateralPx: numberRow("px", [0.05, 2, 100], "Gaussian width of the point spread along x"),
} as const satisfies ParameterTable;

type Values = ParameterValuesOf<typeof parameters>;

const valuesOf = (given?: ParameterValues) =>
  resolveParameters("physical-speckle", parameters, given);

/** Sampled Gaussian of the given width with unit energy, Σh² = 1. */
function unitEnergyGaussian(width: number): Float64Array {
  const reach = Math.max(1, Math.ceil(4.5 * width));
  const h = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * width * width)),
  );
  const energy = Math.sqrt(h.reduce((sum, v) => sum + v * v, 0));
  return h.map((v) => v / energy);
}

/** Separable convolution slice by slice with mirrored borders. */
function blur(
  values: Float64Array,
  image: Image,
  { along, across }: { along: Float64Array; across: Float64Array },
): Float64Array {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const mirror = (i: number, n: number): number => {
    const m = ((i % (2 * n)) + 2 * n) % (2 * n);
    return m < n ? m : 2 * n - 1 - m;
  };
  const rx = (across.length - 1) / 2;
  const ry = (along.length - 1) / 2;
  const middle = new Float64Array(values.length);
  const out = new Float64Array(values.length);
  for (let k = 0; k < blocks * nz; k++) {
    const base = k * ny * nx;
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        let sum = 0;
        for (let t = -rx; t <= rx; t++) {
          sum += across[t + rx]! * values[base + j * nx + mirror(i + t, nx)]!;
        }
        middle[base + j * nx + i] = sum;
      }
    }
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        let sum = 0;
        for (let t = -ry; t <= ry; t++) {
          sum += along[t + ry]! * middle[base + mirror(j + t, ny) * nx + i]!;
        }
        out[base + j * nx + i] = sum;
      }
    }
  }
  return out;
}

/**
 * V = E|h ∗ (x·z)|². At the borders mirrored scatterers are the same scatterers, so weights add up
 * before they are squared: exact there too.
 */
function envelopePower(image: Image, values: Values): Float64Array {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const fold = (h: Float64Array, n: number): Float64Array => {
    // Row i holds the squared weight of every source place in output i.
    const r = (h.length - 1) / 2;
    const rows = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      const row = new Float64Array(n);
      for (let t = -r; t <= r; t++) {
        const m = (((i + t) % (2 * n)) + 2 * n) % (2 * n);
        row[m < n ? m : 2 * n - 1 - m]! += h[t + r]!;
      }
      for (let s = 0; s < n; s++) rows[i * n + s] = row[s]! ** 2;
    }
    return rows;
  };
  const across = fold(unitEnergyGaussian(values.lateralPx), nx);
  const along = fold(unitEnergyGaussian(values.axialPx), ny);
  const rx = Math.ceil(4.5 * values.lateralPx) + 1;
  const ry = Math.ceil(4.5 * values.axialPx) + 1;
  const middle = new Float64Array(image.data.length);
  const out = new Float64Array(image.data.length);
  for (let k = 0; k < blocks * nz; k++) {
    const base = k * ny * nx;
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        let sum = 0;
        for (let s = Math.max(0, i - rx); s <= Math.min(nx - 1, i + rx); s++) {
          sum += across[i * nx + s]! * image.data[base + j * nx + s]! ** 2;
        }
        middle[base + j * nx + i] = sum;
      }
    }
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        let sum = 0;
        for (let s = Math.max(0, j - ry); s <= Math.min(ny - 1, j + ry); s++) {
          sum += along[j * ny + s]! * middle[base + s * nx + i]!;
        }
        out[base + j * nx + i] = sum;
      }
    }
  }
  return out;
}

export const physicalSpeckle: NoiseModel = {
  name: "physical-speckle",
  title: "Physical speckle",
  summary:
    "Envelope of randomly phased scatterers behind a point-spread function: correlated Rayleigh speckle.",
  references: ["goodman1976some"],
  domain: "non-negative",
  additive: false,
  parameters,
  add(image, stream, given) {
    const values = valuesOf(given);
    requireNonNegative("physical speckle", image);
    const kernels = {
      along: unitEnergyGaussian(values.axialPx),
      across: unitEnergyGaussian(values.lateralPx),
    };
    const part = (): Float64Array =>
      blur(
        Float64Array.from(image.data, (x) => x * Math.SQRT1_2 * stream.normal()),
        image,
        kernels,
      );
    const re = part();
    const im = part();
    return withData(
      image,
      Float32Array.from(re, (v, i) => Math.hypot(v, im[i]!)),
    );
  },
  mean: (image, given) =>
    envelopePower(image, valuesOf(given)).map((v) => 0.5 * Math.sqrt(Math.PI * v)),
  variance: (image, given) =>
    envelopePower(image, valuesOf(given)).map((v) => v * (1 - Math.PI / 4)),
};
