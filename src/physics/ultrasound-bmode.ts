/**
 * B-mode ultrasound: scatterers × pulse-echo point spread (a Gaussian in both directions on the
 * carrier, complex) → electronic noise, growing with depth under time-gain compensation → envelope →
 * log compression to [0, 1].
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
  output: {
    type: "choice",
    choices: ["log", "envelope"],
    default: "log",
    about: "Log-compressed image on [0, 1], or the envelope itself",
  },
};

/** Convolves on the torus with the complex pulse-echo response. */
function echo(
  values: Float64Array,
  shape: readonly [number, number],
  p: { cyclesPerPx: number; axialPx: number; lateralPx: number },
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
    const fill = stream.child("scatterers");
    const scatterers =
      p.object === "scatterers"
        ? Float64Array.from(object.data)
        : Float64Array.from(object.data, (v) => Math.sqrt(Math.max(0, v)) * fill.normal());
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
    const show = (noisy: boolean): Float32Array => {
      const envelope = new Float64Array(re.length);
      let most = 0;
      for (let i = 0; i < re.length; i++) {
        const depth = Math.floor(i / nx) / Math.max(1, ny - 1);
        const sd = noisy ? deepest * 10 ** (((p.attenuationDb as number) * (depth - 1)) / 20) : 0;
        const a = re[i]! + (noisy ? sd * noise.normal() : 0);
        const b = im[i]! + (noisy ? sd * noise.normal() : 0);
        envelope[i] = Math.hypot(a, b);
        most = Math.max(most, envelope[i]!);
      }
      if (p.output === "envelope") return Float32Array.from(envelope);
      const range = p.dynamicRangeDb as number;
      return Float32Array.from(envelope, (v) =>
        most > 0 && v > 0 ? Math.max(0, Math.min(1, 1 + (20 * Math.log10(v / most)) / range)) : 0,
      );
    };
    const unit = p.output === "log" ? ("normalised" as const) : ("arbitrary" as const);
    return {
      image: withData(object, show(true), { unit }),
      reference: context.reference === true ? withData(object, show(false), { unit }) : undefined,
      notes: {},
    };
  },
};
