/**
 * Signals put into images: into objects as they are, and into reconstructed images with the blur that
 * the acquisition would have given them.
 */
import { InputError } from "../core/errors.ts";
import { layoutOf, withData, type Image } from "../core/image.ts";
import { fftN, signedFrequency } from "../math/fft.ts";

/** Image plus signal; both have the same number of values. */
export function addSignal(image: Image, signal: ArrayLike<number>): Image {
  if (signal.length !== image.data.length) {
    throw new InputError(
      `Cannot insert a signal: found ${signal.length} values, wanted ${image.data.length}`,
    );
  }
  return withData(
    image,
    Float32Array.from(image.data, (v, i) => v + signal[i]!),
  );
}

/**
 * Modulation transfer in the slice plane at a radial frequency in cycles per mm: 1 at 0. An
 * acquisition's own comes from its kernel, its pixel and its focal spot.
 */
export type RadialTransfer = (cyclesPerMm: number) => number;

/** A Gaussian transfer function that falls to one half at `half` cycles per mm. */
export function gaussianTransfer(half: number): RadialTransfer {
  return (f) => 2 ** -((f / half) ** 2);
}

/**
 * The signal as the acquisition would show it: each slice filtered by the transfer function, on a
 * field twice as large so that nothing wraps round.
 *
 * @param signal values on the image's grid, in its unit
 */
export function blurSignal(
  image: Image,
  signal: Float32Array,
  { transfer }: { transfer: RadialTransfer },
): Float32Array {
  const { blocks, nz, ny, nx } = layoutOf(image);
  if (signal.length !== image.data.length) {
    throw new InputError(
      `Cannot blur a signal: found ${signal.length} values, wanted ${image.data.length}`,
    );
  }
  const [, dy, dx] = image.spacing;
  const shape = [2 * ny, 2 * nx] as const;
  const gain = new Float64Array(shape[0] * shape[1]);
  for (let j = 0; j < shape[0]; j++) {
    const fy = signedFrequency(j, shape[0]) / (shape[0] * dy);
    for (let i = 0; i < shape[1]; i++) {
      const fx = signedFrequency(i, shape[1]) / (shape[1] * dx);
      gain[j * shape[1] + i] = transfer(Math.hypot(fx, fy));
    }
  }
  const out = new Float32Array(signal.length);
  for (let k = 0; k < blocks * nz; k++) {
    const slice = signal.subarray(k * ny * nx, (k + 1) * ny * nx);
    if (slice.every((v) => v === 0)) continue;
    const padded = new Float64Array(gain.length);
    for (let j = 0; j < ny; j++) padded.set(slice.subarray(j * nx, (j + 1) * nx), j * shape[1]);
    const { re, im } = fftN(padded, new Float64Array(gain.length), { shape });
    for (let n = 0; n < gain.length; n++) {
      re[n] = re[n]! * gain[n]!;
      im[n] = im[n]! * gain[n]!;
    }
    const blurred = fftN(re, im, { shape, inverse: true }).re;
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        out[(k * ny + j) * nx + i] = blurred[j * shape[1] + i]!;
      }
    }
  }
  return out;
}

/** Puts a signal into a real image with the acquisition's blur. */
export function insertIntoReal(
  image: Image,
  signal: Float32Array,
  options: { transfer: RadialTransfer },
): Image {
  if (!image.spacingKnown) {
    throw new InputError(
      "Cannot insert a lesion with the acquisition's blur: found an image without spacing, wanted one in mm",
    );
  }
  return addSignal(image, blurSignal(image, signal, options));
}
