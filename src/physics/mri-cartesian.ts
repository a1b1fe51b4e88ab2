/**
 * Cartesian magnetic resonance: object × coil sensitivity → Fourier transform → sampled lines with
 * complex noise → zero-filled inverse transform → magnitude or root of the sum of squares.
 *
 * `sigma` is the standard deviation of the real and imaginary part of each coil's image when every
 * line is sampled: then one coil gives Rician, L flat coils non-central chi magnitudes.
 */
import { InputError } from "../core/errors.ts";
import { layoutOf, withData, type Image } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";
import { fftN } from "../math/fft.ts";
import type { Acquisition } from "./acquisition.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";

const parameters: ParameterTable = {
  sigma: numberRow("image unit", [0, 0.03, 1e9], "Noise of each coil's real and imaginary part"),
  coils: wholeRow("coils", [1, 1, 64], "Receiver coils"),
  coilWidth: numberRow(
    "1",
    [0, 0, 10],
    "Width of a coil's sensitivity in fields of view; 0 makes coils see everything alike",
  ),
  acceleration: numberRow("1", [1, 1, 32], "Share of phase lines left out: 4 keeps one in four"),
  centreShare: numberRow("1", [0, 0.08, 1], "Share of the lines in the middle that is always kept"),
  pattern: {
    type: "choice",
    choices: ["random", "regular"],
    default: "random",
    about: "Which lines outside the middle are kept",
  },
  resolution: numberRow(
    "1",
    [0.05, 1, 1],
    "Share of the frequencies that are sampled at all; below 1 edges ring (Gibbs)",
  ),
};

/** Kept phase lines by index in transform order, the same for all coils. */
function sampledLines(
  ny: number,
  stream: Stream,
  p: { acceleration: number; centreShare: number; pattern: string; resolution: number },
): Uint8Array {
  const kept = new Uint8Array(ny);
  const frequency = (k: number): number => (k <= ny / 2 ? k : k - ny);
  for (let k = 0; k < ny; k++) {
    const f = Math.abs(frequency(k));
    const u = stream.uniform();
    if (f > (p.resolution * ny) / 2) continue;
    const middle = f <= (p.centreShare * ny) / 2;
    const chosen =
      p.pattern === "regular"
        ? (frequency(k) + 1e6 * Math.round(p.acceleration)) % Math.round(p.acceleration) === 0
        : u < 1 / p.acceleration;
    if (p.acceleration === 1 || middle || chosen) kept[k] = 1;
  }
  return kept;
}

/** Sensitivity of a coil on a ring about the field of view; 1 everywhere for width 0. */
function sensitivity(
  image: Image,
  { coil, coils, width }: { coil: number; coils: number; width: number },
): Float64Array {
  const { ny, nx } = layoutOf(image);
  const out = new Float64Array(ny * nx).fill(1);
  if (width === 0) return out;
  const angle = (2 * Math.PI * coil) / coils;
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const x = i / nx - 0.5 - 0.6 * Math.cos(angle);
      const y = j / ny - 0.5 - 0.6 * Math.sin(angle);
      out[j * nx + i] = Math.exp(-(x * x + y * y) / (2 * width * width));
    }
  }
  return out;
}

export const mriCartesian: Acquisition = {
  name: "mri-cartesian",
  title: "Cartesian magnetic resonance",
  summary:
    "k-space sampling with complex coil noise, undersampling and truncation, zero-filled to magnitude images.",
  references: ["gudbjartsson1995rician", "constantinides1997signal"],
  objectUnit: "arbitrary",
  dimensions: [2, 3],
  parameters,
  async acquire(object, stream, given, context = {}) {
    const p = resolveParameters("mri-cartesian", parameters, given);
    const bad = object.data.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) {
      throw new InputError(
        `Cannot sample k-space: found the value ${object.data[bad]} at index ${bad}, wanted finite numbers`,
      );
    }
    const { blocks, nz, ny, nx } = layoutOf(object);
    const plane = ny * nx;
    const lines = sampledLines(ny, stream.child("lines"), {
      acceleration: p.acceleration as number,
      centreShare: p.centreShare as number,
      pattern: p.pattern as string,
      resolution: p.resolution as number,
    });
    const coils = p.coils as number;
    const noisySquares = new Float64Array(object.data.length);
    const cleanSquares = new Float64Array(object.data.length);
    // A coefficient of the unnormalised transform of white noise has N times its variance.
    const sigmaK = (p.sigma as number) * Math.sqrt(plane);
    for (let k = 0; k < blocks * nz; k++) {
      const slice = object.data.subarray(k * plane, (k + 1) * plane);
      for (let coil = 0; coil < coils; coil++) {
        const seen = sensitivity(object, { coil, coils, width: p.coilWidth as number });
        const noise = stream.child("noise", k, coil);
        const { re, im } = fftN(
          Float64Array.from(slice, (v, i) => v * seen[i]!),
          new Float64Array(plane),
          { shape: [ny, nx] },
        );
        const half = ((p.resolution as number) * nx) / 2;
        const kept = (i: number): boolean => {
          const column = i % nx;
          const f = column <= nx / 2 ? column : nx - column;
          return lines[Math.floor(i / nx)] === 1 && f <= half;
        };
        const sampled = (noisy: boolean): Float64Array => {
          const a = new Float64Array(plane);
          const b = new Float64Array(plane);
          for (let i = 0; i < plane; i++) {
            const n1 = noisy ? sigmaK * noise.normal() : 0;
            const n2 = noisy ? sigmaK * noise.normal() : 0;
            if (!kept(i)) continue;
            a[i] = re[i]! + n1;
            b[i] = im[i]! + n2;
          }
          const back = fftN(a, b, { shape: [ny, nx], inverse: true });
          return back.re.map((v, i) => v * v + back.im[i]! ** 2);
        };
        const add = (to: Float64Array, squares: Float64Array): void => {
          for (let i = 0; i < plane; i++) to[k * plane + i]! += squares[i]!;
        };
        add(noisySquares, sampled(true));
        if (context.reference === true) add(cleanSquares, sampled(false));
      }
    }
    const root = (squares: Float64Array): Image =>
      withData(object, Float32Array.from(squares, Math.sqrt));
    const keptLines = lines.reduce((s, v) => s + v, 0);
    return {
      image: root(noisySquares),
      reference: context.reference === true ? root(cleanSquares) : undefined,
      notes: { keptLines, lines: ny },
    };
  },
};
