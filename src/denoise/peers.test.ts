/** Figures of other packages on the same inputs, recorded by bench/peers/denoise.ts. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { meanSquare, scene, sceneVolume, withGaussianNoise } from "../../test/denoise-scene.ts";
import { type Image, withData } from "../core/image.ts";
import { mirrored } from "./blocks.ts";
import { findDenoiser } from "./find-denoiser.ts";
import { estimateNoise } from "./noise-level/estimate-noise.ts";

interface Row {
  readonly input: string;
  readonly sigma: number;
  readonly label: string;
  readonly name: string;
  readonly parameters: Record<string, number | string>;
  readonly psnr: number;
  /** PSNR of all but 8 px at the border. */
  readonly inside: number;
  readonly within: number;
  readonly insideOnly?: boolean;
}

/** scikit-image's estimate of the noise level from the finest wavelet band. */
interface Level {
  readonly input: string;
  readonly sigma: number;
  readonly estimate: number;
}

const path = new URL("../../test/data/peer-denoisers.json", import.meta.url);
const recorded = existsSync(path)
  ? (JSON.parse(readFileSync(path, "utf8")) as {
      origin: string;
      rows: Row[];
      levels: Level[];
    })
  : { origin: "absent", rows: [], levels: [] };

const truths: Readonly<Record<string, Image>> = {
  "scene(48) + 64": withData(
    scene(48),
    scene(48).data.map((v) => v + 64),
  ),
  "scene(160)": scene(160),
  "sceneVolume(12, 40)": sceneVolume(12, 40),
};

function psnr(image: Image, truth: Image): number {
  return 10 * Math.log10(255 ** 2 / meanSquare(image, truth));
}

function inputOf(row: Pick<Row, "input" | "sigma">): { truth: Image; noisy: Image } {
  const truth = truths[row.input]!;
  return { truth, noisy: withGaussianNoise(truth, row.sigma, 31) };
}

describe(`recorded figures: ${recorded.origin}`, () => {
  it("are there", () => {
    expect(recorded.rows.length).toBeGreaterThan(15);
  });

  it.each(recorded.rows.map((row) => [`${row.label}, ${row.input}, σ ${row.sigma}`, row] as const))(
    "%s",
    async (_, row) => {
      const { truth, noisy } = inputOf(row);
      const denoiser = await findDenoiser(row.name);
      const ours = await denoiser.denoise(noisy, row.parameters, { sigma: row.sigma });
      const apart = row.insideOnly
        ? insidePsnr(ours, truth) - row.inside
        : psnr(ours, truth) - row.psnr;
      expect(Math.abs(apart)).toBeLessThan(row.within);
    },
  );

  it.each(recorded.levels.map((level) => [`${level.input}, σ ${level.sigma}`, level] as const))(
    "noise level from the finest wavelet band, %s",
    (_, level) => {
      const { sigma } = estimateNoise(inputOf(level).noisy, { method: "wavelet" });
      // Few coefficients on 48 × 48 px, of which the border's, extended differently, are a tenth.
      const within = level.input.startsWith("scene(48)") ? 0.05 : 0.01;
      expect(Math.abs(sigma / level.estimate - 1)).toBeLessThan(within);
    },
  );

  it("agree on average where single transforms differ by chance", async () => {
    const rows = recorded.rows.filter((row) => row.name === "wavelet-shrinkage");
    let sum = 0;
    for (const row of rows) {
      const { truth, noisy } = inputOf(row);
      const denoiser = await findDenoiser(row.name);
      const ours = await denoiser.denoise(noisy, row.parameters, { sigma: row.sigma });
      sum += (psnr(ours, truth) - row.psnr) / rows.length;
    }
    expect(Math.abs(sum)).toBeLessThan(0.1);
  });
});

/** PSNR without 8 px at the border. */
function insidePsnr(image: Image, truth: Image): number {
  const [ny = 1, nx = 1] = image.shape;
  let [sum, count] = [0, 0];
  for (let y = 8; y < ny - 8; y++) {
    for (let x = 8; x < nx - 8; x++) {
      sum += (image.data[y * nx + x]! - truth.data[y * nx + x]!) ** 2;
      count++;
    }
  }
  return 10 * Math.log10((255 ** 2 * count) / sum);
}

