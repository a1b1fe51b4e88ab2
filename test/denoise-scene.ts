/** Test objects for denoisers: known truth with edges, slopes, fine lines and weak texture. */
import { type Image, makeImage, withData } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";

/** A plane with values from 0 to about 200: ellipses on a slope, bars of three widths, faint waves. */
export function scene(ny: number, nx = ny): Image {
  return makeImage(sceneValues(1, ny, nx), [ny, nx]);
}

/** The same as a volume whose ellipses change size along z. */
export function sceneVolume(nz: number, ny: number, nx = ny): Image {
  return makeImage(sceneValues(nz, ny, nx), [nz, ny, nx]);
}

function sceneValues(nz: number, ny: number, nx: number): Float32Array {
  const out = new Float32Array(nz * ny * nx);
  const ellipses = [
    { cy: 0.5, cx: 0.5, ry: 0.42, rx: 0.36, add: 90 },
    { cy: 0.4, cx: 0.42, ry: 0.14, rx: 0.1, add: -35 },
    { cy: 0.55, cx: 0.62, ry: 0.09, rx: 0.12, add: 40 },
    { cy: 0.68, cx: 0.42, ry: 0.05, rx: 0.05, add: 18 },
  ];
  for (let z = 0; z < nz; z++) {
    const swell = nz > 1 ? 1 - 0.35 * Math.abs((2 * z) / (nz - 1) - 1) : 1;
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const v = (y + 0.5) / ny;
        const u = (x + 0.5) / nx;
        let value = 30 + 20 * u + 10 * v;
        for (const e of ellipses) {
          const r = ((v - e.cy) / (e.ry * swell)) ** 2 + ((u - e.cx) / (e.rx * swell)) ** 2;
          if (r < 1) value += e.add;
        }
        if (v > 0.8 && v < 0.92 && u > 0.3 && u < 0.7) {
          const width = u < 0.45 ? 2 : u < 0.58 ? 3 : 5;
          if (Math.floor(x / width) % 2 === 0) value += 25;
        }
        if (u < 0.12) value += 4 * Math.sin((2 * Math.PI * y) / 9);
        out[(z * ny + y) * nx + x] = value;
      }
    }
  }
  return out;
}

/** Adds white Gaussian noise of standard deviation `sigma`, from a named stream. */
export function withGaussianNoise(image: Image, sigma: number, seed: number): Image {
  const stream = streamOf(seed, "scene-noise");
  return withData(
    image,
    image.data.map((v) => v + sigma * stream.normal()),
  );
}

/** Rician magnitudes of standard deviation `sigma` in each channel. */
export function withRicianNoise(image: Image, sigma: number, seed: number): Image {
  const stream = streamOf(seed, "scene-rician");
  return withData(
    image,
    image.data.map((v) => Math.hypot(v + sigma * stream.normal(), sigma * stream.normal())),
  );
}

/** Mean squared difference of two images. */
export function meanSquare(a: Image, b: Image): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i]! - b.data[i]!) ** 2;
  return sum / a.data.length;
}

/** Gain in dB of `result` over `noisy` against the truth. */
export function gainDb(truth: Image, noisy: Image, result: Image): number {
  return 10 * Math.log10(meanSquare(noisy, truth) / meanSquare(result, truth));
}
