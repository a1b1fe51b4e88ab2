/**
 * False structure: what a denoiser makes of uniform water.
 *
 * - variance: of the denoised scans without inserts about their truth, as a share of the noise's, beside the share that the
 *   linear band of the same setting lets through; what is more is noise that looks like structure
 * - runs: mean coherence of the structure tensor of the denoised images, (λ₁ − λ₂)²/(λ₁ + λ₂)², beside images of the
 *   same power spectrum with random phases; filaments stand out as many standard deviations
 * - mean frequency of the noise's power, before and after
 */
import { streamOf } from "../../src/core/random.ts";
import { bandKeeping } from "../../src/denoise/preserving/band.ts";
import { defaultShare } from "../../src/denoise/preserving/preserving.ts";
import { fftN, signedFrequency } from "../../src/math/fft.ts";
import { openMethod } from "../../src/workflows/open-method.ts";
import { type GoalRow, meanOf, metIf } from "./goal-row.ts";
import { errorOf, pass, planeOf, scansOf, side } from "./module.ts";

/** Side of the square in the middle of the module that is looked at. */
const n = 96;
const reach = 4;

function middleOf(values: ArrayLike<number>, truth: ArrayLike<number>): Float64Array {
  const from = (side - n) / 2;
  const start = Math.floor(from);
  return Float64Array.from({ length: n * n }, (_, i) => {
    const at = (start + Math.floor(i / n)) * side + start + (i % n);
    return values[at]! - truth[at]!;
  });
}

/** Mean coherence of the structure tensor over squares of 2·reach + 1 px. */
function coherenceOf(values: Float64Array): number {
  const at = (y: number, x: number) => values[y * n + x]!;
  let [sum, count] = [0, 0];
  for (let y = reach + 1; y < n - reach - 1; y += reach) {
    for (let x = reach + 1; x < n - reach - 1; x += reach) {
      let [a, b, c] = [0, 0, 0];
      for (let v = y - reach; v <= y + reach; v++) {
        for (let u = x - reach; u <= x + reach; u++) {
          const [gy, gx] = [at(v + 1, u) - at(v - 1, u), at(v, u + 1) - at(v, u - 1)];
          a += gy * gy;
          b += gx * gx;
          c += gy * gx;
        }
      }
      if (a + b === 0) continue;
      sum += ((a - b) ** 2 + 4 * c * c) / (a + b) ** 2;
      count++;
    }
  }
  return sum / count;
}

/** The image with its power spectrum and the phases of white noise. */
function surrogate(values: Float64Array, stream: ReturnType<typeof streamOf>): Float64Array {
  const shape = [n, n];
  const own = fftN(values, new Float64Array(n * n), { shape });
  const white = fftN(stream.normals(n * n), new Float64Array(n * n), { shape });
  for (let i = 0; i < n * n; i++) {
    const length = Math.hypot(white.re[i]!, white.im[i]!);
    const factor = length > 0 ? Math.hypot(own.re[i]!, own.im[i]!) / length : 0;
    white.re[i]! *= factor;
    white.im[i]! *= factor;
  }
  return fftN(white.re, white.im, { shape, inverse: true }).re;
}

function meanFrequency(images: readonly Float64Array[]): number {
  let [sum, first] = [0, 0];
  for (const values of images) {
    const { re, im } = fftN(values, new Float64Array(n * n), { shape: [n, n] });
    for (let i = 1; i < n * n; i++) {
      const f = Math.hypot(signedFrequency(i % n, n), signedFrequency(Math.floor(i / n), n)) / n;
      sum += re[i]! ** 2 + im[i]! ** 2;
      first += f * (re[i]! ** 2 + im[i]! ** 2);
    }
  }
  return first / sum;
}

export async function falseStructureRows(
  method: string,
  { scans: count }: { scans: number },
): Promise<GoalRow[]> {
  const scans = scansOf(0.25, count, "goals structure");
  const stream = streamOf(20_261_204, "phases");
  const band = bandKeeping({ diameterMm: 5, share: defaultShare, form: "flat-top", dimensions: 2 });
  const linear = scans.absent.map((g) =>
    pass(
      g.map((v, i) => v - scans.truth[i]!),
      band.transfer,
    ),
  );
  const zero = new Float32Array(side * side);
  const variance = (errors: readonly number[]) =>
    errors.reduce((sum, v) => sum + v * v, 0) / errors.length / scans.sigma ** 2;
  const through = variance(linear.map((v) => errorOf(v, zero)));
  const rows: GoalRow[] = [];
  const before = meanFrequency(scans.absent.map((g) => middleOf(g, scans.truth)));
  const names = [`preserving+${method}`, method, "drunet-light", "non-local-means", "bm3d"];
  for (const name of names) {
    const { denoiser } = await openMethod(name, { threads: 1 });
    const images: Float32Array[] = [];
    for (const g of scans.absent) {
      images.push((await denoiser.denoise(planeOf(g), {}, { sigma: scans.sigma })).data);
    }
    const parts = images.map((v) => middleOf(v, scans.truth));
    const z = parts.map((part) => {
      const chance = Array.from({ length: 12 }, () => coherenceOf(surrogate(part, stream)));
      const mean = chance.reduce((a, b) => a + b, 0) / chance.length;
      const sd = Math.sqrt(chance.reduce((a, v) => a + (v - mean) ** 2, 0) / (chance.length - 1));
      return (coherenceOf(part) - mean) / sd;
    });
    const { mean, half } = meanOf(z);
    const kept = variance(images.map((v) => errorOf(v, scans.truth)));
    const ours = name === names[0];
    rows.push({
      goal: `false structure in water at 25 % dose, ${name}`,
      measured: `variance ${kept.toFixed(4)} of the noise's (the 5 mm band alone ${through.toFixed(4)}); coherence ${mean.toFixed(1)} ± ${half.toFixed(1)} sd above chance; mean frequency ${before.toFixed(3)} → ${meanFrequency(parts).toFixed(3)} cycles/px`,
      wanted: ours ? "no filaments: coherence within 2 sd of chance" : "beside it",
      met: ours ? metIf(mean < 2) : "–",
    });
  }
  return rows;
}
