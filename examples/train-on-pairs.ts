/** A small network trained on pairs of one's own arrays, noisy and clean, and used on another. */
import { denoise, makeImage, streamOf, train } from "dprime";

const stream = streamOf(4, "pairs");
const wave = (k: number) => Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i / 640 + k));
const imageOf = (values: Float32Array) => makeImage(values, [64, 64]);
const noisyOf = (v: Float32Array) => imageOf(v.map((x) => x + 0.2 * stream.normal()));
const waves = [0, 1, 2].map(wave);
const networkOptions = { depth: 3, width: 8, batchNorm: false };
const options = { networkOptions, steps: 80, batch: 4, patch: 32, rate: 5e-3 };
const model = await train({ noisy: waves.map(noisyOf), clean: waves.map(imageOf) }, options);
const { rmsChange } = await denoise(noisyOf(wave(5)), { method: model.denoiser, sigma: 0.2 });
console.log(`changed by ${rmsChange.toFixed(2)}; the noise is 0.20`);
process.exit(0);
