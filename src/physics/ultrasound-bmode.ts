/**
 * B-mode ultrasound: scatterers × pulse-echo point spread (a Gaussian in both directions on the
 * carrier, complex) → electronic noise, growing with depth under time-gain compensation → envelope →
 * log compression to [0, 1].
 *
 * What a despeckled image should be, `truth: expectation`: many independent scatterers of variance v(x) make the echo
 * a complex normal number of variance Λ = |h|² * v (h is the pulse-echo response), so the envelope A is Rayleigh
 * [goodman1976some], and over all scatterers of that echogenicity
 *
 *   E A = √(πΛ)/2,  E 20·log₁₀ A = 10·log₁₀ Λ − 10γ/ln 10   (γ = 0.5772, Euler's constant: −2.51 dB).
 *
 * The reference shows the mean of what the output shows, envelope or decibels, before it is cut off at black and white.
 */
import { InputError } from "../core/errors.ts";
import { layoutOf, withData } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import { fftN } from "../math/fft.ts";
import type { Acquisition } from "./acquisition.ts";
import { numberRow } from "../core/parameter-rows.ts";

const parameters: ParameterTable = {
  cyclesPerPx: numberRow("cycles/px", [0.02, 0.25, 0.5], "Carrier along depth, pulse-echo"),
  axialPx: numberRow("px", [0.3, 1.2, 50], "Gaussian width of the pulse along depth"),
  lateralPx: numberRow("px", [0.3, 2.2, 50], "Gaussian width of the beam"),
  noiseDb: numberRow(
    "dB",
    [-200, -50, 40],
    "Electronic noise at the deepest row against the mean echo; -200 is none",
  ),
  attenuationDb: numberRow(
    "dB",
    [0, 30, 120],
    "Echo lost from the first row to the last and amplified back",
  ),
  dynamicRangeDb: numberRow("dB", [10, 60, 120], "Range below the brightest echo that is shown"),
  object: {
    type: "choice",
    choices: ["scatterers", "echogenicity"],
    default: "scatterers",
    about:
      "Whether the object holds scatterer strengths, or echogenicity to be filled with random ones",
  },
  truth: {
    type: "choice",
    choices: ["speckle", "expectation"],
    default: "speckle",
    about:
      "What the reference shows: the same speckle without electronic noise, or the mean over all scatterers of the object's echogenicity",
  },
  output: {
    type: "choice",
    choices: ["log", "envelope"],
    default: "log",
    about: "Log-compressed image on [0, 1], or the envelope itself",
  },
};

interface Response {
  readonly cyclesPerPx: number;
  readonly axialPx: number;
  readonly lateralPx: number;
}

/** Convolves on the torus with the complex pulse-echo response. */
function echo(
  values: Float64Array,
  shape: readonly [number, number],
  p: Response,
): { re: Float64Array; im: Float64Array } {
  const [ny, nx] = shape;
  const { re, im } = fftN(values, new Float64Array(values.length), { shape });
  for (let j = 0; j < ny; j++) {
    const fy = (j <= ny / 2 ? j : j - ny) / ny;
    const gy = Math.exp(-2 * (Math.PI * p.axialPx * (fy - p.cyclesPerPx)) ** 2);
    for (let i = 0; i < nx; i++) {
      const fx = (i <= nx / 2 ? i : i - nx) / nx;
      const g = gy * Math.exp(-2 * (Math.PI * p.lateralPx * fx) ** 2);
      re[j * nx + i] = re[j * nx + i]! * g;
      im[j * nx + i] = im[j * nx + i]! * g;
    }
  }
  return fftN(re, im, { shape, inverse: true });
}

/** Variance of the echo of normal scatterers with the given variances: their convolution with |h|², a Gaussian. */
function expectedPower(
  variances: Float64Array,
  shape: readonly [number, number],
  p: Response,
): Float64Array {
  const impulse = new Float64Array(variances.length);
  impulse[0] = 1;
  const h = echo(impulse, shape, p);
  const square = h.re.map((v, i) => v * v + h.im[i]! ** 2);
  const a = fftN(square, new Float64Array(square.length), { shape });
  const b = fftN(variances, new Float64Array(variances.length), { shape });
  const re = a.re.map((v, i) => v * b.re[i]! - a.im[i]! * b.im[i]!);
  const im = a.re.map((v, i) => v * b.im[i]! + a.im[i]! * b.re[i]!);
  // Both factors are not negative: what lies below is rounding.
  return fftN(re, im, { shape, inverse: true }).re.map((v) => Math.max(0, v));
}

