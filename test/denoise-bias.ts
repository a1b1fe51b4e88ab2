/** How far denoisers move the mean of flat regions, beside strong and weak edges. */
import { type Image, makeImage, withData } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import type { Denoiser } from "../src/denoise/denoiser.ts";
import { correlatedField } from "./noise-cases.ts";

const side = 128;
/** Of the additive noise, in the scenes' unit. */
const sigma = 12;
const looks = 25;
/** Frames of a series, for members that join them. */
const frames = 6;

/** Values of the scenes: edges of 5 to 12 noise levels, and of one and a half. */
export const biasScenes = {
  "strong edges": { left: 60, strip: 200, ground: 100, disk: 160, corner: 160 },
  "weak edges": { left: 82, strip: 118, ground: 100, disk: 118, corner: 118 },
} as const;

export type BiasScene = keyof typeof biasScenes;

/** Two strips of 32 px, a square of 32 × 64 px and a disk of radius 24 px on a ground. */
function sceneOf(name: BiasScene): Image {
  const { left, strip, ground, disk, corner } = biasScenes[name];
  const data = Float32Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side), i % side];
    if (x < 32) return left;
    if (x < 64) return strip;
    if (y >= 96) return corner;
    return Math.hypot(y - 46, x - 95) < 24 ? disk : ground;
  });
  return makeImage(data, [side, side]);
}

/** Flats without the 3 px beside their edges, and the bands of 5 px that come next. */
const regions: Readonly<Record<string, (y: number, x: number) => boolean>> = {
  "left strip": (_, x) => x < 29,
  "left strip, beside its edge": (_, x) => x >= 24 && x < 29,
  "middle strip": (_, x) => x >= 35 && x < 61,
  "middle strip, beside its edge": (_, x) => x >= 35 && x < 40,
  disk: (y, x) => Math.hypot(y - 46, x - 95) < 21,
  "disk, beside its edge": (y, x) => Math.abs(Math.hypot(y - 46, x - 95) - 18.5) < 2.5,
  corner: (y, x) => y >= 99 && x >= 67,
  "corner, beside its edge": (y, x) => y >= 99 && y < 104 && x >= 67,
};

/** The scene in the kind of noise that a denoiser is made for. */
function noisyScene(
  truth: Image,
  kind: Denoiser["noise"],
  { seed, blur }: { seed: number; blur: number },
): Image {
  const stream = streamOf(seed, "bias", kind);
  const field = correlatedField(stream, { side, blur });
  return withData(
    truth,
    truth.data.map((v, i) => {
      if (kind === "speckle") return (v * stream.gamma(looks)) / looks;
      if (kind === "rician") return Math.hypot(v + sigma * field[i]!, sigma * stream.normal());
      if (kind === "poisson-gaussian") return 2 * stream.poisson(v / 2) + 3 * stream.normal();
      if (kind === "impulse") {
        const u = stream.uniform();
        return u < 0.05 ? 0 : u < 0.1 ? 255 : v;
      }
      return v + sigma * field[i]!;
    }),
  );
}

/** What a denoiser is told, and the standard deviation of a pixel of some value. */
function levels(kind: Denoiser["noise"]): { told: number; at: (value: number) => number } {
  const share = 1 / Math.sqrt(looks);
  if (kind === "speckle") return { told: share, at: (v) => share * v };
  if (kind === "poisson-gaussian") return { told: 3, at: (v) => Math.sqrt(2 * v + 9) };
  return { told: sigma, at: () => sigma };
}

export interface Bias {
  /** Mean shift of the worst region in multiples of its noise level. */
  readonly shift: number;
  readonly region: string;
}

/**
 * The largest mean shift over the regions of a scene, averaged over draws of the noise.
 *
 * @param options.blur standard deviation in px of the kernel that correlates Gaussian noise; 0 is white
 */
export async function biasOf(
  denoiser: Denoiser,
  options: { readonly scene: BiasScene; readonly draws: number; readonly blur?: number },
): Promise<Bias> {
  const truth = sceneOf(options.scene);
  const { told, at } = levels(denoiser.noise);
  const sums = new Map<string, number>();
  for (let draw = 0; draw < options.draws; draw++) {
    const drawn = (seed: number) =>
      noisyScene(truth, denoiser.noise, { seed, blur: options.blur ?? 0 });
    const { before, after } = await denoised(denoiser, drawn, { draw, told });
    // Noise of mean zero moves no mean: what the draw itself moves is taken off.
    const unbiased = denoiser.noise !== "rician" && denoiser.noise !== "impulse";
    const reference = unbiased ? before : truth.data;
    for (const [name, inside] of Object.entries(regions)) {
      let [sum, count] = [0, 0];
      for (let i = 0; i < truth.data.length; i++) {
        if (!inside(Math.floor(i / side), i % side)) continue;
        sum += (after[i]! - reference[i]!) / at(truth.data[i]!);
        count++;
      }
      sums.set(name, (sums.get(name) ?? 0) + sum / count / options.draws);
    }
  }
  const [region, shift] = [...sums].reduce((a, b) => (Math.abs(b[1]) > Math.abs(a[1]) ? b : a));
  return { shift, region };
}

async function denoised(
  denoiser: Denoiser,
  drawn: (seed: number) => Image,
  { draw, told }: { draw: number; told: number },
): Promise<{ before: Float32Array; after: Float32Array }> {
  if (denoiser.joins !== "series") {
    const image = drawn(draw);
    return {
      before: image.data,
      after: (await denoiser.denoise(image, {}, { sigma: told })).data,
    };
  }
  const data = new Float32Array(frames * side * side);
  for (let t = 0; t < frames; t++) data.set(drawn(frames * draw + t).data, t * side * side);
  const series = makeImage(data, [frames, side, side], { axes: "tyx" });
  const result = await denoiser.denoise(series, {}, { sigma: told });
  return { before: data.subarray(0, side * side), after: result.data.subarray(0, side * side) };
}