/** Weighted mean over a square window with any weight of the offset and the two places. */
function windowMean(
  image: Image,
  reach: number,
  weight: (
    dy: number,
    dx: number,
    y: number,
    x: number,
    v: (y: number, x: number) => number,
  ) => number,
): Image {
  const [ny = 1, nx = 1] = image.shape;
  const v = (y: number, x: number) => image.data[mirrored(y, ny) * nx + mirrored(x, nx)]!;
  const out = new Float32Array(image.data.length);
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) {
      let [sum, all] = [0, 0];
      for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
          const w = weight(dy, dx, y, x, v);
          sum += w * v(y + dy, x + dx);
          all += w;
        }
      }
      out[y * nx + x] = sum / all;
    }
  }
  return withData(image, out);
}

/*
 * bench/peers/bm3d.py (NumPy 1.24.2, SciPy 1.10.1, PyWavelets 1.1.1) and the authors' K-SVD under GNU Octave 7.3
 * on the scene stretched to 0 … 255, because both take grey levels for granted.
 */
describe("patch methods", () => {
  it.each([
    ["bm3d", 28.738],
    ["k-svd", 28.218],
  ])("%s is within 0.2 dB of another program's %f dB", async (name, wanted) => {
    const plain = scene(64);
    const low = Math.min(...plain.data);
    const range = Math.max(...plain.data) - low;
    const truth = withData(
      plain,
      plain.data.map((v) => ((v - low) * 255) / range),
    );
    const denoiser = await findDenoiser(name);
    const ours = await denoiser.denoise(withGaussianNoise(truth, 25, 31), {}, { sigma: 25 });
    expect(Math.abs(psnr(ours, truth) - wanted)).toBeLessThan(0.2);
  });
});

describe("what scikit-image 0.19 computes instead", () => {
  const rowOf = (label: string) =>
    recorded.rows.find((row) => row.input === "scene(48) + 64" && row.label === label)!;

  it("non-local means: a patch of one row and column fewer, divided by the whole", () => {
    const row = rowOf("non-local means");
    const { truth, noisy } = inputOf(row);
    const sigma = row.sigma;
    const h = 0.8 * sigma;
    const result = windowMean(noisy, 8, (dy, dx, y, x, v) => {
      let d2 = 0;
      for (let a = -1; a <= 2; a++) {
        for (let b = -1; b <= 2; b++) {
          d2 += (v(y + a, x + b) - v(y + dy + a, x + dx + b)) ** 2 - 2 * sigma * sigma;
        }
      }
      return Math.exp(-Math.max(0, d2 / 25) / (h * h));
    });
    // Weights below e^-5 are cut there: a few hundredths of a dB.
    expect(Math.abs(insidePsnr(result, truth) - row.inside)).toBeLessThan(0.1);
  });

  it("bilateral: spatial weights from a table one point too wide", () => {
    const row = rowOf("bilateral (scikit-image)");
    const { truth, noisy } = inputOf(row);
    const spatial = row.parameters.spatial as number;
    const range = (row.parameters.range as number) * row.sigma;
    const radius = Math.ceil(3 * spatial);
    const width = 2 * radius + 1;
    const table = Array.from({ length: (width + 1) ** 2 }, (_, i) => {
      const y = Math.floor(i / (width + 1)) - radius - 1;
      const x = (i % (width + 1)) - radius - 1;
      return Math.exp(-(y * y + x * x) / (2 * spatial * spatial));
    });
    const result = windowMean(noisy, radius, (dy, dx, y, x, v) => {
      const d = v(y + dy, x + dx) - v(y, x);
      return table[(dy + radius) * width + dx + radius]! * Math.exp((-d * d) / (2 * range * range));
    });
    expect(Math.abs(insidePsnr(result, truth) - row.inside)).toBeLessThan(0.02);
  });
});