/** E 20·log₁₀ A is that of an envelope smaller than √Λ by this factor, exp(−γ/2). */
const meanLogFactor = Math.exp(-0.5772156649015329 / 2);

export const ultrasoundBmode: Acquisition = {
  name: "ultrasound-bmode",
  title: "B-mode ultrasound",
  summary:
    "Scatterers through a pulse-echo response to envelope and log compression: speckle as physics makes it.",
  references: ["goodman1976some"],
  objectUnit: "arbitrary",
  dimensions: [2],
  parameters,
  async acquire(object, stream, given, context = {}) {
    const p = resolveParameters("ultrasound-bmode", parameters, given);
    const { blocks, nz, ny, nx } = layoutOf(object);
    if (blocks * nz !== 1) {
      throw new InputError(
        `Cannot image with ultrasound: found ${blocks * nz} planes, wanted one ("yx")`,
      );
    }
    const bad = object.data.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) {
      throw new InputError(
        `Cannot image with ultrasound: found the value ${object.data[bad]} at index ${bad}, wanted finite numbers`,
      );
    }
    if (p.truth === "expectation" && p.object === "scatterers") {
      throw new InputError(
        "Cannot image with ultrasound: found the truth expectation with an object of scatterers, wanted object: echogenicity, over whose scatterers to take the mean",
      );
    }
    const fill = stream.child("scatterers");
    const echogenicity = Float64Array.from(object.data, (v) => Math.max(0, v));
    const scatterers =
      p.object === "scatterers"
        ? Float64Array.from(object.data)
        : echogenicity.map((v) => Math.sqrt(v) * fill.normal());
    const response = {
      cyclesPerPx: p.cyclesPerPx as number,
      axialPx: p.axialPx as number,
      lateralPx: p.lateralPx as number,
    };
    const { re, im } = echo(scatterers, [ny, nx], response);
    let power = 0;
    for (let i = 0; i < re.length; i++) power += (re[i]! ** 2 + im[i]! ** 2) / re.length;
    const noiseDb = p.noiseDb as number;
    const deepest = noiseDb <= -200 ? 0 : Math.sqrt(power / 2) * 10 ** (noiseDb / 20);
    const noise = stream.child("electronics");
    const envelopeOf = (noisy: boolean): Float64Array =>
      re.map((real, i) => {
        const depth = Math.floor(i / nx) / Math.max(1, ny - 1);
        const sd = noisy ? deepest * 10 ** (((p.attenuationDb as number) * (depth - 1)) / 20) : 0;
        const a = real + (noisy ? sd * noise.normal() : 0);
        const b = im[i]! + (noisy ? sd * noise.normal() : 0);
        return Math.hypot(a, b);
      });
    const measured = envelopeOf(true);
    const most = measured.reduce((a, b) => Math.max(a, b), 0);
    const show = (envelope: Float64Array): Float32Array => {
      if (p.output === "envelope") return Float32Array.from(envelope);
      const range = p.dynamicRangeDb as number;
      return Float32Array.from(envelope, (v) =>
        most > 0 && v > 0 ? Math.max(0, Math.min(1, 1 + (20 * Math.log10(v / most)) / range)) : 0,
      );
    };
    const reference = (): Float32Array => {
      if (p.truth === "speckle") return show(envelopeOf(false));
      const factor = p.output === "envelope" ? Math.sqrt(Math.PI) / 2 : meanLogFactor;
      return show(
        expectedPower(echogenicity, [ny, nx], response).map((v) => factor * Math.sqrt(v)),
      );
    };
    const unit = p.output === "log" ? ("normalised" as const) : ("arbitrary" as const);
    return {
      image: withData(object, show(measured), { unit }),
      reference: context.reference === true ? withData(object, reference(), { unit }) : undefined,
      notes: {},
    };
  },
};
